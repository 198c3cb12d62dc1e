"""The last deliveries and the last sweep, for the status page; kept, so that a new container shows them too."""

import asyncio
import time
from collections import deque
from typing import Any

from host.books.shelf import NoShelf, Saver, Shelf

#: Deliveries that are shown, and requests that were none of GitHub's: a flood of those pushes nothing out.
SHOWN = 50
STRANGERS = 10
#: What of a delivery's log line is shown.
FIELDS = ("outcome", "reason", "why", "delivery", "repository", "run", "job", "runner", "sandbox")
#: What a line that is shown has.
NEEDED = {"at", "ms", "outcome", "reason"}


class Bulletin:
    """One for all of a process, on its event loop."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self._shelf = shelf or NoShelf()
        self._saver = Saver(self._save)
        self._loading = asyncio.Lock()
        self._loaded = False
        self._known: deque[dict[str, Any]] = deque(maxlen=SHOWN)
        self._strangers: deque[dict[str, Any]] = deque(maxlen=STRANGERS)
        self.sweep: dict[str, Any] = {}

    @property
    def deliveries(self) -> list[dict[str, Any]]:
        """What was answered of late, the newest first."""
        return sorted([*self._known, *self._strangers], key=lambda shown: -shown["at"])

    def observe(self, event: str, line: dict[str, Any]) -> None:
        """A log line; a delivery's is shown, and a course's that outlived its delivery's answer in its place."""
        if line["outcome"] == "swept":
            self.sweep = {"at": time.time()} | {name: value for name, value in line.items() if name != "ms"}
        elif event == "delivery":
            shown = {name: line[name] for name in FIELDS if name in line}
            kind = self._known if "repository" in line or line["outcome"] == "pong" else self._strangers
            kind.appendleft({"at": time.time(), "ms": line["ms"].get("total", 0.0)} | shown)
        elif line.get("delivery"):
            for shown in self._known:
                if shown.get("delivery") == line["delivery"]:
                    shown |= {name: line[name] for name in FIELDS if name in line}
                    break
        self._saver.touch()

    async def ready(self) -> None:
        """Reads what an earlier process left."""
        async with self._loading:
            if not self._loaded:
                kept = await self._shelf.get("bulletin")
                kept = kept if isinstance(kept, dict) else {}
                # What another version left is not shown rather than in the way.
                rows = [row for row in kept.get("deliveries", []) if isinstance(row, dict) and row.keys() >= NEEDED]
                self._known.extend(rows[: SHOWN - len(self._known)])
                self.sweep = self.sweep or (kept["sweep"] if "at" in kept.get("sweep", {}) else {})
                self._loaded = True

    async def flush(self) -> None:
        """Keeps what is not kept yet."""
        await self._saver.now()

    async def _save(self) -> None:
        await self.ready()
        await self._shelf.put("bulletin", {"deliveries": list(self._known), "sweep": self.sweep})
