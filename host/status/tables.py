"""The status page's tables, a dictionary of words a row. What a ticket says, and what a delivery was answered, is the
component's to read; so is what a life has cost.
"""

import time
from collections.abc import Iterable
from typing import Any

from host.component import Instance
from host.records.entry import Entry
from host.records.recent import Recent

Row = dict[str, str]


class Tables:
    """All of them, at one time. Off the event loop: they are read row by row."""

    def __init__(
        self,
        component: Instance,
        now: float,
        pages: str,
        living: list[Entry],
        ended: list[Entry],
        waiting: Iterable[str],
        recent: Iterable[Recent],
    ) -> None:
        self._component = component
        self._now = now
        self._pages = pages
        costs = component.call("ledger", "costs", [entry.life(now) for entry in living])
        self.runners = [self._runner(entry, cost) for entry, cost in zip(living, costs, strict=True)]
        self.ended = [self._ended(entry) for entry in ended]
        self.waiting = [row for ticket in waiting if (row := self._ticket(ticket)) is not None]
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
        }

    @staticmethod
    def _state(entry: Entry) -> str:
        if entry.refusal:
            return "showing a refusal"
        return "at work" if entry.queued_s is not None else ("registered" if entry.runner else "starting")

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

    def _ticket(self, ticket: str) -> Row | None:
        said = self._component.call("status", "describe", ticket)
        if said is None:
            return None
        return {
            "repository": said.repository,
            "job": str(said.job),
            "url": self._job(said),
            "age": "?" if said.created is None else age(self._now - said.created / 1000),
            "deferrals": str(said.deferrals),
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


def clock(at: float) -> str:
    """A time, in seconds since the epoch."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


def money(nano_usd: int) -> str:
    """Dollars, with cents; below one dollar, with their hundredths."""
    dollars = nano_usd / 1e9
    return f"${dollars:,.2f}" if dollars >= 1 else f"${dollars:.4f}"


def age(seconds: float) -> str:
    """A span of time in its two largest units."""
    left = max(0, round(seconds))
    said = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count:
            said.append(f"{count} {unit}")
    return " ".join(said[:2]) or "0 s"
