"""`cost`: what sandboxes cost, from the ledger, as a table, as CSV or as JSON."""

import argparse
import asyncio
import csv
import json
import re
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from host.local.database import Unusable
from host.operator.busy import busy
from host.records.entry import Entry
from host.records.ledger import SHARD, shard
from host.records.store import LocalStore, ModalStore, Store
from host.words import age, money

UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
#: Modal keeps an entry that nobody touches for seven days.
KEPT = 7 * 86400
#: Columns of figures.
FIGURES = ("jobs", "hours", "usd", "refusals", "refusals_usd", "seconds", "queued_s")
#: Shards that are read at once.
AT_ONCE = 32


class BadSpan(ValueError):
    """What was asked for is not a duration."""


def span(text: str) -> int:
    """The seconds that `7d`, `24h`, `90m` or `2w` say."""
    found = re.fullmatch(r"(\d{1,4})([mhdw])", text)
    if found is None:
        raise BadSpan(f"`{text}` is not a duration (use 30m, 12h or 7d)")
    return int(found[1]) * UNITS[found[2]]


async def entries(store: Store, since: float, until: float) -> list[Entry]:
    """The sandboxes that ended between two times, in seconds since the epoch."""
    names = dict.fromkeys(shard(at) for at in range(int(since), int(until) + SHARD, SHARD))
    gate = asyncio.Semaphore(AT_ONCE)

    async def read(name: str) -> list[Entry | None]:
        async with gate:
            return [Entry.read(kept) for kept in await store.get(f"ledger/shard/{name}") or []]

    shards = await asyncio.gather(*(read(name) for name in names))
    return [
        entry for found in shards for entry in found if entry is not None and since <= (entry.ended or 0) <= until
    ]


def summed(found: Iterable[Entry], by: str) -> list[dict[str, Any]]:
    """By repository or by day (UTC): how many jobs, their hours, their cost, and apart from them the runners that
    only showed a refusal; by job, each sandbox. The dearest first."""
    if by == "job":
        return sorted((entry.shown() for entry in found), key=lambda row: -row["usd"])
    sums: dict[str, dict[str, Any]] = {}
    for entry in found:
        day = time.strftime("%Y-%m-%d", time.gmtime(entry.ended))
        name = day if by == "day" else entry.repository
        row = sums.setdefault(
            name, {by: name, "jobs": 0, "hours": 0.0, "usd": 0.0, "refusals": 0, "refusals_usd": 0.0}
        )
        usd = (entry.nano_usd or 0) / 1e9
        if entry.refusal:
            row["refusals"] += 1
            row["refusals_usd"] += usd
        else:
            row["jobs"] += 1
            row["hours"] += ((entry.ended or 0) - entry.started) / 3600
            row["usd"] += usd
    digits = {"hours": 3, "usd": 4, "refusals_usd": 4}
    rows = [row | {column: round(row[column], most) for column, most in digits.items()} for row in sums.values()]
    return sorted(rows, key=(lambda row: row["day"]) if by == "day" else lambda row: -row["usd"])


async def cost(store: Store, since: str, by: str, form: str) -> int:
    """Prints what was spent. The exit status is 2 where what was asked for makes no sense."""
    try:
        seconds = span(since)
    except BadSpan as fault:
        print(f"jitney: {fault}", file=sys.stderr)
        return 2
    now = time.time()
    with busy("reading the ledger"):
        found = await entries(store, now - seconds, now)
    rows = summed(found, by)
    if form == "json":
        print(json.dumps(rows, indent=1))
    elif form == "csv":
        columns = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _table(rows, since, sum(entry.nano_usd or 0 for entry in found) / 1e9)
    if seconds > KEPT and isinstance(store, ModalStore):
        print("jitney: Modal keeps seven days; older costs are in the log only (event `cost`)", file=sys.stderr)
    return 0


def _table(rows: list[dict[str, Any]], since: str, total: float) -> None:
    """Within 80 columns, whoever's jobs they are."""
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False)
    if rows:
        first, *rest = TABLES["job" if "sandbox" in rows[0] else "sum"]
        by = next(iter(rows[0])) if first.name == "" else first.name
        columns = [replace(first, name=by), *rest]
        heads = [
            Column(one.head or one.name, justify="right" if one.right else "left", overflow="fold", no_wrap=one.right)
            for one in columns
        ]
        table = Table(*heads, box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False)
        for row in rows:
            table.add_row(*(Text(one.show(row[one.name]) if one.name in row else "") for one in columns))
        console.print(table)
    else:
        console.print(f"No sandbox ended in the last {since}.")
    console.print(
        f"${total:,.4f} in the last {since}, at the prices in docs/cost.md. Modal's bill decides.", soft_wrap=True
    )


@dataclass(frozen=True)
class Shown:
    """A column of the table: which figure, under which head, and how it is written."""

    name: str
    head: str = ""
    right: bool = False
    show: Callable[[Any], str] = str


def _dollars(usd: float) -> str:
    return money(round(usd * 1e9))


#: What the table shows of a sum, whose first column is what was summed by, and of each job.
TABLES = {
    "sum": [
        Shown(""), Shown("jobs", right=True), Shown("hours", right=True, show=lambda hours: f"{hours:,.2f}"),
        Shown("usd", "cost", right=True, show=_dollars),
    ],
    "job": [
        Shown("started", "started (UTC)", show=lambda at: at[5:16].replace("T", " ")), Shown("repository"),
        Shown("job", right=True), Shown("shape", "machine", show=lambda shape: shape.replace("-", " ")),
        Shown("seconds", "time", right=True, show=age), Shown("usd", "cost", right=True, show=_dollars),
    ],
}  # fmt: skip


async def run(options: argparse.Namespace) -> int:
    """`./jitney cost`."""
    store: Store
    if options.launcher == "modal":
        from host.modal import client

        try:
            async with asyncio.timeout(client.PATIENCE):
                store = await client.store()
        except client.AuthError:
            print("jitney: you are not signed in to Modal; run `.venv/bin/modal setup`", file=sys.stderr)
            return 1
        except client.NotFoundError:
            print(
                "jitney: jitney has stored nothing at Modal yet; run setup, or `modal deploy modal_app.py`, first",
                file=sys.stderr,
            )
            return 1
        except (client.Error, TimeoutError) as error:
            fault = f"Modal cannot be asked ({type(error).__name__}); check that this machine has a network"
            print(f"jitney: {fault}", file=sys.stderr)
            return 1
    elif options.journal.exists():
        try:
            store = LocalStore(options.journal)
        except Unusable as fault:
            print(f"jitney: {fault}", file=sys.stderr)
            return 1
    else:
        print(f"jitney: there is no journal at {options.journal}; name it with --journal", file=sys.stderr)
        return 1
    return await cost(store, options.since, options.by, options.form or "table")
