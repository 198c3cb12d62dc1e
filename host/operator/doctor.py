"""`doctor`: what the component finds, and how Modal stands, as a table or as JSON."""

import asyncio
import json
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from host.component import Component
from host.conversation import Conversation
from host.operator.busy import busy
from host.words import age

SIGN_IN = "run `.venv/bin/modal setup`, or check from Modal itself: `.venv/bin/modal run modal_app.py::doctor`"
COLOURS = {"ok": "green", "warn": "yellow", "fail": "red", "unchecked": "magenta"}
#: How each level is counted: one of them, and several.
COUNTED = {"fail": ("error", "errors"), "warn": ("warning", "warnings"), "unchecked": ("not checked", "not checked")}


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing stands; the WIT's `finding`."""

    level: str
    what: str
    why: str
    cure: str


def examine(environment: Mapping[str, str], skipped: Iterable[str] = ()) -> list[Finding]:
    """Everything that can be looked at from here, apart from what is `skipped`: `github`, `modal`."""
    component = Component(environment)
    checked = component.check()
    *_, keys = checked
    found = of_settings(checked, component.misspelt())
    if "github" not in skipped:
        found += of_github(component, can_sign=keys.unready is None)
    if "modal" not in skipped:
        found += of_modal(component)
    return found


def of_settings(checked: Iterable[Any], *more: str) -> list[Finding]:
    """What each kind of instance has against its settings, of a WIT `readiness` each, and `more` such reports; what
    several say, once."""
    reports = [json.loads(report) for report in [*(readiness.report for readiness in checked), *more]]
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
    except LookupError as fault:
        return [
            Finding("unchecked", "GitHub", f"not checked: {fault}", "fix the settings above, then run doctor again")
        ]
    return [Finding(one.level, one.what, one.why, one.cure) for one in examination.play().call("findings")]


def of_modal(component: Component) -> list[Finding]:
    """Whether Modal has the app and the runner image, and how old that is."""
    from host.modal import client

    def unseen(why: str, cure: str) -> list[Finding]:
        return [Finding("unchecked", "Modal app, runner image", f"not checked: {why}", cure)]

    try:
        stands = asyncio.run(client.stands())
    except client.AuthError:
        return unseen("you are not signed in to Modal", SIGN_IN)
    except client.Error as error:
        return unseen(f"Modal cannot be asked ({type(error).__name__})", SIGN_IN)
    except TimeoutError:
        return unseen(f"Modal did not answer within {client.PATIENCE:.0f} s", "check that this machine has a network")
    if stands.lacking == "app":
        unbuilt = Finding("unchecked", "runner image", "not checked: it comes with the app", "")
        return [Finding("fail", "Modal app", "is not deployed", "run setup, or `modal deploy modal_app.py`"), unbuilt]
    app = Finding("ok", "Modal app", "is deployed", "")
    if stands.lacking == "image":
        cure = "run `modal run modal_app.py::refresh_runner_image`; otherwise the first job waits for the build"
        return [app, Finding("warn", "runner image", "is not built yet", cure)]
    return [app, *of_image(component, stands.built)]


def of_image(component: Component, built: Mapping[str, Any] | None) -> list[Finding]:
    """Which runner the image has, how old it is, and what the component says of that."""
    if built is None:
        cure = "run `modal run modal_app.py::refresh_runner_image`, which notes both"
        return [Finding("unchecked", "runner image", "is published; its version and age are not known", cure)]
    said = f"has runner {built['version']}, built {age(time.time() - built['built'] / 1000)} ago"
    alarms = component.alarms(built["version"], built["built"])
    rebuild = "`modal run modal_app.py::refresh_runner_image` builds it again"
    return [Finding("warn", "runner image", alarm, rebuild) for alarm in alarms] or [
        Finding("ok", "runner image", said, "")
    ]


def doctor(environment: Mapping[str, str], as_json: bool, skipped: Iterable[str] = ()) -> int:
    """Prints the findings; 0 if nothing fails and everything was checked."""
    with busy("asking GitHub and Modal"):
        found = examine(environment, skipped)
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=1))
    else:
        show(found)
    return int(any(one.level in ("fail", "unchecked") for one in found))


def show(found: list[Finding]) -> None:
    """For people; what to do stands below what is wrong. Plain where `rich` is not there, as in Modal's container."""
    try:
        from rich.console import Console
        from rich.table import Column, Table
        from rich.text import Text
    except ImportError:
        for one in found:
            print(f"{one.level:<9}  {one.what}: {one.why}" + (f"\n           -> {one.cure}" if one.cure else ""))
        print(summary(found))
        return
    console = Console(file=sys.stdout)
    table = Table("", Column("what", overflow="fold"), "status", show_lines=False, highlight=False)
    for one in found:
        table.add_row(Text(one.level, COLOURS[one.level]), Text(one.what), Text(one.why), end_section=not one.cure)
        if one.cure:
            table.add_row("", "", Text(f"→ {one.cure}"), style="bold", end_section=True)
    console.print(table)
    console.print(summary(found))


def summary(found: list[Finding]) -> str:
    """The last line."""
    counts = {level: sum(one.level == level for one in found) for level in COUNTED}
    said = [f"{count} {COUNTED[level][count != 1]}" for level, count in counts.items() if count]
    return ", ".join(said) or "no errors, no warnings"
