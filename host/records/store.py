"""What is kept from one process to the next beside tickets: JSON values by name.

On Modal they are in a Dict, which forgets an entry that was neither read nor written for seven days (modal.Dict's own
documentation); locally in SQLite.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from host.local.database import Database
from host.log import logger

#: Seconds between two writes of what changes all the time.
EVERY = 10.0
#: Seconds that Modal has for one value: a budget is looked at while a job waits.
WITHIN = 10.0


class Store(Protocol):
    """Keeps values. A value that was never put is None."""

    async def get(self, name: str) -> Any:
        """The value."""

    async def put(self, name: str, value: Any) -> None:
        """Keeps a value in the place of the last one."""


class NoStore:
    """Forgets everything."""

    async def get(self, name: str) -> Any:
        """None, always."""
        del name

    async def put(self, name: str, value: Any) -> None:
        """Is not kept."""
        del name, value


class LocalStore:
    """A table in the journal, which may be open already."""

    def __init__(self, journal: Path | Database) -> None:
        self._database = Database(journal) if isinstance(journal, Path) else journal

    async def get(self, name: str) -> Any:
        """The value."""
        rows = self._database.execute("SELECT value FROM kept WHERE name = ?", (name,))
        return json.loads(rows[0][0]) if rows else None

    async def put(self, name: str, value: Any) -> None:
        """Keeps a value."""
        self._database.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, json.dumps(value)))


class ModalStore:
    """Entries of a `modal.Dict`, as JSON."""

    def __init__(self, entries: Any) -> None:
        self._entries = entries

    async def get(self, name: str) -> Any:
        """The value."""
        async with asyncio.timeout(WITHIN):
            kept = await self._entries.get.aio(name, None)
        return None if kept is None else json.loads(kept)

    async def put(self, name: str, value: Any) -> None:
        """Keeps a value."""
        async with asyncio.timeout(WITHIN):
            await self._entries.put.aio(name, json.dumps(value))


class Saver:
    """Calls `save` some time after it is touched, and at most so often; again where it fails, or where something
    changed meanwhile."""

    def __init__(self, save: Callable[[], Awaitable[None]], every: float = EVERY) -> None:
        self._save = save
        self._every = every
        self._changed = False
        self._task: asyncio.Task[None] | None = None

    def touch(self) -> None:
        """Something changed."""
        self._changed = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._later())

    async def now(self) -> None:
        """Saves what is left to be saved."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})
        if self._changed:
            await self._try()

    async def _later(self) -> None:
        while self._changed:
            await asyncio.sleep(self._every)
            await self._try()

    async def _try(self) -> None:
        saved, self._changed = False, False
        try:
            await self._save()
            saved = True
        except Exception as error:
            logger().warning("not-kept", error=type(error).__name__)
        finally:
            self._changed = self._changed or not saved
