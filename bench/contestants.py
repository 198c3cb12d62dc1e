"""jitney and the baseline as processes, served alike."""

import os
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import httpx

from tests.processes import ROOT, SECRET
from tests.standin.server import TOKEN

NAMES = ("jitney", "baseline")
#: Boots for a second, reads its config, and says when.
BOOT = 1.0
RUNNER = Path(__file__).parent / "booting_runner.sh"


class Contestant:
    """A context manager: one of the two, serving at `url`; `cold` is how long its first answer took, in seconds."""

    def __init__(self, name: str, github: str, home: Path, **settings: str) -> None:
        self.name = name
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/"
        command = {
            "jitney": ["-m", "host", "serve", "--launcher", "local", "--journal", str(home / "journal.db"), "--port"],
            "baseline": ["-m", "bench.baseline"],
            "floor": ["-m", "bench.floor"],
        }[name]
        environment = {
            "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "WEBHOOK_SECRET": SECRET,
            "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": github, "MAX_RUNNERS": "1000", "ALLOWED_REPOS": "octo/demo",
            "JITNEY_LOCAL_RUNNER": shlex.join([str(RUNNER), str(home), str(BOOT)]),
        }  # fmt: skip
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, *command, str(port)], cwd=ROOT, env=environment | settings,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while True:
            try:
                httpx.post(self.url, content=b"{}", timeout=5)
                break
            except httpx.TransportError:
                time.sleep(0.002)
        self.cold = time.perf_counter() - began

    def memory(self) -> int:
        """Resident bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
