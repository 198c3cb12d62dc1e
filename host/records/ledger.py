"""What every sandbox cost: opened when it starts, closed when it ends, and kept by job, by month and by hour.

The component makes the entries and says what a life costs; here are time and sums. A sandbox's end is seen in one of
four ways: its job is over, it was watched, it was ended, or a sweep finds it gone.
"""

import asyncio
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from host.component import Component
from host.launcher import Sandbox
from host.log import logger
from host.records.entry import Entry, Life
from host.records.metrics import WAITS, Metrics
from host.records.store import NoStore, Saver, Store

#: Entries of one shard stand under one name: ten minutes of them.
SHARD = 600
#: Hours whose summary is kept, for the plots.
HOURS = 48
#: Seconds for which a sandbox that a listing does not show may just be too new for it, and for which one whose entry
#: is closed may still be shown by one.
LISTING_LAG = 60.0
CLOSED_KEPT = 3600.0
#: Sandboxes that ended last, for the status page; and for how many seconds it is asked again why one did.
ENDED = 100
ASKED_AGAIN = 3600.0
#: What stands in a repository's place for runners that only show a refusal.
REFUSALS = "refusals"
#: What happened to sandboxes that may be an earlier process's, until what that left is read.
EARLY = 10_000


class Ledger:
    """One for all courses of a process, on its event loop. Times are seconds since the epoch, money is nano-USD."""

    def __init__(
        self,
        component: Component,
        store: Store | None = None,
        metrics: Metrics | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._component = component
        self._store = store or NoStore()
        self._metrics = metrics or Metrics()
        self._clock = clock
        self._living: dict[str, Entry] = {}
        self._by_runner: dict[str, str] = {}
        self._closed: dict[str, float] = {}
        #: As they are kept.
        self._shards: dict[str, list[dict[str, Any]]] = {}
        self._months: dict[str, dict[str, list[int]]] = {}
        self._hours: dict[str, dict[str, Any]] = {}
        self._ended: deque[Entry] = deque(maxlen=ENDED)
        #: Causes that are learnt after an entry was closed, by its shard and its sandbox.
        self._causes: dict[str, dict[str, str]] = {}
        #: The months and shards that what was kept of them is in.
        self._read: set[str] = set()
        self._early: deque[Callable[[], None]] = deque(maxlen=EARLY)
        self._loading = asyncio.Lock()
        self._loaded = False
        self._saver = Saver(self._save)

    @property
    def living(self) -> list[Entry]:
        """The entries of sandboxes that live, the oldest first."""
        return sorted(self._living.values(), key=lambda entry: entry.started)

    @property
    def ended(self) -> list[Entry]:
        """The entries of sandboxes that ended, the last first."""
        return list(self._ended)

    @property
    def hours(self) -> dict[str, dict[str, Any]]:
        """By hour, as `2026-11-24T13`: how many were `launched`, and how many waited up to each of `WAITS`."""
        return self._hours

    def opened(self, sandbox: str, made: Any) -> None:
        """A sandbox was started; `made` is its WIT `entry`, if it has one."""
        if made is not None:
            self._enter(Entry.of(sandbox, made))
        if made is None or not made.refusal:
            self._hour()["launched"] += 1
        self._saver.touch()

    def handed_over(self, sandbox: str, runner: str) -> None:
        """It is one runner's now."""
        if (entry := self._living.get(sandbox)) is not None:
            entry.runner = runner
            self._by_runner[runner] = sandbox
            self._saver.touch()

    def observe(self, news: Any) -> None:
        """The WIT's `news`, which may be of a runner."""
        if news.tag not in ("running", "over"):
            return
        told = news.payload
        sandbox = self._by_runner.get(told.runner)
        entry = self._living.get(sandbox or "")
        if sandbox is None or entry is None:
            return self._defer(partial(self.observe, news))
        if news.tag == "over":
            return self.closed(sandbox, told.at / 1000)
        if entry.refusal and entry.run == told.run:
            return
        if entry.queued_s is None:
            entry.refusal = False
            # A runner takes any job whose labels match; what it costs is that job's.
            entry.job, entry.run, entry.repository = told.job, told.run, told.repository
            entry.queued_s = told.queued / 1000
            self._hour()["waits"][min(bisect_left(WAITS, entry.queued_s), len(WAITS) - 1)] += 1
            self._metrics.queued.observe(entry.queued_s)
            self._saver.touch()

    def closed(self, sandbox: str, at: float | None = None) -> None:
        """A sandbox ended, now or then. What ended before is no news."""
        now = self._clock()
        entry = self._living.pop(sandbox, None)
        if entry is None:
            return self._defer(partial(self.closed, sandbox, min(at or now, now)))
        self._by_runner.pop(entry.runner, None)
        self._closed[sandbox] = now
        entry.ended = max(entry.started, min(at or now, now))
        life = entry.life(entry.ended)
        (entry.nano_usd,) = self._component.costs([life])
        whose = REFUSALS if entry.refusal else entry.repository
        total = self._month(entry.ended).setdefault(whose, [0, 0, 0])
        for column, more in enumerate((1, life.milliseconds, entry.nano_usd)):
            total[column] += more
        self._shards.setdefault(shard(entry.ended), []).append(entry.kept())
        self._ended.appendleft(entry)
        self._metrics.cost(whose, life.milliseconds / 1000, entry.nano_usd / 1e9)
        logger().info("cost", **entry.shown())
        self._saver.touch()

    def why(self, sandbox: str, cause: str) -> None:
        """A sandbox was seen to end, and why; the entry may be closed already."""
        if (living := self._living.get(sandbox)) is not None:
            living.cause = cause
            return self._saver.touch()
        for entry in self._ended:
            if entry.sandbox == sandbox and entry.ended is not None:
                entry.cause = cause
                name = shard(entry.ended)
                self._shards.setdefault(name, [])
                self._causes.setdefault(name, {})[sandbox] = cause
                return self._saver.touch()
        self._defer(partial(self.why, sandbox, cause))

    def unseen(self, living: set[str], job: str | None = None) -> list[str]:
        """Sandboxes, of one job or of all, that ended a while ago at most without anybody having seen why."""
        now = self._clock()
        return [
            entry.sandbox
            for entry in self._ended
            if entry.cause is None
            and entry.sandbox not in living
            and job in (None, str(entry.job))
            and now - (entry.ended or 0) < ASKED_AGAIN
        ]

    def found(self, sandboxes: Iterable[Sandbox]) -> None:
        """All that live: what is not among them has ended, what is not known yet is entered."""
        now = self._clock()
        tags = {sandbox.id: list(sandbox.tags.items()) for sandbox in sandboxes}
        ids = set(tags)
        for made in self._component.entries(
            [(name, tags[name]) for name in ids - self._living.keys() - self._closed.keys()]
        ):
            self._enter(Entry.of(made.sandbox, made))
        self._gone(ids, now)
        self._defer(partial(self._gone, ids, now))
        self._closed = {
            sandbox: at for sandbox, at in self._closed.items() if sandbox in ids or now - at < CLOSED_KEPT
        }

    @property
    def month(self) -> dict[str, list[int]]:
        """This month so far, by repository: jobs that are over, their milliseconds, their cost."""
        return self._month(self._clock())

    async def spent(self, since: float) -> int:
        """What sandboxes have cost since the beginning of a month, those that live included."""
        await self.ready()
        now = self._clock()
        lives: Counter[int] = Counter()
        for entry in self._living.values():
            lives[entry.rate] += entry.life(now, since).milliseconds
        # Few rates, however many sandboxes live: a job waits for this sum.
        living = self._component.costs([Life(rate, milliseconds) for rate, milliseconds in lives.items()])
        return sum(total[2] for total in self._month(since).values()) + sum(living)

    async def ready(self) -> None:
        """Reads what an earlier process left. Raises where that cannot be told."""
        async with self._loading:
            if not self._loaded:
                await self._load()
            self._month(self._clock())
            await self._merge()

    async def _load(self) -> None:
        names = ("living", "hours", "closed", "ended")
        living, hours, closed, ended = await asyncio.gather(*(self._store.get(f"ledger/{name}") for name in names))
        self._closed = (closed or {}) | self._closed
        for sandbox in self._living.keys() & self._closed.keys():
            del self._living[sandbox]
        for kept in living or []:
            # What another version left must not keep the budget from being told.
            entry = Entry.read(kept)
            if entry is None:
                logger().warning("not-read", error="a sandbox of the ledger lacks what it should have")
                continue
            here = self._living.get(entry.sandbox)
            # Tags do not tell which job the runner took.
            if entry.sandbox not in self._closed and (here is None or here.queued_s is None):
                entry.runner = entry.runner or (here.runner if here else "")
                self._living[entry.sandbox] = entry
        here_ended = {entry.sandbox for entry in self._ended}
        earlier = [entry for kept in ended or [] if (entry := Entry.read(kept)) is not None]
        self._ended.extend([one for one in earlier if one.sandbox not in here_ended][: ENDED - len(self._ended)])
        self._by_runner = {entry.runner: name for name, entry in self._living.items() if entry.runner}
        for hour, summary in (hours or {}).items():
            self._hours[hour] = _added(summary, self._hours.get(hour))
        self._loaded = True
        early, self._early = self._early, deque(maxlen=EARLY)
        for happened in early:
            happened()

    async def _merge(self) -> None:
        """Adds what is kept of each month and shard that is about to be written, so that nothing is overwritten."""
        for month in [month for month in self._months if month not in self._read]:
            total = await self._store.get(f"ledger/month/{month}") or {}
            mine = self._months[month]
            for repository, sums in total.items():
                mine[repository] = [a + b for a, b in zip(sums, mine.get(repository, [0, 0, 0]), strict=True)]
            self._read.add(month)
        for name in [name for name in self._shards if name not in self._read]:
            entries = await self._store.get(f"ledger/shard/{name}") or []
            self._shards[name][:0] = entries
            self._read.add(name)
        causes, self._causes = self._causes, {}
        for name, learnt in causes.items():
            for kept in self._shards[name]:
                kept |= {"cause": cause} if (cause := learnt.get(kept["sandbox"])) is not None else {}

    async def flush(self) -> None:
        """Keeps what is not kept yet."""
        await self._saver.now()

    async def _save(self) -> None:
        await self.ready()
        now = self._clock()
        # All of one moment: what changes while it is written is written after it.
        kept: dict[str, Any] = {
            "ledger/closed": dict(self._closed),
            "ledger/living": [entry.kept() for entry in self._living.values()],
            "ledger/ended": [entry.kept() for entry in self._ended],
            "ledger/hours": dict(sorted(self._hours.items())[-HOURS:]),
        }
        months = {month: {name: list(sums) for name, sums in total.items()} for month, total in self._months.items()}
        shards = {name: list(entries) for name, entries in self._shards.items()}
        kept |= {f"ledger/month/{month}": total for month, total in months.items()}
        kept |= {f"ledger/shard/{name}": entries for name, entries in shards.items()}
        for name, value in kept.items():
            await self._store.put(name, value)
        for month in [month for month in months if month < month_of(now) and months[month] == self._months[month]]:
            del self._months[month]
            self._read.discard(month)
        for name in [name for name in shards if name < shard(now) and self._is_kept(name, shards[name])]:
            del self._shards[name]
            self._read.discard(name)

    def _is_kept(self, name: str, written: list[dict[str, Any]]) -> bool:
        return name not in self._causes and written == self._shards[name]

    def _defer(self, happened: Callable[[], None]) -> None:
        """What concerns no sandbox that is known here may concern one of an earlier process's."""
        if not self._loaded:
            self._early.append(happened)
            self._saver.touch()

    def _gone(self, ids: set[str], at: float) -> None:
        """At that time no others lived than these, and those that were too new to be listed."""
        for entry in [entry for entry in self._living.values() if entry.sandbox not in ids]:
            if at - entry.started > LISTING_LAG:
                self.closed(entry.sandbox, at)

    def _enter(self, entry: Entry) -> None:
        self._living[entry.sandbox] = entry
        if entry.runner:
            self._by_runner[entry.runner] = entry.sandbox

    def _month(self, at: float) -> dict[str, list[int]]:
        return self._months.setdefault(month_of(at), {})

    def _hour(self) -> dict[str, Any]:
        hour = time.strftime("%Y-%m-%dT%H", time.gmtime(self._clock()))
        return self._hours.setdefault(hour, {"launched": 0, "waits": [0] * len(WAITS)})


def month_of(at: float) -> str:
    """The month of a time, by UTC, as `2026-11`."""
    return time.strftime("%Y-%m", time.gmtime(at))


def shard(at: float) -> str:
    """Where an entry that was closed at this time stands, as `2026-11-24T13:10`."""
    return time.strftime("%Y-%m-%dT%H:%M", time.gmtime(at // SHARD * SHARD))


def _added(one: dict[str, Any], other: dict[str, Any] | None) -> dict[str, Any]:
    if other is None:
        return one
    waits = [a + b for a, b in zip(one["waits"], other["waits"], strict=True)]
    return {"launched": one["launched"] + other["launched"], "waits": waits}
