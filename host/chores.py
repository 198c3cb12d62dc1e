"""Tasks that run as long as the process: one that dies is logged, shown in health, and started again."""

import asyncio
from collections.abc import Awaitable, Callable

from host.health import Health, Trouble
from host.log import logger

#: Seconds until a task that died is started again.
AGAIN_AFTER = 2.0
#: Seconds that they have to end.
CANCELLED_WITHIN = 2.0


class Chores:
    """All of a process's."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, trouble: Trouble, chore: Callable[[], Awaitable[None]]) -> None:
        """Runs a chore until it returns. What fails is named in health until the chore says that it is well."""
        task = asyncio.create_task(self._run(trouble, chore))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Ends them all."""
        if tasks := set(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=CANCELLED_WITHIN)

    async def _run(self, trouble: Trouble, chore: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await chore()
            except Exception as error:
                logger().error("task-failed", task=trouble, error=type(error).__name__, detail=str(error))
                self._health.ill(trouble)
                await asyncio.sleep(AGAIN_AFTER)
