"""The last deliveries and the last sweep, for the status page; kept, so that a new container shows them too.

What a delivery was answered is the component's text, which it reads again itself.
"""

import asyncio
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from host.records.store import NoStore, Saver, Store

#: Deliveries that are shown, and requests that were none of GitHub's: a flood of those pushes nothing out.
SHOWN = 50
STRANGERS = 10


@dataclass(slots=True)
class Recent:
    """One delivery: when it was answered, in seconds since the epoch, how soon, and the WIT's `answered`."""

    at: float
    ms: float
    delivery: str
    answered: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """The last sweep: when it was over, in seconds since the epoch, and what it saw."""

    at: float
    summary: str
    queued: int
    oldest_queued: int
    quota: int | None


class RecentDeliveries:
    """One for all of a process, on its event loop."""

    def __init__(self, store: Store | None = None) -> None:
        self._store = store or NoStore()
        self._saver = Saver(self._save)
        self._loading = asyncio.Lock()
        self._loaded = False
        self._known: deque[Recent] = deque(maxlen=SHOWN)
        self._strangers: deque[Recent] = deque(maxlen=STRANGERS)
        self.sweep: Sweep | None = None

    @property
    def deliveries(self) -> list[Recent]:
        """What was answered recently, the newest first."""
        return sorted([*self._known, *self._strangers], key=lambda recent: -recent.at)

    def observe(self, event: str, reply: Any, ms: dict[str, float]) -> None:
        """A WIT `reply`: a delivery's is shown, and a course's that outlived its delivery's answer in its place."""
        if reply.news is not None and reply.news.tag == "swept":
            tally = reply.news.payload
            self.sweep = Sweep(time.time(), tally.summary, tally.queued, getattr(tally, "oldest-queued"), tally.quota)
        elif event == "delivery":
            recent = Recent(time.time(), ms.get("total", 0.0), reply.delivery, reply.answered)
            if not reply.delivery:
                self._strangers.appendleft(recent)
                return
            self._known.appendleft(recent)
        elif reply.delivery:
            for recent in self._known:
                if recent.delivery == reply.delivery:
                    recent.answered = reply.answered
                    break
        self._saver.touch()

    async def ready(self) -> None:
        """Reads what an earlier process left."""
        async with self._loading:
            if not self._loaded:
                kept = await self._store.get("recent")
                kept = kept if isinstance(kept, dict) else {}
                rows = [row for row in kept.get("deliveries", []) if _is(Recent, row)]
                self._known.extend(Recent(**row) for row in rows[: SHOWN - len(self._known)])
                if self.sweep is None and _is(Sweep, kept.get("sweep")):
                    self.sweep = Sweep(**kept["sweep"])
                self._loaded = True

    async def flush(self) -> None:
        """Keeps what is not kept yet."""
        await self._saver.now()

    async def _save(self) -> None:
        await self.ready()
        sweep = asdict(self.sweep) if self.sweep else None
        await self._store.put("recent", {"deliveries": [asdict(recent) for recent in self._known], "sweep": sweep})


def _is(kind: Any, kept: Any) -> bool:
    """What another version left is not shown rather than in the way."""
    return isinstance(kept, dict) and kept.keys() == kind.__dataclass_fields__.keys()
