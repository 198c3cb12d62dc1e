"""All that is remembered of what happened: the metrics, the ledger of sandboxes, and the recent deliveries.

Each is told every reply and takes what it knows; so a figure has one source, which is the component's word. Nothing
is read out of the log.
"""

from typing import Any

from host.component import Component
from host.log import logger
from host.records.ledger import Ledger
from host.records.metrics import Metrics
from host.records.recent import RecentDeliveries
from host.records.store import Store


class Records:
    """One for all of a process."""

    def __init__(self, component: Component, store: Store | None = None) -> None:
        self._component = component
        self.metrics = Metrics()
        self.ledger = Ledger(component, store, self.metrics)
        self.recent = RecentDeliveries(store)

    def observe(self, event: str, reply: Any, ms: dict[str, float]) -> None:
        """The WIT `reply` of a delivery, a course or a sweep, and what its stages took. No delivery and no course
        fails because of a record."""
        try:
            self.metrics.observe(event, reply, ms)
            if reply.news is not None:
                self.ledger.observe(reply.news)
            self.recent.observe(event, reply, ms)
        except Exception as error:
            logger().error("not-noted", error=type(error).__name__)

    def ended(self, sandbox: str, status: int, output: str) -> None:
        """A sandbox ended with this status and this last output. Why, the component says."""
        try:
            ending = self._component.ending(output, status)
            figures = dict(ending.figures)
            logger().info("sandbox-ended", sandbox=sandbox, exit=status, cause=ending.cause, **figures)
            self.metrics.ended(ending.cause, dict(ending.stages))
            self.ledger.why(sandbox, ending.cause)
        except Exception as error:
            logger().error("not-noted", error=type(error).__name__)

    async def flush(self) -> None:
        """Keeps what is not kept yet."""
        await self.ledger.flush()
        await self.recent.flush()
