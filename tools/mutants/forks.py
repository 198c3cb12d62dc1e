"""Runs pytest in forks of one process, which has imported what takes long: all but jitney's own code, in which the
mutants are. A run by itself imports for longer than most tests take."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

OURS = ("host", "tests", "tools", "__main__", "modal_app")
LIST = "import sys, pytest, tests.conftest; print(*sys.modules)"
#: Modules that were imported before their assertions could be rewritten are no news here.
OPTIONS = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]


class Forks:
    """A process in a folder, which runs pytest there for as long as this object lives."""

    def __init__(self, folder: Path, output: Path, environment: dict[str, str]) -> None:
        self._output = output
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.mutants.forks"], cwd=folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, arguments: list[str], within: float) -> tuple[bool | None, str]:
        """Whether all passed; None where they did not end. And what was said."""
        assert self._process.stdin is not None and self._process.stdout is not None
        asked = {"arguments": arguments, "within": within, "output": str(self._output)}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        status = json.loads(self._process.stdout.readline())
        return (None if status is None else status == 0), self._output.read_text(errors="replace")


def _fork(arguments: list[str], within: float, output: str) -> int | None:
    """The status with which a fork ends that runs pytest; None where its time is over first."""
    child = os.fork()
    if child == 0:
        os.setsid()
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
        os.dup2(1, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        import pytest

        status = int(pytest.main([*OPTIONS, *arguments]))
        sys.stdout.flush()
        os._exit(status)
    until = time.monotonic() + within
    status: int | None = None
    while status is None and time.monotonic() < until:
        done, told = os.waitpid(child, os.WNOHANG)
        status = os.waitstatus_to_exitcode(told) if done else None
        time.sleep(0.0 if done else 0.02)
    # And whatever it left behind.
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if status is None:
        os.waitpid(child, 0)
    return status


def main() -> None:
    """One run for each line of standard input."""
    sys.path.insert(0, str(Path.cwd()))
    listed = subprocess.run([sys.executable, "-c", LIST], capture_output=True, text=True, check=True).stdout
    for name in listed.split():
        if name.split(".")[0] not in OURS:
            with suppress(ImportError):
                import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_fork(asked["arguments"], asked["within"], asked["output"])), flush=True)


if __name__ == "__main__":
    main()
