"""A container that runs: a process of its own, started as Modal starts it, and all that it wrote."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tests import canaries
from tests.container.deployed import Deployed
from tests.container.image import interpreter, python_path
from tests.control_plane.calls import Task
from tests.processes import eventually

#: Seconds that anything may take on a machine that is busy with much else.
PATIENCE = 90.0
#: Seconds for which a container that launched is held (`WATCHED` in src/course/launch/mod.rs).
HELD = 90.0


class Running:
    """A context manager: a container of one function, from its start to its end. It stays until it is told to end;
    one that `ends` does so as at Modal, after as long without a call as the app declared."""

    def __init__(
        self, deployed: Deployed, name: str, *, snapshot: bool = False, ends: bool = False, **settings: str
    ) -> None:
        self._plane, self._function = deployed.plane, deployed.function_id(name)
        # One that takes a single call ends by itself.
        self._window = (deployed.window(name) or None) if ends else None
        self._number = deployed.plane.state.number()
        self.task = self._join("first" if snapshot else "only")
        self._home = Path(tempfile.mkdtemp(prefix="container-"))
        self._restored = self._home / "restore-state.json"
        arguments = self._home / "arguments"
        arguments.write_bytes(deployed.arguments(name, self.task.id, "ch-1" if snapshot else ""))
        root = deployed.root(name)
        environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ} | {
            "HOME": str(self._home), "PYTHONPATH": python_path(root), "PYTHONUNBUFFERED": "1",
            "MODAL_IS_REMOTE": "1", "MODAL_SERVER_URL": self._url, "MODAL_TASK_ID": self.task.id,
            "MODAL_ENVIRONMENT": "main", "MODAL_CONTAINER_ARGUMENTS_PATH": str(arguments),
            "MODAL_RESTORE_STATE_PATH": str(self._restored), "NO_PROXY": "127.0.0.1",
            # All that Python would say of code that leaves something open or will soon not work; but for a file that
            # Modal's entrypoint itself leaves open.
            "PYTHONWARNINGS": "default,ignore::ResourceWarning:__main__",
        }  # fmt: skip
        environment |= {"MODAL_ENABLE_SNAP_RESTORE": "1"} if snapshot else {}
        self.process = subprocess.Popen(
            [*interpreter(), "-m", "modal._container_entrypoint"],
            cwd=root / "root", env=environment | deployed.environment(name) | settings, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _join(self, which: str) -> Task:
        task = Task(f"ta-{self._number}-{which}", self._function, window=self._window)
        self._url = self._plane.inside(task)
        return task

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(line.rstrip() for line in self.process.stdout)

    def checkpoint(self) -> int:
        """Waits until it is ready for its memory snapshot; how many connections it has then."""
        eventually(lambda: self.task.checkpoints or self._ended(), PATIENCE)
        assert self.task.checkpoints == ["ch-1"], self.lines
        # The call is answered before the client closes what it called over.
        eventually(lambda: not self.connections(), PATIENCE)
        return self.connections()

    def restore(self, **settings: str) -> None:
        """Goes on as a task that was restored from the snapshot: at another worker, under another id, with what is in
        the secret by now."""
        self.task.stopping = True
        self.task = self._join("restored")
        partial = self._restored.with_suffix(".partial")
        partial.write_text(json.dumps({"task_id": self.task.id, "server_url": self._url} | settings))
        partial.rename(self._restored)

    def connections(self) -> int:
        """How many TCP connections it has."""
        links = []
        for fd in os.listdir(self._fds):
            # It may be closed by now.
            with suppress(FileNotFoundError):
                links.append(os.readlink(f"{self._fds}/{fd}"))
        sockets = {link.removeprefix("socket:[").rstrip("]") for link in links if link.startswith("socket:")}
        known = [line.split() for line in Path(f"/proc/{self.process.pid}/net/tcp").read_text().splitlines()[1:]]
        return sum(row[9] in sockets for row in known)

    @property
    def _fds(self) -> str:
        return f"/proc/{self.process.pid}/fd"

    def _ended(self) -> bool:
        assert self.process.poll() is None, "\n".join(self.lines)
        return False

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one kind."""
        read = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [line for line in read if line["event"] == event]

    def wanting(self, *expected: str) -> list[str]:
        """What it wrote beside log lines of level `info` and those of the `expected` events; and beside Modal's own
        word on calls that were taken from it, where it was told to go, and on tasks of its own that a busy machine
        let end late."""
        own = ["did not cancel in a timely manner"]
        if self.task.leaving:
            own.append("Successfully canceled input")
        told = [line for line in list(self.lines) if not _well(line, expected)]
        return [line for line in told if not any(word in line for word in own)]

    def signal(self, number: signal.Signals) -> None:
        """What Modal sends a container that has to go: SIGINT, and SIGKILL to one that does not. The calls that it
        was at are another's then, and what it still says of them is not heard."""
        self.task.leaving = True
        self.process.send_signal(number)
        for call in self._plane.state.calls:
            if call.task == self.task.id and call.result is None and not call.web:
                call.task, call.tries = None, call.tries + 1

    def scale_down(self) -> int:
        """Ends it as Modal ends one that has nothing to do; its exit status."""
        self.task.stopping = True
        return self.wait()

    def wait(self) -> int:
        """Waits for its end; its exit status."""
        status = self.process.wait(PATIENCE + HELD)
        self._reader.join(10)
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        shutil.rmtree(self._home)
        canaries.assert_none_in("\n".join(self.lines), "a container's log")


def _well(line: str, expected: tuple[str, ...]) -> bool:
    if not line.startswith("{"):
        return False
    said = json.loads(line)
    return said["level"] == "info" or said["event"] in expected
