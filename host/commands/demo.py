"""`./jitney demo`."""

from importlib import import_module
from typing import Any

from host.commands.parser import Parser


def parser() -> Parser:
    """What it takes."""
    return Parser(
        "demo",
        "Runs one job from end to end on this machine. GitHub is a stand-in and the sandbox is a local process; "
        "the endpoint and the component are the real ones. Needs no account.",
    )


def run(_: Any) -> int:
    """Runs it."""
    return int(import_module("tests.demo").main())
