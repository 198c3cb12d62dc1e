"""`./jitney explain`."""

import asyncio
import os
import sys
from typing import Any

from host.commands.parser import Parser, placed

EXAMPLES = """examples:
  ./jitney explain https://github.com/OWNER/REPO/actions/runs/1234/job/5678
  ./jitney explain OWNER/REPO 5678 --json | jq -r .conclusion
  ./jitney explain 72d3162e-cc78-11e3-81ab-4c9367dc0958

exit status: 0 explained; 1 GitHub could not be asked; 2 there is no such job or delivery"""


def parser() -> Parser:
    """What it takes."""
    made = Parser("explain", "Explains one job: what happened, and what it waits for. Changes nothing.", EXAMPLES)
    made.add_argument(
        "subject", nargs="+", metavar="SUBJECT", help="a job's address, `OWNER/REPO JOB_ID`, or a delivery's GUID"
    )
    made.add_argument("--json", action="store_true", help="print JSON, for programs")
    return placed(made, "where the job's sandbox ran")


def run(options: Any) -> int:
    """Explains."""
    from host.operator import explain

    local = options.launcher == "local"
    if local and not options.journal.exists():
        print(f"jitney: there is no journal at {options.journal}; name it with --journal", file=sys.stderr)
        return explain.UNASKED
    place: explain.Place = explain.Local(options.journal) if local else explain.AtModal()
    return asyncio.run(explain.explain(os.environ, " ".join(options.subject), place, options.json))
