"""Bodies on their way in: how many are read at once, how large they are, how long they take.

Who sends one is unknown until it is complete and its signature is verified, so a stranger gets no more time and
memory than an honest sender needs. When places or bytes run out, the body that has been read for longest goes.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

MIB = 1 << 20
#: Seconds that every body has to arrive, and the bytes a second that it must come at beyond them. GitHub hangs up
#: after 10 s.
WITHIN = 4.0
PACE = 5 * MIB
#: GitHub's deliveries are about 20 KB. A body above this is large, and few of those are in memory at once.
LARGE = MIB
FEW = 2

Receive = Callable[[], Awaitable[dict[str, Any]]]
Headers = Iterable[tuple[bytes, bytes]]


class TurnedAway(Exception):
    """The request is no delivery; the argument is the WIT's `fault`."""


@dataclass(eq=False)
class _Body:
    """One that is being read, or that is complete and not done with."""

    large: bool
    content: bytearray = field(default_factory=bytearray)
    deadline: asyncio.Timeout | None = None
    ousted: bool = False


class Reading:
    """Reads bodies of up to `limit` bytes: `places` at once, and `held` bytes in all until their use is over."""

    def __init__(self, limit: int, places: int, held: int) -> None:
        self._limit = limit
        self._places = places
        self._most = held
        self._held = 0
        self._large = 0
        #: Those that are not complete, the oldest first.
        self._arriving: dict[_Body, None] = {}

    @asynccontextmanager
    async def body(self, headers: Headers, receive: Receive) -> AsyncIterator[bytearray]:
        """A request's body, which counts until the block ends. Raises TurnedAway where there is none to be had."""
        length = dict(headers).get(b"content-length", b"")
        # What has more digits than any body has bytes is none that int() should be given.
        announced = int(length[:18]) if length.isdigit() else 0
        if announced > self._limit:
            raise TurnedAway("too-large")
        one = _Body(large=False)
        try:
            await self._arrive(one, announced, receive)
            yield one.content
        finally:
            self._forget(one)

    async def _arrive(self, one: _Body, announced: int, receive: Receive) -> None:
        try:
            async with asyncio.timeout(WITHIN + announced / PACE) as one.deadline:
                self._arriving[one] = None
                self._count(one, b"", announced)
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise TurnedAway("truncated")
                    self._count(one, message.get("body", b""), announced)
                    more = message.get("more_body", False)
        except TimeoutError:
            raise TurnedAway("busy" if one.ousted else "truncated") from None
        finally:
            self._arriving.pop(one, None)

    def _count(self, one: _Body, piece: bytes, announced: int) -> None:
        """Takes a piece, and makes the room that it needs."""
        if one.ousted:
            raise TurnedAway("busy")
        one.content += piece
        self._held += len(piece)
        if len(one.content) > self._limit:
            raise TurnedAway("too-large")
        if not one.large and max(announced, len(one.content)) > LARGE:
            one.large = True
            self._large += 1
        while self._large > FEW:
            self._oust(next((other for other in self._arriving if other.large), one), one)
        while len(self._arriving) > self._places or self._held > self._most:
            self._oust(next(iter(self._arriving), one), one)

    def _oust(self, oldest: _Body, asking: _Body) -> None:
        if oldest is asking:
            raise TurnedAway("busy")
        oldest.ousted = True
        self._arriving.pop(oldest)
        self._forget(oldest)
        if oldest.deadline is not None and not oldest.deadline.expired():
            oldest.deadline.reschedule(0)

    def _forget(self, one: _Body) -> None:
        self._held -= len(one.content)
        self._large -= one.large
        one.content, one.large = bytearray(), False
