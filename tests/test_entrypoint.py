"""The sandbox's entrypoint, run for real, with a script in the place of the Actions runner's listener."""

import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT, eventually

CONFIG = "c29tZSBqaXQgY29uZmln" * 200


class Sandbox:
    """A directory laid out like a sandbox, and the entrypoint's process in it."""

    def __init__(self, home: Path, listener: str, **environment: str) -> None:
        self.state = home / "state"
        self.home = home / "runner"
        (self.home / "bin").mkdir(parents=True)
        program = self.home / "bin" / "Runner.Listener"
        program.write_text(f"#!/usr/bin/env bash\n{listener}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        told = {"JITNEY_STATE": str(self.state), "JITNEY_RUNNER_HOME": str(self.home)} | environment
        self.process = subprocess.Popen(
            [ROOT / "runner" / "entrypoint.sh"],
            env={"PATH": os.environ["PATH"]} | told,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def give(self, line: str | None) -> tuple[int, str, str]:
        """Writes to its stdin, closes it, and waits for its end."""
        said, complained = self.process.communicate(None if line is None else line, timeout=30)
        return self.process.returncode, said, complained


def test_it_says_that_it_reads_and_gives_the_config_to_the_listener_alone(tmp_path: Path) -> None:
    listener = """
        : >"$JITNEY_STATE/job-started"
        printf '%s\\n' "$ACTIONS_RUNNER_INPUT_JITCONFIG" "$*" "$RUNNER_ALLOW_RUNASROOT" "$PWD"
        JITNEY_FORKS=allow "$ACTIONS_RUNNER_HOOK_JOB_STARTED" && env | grep -c HAND_OVER
        exit 0"""
    sandbox = Sandbox(tmp_path, listener)
    eventually(lambda: (sandbox.state / "reading").exists())
    status, said, complained = sandbox.give(CONFIG + "\n")
    assert status == 0
    assert said.split() == [CONFIG, "run", "1", str(sandbox.home), "0"]
    assert CONFIG not in complained
    assert all(CONFIG not in path.read_text() for path in sandbox.state.iterdir())


@pytest.mark.parametrize("line", ["", "\n"])
def test_without_a_config_it_ends_and_never_starts_the_listener(tmp_path: Path, line: str) -> None:
    sandbox = Sandbox(tmp_path, "echo started")
    status, said, _ = sandbox.give(line)
    assert (status, said) == (64, "")


def test_it_does_not_wait_forever_for_a_config(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, "echo started", JITNEY_HAND_OVER_WITHIN="1")
    assert sandbox.process.wait(20) == 64
    assert sandbox.give(None)[1] == ""


def test_a_runner_that_no_job_reaches_is_ended(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, "exec sleep 60", JITNEY_START_WITHIN="1")
    status, _, complained = sandbox.give(CONFIG + "\n")
    assert status == 65 and "no job started within 1 s" in complained


def test_a_job_that_started_is_left_alone_however_long_it_takes(tmp_path: Path) -> None:
    listener = '"$ACTIONS_RUNNER_HOOK_JOB_STARTED"; sleep 3; exit 7'
    assert Sandbox(tmp_path, listener, JITNEY_START_WITHIN="1").give(CONFIG + "\n")[0] == 7


@pytest.mark.parametrize(
    ("statuses", "ends_with", "starts"), [("1", 1, 1), ("7", 7, 1), ("2 0", 0, 2), ("4 0", 0, 2)]
)
def test_the_listeners_status_survives_and_what_asks_for_another_start_gets_one(
    tmp_path: Path, statuses: str, ends_with: int, starts: int
) -> None:
    listener = f"""
        echo x >>"$JITNEY_STATE/starts"
        : >"$JITNEY_RUNNER_HOME_FOR_TEST/update.finished"
        set -- {statuses}
        shift "$(( $(wc -l <"$JITNEY_STATE/starts") - 1 ))"
        exit "$1" """
    sandbox = Sandbox(tmp_path, listener, JITNEY_RUNNER_HOME_FOR_TEST=str(tmp_path / "runner"))
    assert sandbox.give(CONFIG + "\n")[0] == ends_with
    assert len((sandbox.state / "starts").read_text().split()) == starts


def test_a_sandbox_that_is_terminated_takes_its_listener_along(tmp_path: Path) -> None:
    sandbox: Any = Sandbox(
        tmp_path, "trap 'echo told >\"$JITNEY_STATE/told\"; exit 1' TERM; while :; do sleep 0.1; done"
    )
    sandbox.process.stdin.write(CONFIG + "\n")
    sandbox.process.stdin.flush()
    eventually(lambda: (sandbox.state / "listener").exists())
    eventually(lambda: (sandbox.state / "listener").read_text())
    sandbox.process.terminate()
    eventually(lambda: (sandbox.state / "told").exists() or sandbox.process.poll() is not None)
    assert sandbox.give(None)[0] != 0


def test_without_a_daemon_docker_is_the_one_that_says_what_to_set(tmp_path: Path) -> None:
    status, said, _ = Sandbox(tmp_path, "command -v docker; exit 0").give(CONFIG + "\n")
    assert status == 0 and said.strip() == str(ROOT / "runner" / "no-docker" / "docker")
