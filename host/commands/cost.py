"""`./jitney cost`."""

import argparse
import asyncio
import re
from typing import Any

from host.commands.parser import Parser, placed

EXAMPLES = """examples:
  ./jitney cost --since 24h --by job
  ./jitney cost --since 7d --csv > cost.csv
  ./jitney cost --launcher local --journal .jitney/journal.db"""


def duration(text: str) -> str:
    """A duration, as it was written."""
    if not re.fullmatch(r"\d{1,4}[mhdw]", text):
        raise argparse.ArgumentTypeError(f"`{text}` is not a duration (use 30m, 12h or 7d)")
    return text


def parser() -> Parser:
    """What it takes."""
    made = Parser("cost", "Shows what sandboxes cost, at the prices of docs/cost.md.", EXAMPLES)
    made.add_argument(
        "--since",
        type=duration,
        default="7d",
        metavar="DURATION",
        help="how far back: 90m, 24h, 7d (the default), 2w",
    )
    made.add_argument(
        "--by", choices=["repository", "day", "job"], default="repository", help="one row for each of these"
    )
    form = made.add_mutually_exclusive_group()
    form.add_argument("--csv", dest="form", action="store_const", const="csv", help="print CSV, for spreadsheets")
    form.add_argument("--json", dest="form", action="store_const", const="json", help="print JSON, for programs")
    return placed(made, "where the sandboxes ran")


def run(options: Any) -> int:
    """Sums up."""
    from host.operator.cost import run as sum_up

    return asyncio.run(sum_up(options))
