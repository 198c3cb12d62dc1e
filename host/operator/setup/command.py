"""The command lines of `setup` and `teardown`."""

import argparse
import os
import re
import sys

from host.operator.setup.install import Setup
from host.operator.setup.removal import AGAIN_AFTER, Teardown
from host.operator.setup.terminal import Terminal

STEPS = ["secret", "modal", "deploy", "app", "ready", "webhooks", "ping", "doctor"]
PARTS = ["webhooks", "app", "registrations", "dict", "images", "caches", "secret"]

SETUP = """Settings are read from the environment, as README names them; what is missing is asked for.

examples:
  ./build.sh setup                                     # asks for repositories and token
  ALLOWED_REPOS=owner/repo ./build.sh setup --app      # makes a GitHub App in the browser
  ALLOWED_REPOS=owner/repo GITHUB_TOKEN=… ./build.sh setup --yes
  ./build.sh setup --dry-run                           # what it would do"""
TEARDOWN = """examples:
  ./build.sh teardown --dry-run          # what there is
  ./build.sh teardown --keep-running     # waits for jobs to end"""


def setup(arguments: list[str]) -> int:
    """`python -m host setup`."""
    parser = _parser("setup", "From nothing to a working installation; changes nothing that is in place.", SETUP)
    parser.add_argument("--skip", action="append", default=[], choices=STEPS, help="leave this step out")
    parser.add_argument(
        "--app", nargs="?", const="", metavar="ORGANIZATION",
        help="sign in as a GitHub App that is made now: yours, or this organization's",
    )  # fmt: skip
    parser.add_argument("--no-browser", action="store_true", help="with --app: do not open a browser")
    parser.add_argument("--wait", type=float, default=90, metavar="SECONDS", help="for the endpoint; 90 unless told")
    options = parser.parse_args(arguments)
    return _run(Setup(options, os.environ, Terminal(options.yes or options.dry_run)))


def teardown(arguments: list[str]) -> int:
    """`python -m host teardown`."""
    parser = _parser("teardown", "Removes all that setup and jitney made, and shows what is left.", TEARDOWN)
    parser.add_argument("--skip", action="append", default=[], choices=PARTS, help="leave this alone")
    parser.add_argument("--keep-running", action="store_true", help="let the jobs that run end first")
    parser.add_argument("--every", type=float, default=AGAIN_AFTER, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    return _run(Teardown(options, os.environ, Terminal(options.yes or options.dry_run)))


def _run(command: Setup | Teardown) -> int:
    try:
        return command.run()
    except (KeyboardInterrupt, EOFError):
        print("\nstopped; run it again to continue from here", file=sys.stderr)
        return 130


def _url(text: str) -> str:
    # Neither what a terminal obeys nor a password, for it is shown and stored.
    if not re.fullmatch(r"https?://[^\s/?#@\\]+(/[^\s?#\\]*)?", text) or not text.isprintable():
        raise argparse.ArgumentTypeError("must be written as https://HOST/PATH")
    return text.rstrip("/")


def _parser(name: str, description: str, epilog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"./build.sh {name}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    parser.add_argument(
        "--url", type=_url, help="the endpoint's URL, where it is not the one that `modal deploy` prints"
    )
    return parser
