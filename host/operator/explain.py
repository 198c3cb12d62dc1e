"""`explain`: what happened to one job, which the component says from what GitHub says and what is gathered here."""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from wasmtime import Trap, WasmtimeError
from wasmtime.component import Variant

from host.component import Component
from host.conversation import Conversation
from host.local.database import Database
from host.local.journal import Journal
from host.operator.busy import busy
from host.operator.cost import entries
from host.records.store import LocalStore, NoStore, Store

#: Seconds for which Modal is waited for; its client would try for minutes.
PATIENCE = 10.0
#: Exit statuses.
EXPLAINED, UNASKED, MISREAD = 0, 1, 2

#: Above the timeline.
UTC = "times are UTC"

Sandboxes = list[tuple[str, list[tuple[str, str]]]]


@dataclass(slots=True)
class HostFacts:
    """What is known here of the job; the WIT's `host-facts`."""

    sandboxes: Sandboxes | None = None
    unasked: str = ""
    waiting: list[tuple[str, int]] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)


class Place(Protocol):
    """Where sandboxes live, and what was kept there."""

    store: Store

    async def open(self) -> None:
        """Finds the store. Raises where it cannot be reached."""

    async def sandboxes(self, job: str) -> Sandboxes:
        """Those that live for the job. Raises where that cannot be told."""

    async def waiting(self) -> list[tuple[str, int]]:
        """The tickets that wait, and when they are due, in milliseconds since the epoch."""


class AtModal:
    """The deployed app's."""

    store: Store = NoStore()

    async def open(self) -> None:
        """Finds the app's Dict."""
        from host.modal import client

        try:
            self.store = await client.store()
        except client.NotFoundError:
            # Nothing was kept yet: the app is new, or has heard of nothing so far.
            self.store = NoStore()

    async def sandboxes(self, job: str) -> Sandboxes:
        """By their tag `job`."""
        from host.modal import client

        return [(found.id, list(found.tags.items())) for found in await client.living(job)]

    async def waiting(self) -> list[tuple[str, int]]:
        """Out of the Dict of tickets."""
        from host.modal import client

        try:
            kept = await (await client.tickets()).all()
        except client.NotFoundError:
            return []
        return [(one.ticket, int(one.due * 1000)) for one in kept]


class Local:
    """A `serve --launcher local`'s, whose processes are known by the ledger that it keeps, seconds late."""

    store: Store = NoStore()

    def __init__(self, journal: Path) -> None:
        self._journal = journal

    async def open(self) -> None:
        """Opens the journal."""
        self._database = Database(self._journal)
        self.store = LocalStore(self._database)

    async def sandboxes(self, job: str) -> Sandboxes:
        """Out of the ledger, as tags."""
        living = await self.store.get("ledger/living") or []
        return [(entry["sandbox"], _tags(entry)) for entry in living if _meant_for(entry) == job]

    async def waiting(self) -> list[tuple[str, int]]:
        """Out of the journal."""
        return [(kept.ticket, int(kept.due * 1000)) for kept in await Journal(self._database).all()]


def _meant_for(entry: Mapping[str, Any]) -> str:
    """The job that a runner is named for; an entry's own is the one that the runner took."""
    name = str(entry.get("runner", "")).split("-")
    return name[1] if len(name) == 3 else str(entry["job"])


