"""Tickets that must outlive this process: a small SQLite file. Locally it is what a queue is on Modal."""

import sqlite3
import time
from pathlib import Path


class Journal:
    """Deferred tickets and when they are due. Every write is on disk before it returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS deferred (id INTEGER PRIMARY KEY, ticket TEXT NOT NULL, due REAL NOT NULL)"
        )

    async def defer(self, ticket: str, delay: float) -> None:
        """Keeps a ticket until it is due, so many seconds from now."""
        row = (ticket, time.time() + delay)
        self._database.execute("INSERT INTO deferred (ticket, due) VALUES (?, ?)", row)

    def entries(self) -> list[tuple[int, str, float]]:
        """The tickets, with the ids to `drop` them by and when they are due, soonest first."""
        rows = self._database.execute("SELECT id, ticket, due FROM deferred ORDER BY due")
        return [(int(row[0]), str(row[1]), float(row[2])) for row in rows]

    def drop(self, entry: int) -> None:
        """Forgets a ticket."""
        self._database.execute("DELETE FROM deferred WHERE id = ?", (entry,))

    def close(self) -> None:
        """Closes the file."""
        self._database.close()
