"""`./jitney setup`."""

import os
from typing import Any

from host.commands.parser import Parser, seconds, url

STEPS = ["secret", "modal", "deploy", "app", "ready", "webhooks", "ping", "doctor", "try"]

MORE = """Settings are read from the environment (docs/settings.md); what is missing is asked for.

examples:
  ./jitney setup                                     # asks for repositories and token
  ALLOWED_REPOS=owner/repo ./jitney setup --app      # makes a GitHub App in the browser
  ALLOWED_REPOS=owner/repo GITHUB_TOKEN=… ./jitney setup --yes
  ./jitney setup --dry-run                           # shows what it would do"""


def common(made: Parser) -> Parser:
    """With the options that `setup` and `teardown` share."""
    made.add_argument("--yes", action="store_true", help="do everything without asking")
    made.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    made.add_argument("--url", type=url, help="the endpoint's URL, if it is not the one that `modal deploy` prints")
    return made


def parser() -> Parser:
    """What it takes."""
    made = common(
        Parser("setup", "Installs jitney at Modal and GitHub. Changes nothing that is in place already.", MORE)
    )
    made.add_argument(
        "--skip", action="append", default=[], choices=STEPS, metavar="STEP",
        help=f"leave this step out: {', '.join(STEPS)}",
    )  # fmt: skip
    made.add_argument(
        "--app", nargs="?", const="", metavar="ORGANIZATION",
        help="sign in as a GitHub App that setup makes: yours, or this organization's",
    )  # fmt: skip
    made.add_argument("--no-browser", action="store_true", help="with --app: do not open a browser")
    made.add_argument(
        "--wait",
        type=seconds,
        default=90.0,
        metavar="SECONDS",
        help="how long to wait for the endpoint (default: 90)",
    )
    return made


def run(options: Any) -> int:
    """Installs."""
    from host.operator.setup.install import Setup
    from host.operator.setup.terminal import Terminal, stoppable

    return stoppable(Setup(options, os.environ, Terminal(options.yes or options.dry_run)).run)
