"""All that is remembered of what happened: the metrics, the ledger of sandboxes, and the bulletin of deliveries.

Each is told every log line and takes what it knows; so a figure has one source, which is the component's word.
"""

from typing import Any

from host.books.bulletin import Bulletin
from host.books.ledger import Ledger
from host.books.metrics import Metrics
from host.books.shelf import Shelf
from host.log import logger


class Books:
    """One for all of a process."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.metrics = Metrics()
        self.ledger = Ledger(shelf, self.metrics)
        self.bulletin = Bulletin(shelf)

    def observe(self, event: str, line: dict[str, Any]) -> None:
        """A log line of a delivery, a course or a sweep. No delivery and no course fails because of a book."""
        try:
            self.metrics.observe(event, line)
            self.ledger.observe(line)
            self.bulletin.observe(event, line)
        except Exception as error:
            logger().error("not-noted", error=type(error).__name__)

    async def flush(self) -> None:
        """Keeps what is not kept yet."""
        await self.ledger.flush()
        await self.bulletin.flush()