def _tags(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    tags = {name: str(entry[name]) for name in ("runner", "shape", "rate") if entry.get(name)}
    tags |= {"job": _meant_for(entry), "started": str(round(entry["started"] * 1000))}
    return list(tags.items())


class Unexplained(Exception):
    """Nothing can be explained; the message says why, `status` is for the shell."""

    def __init__(self, why: str, status: int) -> None:
        super().__init__(why)
        self.status = status


class Questions:
    """What GitHub is asked about a job, in a courses instance: it reads text others chose, so it holds no webhook
    secret and no App's key."""

    def __init__(self, component: Component, subject: str, recent: list[tuple[int, str]]) -> None:
        """Asks GitHub. Blocks meanwhile."""
        self._asked = Conversation(component, "explain", "questions", subject, recent).play()
        self.job: str = _explained(self._asked.call("job"))

    def span(self) -> tuple[int, int]:
        """When a sandbox of the job may have ended, in milliseconds since the epoch."""
        since, until = self._asked.call("span")
        return since, until

    def explain(self, facts: HostFacts) -> Any:
        """What happened to the job, a WIT `explanation`."""
        return _explained(self._asked.call("explain", facts))


def check(component: Component, subject: str) -> None:
    """Raises Unexplained if `subject` is none, before anybody is asked."""
    _explained(component.courses().call("explain", "check", subject))


def _explained(result: Any) -> Any:
    payload: Any = result.payload if isinstance(result, Variant) else result
    if hasattr(payload, "misread"):
        raise Unexplained(payload.why, MISREAD if payload.misread else UNASKED)
    return payload


async def recent_deliveries(place: Place) -> tuple[list[tuple[int, str]], str | None]:
    """What is remembered of deliveries, and why the place cannot be asked, if it cannot."""
    try:
        async with asyncio.timeout(PATIENCE):
            await place.open()
            kept = await place.store.get("recent") or {}
    except Exception as error:
        return [], _said(error)
    return [(round(row["at"] * 1000), row["answered"]) for row in kept.get("deliveries", [])], None


async def gather(place: Place, questions: Questions) -> HostFacts:
    """What is known of the job where its sandboxes live."""
    facts = HostFacts()
    try:
        async with asyncio.timeout(PATIENCE):
            facts.sandboxes = await place.sandboxes(questions.job)
            facts.waiting = await place.waiting()
            since, until = questions.span()
            found = await entries(place.store, since / 1000, until / 1000)
            living = await place.store.get("ledger/living") or []
            facts.entries = [json.dumps(entry) for entry in [*(one.kept() for one in found), *living]]
    except Exception as error:
        facts.unasked = _said(error)
    return facts


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


async def explain(environment: Mapping[str, str], subject: str, place: Place, as_json: bool) -> int:
    """Explains one job; the exit status says whether that could be done."""
    try:
        component = Component(environment)
        check(component, subject)
        with busy("asking Modal and GitHub"):
            recent, fault = await recent_deliveries(place)
            questions = await asyncio.to_thread(Questions, component, subject, recent)
        facts = await gather(place, questions) if fault is None else HostFacts(unasked=fault)
        explanation = questions.explain(facts)
    except Unexplained as unexplained:
        print(f"jitney: {unexplained}", file=sys.stderr)
        return unexplained.status
    except (Trap, WasmtimeError):
        print("jitney: GitHub took too long to answer, or the component failed; try again", file=sys.stderr)
        return UNASKED
    if as_json:
        print(json.dumps(plain(explanation), indent=1))
    else:
        show(explanation)
    return EXPLAINED


def plain(explanation: Any) -> dict[str, Any]:
    """The explanation as JSON has it. Programs read these names: the timeline is `events`."""
    fields = {name: getattr(explanation, name) for name in ("repository", "job", "page", "state", "conclusion")}
    names = ("what", "said", "cure", "stops")
    timeline = [{"at": iso(one.at)} | {name: getattr(one, name) for name in names} for one in explanation.timeline]
    return fields | {"events": timeline}


def iso(at: int | None) -> str | None:
    """A time in milliseconds since the epoch, as GitHub writes it."""
    return None if at is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at / 1000))


def show(explanation: Any) -> None:
    """For people, as a timeline. Plain where `rich` is not there, as in Modal's container."""
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        print(f"job {explanation.job} of {explanation.repository}\n{explanation.page}\n{UTC}\n")
        for one in explanation.timeline:
            cure = f"\n{'':<10}-> {one.cure}" if one.cure else ""
            print(f"{_clock(one.at):<8}  {one.what:<12} {one.said}{cure}")
        print(f"\n{explanation.state}: {explanation.conclusion}")
        return
    console = Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty())
    console.print(Text(f"job {explanation.job} of {explanation.repository}", style="bold"))
    console.print(Text(f"{explanation.page}\n{UTC}", style="dim"), "", sep="\n")
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in explanation.timeline:
        table.add_row(_clock(one.at), Text(one.what), Text(one.said, style="red" if one.stops else ""))
        if one.cure:
            table.add_row("", "", Text(f"→ {one.cure}", style="bold"))
    console.print(table)
    console.print("", Text.assemble((f"{explanation.state}: ", "bold"), explanation.conclusion), sep="\n")


def _clock(at: int | None) -> str:
    return "" if at is None else time.strftime("%H:%M:%S", time.gmtime(at / 1000))
