"""Where tickets wait that must outlive this process: one entry a ticket, the same at Modal and on this machine.

What is kept is put back by whoever is there: the process that put it, the next one, or a sweep's look.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Kept:
    """A ticket that is kept, under its key, until it is due, in seconds since the epoch."""

    key: str
    ticket: str
    due: float


class Tickets(Protocol):
    """Keeps tickets. What `put` returned from outlives this process; every method raises where it cannot do so."""

    async def put(self, kept: Kept) -> None:
        """Keeps a ticket, in the place of the one that had its key."""

    async def drop(self, key: str) -> None:
        """Forgets a ticket. One that is gone already is no error."""

    async def all(self) -> list[Kept]:
        """All that are kept."""
