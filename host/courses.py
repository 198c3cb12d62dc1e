"""The courses that run: each command of the component executed, each outcome reported back."""

import asyncio
import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from wasmtime import Trap, WasmtimeError
from wasmtime.component import Record, Variant

from host.component import Component, Course
from host.credentials import Credentials, NoCredential
from host.house import House
from host.launcher import AtCapacity, Launcher, Machine, NameTaken, Sandbox, Start, Volume
from host.log import logger, tell
from host.records import Records
from host.waiting import Entry, NotKept, Waiting

#: Seconds until a course in which the component itself failed is opened again.
AFTER_FAILURE = 60.0

#: Seconds that what is cancelled at the end has to be over.
CANCELLED_WITHIN = 2.0

#: Sandboxes that ended unseen and are looked at, at a time.
LOOKS = 8

#: What a command's time counts as, in the log.
STAGES = {
    "start": "sandbox",
    "hand-over": "hand_over",
    "terminate": "clear",
    "credential": "credential",
    "watch": "watch",
    "pause": "pause",
    "consult": "turn",
}


@dataclass(slots=True)
class Running:
    """A course that is not answered yet: the ticket to open where it does not live to its answer, the answer, and the
    ticket's entry, where it is kept."""

    resumption: str
    answered: asyncio.Future[Any]
    entry: Entry | None = None

    def answer(self, answer: Any) -> None:
        """The first answer is the one."""
        if not self.answered.done():
            self.answered.set_result(answer)


