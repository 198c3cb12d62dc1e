"""The house of all courses: one long-lived instance of the component, which rules; here are futures and a timer.

It is told no setting, so it holds no secret. What it remembers is kept in the store, and handed to the next house: to
another process's when that begins, and to the one that stands in the place of one that failed.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from wasmtime import Trap, WasmtimeError

from host.component import Component
from host.log import logger
from host.records.store import NoStore, Saver, Store

#: Where the store has what a house remembers.
NAME = "house"
#: Seconds until a timer that failed runs again.
AGAIN_AFTER = 1.0


class Unruly(Exception):
    """The house itself failed. Another one stands in its place."""


def nobody() -> None:
    """For a house that nobody listens to."""


class House:
    """Carries questions to the house and rulings back. On one event loop, as the courses."""

    def __init__(self, component: Component, store: Store | None = None) -> None:
        self._component = component
        self._store = store or NoStore()
        self._saver = Saver(self._save)
        self._reading = asyncio.Lock()
        self._is_read = False
        self._memory = ""
        self._renewing = False
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._timer: asyncio.TimerHandle | None = None
        #: Is told that GitHub answers again; that another house stands here; that the timer failed, and works again.
        self.on_back: Callable[[], None] = nobody
        self.on_new: Callable[[], None] = nobody
        self.on_ill: Callable[[], None] = nobody
        self.on_well: Callable[[], None] = nobody
        self._open()

    def _open(self) -> None:
        self._instance = self._component.house()
        self._house = self._instance.call("house", "[constructor]house")

    def _renew(self) -> None:
        """Another house in the place of one that failed, which is told all that it needs; but not again what it fails
        of."""
        self._open()
        if self._renewing:
            return
        self._renewing = True
        try:
            if self._memory:
                self._call("remember", self._memory)
            self.on_new()
        except Unruly:
            self._memory = ""
        finally:
            self._renewing = False

    async def ready(self) -> None:
        """Takes over what an earlier house remembered. Raises where that cannot be read just now."""
        async with self._reading:
            if self._is_read:
                return
            kept = await self._store.get(NAME)
            self._is_read = True
            if isinstance(kept, str):
                self._memory = self._memory or kept
                self._call("remember", kept)

    async def flush(self) -> None:
        """Keeps what is not kept yet of what it remembers."""
        await self._saver.now()

    async def _save(self) -> None:
        # What was not read must not be written over.
        await self.ready()
        memory = str(self._call("memory"))
        if memory != self._memory:
            await self._store.put(NAME, memory)
            self._memory = memory

    async def ask(self, course: int, question: str) -> str:
        """The ruling, once there is one. Raises Unruly."""
        ruling: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[course] = ruling
        try:
            self._change("ask", course, question)
            self._saver.touch()
            return await ruling
        finally:
            self._waiting.pop(course, None)

    def leave(self, course: int) -> None:
        """The course is over."""
        self._change("leave", course)

    def wait(self, ticket: str, delay: float) -> float | None:
        """A ticket comes to wait for so many seconds: for how many it may, if at all."""
        try:
            longest = self._call("wait", ticket, round(delay * 1000))
        except Unruly:
            return delay
        return None if longest is None else float(longest) / 1000

    def begin(self, ended_well: bool, swept: float | None) -> float | None:
        """The process begins, as `wait` in seconds: when to sweep beside the regular sweeps, if at all."""
        try:
            due = self._call("begin", ended_well, None if swept is None else int(swept * 1000))
        except Unruly:
            return None
        return None if due is None else float(due) / 1000

    def _tick(self) -> None:
        self._timer = None
        try:
            self._change("tick")
        except Exception as error:
            logger().error("task-failed", task="house", error=type(error).__name__, detail=str(error))
            self._timer = asyncio.get_running_loop().call_later(AGAIN_AFTER, self._tick)
            self.on_ill()
        else:
            self.on_well()

    def _change(self, method: str, *arguments: Any) -> None:
        try:
            changes = self._call(method, *arguments)
        except Unruly:
            return
        for told in changes.told:
            waiting = self._waiting.get(told.course)
            if waiting is not None and not waiting.done():
                waiting.set_result(told.ruling)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if changes.due is not None:
            self._timer = asyncio.get_running_loop().call_later(changes.due / 1000, self._tick)
        if changes.back:
            self.on_back()

    def _call(self, method: str, *arguments: Any) -> Any:
        try:
            return self._instance.call("house", f"[method]house.{method}", self._house, *arguments)
        except (Trap, WasmtimeError) as error:
            logger().error("component-failed", error=type(error).__name__)
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(Unruly())
            self._renew()
            raise Unruly from error
