"""The real endpoint in a process of its own, and what it wrote."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

from tests import canaries
from tests.standin.server import TOKEN

ROOT = Path(__file__).parent.parent
SECRET = "webhook-secret-canary"
canaries.note(SECRET, TOKEN)


class Jitney:
    """A context manager: `serve --launcher local` against a stand-in GitHub. `url` is where it listens."""

    def __init__(
        self, github: str, journal: Path, sweep_every: float = 3600, port: int = 0, files: int | None = None,
        **settings: str | None,
    ) -> None:  # fmt: skip
        given = {"GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET, "GITHUB_API_URL": github} | settings
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment = inherited | {name: value for name, value in given.items() if value is not None}
        command = [sys.executable, "-m", "host", "serve", "--port", str(port), "--launcher", "local"]
        if files is not None:
            command = ["bash", "-c", f'ulimit -n {files}; exec "$@"', "bash", *command]
        self.process = subprocess.Popen(
            [*command, "--journal", str(journal), "--sweep-every", str(sweep_every)],
            cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said.startswith("listening on "), "\n".join(self.lines)
        self.url = said.removeprefix("listening on ").strip()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(line.rstrip() for line in self.process.stderr)

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one kind."""
        read = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [line for line in read if line["event"] == event]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self._reader.join(5)
        assert self.process.stdout is not None and self.process.stderr is not None
        canaries.assert_none_in("\n".join(self.lines), "the log")
        self.process.stdout.close()
        self.process.stderr.close()


def eventually(what: Any, seconds: float = 200.0) -> Any:
    """The first true value of `what()`; fails where none comes."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := what():
            return value
        time.sleep(0.02)
    raise AssertionError("it did not come to pass in time")
