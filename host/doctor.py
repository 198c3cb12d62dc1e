"""`doctor`: what the component finds, and how Modal stands, as a table or as JSON."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from host.busy import busy
from host.component import Component

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing stands; the WIT's `finding`."""

    level: str
    what: str
    why: str
    cure: str


def examine(environment: Mapping[str, str]) -> list[Finding]:
    """Everything that can be looked at from here."""
    found = [Finding(one.level, one.what, one.why, one.cure) for one in Component(environment).examine()]
    return [*found, modal_stands()]


def modal_stands() -> Finding:
    """Whether Modal knows us, and has the runner image."""
    import modal

    from host import image

    try:
        modal.Image.from_name(image.published(None)).hydrate()
    except modal.exception.NotFoundError:
        cure = "run `modal run modal_app.py::refresh_runner_image`; the first job would have it built too"
        return Finding("warn", "runner image", "is not published yet", cure)
    except Exception as error:
        why = f"Modal cannot be asked: {type(error).__name__}"
        return Finding("warn", "Modal", why, "sign in with `modal setup`, or run `modal run modal_app.py::doctor`")
    return Finding("ok", "Modal", "knows us, and has the runner image", "")


def doctor(environment: Mapping[str, str], as_json: bool) -> int:
    """Prints the findings; 0 if nothing fails."""
    with busy("asking GitHub and Modal"):
        found = examine(environment)
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=1))
    else:
        show(found)
    return int(any(one.level == "fail" for one in found))


def command(arguments: list[str]) -> int:
    """`python -m host doctor`."""
    parser = argparse.ArgumentParser(
        prog="python -m host doctor",
        description="Looks at settings, credential, permissions, webhook and Modal; changes nothing.",
        epilog="exit status: 0 if nothing fails, 1 if anything does",
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    return doctor(os.environ, parser.parse_args(arguments).json)


def show(found: list[Finding]) -> None:
    """For people; what to do stands below what is wrong. Plain where `rich` is not there, as in Modal's container."""
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        for one in found:
            print(f"{one.level:<4}  {one.what}: {one.why}" + (f"\n      -> {one.cure}" if one.cure else ""))
        return
    console = Console(file=sys.stdout)
    table = Table("", "what", "how it stands", show_lines=False, highlight=False)
    for one in found:
        table.add_row(f"[{COLOURS[one.level]}]{one.level}", one.what, one.why, end_section=not one.cure)
        if one.cure:
            table.add_row("", "", f"→ {one.cure}", style="bold", end_section=True)
    console.print(table)
    fails, warns = (sum(one.level == level for one in found) for level in ("fail", "warn"))
    console.print(f"{fails} to mend, {warns} to look at" if fails or warns else "all is well")
