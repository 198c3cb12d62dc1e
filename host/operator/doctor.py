"""`doctor`: what the component finds, and how Modal stands, as a table or as JSON."""

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from host.component import Component
from host.conversation import Conversation
from host.operator.busy import busy

SIGN_IN = "sign in with `modal setup`, or run `modal run modal_app.py::doctor`"
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
    component = Component(environment)
    checked = component.check()
    *_, keys = checked
    return [*of_settings(checked), *of_github(component, can_sign=keys.unready is None), modal_stands()]


def of_settings(checked: Iterable[Any]) -> list[Finding]:
    """What each kind of instance has against its settings, of a WIT `readiness` each; what several say, once."""
    reports = [json.loads(readiness.report) for readiness in checked]
    found = [
        Finding(level, one["setting"], one["fault"], one["cure"])
        for report in reports
        for level, kind in (("fail", "problems"), ("warn", "warnings"))
        for one in report[kind]
    ]
    return list(dict.fromkeys(found))


def of_github(component: Component, can_sign: bool) -> list[Finding]:
    """What GitHub shows, unless the settings keep it from being asked."""
    try:
        examination = Conversation(component, "doctor", "examination", can_sign)
    except LookupError:
        return []
    return [Finding(one.level, one.what, one.why, one.cure) for one in examination.play().call("findings")]


def modal_stands() -> Finding:
    """Whether Modal knows us, and has the app and the runner image."""
    from host.modal import client

    try:
        lacking = asyncio.run(client.lacking())
    except client.AuthError:
        return Finding("warn", "Modal", "does not know us", SIGN_IN)
    except client.Error as error:
        return Finding("warn", "Modal", f"cannot be asked: {type(error).__name__}", SIGN_IN)
    except TimeoutError:
        why = f"gave no answer within {client.PATIENCE:.0f} s"
        return Finding("warn", "Modal", why, "does this machine reach it?")
    if lacking == "app":
        return Finding("warn", "Modal app", "is not deployed", "run `modal deploy modal_app.py`")
    if lacking == "image":
        cure = "run `modal run modal_app.py::refresh_runner_image`; the first job would have it built too"
        return Finding("warn", "runner image", "is not published yet", cure)
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


def show(found: list[Finding]) -> None:
    """For people; what to do stands below what is wrong. Plain where `rich` is not there, as in Modal's container."""
    try:
        from rich.console import Console
        from rich.table import Column, Table
    except ImportError:
        for one in found:
            print(f"{one.level:<4}  {one.what}: {one.why}" + (f"\n      -> {one.cure}" if one.cure else ""))
        return
    console = Console(file=sys.stdout)
    table = Table("", Column("what", overflow="fold"), "how it stands", show_lines=False, highlight=False)
    for one in found:
        table.add_row(f"[{COLOURS[one.level]}]{one.level}", one.what, one.why, end_section=not one.cure)
        if one.cure:
            table.add_row("", "", f"→ {one.cure}", style="bold", end_section=True)
    console.print(table)
    fails, warns = (sum(one.level == level for one in found) for level in ("fail", "warn"))
    console.print(f"{fails} to mend, {warns} to look at" if fails or warns else "all is well")
