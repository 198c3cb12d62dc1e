"""`./jitney teardown`."""

import argparse
import os
from typing import Any

from host.commands.parser import Parser, seconds
from host.commands.setup import common

PARTS = ["webhooks", "app", "registrations", "dict", "images", "caches", "secret"]
MORE = """examples:
  ./jitney teardown --dry-run          # shows what there is
  ./jitney teardown --keep-running     # waits until running jobs have ended"""


def parser() -> Parser:
    """What it takes."""
    made = common(Parser("teardown", "Removes everything that setup and jitney made, and shows what is left.", MORE))
    made.add_argument(
        "--skip", action="append", default=[], choices=PARTS, metavar="PART",
        help=f"leave this alone: {', '.join(PARTS)}",
    )  # fmt: skip
    made.add_argument("--keep-running", action="store_true", help="let running jobs end first")
    made.add_argument("--every", type=seconds, default=10.0, help=argparse.SUPPRESS)
    return made


def run(options: Any) -> int:
    """Removes."""
    from host.operator.setup.removal import Teardown
    from host.operator.setup.terminal import Terminal, stoppable

    return stoppable(Teardown(options, os.environ, Terminal(options.yes or options.dry_run)).run)
