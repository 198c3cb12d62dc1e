"""Sandboxes at Modal: each job's own, of its shape, named for its job, and told nothing but its JIT config.

Facts about the client are from the wheel of modal 1.6.4. A sandbox with a GPU is of Modal's older kind (V1): its
`create` blocks until there is capacity, and its stdin forgets what it could not send.
"""

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import modal
from modal.exception import AlreadyExistsError, ConflictError, NotFoundError

from host.launcher import APP, TAIL, AtCapacity, NameTaken, OnEnd, Sandbox, Start, Tags, no_one
from host.log import logger
from host.modal import image

#: Seconds in which a sandbox must boot, read and be handed its config; its entrypoint waits no longer.
HAND_OVER_WITHIN = 120
#: Seconds between two tries of a hand-over that failed on the way.
AGAIN_AFTER = 0.5
#: Seconds for which a sandbox that was just started counts as living although no listing shows it.
LISTING_LAG = 30.0
#: Seconds between two listings, and between two requests to build an image that is missing.
LIST_EVERY = 2.0
#: Seconds for what an ended sandbox wrote last, and how many lines of it.
OUTPUT_WITHIN = 10.0
OUTPUT_LINES = 20
BUILD_EVERY = 600.0
#: Seconds in which a sandbox that was ended is over, and for how many it is remembered that their end was told.
ENDED_WITHIN = 30.0
REMEMBERED = 10_000


class ModalLauncher:
    """Starts sandboxes in `app`. `build` asks for the runner images to be built, where one is missing."""

    def __init__(self, app: modal.App, build: Callable[[], Awaitable[Any]]) -> None:
        self._app = app
        self._build = build
        self._build_asked: float | None = None
        self._handles: dict[str, modal.Sandbox] = {}
        self._census = Census(app)
        self._told: dict[str, None] = {}
        self._looking: set[asyncio.Task[None]] = set()
        self.on_end: OnEnd = no_one

    async def start(self, order: Start) -> str:
        """Creates the sandbox. One without a GPU exists at once and boots while the config is minted."""
        shape, disk = order.machine, order.volume
        volumes: dict[str | os.PathLike[str], modal.Volume | modal.CloudBucketMount] = {}
        if disk is not None:
            volumes[disk.path] = modal.Volume.from_name(disk.name, create_if_missing=True)
        async with self._census.place(order.limit) as place:
            try:
                sandbox = await modal.Sandbox.create.aio(
                    image.ENTRYPOINT,
                    app=self._app,
                    name=order.name,
                    tags=dict(order.tags),
                    image=modal.Image.from_name(image.published(shape.image)),
                    env=dict(order.environment),
                    timeout=shape.timeout,
                    cpu=(shape.cpu, shape.cpu),
                    memory=(shape.memory, shape.memory),
                    gpu=shape.gpu,
                    region=list(shape.regions) or None,
                    outbound_domain_allowlist=None if shape.outbound is None else list(shape.outbound),
                    volumes=volumes,
                    runtime="vm" if shape.docker else None,
                    readiness_probe=modal.Probe.with_exec("test", "-e", image.READING, interval_ms=100),
                )
            except AlreadyExistsError as error:
                raise NameTaken(order.name) from error
            except NotFoundError:
                await self.refresh_image()
                raise
            place.taken_by(sandbox.object_id)
        self._handles[sandbox.object_id] = sandbox
        return sandbox.object_id

    async def hand_over(self, sandbox: str, line: str, tags: Tags) -> None:
        """Writes the line once the readiness probe saw the entrypoint read, and again where it did not arrive."""
        async with asyncio.timeout(HAND_OVER_WITHIN):
            handle = self._handles.pop(sandbox, None) or await modal.Sandbox.from_id.aio(sandbox)
            await asyncio.gather(
                _insist(lambda: handle.set_tags.aio(dict(tags))),
                _insist(lambda: handle.wait_until_ready.aio(timeout=HAND_OVER_WITHIN)),
            )
            await _write(handle, line + "\n")

    async def terminate(self, sandbox: str) -> None:
        """Terminates the sandbox. Its name may stay taken for a while."""
        try:
            handle = self._handles.pop(sandbox, None) or await modal.Sandbox.from_id.aio(sandbox)
            await handle.terminate.aio()
        except (NotFoundError, ConflictError):
            pass
        else:
            look = asyncio.create_task(self._await_end(sandbox))
            self._looking.add(look)
            look.add_done_callback(self._looking.discard)
        self._census.gone(sandbox)

    async def _await_end(self, sandbox: str) -> None:
        """One that was ended may have written why its runner was not done. Whoever ended it does not wait for it."""
        try:
            # The handle that ended it is of no more use.
            handle = await modal.Sandbox.from_id.aio(sandbox)
            async with asyncio.timeout(ENDED_WITHIN):
                await handle.wait.aio(raise_on_termination=False)
                await self._see_end(handle)
        except Exception as error:
            logger().warning("end-not-seen", sandbox=sandbox, error=type(error).__name__)

    async def watch(self, sandbox: str, seconds: float) -> int | None:
        """The sandbox's exit status, if it ends in time."""
        handle = await modal.Sandbox.from_id.aio(sandbox)
        try:
            async with asyncio.timeout(seconds):
                await handle.wait.aio(raise_on_termination=False)
        except TimeoutError:
            return None
        await self._see_end(handle)
        return handle.returncode

    async def see_end(self, sandbox: str) -> None:
        """Asks Modal, which remembers a sandbox for a while after its end."""
        if sandbox not in self._told:
            handle = await modal.Sandbox.from_id.aio(sandbox)
            await handle.poll.aio()
            await self._see_end(handle)

    async def _see_end(self, handle: modal.Sandbox) -> None:
        """What it wrote last outlives it. Where Modal does not show that, its status must do."""
        if handle.returncode is None or handle.object_id in self._told:
            return
        self._told[handle.object_id] = None
        if len(self._told) > REMEMBERED:
            self._told.pop(next(iter(self._told)))
        said = ""
        try:
            async with asyncio.timeout(OUTPUT_WITHIN):
                async for entry in handle.logs.tail.aio(OUTPUT_LINES, source="stdout"):
                    said += entry.message
        except Exception as error:
            logger().warning("output-not-shown", sandbox=handle.object_id, error=type(error).__name__)
        self.on_end(handle.object_id, handle.returncode, said[-TAIL:])

    async def find_name(self, name: str) -> list[Sandbox]:
        """The living sandbox of this name."""
        try:
            handle = await modal.Sandbox.from_name.aio(self._app.name or APP, name)
        except NotFoundError:
            return []
        return [Sandbox(handle.object_id, name, await handle.get_tags.aio())]

    async def find_job(self, job: str) -> list[Sandbox]:
        """The living sandboxes of this job. A listing does not tell names, so theirs is empty."""
        return await self._list({"job": job})

    async def find_all(self) -> list[Sandbox]:
        """All living sandboxes, without their names."""
        return await self._list({})

    async def _list(self, tags: dict[str, str]) -> list[Sandbox]:
        handles = [handle async for handle in modal.Sandbox.list.aio(app_id=self._app.app_id, tags=tags)]
        found = await asyncio.gather(*(handle.get_tags.aio() for handle in handles))
        return [Sandbox(handle.object_id, "", tags) for handle, tags in zip(handles, found, strict=True)]

    async def close(self) -> None:
        """Lets go of the handles; the sandboxes live on."""
        self._handles.clear()
        for look in self._looking:
            look.cancel()

    async def refresh_image(self) -> None:
        """An image that was never published, as after the first deploy, or whose runner GitHub no longer takes, is
        built while the job waits its turn."""
        now = time.monotonic()
        if self._build_asked is not None and now - self._build_asked < BUILD_EVERY:
            return
        self._build_asked = now
        logger().warning("runner-image-wanted", action="it is being built; jobs wait for it")
        await self._build()


