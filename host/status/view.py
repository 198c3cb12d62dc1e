"""What the status page shows, gathered from the books and the component. Words and figures, no HTML."""

import asyncio
import calendar
import json
import time
from collections.abc import Callable
from typing import Any

from wasmtime.component import Record

from host.books import Books
from host.component import Component
from host.log import logger
from host.status import plots

#: Rows of one table.
ROWS = 100


async def view(
    component: Component, books: Books, health: dict[str, Any], queues: Callable[[], tuple[int, list[str]]]
) -> dict[str, Any]:
    """All of it, as the templates name it."""
    now = time.time()
    notice = await _read(books)
    ledger, sweep = books.ledger, books.bulletin.sweep
    spent = 0 if notice else await ledger.spent(_month(now))
    living = ledger.living
    figures = Record()
    figures.__dict__["oldest-queued"] = sweep.get("oldest_queued_s", 0)
    figures.__dict__ |= {"quota": sweep.get("quota_remaining"), "living": len(living), "spent": spent}
    figures.__dict__["swept"] = max(0, round(now - sweep["at"])) if sweep else None
    alarms, limits, pages = await asyncio.to_thread(_asked, component, figures)
    image = health.get("runner_image")
    running, waiting = queues()
    return {
        "now": _clock(now),
        "version": health["version"],
        "component": health["component"][:12],
        "ready": health["ready"],
        "problems": health["problems"],
        "warnings": health["warnings"],
        "notice": notice,
        "alarms": [*alarms, *(image["alarms"] if image else [])],
        "image": image and {"version": image["version"], "age": age(now - image["built"] / 1000)},
        "tiles": [
            ("Runners", str(len(living)), f"of {dict(limits).get('MAX_RUNNERS', '?')} at most"),
            ("Waiting", str(len(waiting)), f"{running} more at work on" if running else "nothing at work on"),
            ("Oldest queued", age(sweep.get("oldest_queued_s", 0)), f"of {sweep.get('queued', 0)} queued"),
            ("Quota left", str(sweep.get("quota_remaining", "?")), "GitHub requests this hour"),
            ("This month", money(spent), _budget(dict(limits))),
            ("Last sweep", age(now - sweep["at"]) + " ago" if sweep else "none yet", sweep.get("why", "")),
        ],
        "runners": [_runner(entry, ledger.cost(entry), now, pages) for entry in living[:ROWS]],
        "more_runners": max(0, len(living) - ROWS),
        "waiting": [_ticket(ticket, now, pages) for ticket in waiting[:ROWS]],
        "deliveries": [_delivery(one, now, pages) for one in books.bulletin.deliveries],
        "repositories": [(name, row[0], hours(row[1] / 1000), money(row[2])) for name, row in _dearest(ledger.month)],
        "limits": limits,
        "launches": plots.launches(ledger.hours, now),
        "waits": plots.waits(ledger.hours, now),
    }


async def _read(books: Books) -> str | None:
    """Reads what an earlier container kept; what to say where that fails."""
    try:
        await books.ledger.ready()
        await books.bulletin.ready()
    except Exception as error:
        logger().warning("not-read", error=type(error).__name__)
        return "What an earlier container kept cannot be read just now; costs and plots are incomplete."
    return None


def _asked(component: Component, figures: Record) -> tuple[list[str], list[tuple[str, str]], str]:
    instance = component.courses()
    alarms = list(instance.call("status", "alarms", figures))
    limits = [tuple(limit) for limit in instance.call("status", "limits")]
    return alarms, limits, str(instance.call("status", "pages"))


def _runner(entry: dict[str, Any], cost: int, now: float, pages: str) -> dict[str, str]:
    return {
        "repository": entry["repository"],
        "job": str(entry["job"]),
        "url": _job_url(pages, entry["repository"], entry["run"], entry["job"]),
        "state": "at work" if "queued_s" in entry else ("registered" if entry["runner"] else "starting"),
        "shape": entry["shape"].replace("-", " "),
        "age": age(now - entry["started"]),
        "cost": money(cost),
        "sandbox": entry["sandbox"],
    }


def _ticket(ticket: str, now: float, pages: str) -> dict[str, str]:
    read = json.loads(ticket)
    created = read.get("created")
    return {
        "repository": read["repository"],
        "job": str(read["job"]),
        "url": _job_url(pages, read["repository"], read["run"], read["job"]),
        "age": age(now - created / 1000) if created else "?",
        "deferrals": str(read.get("deferrals", 0)),
    }


def _delivery(one: dict[str, Any], now: float, pages: str) -> dict[str, str]:
    return {
        "when": age(now - one["at"]) + " ago",
        "at": _clock(one["at"]),
        "outcome": one["outcome"],
        "reason": one["reason"],
        "why": one.get("why", ""),
        "repository": one.get("repository", ""),
        "job": str(one.get("job", "")),
        "url": _job_url(pages, one.get("repository", ""), one.get("run", ""), one.get("job", "")),
        "ms": f"{one['ms']:.0f}",
    }


def _job_url(pages: str, repository: str, run: Any, job: Any) -> str:
    return f"{pages}/{repository}/actions/runs/{run}/job/{job}" if pages and repository and run and job else ""


def _dearest(month: dict[str, list[int]]) -> list[tuple[str, list[int]]]:
    return sorted(month.items(), key=lambda item: -item[1][2])[:ROWS]


def _budget(limits: dict[str, str]) -> str:
    return f"of {limits['MONTHLY_BUDGET_USD']}" if "MONTHLY_BUDGET_USD" in limits else "no budget set"


def _month(now: float) -> float:
    year, month = time.gmtime(now)[:2]
    return float(calendar.timegm((year, month, 1, 0, 0, 0)))


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


def money(nano_usd: int) -> str:
    """Dollars, with cents; below one dollar, with their hundredths."""
    dollars = nano_usd / 1e9
    return f"${dollars:,.2f}" if dollars >= 1 else f"${dollars:.4f}"


def hours(seconds: float) -> str:
    """Hours, to one digit."""
    return f"{seconds / 3600:,.1f} h"


def age(seconds: float) -> str:
    """A span of time in its two largest units."""
    left = max(0, round(seconds))
    said = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count:
            said.append(f"{count} {unit}")
    return " ".join(said[:2]) or "0 s"
