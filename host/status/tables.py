"""The status page's tables, a dictionary of words a row. What a ticket says, and what a delivery was answered, is the
component's to read; so is what a life has cost.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from host.component import Instance
from host.records.entry import Entry
from host.records.recent import Recent
from host.words import UNKNOWN, age, clock, money

Row = dict[str, Any]


class Tables:
    """All of them, at one time. Off the event loop: they are read row by row."""

    def __init__(
        self,
        component: Instance,
        now: float,
        pages: str,
        living: list[Entry],
        ended: list[Entry],
        waiting: Sequence[str],
        recent: Iterable[Recent],
    ) -> None:
        self._component = component
        self._now = now
        self._pages = pages
        costs = component.call("ledger", "costs", [entry.life(now) for entry in living])
        self.runners = [self._runner(entry, cost) for entry, cost in zip(living, costs, strict=True)]
        self.ended = [self._ended(entry) for entry in ended]
        self.waiting = [self._waiting(job) for job in component.call("status", "waiting", list(waiting))]
        self.deliveries = [row for one in recent if (row := self._delivery(one)) is not None]

    def _runner(self, entry: Entry, cost: int) -> Row:
        return {
            "repository": entry.repository,
            "job": str(entry.job),
            "url": self._job(entry),
            "state": self._state(entry),
            "shape": entry.shape.replace("-", " "),
            "age": age(self._now - entry.started),
            "cost": money(cost),
            "sandbox": entry.sandbox,
            "inside": [command for _, command in self._component.call("status", "inside", entry.sandbox)],
        }

    @staticmethod
    def _state(entry: Entry) -> str:
        if entry.refusal:
            return "showing a refusal"
        return "running" if entry.queued_s is not None else ("registered" if entry.runner else "starting")

    def _ended(self, entry: Entry) -> Row:
        ended = entry.ended or entry.started
        return {
            "when": f"{age(self._now - ended)} ago",
            "at": clock(ended),
            "repository": entry.repository,
            "job": str(entry.job),
            "url": self._job(entry),
            "for": "showing a refusal" if entry.refusal else "",
            "cause": entry.cause or "",
            "why": self._component.call("status", "why-ended", entry.cause or "") or "not known yet",
            "age": age(ended - entry.started),
            "cost": money(entry.nano_usd or 0),
        }

    def _waiting(self, job: Any) -> Row:
        return {
            "repository": job.repository,
            "job": str(job.job),
            "url": self._job(job),
            "age": UNKNOWN if job.created is None else age(self._now - job.created / 1000),
            "deferrals": str(job.deferrals),
        }

    def _delivery(self, one: Recent) -> Row | None:
        said = self._component.call("status", "recall", one.answered)
        if said is None:
            return None
        return {
            "when": f"{age(self._now - one.at)} ago",
            "at": clock(one.at),
            "outcome": said.outcome,
            "reason": said.reason,
            "why": said.why,
            "repository": said.repository,
            "job": str(said.job or ""),
            "url": self._job(said),
            "ms": f"{one.ms:.0f}",
        }

    def _job(self, of: Any) -> str:
        known = self._pages and of.repository and of.run and of.job
        return f"{self._pages}/{of.repository}/actions/runs/{of.run}/job/{of.job}" if known else ""
