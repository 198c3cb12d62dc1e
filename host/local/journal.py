"""Tickets that must outlive this process: a table of the journal. Locally it is what a Dict is on Modal."""

from host.local.database import Database
from host.tickets import Kept


class Journal:
    """Tickets in a database. Every write is on disk before it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, kept: Kept) -> None:
        """Keeps a ticket."""
        row = (kept.key, kept.ticket, kept.due)
        self._database.execute("INSERT OR REPLACE INTO tickets VALUES (?, ?, ?)", row)

    async def drop(self, key: str) -> None:
        """Forgets a ticket."""
        self._database.execute("DELETE FROM tickets WHERE key = ?", (key,))

    async def all(self) -> list[Kept]:
        """All that are kept, soonest first."""
        rows = self._database.execute("SELECT key, ticket, due FROM tickets ORDER BY due")
        return [Kept(str(key), str(ticket), float(due)) for key, ticket, due in rows]
