"""What holds this process awake: a container ends a few seconds after its last call, whatever runs in it.

While tickets are kept, or somebody asked it to stay, one call of `resume` is held; where nobody holds one, it has
itself called.
"""

import asyncio
from collections.abc import Awaitable, Callable

from host.log import logger

#: Seconds until somebody is called again who did not come, and until one is who could not be called: before this
#: process's container ends for want of a call.
CALL_AGAIN = 30.0
AGAIN_AFTER_FAILURE = 1.0

#: Has somebody call `resume`.
Call = Callable[[], Awaitable[None]]


class Awake:
    """One for all of a process. Without `call` nobody has to be called: the process ends when it is told to."""

    def __init__(self, call: Call | None = None) -> None:
        self._call = call
        self._calls: set[asyncio.Task[None]] = set()
        self._called = float("-inf")
        self._held = False
        self._until = float("-inf")
        self._ending = False
        self._kept = False
        self._working = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def end(self) -> None:
        """The process ends: nothing but what another one has to do is a reason to call."""
        self._ending = True
        self._until = float("-inf")

    def busy(self, is_busy: bool) -> None:
        """Whether there are tickets, of which no end is known."""
        self._kept = is_busy
        self._changed()

    def work(self, begins: bool) -> None:
        """Something begins, or ends, that is lost if the process ends before it."""
        self._working += 1 if begins else -1
        self._changed()

    def stay(self, seconds: float) -> None:
        """There is something for so many seconds."""
        if self._ending:
            return
        self._until = max(self._until, asyncio.get_running_loop().time() + seconds)
        self.look()

    async def hold(self, seconds: float) -> None:
        """Holds a call while there is something, but no longer than so many seconds: then somebody else is called.
        One holder is enough: others return at once."""
        if self._held:
            return
        self._held = True
        try:
            async with asyncio.timeout(seconds):
                while (left := self._left()) > 0 or not self._idle.is_set():
                    await (self._idle.wait() if not self._idle.is_set() else asyncio.sleep(min(left, 1.0)))
        except TimeoutError:
            pass
        finally:
            self._held = False
            # Whoever was called came; the next is called as soon as there is something.
            self._called = float("-inf")
        self.look()

    def look(self) -> None:
        """Has somebody called, where there is something and nobody holds a call for it."""
        now = asyncio.get_running_loop().time()
        is_wanted = not self._ending and (not self._idle.is_set() or self._left() > 0)
        if self._call is None or not is_wanted or self._held or now - self._called < CALL_AGAIN:
            return
        self._called = now
        task = asyncio.create_task(self.call())
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def call(self) -> None:
        """Has somebody called. Where that fails it is tried again while there is something."""
        if self._call is None:
            return
        try:
            await self._call()
        except Exception as error:
            logger().warning("not-woken", error=type(error).__name__)
            self._called = float("-inf")
            asyncio.get_running_loop().call_later(AGAIN_AFTER_FAILURE, self.look)

    def _changed(self) -> None:
        if self._kept or self._working > 0:
            self._idle.clear()
            self.look()
        else:
            self._idle.set()

    def _left(self) -> float:
        return max(0.0, self._until - asyncio.get_running_loop().time())
