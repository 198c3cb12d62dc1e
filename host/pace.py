"""Whose turn it is to ask GitHub for a JIT config: so many in a minute, each repository in turn.

The component says when a course needs a turn, how many there are, and when GitHub wants to be left alone.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

#: Seconds that a turn counts against the pace.
WINDOW = 60.0


class Held(Exception):
    """No course has a turn for so many milliseconds; the argument."""


class Quota:
    """So many of a kind within so many seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._done: dict[str, deque[float]] = {}

    def permit(self, name: str, most: int, within: float) -> bool:
        """Counts one more of a kind, if there may be one."""
        now = self._clock()
        done = self._done.setdefault(name, deque())
        while done and now - done[0] >= within:
            done.popleft()
        if len(done) >= most:
            return False
        done.append(now)
        return True


@dataclass(eq=False, slots=True)
class Turn:
    """A turn that was given. A sandbox may be started between the turn and the request, so it counts against the
    pace until a minute after it was used, as GitHub counts."""

    used: float | None = None


class Pace:
    """The queue before GitHub. One for all courses of a process, on its event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._queues: OrderedDict[str, deque[asyncio.Future[Turn]]] = OrderedDict()
        self._given: list[Turn] = []
        self._held_until = 0.0
        self._per_minute = 1
        self._giving: asyncio.Task[None] | None = None

    async def turn(self, repository: str, pace: int) -> Turn:
        """Returns when it is this course's turn, which `use` must be told of. Raises Held while GitHub wants to be
        left alone."""
        self._raise_if_held()
        self._per_minute = pace
        if not self._queues and self._wait() <= 0:
            return self._new()
        turn: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(repository, deque()).append(turn)
        if self._giving is None or self._giving.done():
            self._giving = asyncio.create_task(self._give())
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.use(turn.result())
            raise

    def use(self, turn: Turn) -> None:
        """The course of this turn has made its request, or will make none; the last time counts."""
        turn.used = self._clock()

    def hold(self, delay: float) -> None:
        """Nobody has a turn for so many seconds; who waits for one is told."""
        self._held_until = max(self._held_until, self._clock() + delay)
        waiting = [turn for queue in self._queues.values() for turn in queue]
        self._queues.clear()
        for turn in waiting:
            if not turn.done():
                turn.set_exception(Held(self._held_for()))

    async def _give(self) -> None:
        while self._queues:
            if (wait := self._wait()) > 0:
                await asyncio.sleep(wait)
                continue
            repository, queue = self._queues.popitem(last=False)
            turn = queue.popleft()
            if queue:
                self._queues[repository] = queue
            if not turn.done():
                turn.set_result(self._new())

    def _new(self) -> Turn:
        turn = Turn()
        self._given.append(turn)
        return turn

    def _wait(self) -> float:
        """Seconds until a turn is free, as far as can be known: one that is not used yet is as good as used now."""
        now = self._clock()
        self._given = [turn for turn in self._given if turn.used is None or now - turn.used < WINDOW]
        if len(self._given) < self._per_minute:
            return 0.0
        uses = sorted(now if turn.used is None else turn.used for turn in self._given)
        return uses[-self._per_minute] + WINDOW - now

    def _raise_if_held(self) -> None:
        if (left := self._held_for()) > 0:
            raise Held(left)

    def _held_for(self) -> int:
        return max(0, round((self._held_until - self._clock()) * 1000))
