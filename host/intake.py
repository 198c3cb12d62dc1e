"""Instances that decide on deliveries: one at a time on the event loop, made ahead of the delivery.

An instance that has read a body dies with it. One that did not, because its sender is unknown, decides on the next
delivery too: the component's verdict says which it is, and this module only does it.
"""

import asyncio
from typing import Any

from host.component import Component, Instance

#: Deliveries that an instance may leave unread before another takes its place: what it may be led to keep, it keeps
#: no longer than that.
USES = 1000
#: A body above this is read in a thread, one at a time, by an instance of its own: HMAC over megabytes takes a while,
#: and text takes up to four bytes a character.
INLINE = 64 * 1024


class Intake:
    """One for all of a process, on its event loop."""

    def __init__(self, component: Component) -> None:
        self._component = component
        self._spare: Instance | None = component.intake()
        self._uses = 0
        self._slow = asyncio.Lock()

    async def decide(self, head: str, body: bytearray) -> Any:
        """The WIT `verdict`. Raises UnicodeDecodeError where the body is no text, and WasmtimeError or Trap where the
        component fails."""
        if len(body) > INLINE:
            async with self._slow:
                return await asyncio.to_thread(_decide, self._component.intake(), head, body)
        instance = self._take()
        verdict = _decide(instance, head, body)
        if verdict.tag == "unread":
            self._give_back(instance)
        return verdict

    def turn_away(self, head: str, fault: str) -> Any:
        """The WIT `reply` to what is no delivery. There is no body to read."""
        instance = self._take()
        reply = instance.call("intake", "turn-away", head, fault)
        self._give_back(instance)
        return reply

    def prepare(self) -> None:
        """Makes the next instance, unless there is one: for a moment in which nobody waits."""
        if self._spare is None:
            self._spare, self._uses = self._component.intake(), 0

    def _take(self) -> Instance:
        """The instance is the caller's alone, and lost where it fails."""
        self.prepare()
        instance, self._spare = self._spare, None
        assert instance is not None
        return instance

    def _give_back(self, instance: Instance) -> None:
        self._uses += 1
        if self._uses < USES:
            self._spare = instance


def _decide(instance: Instance, head: str, body: bytearray) -> Any:
    return instance.call("intake", "decide", head, body.decode())
