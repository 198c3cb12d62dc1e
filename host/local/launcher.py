"""Sandboxes on this machine: one process a job, for demonstration and tests.

A process is no isolation: a job runs as this user, on this machine.
"""

import asyncio
import json
import os
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from host.launcher import TAIL, AtCapacity, NameTaken, OnEnd, Sandbox, Start, Tags, no_one
from host.local.process import Process
from host.log import logger

#: Seconds for which the name of a sandbox that ended by itself stays taken, as it may at Modal.
NAME_LAG = 600.0
#: What runs where no runner is named.
STANDIN_RUNNER = Path(__file__).resolve().parent / "standin_runner.py"
#: Ended sandboxes whose status is remembered.
REMEMBERED = 1000
#: Seconds between SIGTERM and SIGKILL.
GRACE = 5.0
#: What of this process's environment a runner may see: nothing that could be a credential.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "PYTHONPATH")


@dataclass
class _Living:
    sandbox: Sandbox
    process: Process
    end: asyncio.Task[None] | None = field(default=None)


class LocalLauncher:
    """Runs `JITNEY_LOCAL_RUNNER`, by default a stand-in runner, as a sandbox's process."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        given = shlex.split(environment.get("JITNEY_LOCAL_RUNNER", ""))
        self._command = given or [sys.executable, "-I", "-S", str(STANDIN_RUNNER)]
        self._environment = {name: environment[name] for name in PASSED_ON if name in environment}
        self._living: dict[str, _Living] = {}
        self._ended: dict[str, float] = {}
        self._starting: set[str] = set()
        self._statuses: dict[str, int] = {}
        self.on_end: OnEnd = no_one

    async def start(self, order: Start) -> str:
        """Starts the process; its id is made of its name and its process id."""
        now = time.monotonic()
        self._ended = {name: end for name, end in self._ended.items() if now - end < NAME_LAG}
        names = {living.sandbox.name for living in self._living.values()} | self._starting
        if order.name in names or order.name in self._ended:
            raise NameTaken(order.name)
        if len(names) >= order.limit:
            raise AtCapacity(str(order.limit))
        self._starting.add(order.name)
        try:
            return await self._spawn(order)
        finally:
            self._starting.discard(order.name)

    async def _spawn(self, order: Start) -> str:
        home = tempfile.TemporaryDirectory(prefix=f"{order.name}-", ignore_cleanup_errors=True)
        own = {"JITNEY_SANDBOX": order.name, "JITNEY_TAGS": json.dumps(dict(order.tags))}
        try:
            process = Process(self._command, self._environment | dict(order.environment) | own, home.name)
        except BaseException:
            home.cleanup()
            raise
        living = _Living(Sandbox(f"{order.name}-pid-{process.pid}", order.name, dict(order.tags)), process)
        self._living[living.sandbox.id] = living
        living.end = asyncio.create_task(self._await_end(living, home, order.machine.timeout))
        return living.sandbox.id

    async def _await_end(self, living: _Living, home: tempfile.TemporaryDirectory[str], timeout: int) -> None:
        try:
            status = await asyncio.wait_for(living.process.wait(), timeout)
        except TimeoutError:
            await _kill(living.process)
            status = await living.process.wait()
        self._statuses[living.sandbox.id] = status
        if len(self._statuses) > REMEMBERED:
            self._statuses.pop(next(iter(self._statuses)))
        if self._living.pop(living.sandbox.id, None) is not None:
            self._ended[living.sandbox.name] = time.monotonic()
        self.on_end(living.sandbox.id, status, living.process.last_output(TAIL))
        home.cleanup()

    async def hand_over(self, sandbox: str, line: str, tags: Tags) -> None:
        """Writes the line to the process, which may not read it yet: the pipe keeps it."""
        living = self._living.get(sandbox)
        if living is None:
            raise ProcessLookupError("the sandbox ended before it was handed its config")
        await living.process.tell(line.encode() + b"\n")
        living.sandbox = Sandbox(living.sandbox.id, living.sandbox.name, dict(tags))

    async def terminate(self, sandbox: str) -> None:
        """Ends the process and all that it started."""
        living = self._living.pop(sandbox, None)
        if living is not None:
            await _kill(living.process)

    async def watch(self, sandbox: str, seconds: float) -> int | None:
        """The process's status, if it ends in time."""
        living = self._living.get(sandbox)
        if living is not None and living.end is not None:
            await asyncio.wait({living.end}, timeout=seconds)
        return self._statuses.get(sandbox)

    async def see_end(self, sandbox: str) -> None:
        """Every process's end is seen as it comes."""

    async def refresh_image(self) -> None:
        """There is no image here; what would be done is logged."""
        logger().warning("runner-deprecated", action="a local runner is not replaced")

    async def find_name(self, name: str) -> list[Sandbox]:
        """The living sandbox of this name."""
        return [living.sandbox for living in self._living.values() if living.sandbox.name == name]

    async def find_job(self, job: str) -> list[Sandbox]:
        """The living sandboxes of this job."""
        return [living.sandbox for living in self._living.values() if living.sandbox.tags.get("job") == job]

    async def find_all(self) -> list[Sandbox]:
        """All living sandboxes."""
        return [living.sandbox for living in self._living.values()]

    async def close(self) -> None:
        """Ends all of them, jobs and all: nobody would be left to end them when their time is over."""
        living = list(self._living.values())
        await asyncio.gather(*(self.terminate(one.sandbox.id) for one in living))
        await asyncio.gather(*(one.end for one in living if one.end is not None))


async def _kill(process: Process) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            await asyncio.wait_for(process.wait(), GRACE)
            return
        except ProcessLookupError:
            return
        except TimeoutError:
            continue
