"""A process of this machine, awaited from the event loop.

`subprocess` starts it by vfork; uvloop forks, which copies the page tables of a process that holds wasmtime's memory,
and holds the loop up for ten times as long.
"""

import asyncio
import contextlib
import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence


class Process:
    """A started process, the leader of a session of its own, with a pipe to its standard input. What it writes goes
    into a file that has no name."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], directory: str) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115, it is read after the process has ended
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=self._output,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=directory,
                start_new_session=True,
                bufsize=0,
            )
        except BaseException:
            self._output.close()
            raise
        self._telling = threading.Lock()
        self.pid = self._process.pid
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        threading.Thread(target=self._watch, name=f"sandbox-{self.pid}", daemon=True).start()

    async def wait(self) -> int:
        """Its status, once it has ended."""
        return await asyncio.shield(self._ended)

    def last_output(self, most: int) -> str:
        """The end of what it has written, of a process that has ended. Can be called once."""
        with self._output as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - most))
            return file.read().decode(errors="replace")

    async def tell(self, line: bytes) -> None:
        """Writes to its standard input and closes it. Raises OSError if it has ended."""
        await asyncio.to_thread(self._tell, line)

    def _tell(self, line: bytes) -> None:
        with self._telling:
            if self._process.stdin is None or self._process.stdin.closed:
                raise BrokenPipeError
            with self._process.stdin as pipe:
                while line:
                    line = line[pipe.write(line) :]

    def _watch(self) -> None:
        status = self._process.wait()
        # Whoever was told nothing leaves its pipe behind.
        with self._telling:
            if self._process.stdin is not None:
                self._process.stdin.close()
        with contextlib.suppress(RuntimeError):  # The loop may be closed by now.
            self._loop.call_soon_threadsafe(self._end, status)

    def _end(self, status: int) -> None:
        if not self._ended.done():
            self._ended.set_result(status)
