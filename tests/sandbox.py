"""A directory laid out like a sandbox, in which the real binary runs a stand-in for the Actions runner."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.processes import ROOT

BINARY = ROOT / "target" / "jitney-runner"
CONFIG = "c29tZSBqaXQgY29uZmln" * 200
#: What keeps forks out and asks for nothing else.
USUAL = '{"forks":false}'
OWN = {"full_name": "octo/x", "private": False}
PUSH: dict[str, Any] = {
    "github": {
        "GITHUB_REPOSITORY": "octo/x", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main",
        "GITHUB_ACTOR": "octocat", "GITHUB_TRIGGERING_ACTOR": "octocat", "GITHUB_RUN_ID": "3",
        "GITHUB_WORKFLOW_REF": "octo/x/.github/workflows/ci.yml@refs/heads/main",
    },
    "event": {"ref": "refs/heads/main", "repository": OWN},
}  # fmt: skip
FORKED: dict[str, Any] = {
    "github": PUSH["github"] | {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge"},
    "event": {
        "repository": OWN,
        "pull_request": {"head": {"ref": "main", "repo": {"full_name": "mallory/x", "private": False}}},
    },
}
#: Steps of somebody who wants one to run, whatever became of the job.
STUBBORN = [
    {"name": condition, "if": condition} for condition in ("success()", "failure()", "always()", "!cancelled()")
]


class Sandbox:
    """The binary's process, and what it left. `plan` is what `tests/actions_runner.py` goes by."""

    def __init__(
        self, directory: Path, plan: dict[str, Any] | None = None, deaf: bool = False, **environment: str
    ) -> None:
        self.state, self.home = directory / "state", directory / "runner"
        (self.home / "bin").mkdir(parents=True)
        (self.home / "plan.json").write_text(json.dumps(plan or {}))
        listener = self.home / "bin" / "Runner.Listener"
        listener.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {ROOT}/tests/actions_runner.py "$@"\n')
        listener.chmod(0o755)
        told = {
            "PATH": os.environ["PATH"], "JITNEY_STATE": str(self.state), "JITNEY_RUNNER_HOME": str(self.home),
            "JITNEY_VETTING": USUAL, "JITNEY_CGROUP": str(directory / "no-cgroup"),
        }  # fmt: skip
        self.process = subprocess.Popen(
            [BINARY], env=told | environment, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=ignore_interrupt if deaf else None,
        )  # fmt: skip
        self.said = self.complained = ""

    def give(self, line: str | bytes | None = CONFIG + "\n") -> dict[str, Any]:
        """Writes to its stdin, closes it, and waits for its end: its last line, with `status` for how it exited."""
        given = line.encode() if isinstance(line, str) else line
        said, complained = self.process.communicate(given, timeout=60)
        self.said, self.complained = said.decode(), complained.decode()
        assert CONFIG[:40] not in self.said + self.complained
        ending: dict[str, Any] = json.loads(self.said.splitlines()[-1])
        assert ending["event"] == "sandbox-ended" and ending["exit"] == self.process.returncode
        return ending

    def hand_over(self) -> None:
        """Writes the config, and leaves the end to another."""
        assert self.process.stdin is not None
        self.process.stdin.write(CONFIG.encode() + b"\n")
        self.process.stdin.close()
        self.process.stdin = None

    @property
    def listened(self) -> list[dict[str, Any]]:
        """What each start of the listener saw."""
        file = self.home / "listened.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def completed(self) -> dict[str, Any] | None:
        """What GitHub heard of the job."""
        file = self.home / "completed.json"
        told: dict[str, Any] | None = json.loads(file.read_text()) if file.exists() else None
        return told


def ignore_interrupt() -> None:
    """As a shell that is not interactive does to what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
