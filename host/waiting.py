"""Tickets that wait, in this process: each is kept in the store before anybody is told so, and its course is played
when it is due, when GitHub answers again, or when a sweep finds it. A ticket that waits holds nothing but its entry.

How long one may wait, and whether there is any use for it, is the house's to say.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from host.awake import Awake
from host.health import Health
from host.house import House
from host.log import logger
from host.tickets import Kept, Tickets

#: Seconds until what could not be written or dropped is tried again.
AGAIN_AFTER = 5.0
#: How many keys that are gone are remembered: a listing that is under way may still show them.
GONE = 10_000
#: What is written, and dropped again, to see whether the store is well.
PROBE = "probe"

#: Opens a ticket's course, which says what became of its entry.
Play = Callable[[str, "Entry"], Any]


class NotKept(Exception):
    """A ticket has to wait, and what keeps tickets could not be reached."""


@dataclass(eq=False, slots=True)
class Entry:
    """A ticket that is kept."""

    key: str
    ticket: str
    #: When it is due, in seconds since the epoch and by this process's own clock, which nobody sets.
    due: float
    due_here: float
    #: Whether its course is played; whether it is only to be dropped; whether the store has an older ticket.
    playing: bool = False
    over: bool = False
    stale: bool = False


@dataclass
class Waiting:
    """All tickets of a process that are kept. On one event loop, as the courses."""

    tickets: Tickets
    house: House
    health: Health
    #: Whether this process is the last that began: only that one takes up tickets.
    is_last: Callable[[], Awaitable[bool]]
    #: Holds this process awake while tickets are kept.
    awake: Awake = field(default_factory=Awake)
    _entries: dict[str, Entry] = field(default_factory=dict)
    _gone: dict[str, None] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _closed: bool = False
    #: Whether no look for what other processes kept went well yet.
    _unread: bool = True

    def __post_init__(self) -> None:
        self.house.on_back = self.take_up_all
        self.house.on_new = self._announce

    @property
    def waiting(self) -> list[str]:
        """The tickets that wait, and no course of theirs runs."""
        return [one.ticket for one in self._entries.values() if not one.playing and not one.over]

    async def defer(self, ticket: str, delay: float, entry: Entry | None = None, anyway: bool = False) -> None:
        """Keeps a ticket that is to be taken up after so many seconds, in the place of `entry`. Raises NotKept where
        there is none; else the store still has the older ticket, and the new one is written as soon as can be. One
        whose course failed before it had its job waits `anyway`: to the house it waits still."""
        if entry is None:
            entry = await self._put(ticket, delay)
        else:
            entry.ticket, entry.due = ticket, time.time() + delay
            await self._write(entry)
        self._let_wait(entry, delay, anyway)

    async def hold(self, ticket: str) -> Entry:
        """Keeps a ticket whose course runs, in case that does not live to its answer. Raises NotKept."""
        entry = await self._put(ticket, 0.0)
        self._changed.set()
        return entry

    async def over(self, entry: Entry) -> None:
        """The course of a ticket that is kept came to its answer."""
        entry.over, entry.playing = True, False
        if not await self._drop(entry):
            self._changed.set()

    def let_go(self, entry: Entry) -> None:
        """The course of a ticket is cut off: the ticket stays for the next process."""
        entry.playing = False

    async def read(self) -> None:
        """Looks for tickets that another process kept."""
        found = await self.tickets.all()
        self._unread = False
        for kept in found:
            if kept.key in self._entries or kept.key in self._gone:
                continue
            now = time.time()
            entry = Entry(kept.key, kept.ticket, kept.due, 0.0)
            self._entries[kept.key] = entry
            self.awake.busy(True)
            if kept.key == PROBE:
                entry.over = True
            else:
                self._let_wait(entry, max(0.0, kept.due - now))
        self.health.well("tickets")
        self._changed.set()

    def take_up_all(self) -> None:
        """GitHub answers again: nothing waits any longer."""
        now = asyncio.get_running_loop().time()
        for entry in self._entries.values():
            entry.due_here = min(entry.due_here, now)
        self._changed.set()

    async def run(self, play: Play) -> None:
        """Takes up what is due, for ever."""
        while True:
            self._changed.clear()
            due = [one for one in self._entries.values() if self._is_due(one)]
            if due and not self._closed:
                await self._take_up(due, play)
            unsettled = await self._settle()
            self.awake.look()
            self.health.well("taking-up")
            try:
                async with asyncio.timeout(AGAIN_AFTER if unsettled else self._until_next()):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def close(self, tickets: list[str]) -> bool:
        """Keeps these tickets for the next process, each by itself; whether that has all that it needs."""
        kept = await asyncio.gather(*(self._put(ticket, 0.0) for ticket in tickets), return_exceptions=True)
        if self._entries:
            await self.awake.call()
        stale = any(one.stale for one in self._entries.values())
        return all(isinstance(one, Entry) for one in kept) and not stale

    def stop(self) -> None:
        """Nothing is taken up from here on."""
        self._closed = True
        self.awake.end()

    async def _take_up(self, due: list[Entry], play: Play) -> None:
        if not await self.is_last():
            # A newer process read them all.
            for one in [one for one in self._entries.values() if not one.playing and not one.over]:
                self._entries.pop(one.key)
            self._look_quiet()
            return
        for one in due:
            if self._is_due(one) and not self._closed:
                play(one.ticket, one)
                one.playing = True

    def _is_due(self, entry: Entry) -> bool:
        return not entry.playing and not entry.over and entry.due_here <= asyncio.get_running_loop().time()

    def _until_next(self) -> float | None:
        waiting = [one.due_here for one in self._entries.values() if not one.playing and not one.over]
        return max(0.0, min(waiting) - asyncio.get_running_loop().time()) if waiting and not self._closed else None

    def _let_wait(self, entry: Entry, delay: float, anyway: bool = False) -> None:
        longest = self.house.wait(entry.ticket, delay)
        if longest is None and anyway:
            longest = delay
        entry.playing = False
        if longest is None:
            entry.over = True
        else:
            entry.over = False
            entry.due_here = asyncio.get_running_loop().time() + longest
        self._changed.set()

    def _announce(self) -> None:
        """Another house stands in the place of one that failed: it has to know what waits."""
        for entry in self._entries.values():
            if not entry.playing and not entry.over:
                self.house.wait(entry.ticket, 0.0)

    async def _put(self, ticket: str, delay: float) -> Entry:
        due = time.time() + delay
        entry = Entry(uuid.uuid4().hex, ticket, due, 0.0, playing=True)
        # It is known before the store has it, so that no listing shows it as somebody else's.
        self._entries[entry.key] = entry
        self.awake.busy(True)
        try:
            await self.tickets.put(Kept(entry.key, ticket, due))
        except BaseException as error:
            del self._entries[entry.key]
            self._look_quiet()
            if not isinstance(error, Exception):
                raise
            self._ill("ticket-not-kept", error)
            self._changed.set()
            raise NotKept from error
        self.health.well("tickets")
        return entry

    async def _write(self, entry: Entry) -> None:
        try:
            await self.tickets.put(Kept(entry.key, entry.ticket, entry.due))
            entry.stale = False
            self.health.well("tickets")
        except Exception as error:
            entry.stale = True
            self._ill("ticket-not-kept", error)

    async def _drop(self, entry: Entry) -> bool:
        try:
            await self.tickets.drop(entry.key)
        except Exception as error:
            self._ill("ticket-not-dropped", error)
            return False
        self._forget(entry)
        return True

    def _forget(self, entry: Entry) -> None:
        self._gone[entry.key] = None
        if len(self._gone) > GONE:
            self._gone.pop(next(iter(self._gone)))
        self._entries.pop(entry.key, None)
        self._look_quiet()

    def _look_quiet(self) -> None:
        self.awake.busy(bool(self._entries))

    def _ill(self, event: str, error: Exception) -> None:
        logger().error(event, error=type(error).__name__)
        self.health.ill("tickets")

    async def _settle(self) -> bool:
        """Writes and drops what is still to be; whether something is left."""
        for entry in [one for one in self._entries.values() if one.stale and not one.playing and not one.over]:
            await self._write(entry)
        for entry in [one for one in self._entries.values() if one.over]:
            await self._drop(entry)
        if self.health.is_ill("tickets"):
            await (self._try_read() if self._unread else self._probe())
        return self.health.is_ill("tickets")

    async def _try_read(self) -> None:
        try:
            await self.read()
        except Exception as error:
            logger().warning("tickets-ill", error=type(error).__name__)

    async def _probe(self) -> None:
        try:
            await self.tickets.put(Kept(PROBE, "", 0.0))
            await self.tickets.drop(PROBE)
        except Exception as error:
            logger().warning("tickets-ill", error=type(error).__name__)
        else:
            self.health.well("tickets")
