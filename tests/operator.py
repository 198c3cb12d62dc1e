"""An operator at work: the real commands in processes of their own, a Modal whose deploys start a real endpoint."""

import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests import canaries
from tests.control_plane import ControlPlane
from tests.processes import ROOT, Jitney
from tests.standin import StandinGitHub
from tests.standin.hooks import Hook
from tests.standin.server import TOKEN

HOME = "repos/octo/demo/hooks"
#: The calls by which the client changes something at Modal.
CHANGES = {"SecretUpdate", "SecretDelete", "AppPublish", "AppStop", "DictUpdate", "DictDelete", "ImageNameDelete"}


@dataclass
class Ran:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


@dataclass
class World:
    """A Modal whose deploys start a real endpoint with what its secret holds, and a GitHub."""

    plane: ControlPlane
    github: StandinGitHub
    home: Path
    port: int
    seen: str = ""
    endpoint: Jitney | None = None
    starts: int = 0
    settings: dict[str, str | None] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def deployed(self) -> None:
        """New containers take the place of the old, and read the secret anew."""
        self.stop()
        told: dict[str, str | None] = {"GITHUB_TOKEN": None, "WEBHOOK_SECRET": None}
        told |= self.plane.state.secrets["github-secret"]
        self.starts += 1
        self.endpoint = Jitney(self.github.url, self.home / f"{self.starts}.db", port=self.port, **told)

    def stop(self) -> None:
        if self.endpoint is not None:
            self.endpoint.__exit__()
            self.endpoint = None

    def start(self, command: str, *arguments: str, **settings: str | None) -> "subprocess.Popen[str]":
        told: dict[str, str | None] = {
            "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": self.github.url, "ALLOWED_REPOS": "octo/demo",
            "PATH": os.environ["PATH"], "HOME": str(self.home), "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        told |= self.plane.environment() | settings
        named = ["--url", self.url] if command == "setup" else []
        return subprocess.Popen(
            [sys.executable, "-m", "host", command, *named, *arguments],
            cwd=ROOT, env={name: value for name, value in told.items() if value is not None}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def end(self, process: "subprocess.Popen[str]", before: str = "") -> Ran:
        """Waits, and looks into every command line that there was meanwhile."""
        over = threading.Event()
        watching = threading.Thread(target=self._watch, args=(process.pid, over))
        watching.start()
        out, err = process.communicate(timeout=100)
        over.set()
        watching.join()
        ran = Ran(process.returncode, before + out, err)
        stored = self.plane.state.secrets.get("github-secret", {})
        canaries.note(*(v for n, v in stored.items() if n in ("WEBHOOK_SECRET", "GITHUB_TOKEN") and len(v) > 8))
        canaries.assert_none_in(ran.out + ran.err, "what the command wrote")
        canaries.assert_none_in(self.seen, "a command line")
        return ran

    def _watch(self, process: int, over: threading.Event) -> None:
        while not over.wait(0.02):
            self.seen += command_lines(process)

    def run(self, command: str, *arguments: str, **settings: str | None) -> Ran:
        return self.end(self.start(command, *arguments, **settings))

    def setup(self, *arguments: str, **settings: str | None) -> Ran:
        return self.run("setup", "--yes", "--wait", "15", *arguments, **settings)

    def changed(self) -> list[str]:
        """What was changed at Modal and at GitHub since the last look. Pings, and tokens that register nobody, are no
        changes."""
        calls = [call for call, message in self.plane.state.requests if _changes(call, message)]
        harmless = ("/pings", "/registration-token")
        asked = [f"{m} {p}" for m, p in self.github.requests if m != "GET" and not p.endswith(harmless)]
        self.plane.state.requests.clear()
        self.github.requests.clear()
        return calls + asked

    @property
    def hook(self) -> Hook:
        (hook,) = self.github.hooks.all
        return hook


def _changes(call: str, message: object) -> bool:
    if call in ("SecretGetOrCreate", "DictGetOrCreate"):
        return bool(message.object_creation_type and message.deployment_name)  # type: ignore[attr-defined]
    return call in CHANGES


def command_lines(process: int) -> str:
    """That of a process, and those of all that it started."""
    home = Path(f"/proc/{process}")
    try:
        own = (home / "cmdline").read_text().replace("\0", " ") + "\n"
        children = "".join(task.read_text() for task in home.glob("task/*/children")).split()
    except OSError:
        return ""
    return own + "".join(command_lines(int(child)) for child in children)