class Courses:
    """Plays courses. The component blocks while it asks GitHub, so each has a thread while it does."""

    def __init__(
        self, component: Component, launcher: Launcher, house: House, waiting: Waiting, records: Records | None = None
    ) -> None:
        self._records = records or Records(component)
        self._ledger = self._records.ledger
        self._component = component
        self._launcher = launcher
        launcher.on_end = self._records.ended
        self._house = house
        self._waiting = waiting
        self._numbers = itertools.count(1)
        self._credentials = Credentials(component)
        self._threads = ThreadPoolExecutor(max_workers=256, thread_name_prefix="course")
        self._running: dict[asyncio.Task[Any], Running] = {}
        self._watching: set[asyncio.Task[Any]] = set()
        self._looking: set[asyncio.Task[None]] = set()
        self._looks = asyncio.Semaphore(LOOKS)

    def open(self, ticket: str, resumption: str, entry: Entry | None = None) -> asyncio.Future[Any]:
        """Starts a course; the future's result is its answer, a WIT `reply`; None if the component failed, and the
        course is kept to be played again; NotKept, as a value, if it could not be kept. `resumption` is the ticket to
        open where this course does not live to its answer, and `entry` where that is kept."""
        running = Running(resumption, asyncio.get_running_loop().create_future(), entry)
        task = asyncio.create_task(self._guarded(running, "open", ticket))
        self._running[task] = running
        task.add_done_callback(lambda done: self._over(done, running))
        return running.answered

    def _over(self, task: asyncio.Task[Any], running: Running) -> None:
        self._running.pop(task, None)
        if task in self._watching:
            self._watching.discard(task)
            self._waiting.awake.work(False)
        running.answer(None)

    def resume(self, ticket: str, entry: Entry) -> None:
        """Plays the course of a ticket that waited."""
        self.open(ticket, ticket, entry)

    async def keep(self, answered: asyncio.Future[Any]) -> None:
        """Keeps the ticket of a course that is not answered yet, so that it outlives this process. Raises NotKept."""
        for running in [one for one in self._running.values() if one.answered is answered and one.entry is None]:
            entry = await self._waiting.hold(running.resumption)
            if answered.done():
                await self._waiting.over(entry)
            else:
                running.entry = entry

    @property
    def running(self) -> list[str]:
        """The tickets of the courses that run."""
        return [one.resumption for one in self._running.values()]

    async def close(self, grace: float) -> list[str]:
        """Waits up to `grace` seconds for what runs; the tickets of the rest that are not kept yet."""
        if self._running:
            await asyncio.wait([one.answered for one in self._running.values()], timeout=grace)
        left = list(self._running.values())
        for running in left:
            if running.entry is not None:
                self._waiting.let_go(running.entry)
        if over := {*self._running, *self._watching, *self._looking}:
            for task in over:
                task.cancel()
            await asyncio.wait(over, timeout=CANCELLED_WITHIN)
        self._threads.shutdown(wait=False, cancel_futures=True)
        return [one.resumption for one in left if one.entry is None]

    async def settle(self) -> None:
        """Waits for the threads that still ask GitHub, which gives up after ten seconds: Python's end waits for them
        too, but says nothing of it to whoever waits for Python."""
        await asyncio.to_thread(self._threads.shutdown)

    async def sweep(self, pending: list[str]) -> bool:
        """Plays a sweep to its end; whether it came to one. If not it is over too; the next comes soon."""
        try:
            await self._play(None, "sweep", pending)
        except (Trap, WasmtimeError, ValueError) as error:
            self._records.metrics.failed("sweep")
            logger().error("component-failed", error=type(error).__name__)
            return False
        return True

    async def _guarded(self, running: Running, *opening: Any) -> None:
        try:
            try:
                await self._play(running, *opening)
            except NotKept:
                raise
            except Exception as error:
                self._records.metrics.failed("course")
                logger().error("component-failed", error=type(error).__name__, detail=str(error))
                if not running.answered.done():
                    await self._waiting.defer(running.resumption, AFTER_FAILURE, running.entry, anyway=True)
        except NotKept as lost:
            running.answer(lost)

    async def _play(self, running: Running | None, *opening: Any) -> None:
        number = next(self._numbers)
        try:
            await self._play_as(number, running, *opening)
        finally:
            self._house.leave(number)

    async def _play_as(self, number: int, running: Running | None, *opening: Any) -> None:
        spent: dict[str, float] = {}
        course = await self._timed(spent, "open", self._block(Course, self._component, *opening))
        outcome = Variant("opened")
        event = "course"
        while True:
            command = await self._timed(spent, "github", self._block(course.next, outcome))
            match command.tag:
                case "reply":
                    await self._tell(running, event, command.payload, spent)
                    event, outcome = "watch", Variant("done")
                    self._keep_watching()
                case "finish":
                    return await self._tell(running, event, command.payload, spent)
                case "defer":
                    deferral = command.payload
                    entry = running.entry if running is not None else None
                    await self._waiting.defer(deferral.ticket, deferral.delay / 1000, entry)
                    if running is not None and running.entry not in (None, entry):
                        # It was kept to outlive this process at the same moment; it waits once.
                        await self._waiting.over(running.entry)
                    return self._note(running, event, deferral.reply, spent)
                case tag:
                    outcome = await self._timed(spent, STAGES.get(tag, "find"), self._report(number, command))

    async def _tell(self, running: Running | None, event: str, answer: Any, spent: dict[str, float]) -> None:
        """The answer, after which the ticket is not kept any more."""
        was_answered = running is None or running.answered.done()
        self._note(running, event, answer, spent)
        if running is not None and running.entry is not None and not was_answered:
            entry, running.entry = running.entry, None
            await self._waiting.over(entry)

    def _note(self, running: Running | None, event: str, answer: Any, spent: dict[str, float]) -> None:
        ms = {stage: round(seconds * 1000, 3) for stage, seconds in spent.items()}
        tell(event, answer, ms)
        self._records.observe(event, answer, ms)
        if running is not None:
            running.answer(answer)

    def _keep_watching(self) -> None:
        """What is left of a course that was answered need not be waited for, nor opened again."""
        task = asyncio.current_task()
        if task is not None and self._running.pop(task, None) is not None:
            self._watching.add(task)
            self._waiting.awake.work(True)

    async def _report(self, number: int, command: Variant) -> Variant:
        try:
            if command.tag == "consult":
                return Variant("ruling", await self._house.ask(number, str(command.payload)))
            return await self._execute(command.tag, command.payload)
        except NameTaken:
            return Variant("taken")
        except AtCapacity:
            return Variant("full")
        except NoCredential as refused:
            return Variant("no-credential", refused.args[0])
        except Exception as error:
            logger().warning("command-failed", command=command.tag, error=type(error).__name__, detail=str(error))
            return Variant("failed", _record(name=type(error).__name__, detail=str(error)))

    async def _execute(self, tag: str, payload: Any) -> Variant:
        match tag:
            case "start":
                sandbox = await self._launcher.start(_start(payload))
                self._ledger.opened(sandbox, payload.entry)
                return Variant("started", sandbox)
            case "hand-over":
                await self._launcher.hand_over(payload.sandbox, payload.line, dict(payload.tags))
                self._ledger.handed_over(payload.sandbox, payload.runner)
            case "terminate":
                await self._launcher.terminate(payload)
                self._ledger.closed(payload)
            case "watch":
                status = await self._launcher.watch(payload.sandbox, payload.seconds)
                if status is None:
                    return Variant("done")
                self._ledger.closed(payload.sandbox)
                return Variant("ended", status)
            case "spent":
                return Variant("spent", await self._ledger.spent(payload / 1000))
            case "refresh-image":
                await self._launcher.refresh_image()
            case "find-name":
                return Variant("found", [_found(s) for s in await self._launcher.find_name(payload)])
            case "find-job":
                living = await self._launcher.find_job(payload)
                self._look_after(living, payload)
                return Variant("found", [_found(s) for s in living])
            case "find-all":
                living = await self._launcher.find_all()
                self._ledger.found(living)
                self._look_after(living)
                return Variant("found", [_found(s) for s in living])
            case "open":
                await self._waiting.defer(payload, 0.0)
            case "credential":
                return Variant("credential", await self._credentials.get(payload.scope, payload.again))
            case "pause":
                await asyncio.sleep(payload / 1000)
        return Variant("done")

    def _look_after(self, living: list[Sandbox], job: str | None = None) -> None:
        """Has the launcher look at the sandboxes that ended unseen: none of these. No course waits for that."""
        look = asyncio.create_task(self._see_ends({one.id for one in living}, job))
        self._looking.add(look)
        look.add_done_callback(self._looking.discard)

    async def _see_ends(self, living: set[str], job: str | None) -> None:
        try:
            await self._ledger.ready()
            await asyncio.gather(*(self._see_end(sandbox) for sandbox in self._ledger.unseen(living, job)))
        except Exception as error:
            logger().warning("ends-not-seen", error=type(error).__name__)

    async def _see_end(self, sandbox: str) -> None:
        async with self._looks:
            await self._launcher.see_end(sandbox)

    async def _block(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    @staticmethod
    async def _timed(spent: dict[str, float], stage: str, work: Any) -> Any:
        began = time.perf_counter()
        try:
            return await work
        finally:
            spent[stage] = spent.get(stage, 0.0) + time.perf_counter() - began


def _start(payload: Any) -> Start:
    shape = payload.machine
    machine = Machine(
        shape.cpu, shape.memory, shape.gpu, shape.image, shape.timeout, shape.docker, tuple(shape.regions),
        None if shape.outbound is None else tuple(shape.outbound),
    )  # fmt: skip
    volume = Volume(payload.volume.name, payload.volume.path) if payload.volume else None
    return Start(payload.name, dict(payload.tags), machine, dict(payload.environment), payload.limit, volume)


def _found(sandbox: Sandbox) -> Record:
    return _record(id=sandbox.id, name=sandbox.name, tags=list(sandbox.tags.items()))


def _record(**fields: Any) -> Record:
    record = Record()
    for name, value in fields.items():
        setattr(record, name, value)
    return record
