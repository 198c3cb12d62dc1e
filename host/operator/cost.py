"""`cost`: what sandboxes cost, out of the ledger, as a table, as CSV or as JSON."""

import argparse
import asyncio
import csv
import json
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from host.local.database import Unusable
from host.operator.busy import busy
from host.records.entry import Entry
from host.records.ledger import SHARD, shard
from host.records.store import LocalStore, ModalStore, Store

EXAMPLES = """examples:
  ./build.sh cost --since 24h --by job
  ./build.sh cost --since 7d --csv > cost.csv
  ./build.sh cost --launcher local --journal .jitney/journal.db"""

UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
#: Modal keeps an entry that nobody touches for seven days.
KEPT = 7 * 86400
#: Shards that are read at once.
AT_ONCE = 32


class BadSpan(ValueError):
    """What was asked for is no span of time."""


def span(text: str) -> int:
    """The seconds that `7d`, `24h`, `90m` or `2w` say."""
    found = re.fullmatch(r"(\d{1,4})([mhdw])", text)
    if found is None:
        raise BadSpan(f"`{text}` is no span of time; write it as 7d, 24h or 90m")
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
    """By repository or by day (UTC): how many jobs, their hours, their cost; by job, each one. The dearest first."""
    if by == "job":
        return sorted((entry.shown() for entry in found), key=lambda row: -row["usd"])
    sums: dict[str, dict[str, Any]] = {}
    for entry in found:
        day = time.strftime("%Y-%m-%d", time.gmtime(entry.ended))
        name = day if by == "day" else entry.repository
        row = sums.setdefault(name, {by: name, "jobs": 0, "hours": 0.0, "usd": 0.0})
        row["jobs"] += 1
        row["hours"] += ((entry.ended or 0) - entry.started) / 3600
        row["usd"] += (entry.nano_usd or 0) / 1e9
    rows = [row | {"hours": round(row["hours"], 3), "usd": round(row["usd"], 4)} for row in sums.values()]
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
        print("jitney: on Modal, what is older than seven days is in the log only (event `cost`)", file=sys.stderr)
    return 0


def _table(rows: list[dict[str, Any]], since: str, total: float) -> None:
    from rich.console import Console
    from rich.table import Table

    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(*columns, highlight=False)
    for column in table.columns:
        column.justify = "right" if column.header in ("jobs", "hours", "usd", "seconds", "queued_s") else "left"
    for row in rows:
        table.add_row(*(str(row.get(name, "")) for name in columns))
    console = Console(file=sys.stdout)
    if rows:
        console.print(table)
    console.print(f"${total:.4f} in {since}, at Modal's prices as docs/cost.md has them")


async def _run(options: argparse.Namespace) -> int:
    store: Store
    if options.launcher == "modal":
        from host.modal import client

        try:
            async with asyncio.timeout(client.PATIENCE):
                store = await client.store()
        except client.AuthError:
            print("jitney: Modal does not know us; sign in with `modal setup`", file=sys.stderr)
            return 1
        except client.NotFoundError:
            print("jitney: nothing was kept at Modal yet; run `modal deploy modal_app.py` first", file=sys.stderr)
            return 1
        except (client.Error, TimeoutError) as error:
            fault = f"Modal cannot be asked ({type(error).__name__}); does this machine reach it?"
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


def command(arguments: list[str]) -> int:
    """`python -m host cost`."""
    parser = argparse.ArgumentParser(
        prog="./build.sh cost", description="What sandboxes cost, at the prices of docs/cost.md.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--since", default="7d", metavar="SPAN", help="7d unless told otherwise; 24h, 90m, 2w")
    parser.add_argument("--by", choices=["repository", "day", "job"], default="repository")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", dest="form", action="store_const", const="csv", help="for spreadsheets")
    form.add_argument("--json", dest="form", action="store_const", const="json", help="for programs")
    parser.add_argument("--launcher", choices=["modal", "local"], default="modal", help="whose sandboxes")
    parser.add_argument("--journal", type=Path, default=Path(".jitney/journal.db"), help="where `serve` kept them")
    return asyncio.run(_run(parser.parse_args(arguments)))