class Census:
    """How many sandboxes live. Counts what this process starts, and lists Modal's only when that reaches a limit:
    sandboxes end without telling anybody."""

    def __init__(self, app: modal.App) -> None:
        self._app = app
        self._living: dict[str, float] = {}
        self._listed: float | None = None
        self._starting = 0
        self._one_at_a_time = asyncio.Lock()

    def place(self, limit: int) -> "Place":
        """A context manager that holds a place for a sandbox, below `limit`; raises AtCapacity where none is free."""
        return Place(self, limit)

    def gone(self, sandbox: str) -> None:
        """A sandbox that lives no longer."""
        self._living.pop(sandbox, None)

    async def admit(self, limit: int) -> None:
        """Counts one more that is being started."""
        async with self._one_at_a_time:
            if self._listed is None or self._count() >= limit:
                await self._list()
            if self._count() >= limit:
                raise AtCapacity(str(limit))
            self._starting += 1

    def settle(self, sandbox: str | None) -> None:
        """One that was being started was, as `sandbox`, or was not."""
        self._starting -= 1
        if sandbox is not None:
            self._living[sandbox] = time.monotonic()

    def _count(self) -> int:
        return len(self._living) + self._starting

    async def _list(self) -> None:
        now = time.monotonic()
        if self._listed is not None and now - self._listed < LIST_EVERY:
            return
        listing = modal.Sandbox.list.aio(app_id=self._app.app_id)
        listed = {sandbox.object_id: 0.0 async for sandbox in listing}
        recent = {sandbox: began for sandbox, began in self._living.items() if now - began < LISTING_LAG}
        self._living = listed | recent
        self._listed = time.monotonic()


class Place:
    """A place in the census, held while a sandbox is being created."""

    def __init__(self, census: Census, limit: int) -> None:
        self._census, self._limit = census, limit
        self._sandbox: str | None = None

    def taken_by(self, sandbox: str) -> None:
        """The sandbox exists."""
        self._sandbox = sandbox

    async def __aenter__(self) -> "Place":
        await self._census.admit(self._limit)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._census.settle(self._sandbox)


async def _write(handle: modal.Sandbox, line: str) -> None:
    """A V2 sandbox's stdin keeps what was not sent, so `drain` again is enough; a V1 sandbox's forgets it, and once
    closed takes no more, so there the line goes first and the end after it."""
    forgets = re.fullmatch("sb-[A-Za-z0-9]{22}", handle.object_id) is not None

    async def send() -> None:
        if forgets:
            handle.stdin.write(line)
        await handle.stdin.drain.aio()

    if forgets:
        await _insist(send)
        handle.stdin.write_eof()
        await _insist(handle.stdin.drain.aio)
    else:
        handle.stdin.write(line)
        handle.stdin.write_eof()
        await _insist(send)


async def _insist(step: Callable[[], Awaitable[Any]]) -> None:
    """Does a step until it is done. What cannot go better, a sandbox that is gone, ends it at once; so does the
    caller's time limit."""
    while True:
        try:
            await step()
            return
        except (NotFoundError, ConflictError, ValueError, TypeError):
            raise
        except Exception as error:
            logger().warning("hand-over-again", error=type(error).__name__)
            await asyncio.sleep(AGAIN_AFTER)
