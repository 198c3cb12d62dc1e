"""What the status page shows, gathered from the records and the component. Words and figures, no HTML."""

import asyncio
import calendar
import time
from collections.abc import Callable
from typing import Any

from wasmtime.component import Record

from host.component import Component
from host.log import logger
from host.records import Records
from host.records.recent import Sweep
from host.status import plots
from host.status.tables import Tables
from host.words import UNKNOWN, age, clock, money

#: Rows of one table.
ROWS = 100
#: Sandboxes that ended last.
LAST = 20
QUOTA = "GitHub requests left this hour"


async def view(
    component: Component, records: Records, health: dict[str, Any], queues: Callable[[], tuple[int, list[str]]]
) -> dict[str, Any]:
    """All of it, as the templates name it."""
    now = time.time()
    notice = await _read(records)
    ledger, sweep, recent = records.ledger, records.recent.sweep, records.recent.deliveries
    spent = None if notice else await ledger.spent(_month(now))
    living = ledger.living
    running, waiting = queues()
    figures = Record()
    figures.__dict__["oldest-queued"] = sweep.oldest_queued if sweep else 0
    figures.__dict__ |= {"quota": sweep.quota if sweep else None, "living": len(living), "spent": spent or 0}
    figures.__dict__["swept"] = max(0, round(now - sweep.at)) if sweep else None
    alarms, limits, pages = await asyncio.to_thread(_asked, component, figures)
    ended = ledger.ended[:LAST]
    tables = await asyncio.to_thread(Tables, component.bare(), now, pages, living[:ROWS], ended, waiting, recent)
    tiles = _tiles(sweep, now)
    image = health.get("runner_image")
    return {
        "now": clock(now),
        "version": health["version"],
        "component": health["component"][:12],
        "ready": health["ready"],
        "problems": health["problems"],
        "warnings": health["warnings"],
        "notice": notice,
        "alarms": [*alarms, *(image["alarms"] if image else [])],
        "image": image and {"version": image["version"], "age": age(now - image["built"] / 1000)},
        "tiles": [
            ("Runners", str(len(living)), f"of {dict(limits).get('MAX_RUNNERS', UNKNOWN)} at most"),
            ("Waiting", str(len(tables.waiting)), f"{running or 'none'} in progress"),
            ("Oldest queued", *tiles["oldest"]),
            ("Quota", *tiles["quota"]),
            ("This month", UNKNOWN if spent is None else money(spent), _budget(dict(limits))),
            ("Last sweep", *tiles["sweep"]),
        ],
        "runners": tables.runners,
        "more_runners": max(0, len(living) - ROWS),
        "ended": tables.ended,
        "waiting": tables.waiting[:ROWS],
        "deliveries": tables.deliveries,
        "repositories": [(name, row[0], hours(row[1] / 1000), money(row[2])) for name, row in _dearest(ledger.month)],
        "limits": limits,
        "launches": plots.launches(ledger.hours, now),
        "waits": plots.waits(ledger.hours, now),
    }


async def _read(records: Records) -> str | None:
    """Reads what an earlier container kept; what to say where that fails."""
    try:
        await records.ledger.ready()
        await records.recent.ready()
    except Exception as error:
        logger().warning("not-read", error=type(error).__name__)
        return "What an earlier container stored cannot be read just now, so costs and plots are incomplete."
    return None


def _asked(component: Component, figures: Record) -> tuple[list[str], list[tuple[str, str]], str]:
    instance = component.courses()
    alarms = list(instance.call("status", "alarms", figures))
    limits = [tuple(limit) for limit in instance.call("status", "limits")]
    return alarms, limits, str(instance.call("status", "pages"))


def _tiles(sweep: Sweep | None, now: float) -> dict[str, tuple[str, str]]:
    if sweep is None:
        return {"oldest": (UNKNOWN, ""), "quota": (UNKNOWN, QUOTA), "sweep": (UNKNOWN, "none yet")}
    quota = UNKNOWN if sweep.quota is None else str(sweep.quota)
    return {
        "oldest": (age(sweep.oldest_queued) if sweep.queued else UNKNOWN, f"of {sweep.queued} queued"),
        "quota": (quota, QUOTA),
        "sweep": (f"{age(now - sweep.at)} ago", sweep.summary),
    }


def _dearest(month: dict[str, list[int]]) -> list[tuple[str, list[int]]]:
    return sorted(month.items(), key=lambda item: -item[1][2])[:ROWS]


def _budget(limits: dict[str, str]) -> str:
    return f"of {limits['MONTHLY_BUDGET_USD']}" if "MONTHLY_BUDGET_USD" in limits else "no budget set"


def _month(now: float) -> float:
    year, month = time.gmtime(now)[:2]
    return float(calendar.timegm((year, month, 1, 0, 0, 0)))


def hours(seconds: float) -> str:
    """Hours, to one digit."""
    return f"{seconds / 3600:,.1f} h"
