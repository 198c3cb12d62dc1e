"""The house of all courses: one long-lived instance of the component, which rules; here are futures and a timer.

It is told no setting, so it holds no secret.
"""

import asyncio
from typing import Any

from wasmtime import Trap, WasmtimeError

from host.component import Component
from host.log import logger


class Unruly(Exception):
    """The house itself failed. Another one stands in its place."""


class House:
    """Carries questions to the house and rulings back. On one event loop, as the courses."""

    def __init__(self, component: Component) -> None:
        self._component = component
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._open()

    def _open(self) -> None:
        self._instance = self._component.house()
        self._house = self._instance.call("house", "[constructor]house")

    async def ask(self, course: int, question: str) -> str:
        """The ruling, once there is one. Raises Unruly."""
        ruling: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[course] = ruling
        try:
            self._change("ask", course, question)
            return await ruling
        finally:
            self._waiting.pop(course, None)

    def leave(self, course: int) -> None:
        """The course is over."""
        self._change("leave", course)

    def wait(self, ticket: str) -> bool:
        """Whether a ticket that comes to wait may."""
        try:
            return bool(self._call("wait", ticket))
        except Unruly:
            return True

    def _tick(self) -> None:
        self._timer = None
        self._change("tick")

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

    def _call(self, method: str, *arguments: Any) -> Any:
        try:
            return self._instance.call("house", f"[method]house.{method}", self._house, *arguments)
        except (Trap, WasmtimeError) as error:
            logger().error("component-failed", error=type(error).__name__)
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(Unruly())
            self._open()
            raise Unruly from error
