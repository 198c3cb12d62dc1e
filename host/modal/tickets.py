"""Tickets at Modal: entries of a `modal.Dict` of their own, which outlives containers and holds no input.

A Dict forgets an entry that was neither read nor written for seven days (modal.Dict's documentation); none waits
longer than an hour.
"""

import asyncio
import json
from typing import Any

from host.log import logger
from host.tickets import Kept

#: Seconds that Modal has to keep a ticket: GitHub hangs up after ten, seven of which its course may have had.
PUT_WITHIN = 2.5
#: Seconds that it has for the rest, and for all tickets at once.
WITHIN = 10.0
ALL_WITHIN = 60.0


class ModalTickets:
    """Entries of a `modal.Dict`, as JSON."""

    def __init__(self, entries: Any) -> None:
        self._entries = entries

    async def put(self, kept: Kept) -> None:
        """Keeps a ticket."""
        async with asyncio.timeout(PUT_WITHIN):
            await self._entries.put.aio(kept.key, json.dumps({"ticket": kept.ticket, "due": kept.due}))

    async def drop(self, key: str) -> None:
        """Forgets a ticket."""
        async with asyncio.timeout(WITHIN):
            await self._entries.pop.aio(key, None)

    async def all(self) -> list[Kept]:
        """All that are kept."""
        async with asyncio.timeout(ALL_WITHIN):
            entries = [(str(key), value) async for key, value in self._entries.items.aio()]
        return [kept for key, value in entries if (kept := _read(key, value)) is not None]


def _read(key: str, value: Any) -> Kept | None:
    """What another version left is left alone; it is forgotten by itself."""
    try:
        kept = json.loads(value)
        return Kept(key, str(kept["ticket"]), float(kept["due"]))
    except (TypeError, ValueError, KeyError):
        logger().warning("ticket-unreadable", key=key)
        return None
