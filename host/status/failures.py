"""Failed sign-ins: each is counted and answered late, and few wait for that at once, so that guessing `STATUS_TOKEN`
is slow and shows. In a header the right token is always taken, and at once.
"""

import asyncio

from prometheus_client import Counter

from host.log import logger

#: Seconds until a failed sign-in is answered, and how many wait for that at once. Beyond them none is looked at.
LATE = 1.0
WAITING = 16


class Failures:
    """One for all of a process."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._waiting = 0

    @property
    def full(self) -> bool:
        """Whether so many have failed recently that the next is not looked at."""
        return self._waiting >= WAITING

    async def answer_late(self, by: str) -> None:
        """A token was wrong: in the form (`form`), or in a header (`bearer`)."""
        self._counter.labels(by).inc()
        if self.full:
            return
        logger().warning("sign-in-failed", by=by)
        self._waiting += 1
        try:
            await asyncio.sleep(LATE)
        finally:
            self._waiting -= 1
