"""Tickets that wait in one process, over the real house and a store in memory."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from host import chores
from host.awake import Awake
from host.chores import Chores
from host.component import Component
from host.endpoint import Endpoint
from host.health import Health
from host.house import House
from host.local.launcher import LocalLauncher
from host.records.store import NoStore
from host.succession import Succession
from host.tickets import Kept
from host.waiting import Entry, NotKept, Waiting
from tests.kept import KeptInMemory
from tests.test_house import came, claim, send, ticket

SETTINGS = {"GITHUB_TOKEN": "x", "WEBHOOK_SECRET": "y"}
YEAR = 365 * 24 * 3600.0


class Process:
    """A process that takes tickets up; `played` are those whose courses were opened."""

    def __init__(self, tickets: KeptInMemory, **about: Any) -> None:
        component = Component(SETTINGS)
        self.health = Health(component)
        self.house = House(component)
        self.played: list[str] = []
        self.entries: list[Entry] = []
        succession = Succession(NoStore(), self.house)
        self.waiting = Waiting(tickets, self.house, self.health, succession.is_last, **about)
        self.chores = Chores(self.health)

    def begin(self) -> None:
        """Takes up what is due from now on."""
        self.chores.begin("taking-up", self._run)

    async def _run(self) -> None:
        await self.waiting.read()
        await self.waiting.run(self._play)

    def _play(self, played: str, entry: Entry) -> None:
        self.played.append(played)
        self.entries.append(entry)


@pytest.fixture
def tickets() -> KeptInMemory:
    return KeptInMemory()


@pytest.fixture
async def process(tickets: KeptInMemory) -> AsyncIterator[Process]:
    one = Process(tickets)
    yield one
    await one.chores.end()


async def eventually(what: Any) -> None:
    async with asyncio.timeout(60):
        while not what():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_ticket_is_kept_until_its_course_is_over(tickets: KeptInMemory, process: Process) -> None:
    process.begin()
    await process.waiting.defer(ticket(1), 0.0)
    await eventually(lambda: process.played == [ticket(1)])
    assert [kept.ticket for kept in tickets.tickets.values()] == [ticket(1)]
    assert process.waiting.waiting == []
    await process.waiting.over(process.entries[0])
    assert tickets.tickets == {}


async def test_what_is_deferred_anew_takes_the_place_of_the_old(tickets: KeptInMemory, process: Process) -> None:
    process.begin()
    await process.waiting.defer(ticket(1), 0.0)
    await eventually(lambda: process.played)
    await process.house.ask(1, claim(1, resumed=True))
    await process.waiting.defer(ticket(1, "refuse"), 600.0, process.entries[0])
    (kept,) = tickets.tickets.values()
    assert kept.ticket == ticket(1, "refuse") and kept.due > time.time() + 500
    assert process.waiting.waiting == [ticket(1, "refuse")]


async def test_what_cannot_be_kept_is_said_and_what_was_kept_goes_on(
    tickets: KeptInMemory, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host.waiting.AGAIN_AFTER", 0.1)
    process.begin()
    await process.waiting.defer(ticket(1), 0.0)
    await eventually(lambda: process.played)
    old = dict(tickets.tickets)
    tickets.fails = True
    with pytest.raises(NotKept):
        await process.waiting.defer(ticket(2), 0.0)
    await process.waiting.defer(ticket(1, "release"), 0.5, process.entries[0])
    assert process.health.report["ready"] is False
    assert "jobs that wait" in process.health.report["problems"][0]["fault"]
    await eventually(lambda: process.played == [ticket(1), ticket(1, "release")])
    assert tickets.tickets == old, "the store has the older one still"
    await process.waiting.over(process.entries[1])
    tickets.fails = False
    await eventually(lambda: not tickets.tickets and process.health.report["ready"])
    assert process.health.report["problems"] == []


async def test_a_due_that_is_far_away_is_an_hour_at_most(process: Process, tickets: KeptInMemory) -> None:
    for number, due in enumerate((time.time() + YEAR, time.time() + 60.0, time.time() - YEAR)):
        await tickets.put(Kept(f"k{number}", ticket(number), due))
    await process.waiting.read()
    now = asyncio.get_running_loop().time()
    ahead = sorted(round(entry.due_here - now) for entry in process.waiting._entries.values())
    assert ahead == [0, 60, 3600]


async def test_when_github_is_back_nothing_waits(process: Process) -> None:
    process.begin()
    for job in range(3):
        await process.waiting.defer(ticket(job), 600.0)
    for well in (False,) * 5 + (True,):
        await process.house.ask(1, send())
        assert process.played == []
        await process.house.ask(1, came(well=well))
    await eventually(lambda: sorted(process.played) == [ticket(job) for job in range(3)])


async def test_of_a_job_one_ticket_is_kept(process: Process, tickets: KeptInMemory) -> None:
    process.begin()
    await process.waiting.defer(ticket(1), 600.0)
    await process.waiting.defer(ticket(1), 600.0)
    await eventually(lambda: len(tickets.tickets) == 1)
    assert process.waiting.waiting == [ticket(1)]


async def test_a_task_that_dies_is_shown_and_started_again(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "AGAIN_AFTER", 0.2)
    settle, died = process.waiting._settle, asyncio.Event()

    async def settle_or_die() -> bool:
        if not died.is_set():
            died.set()
            raise RuntimeError("once")
        return await settle()

    monkeypatch.setattr(process.waiting, "_settle", settle_or_die)
    process.begin()
    await died.wait()
    await eventually(lambda: not process.health.report["ready"])
    assert "took up jobs that wait" in process.health.report["problems"][0]["fault"]
    await process.waiting.defer(ticket(1), 0.0)
    await eventually(lambda: process.played == [ticket(1)])
    await eventually(lambda: process.health.report["ready"])


async def test_one_call_holds_a_process_awake_while_tickets_wait(tickets: KeptInMemory) -> None:
    called: list[float] = []

    async def wake() -> None:
        called.append(time.time())

    awake = Awake(wake)
    process = Process(tickets, awake=awake)
    process.begin()
    for job in range(50):
        await process.waiting.defer(ticket(job), 600.0)
    await eventually(lambda: called)
    held = asyncio.create_task(awake.hold(600.0))
    await asyncio.sleep(0.1)
    await asyncio.wait_for(awake.hold(600.0), 60)
    for job in range(50, 55):
        await process.waiting.defer(ticket(job), 600.0)
        await asyncio.sleep(0.02)
    assert not held.done() and len(called) == 1
    for entry in list(process.waiting._entries.values()):
        await process.waiting.over(entry)
    await asyncio.wait_for(held, 60)
    await process.chores.end()


class Remembered(NoStore):
    """A store in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    async def get(self, name: str) -> Any:
        return self.kept.get(name)

    async def put(self, name: str, value: Any) -> None:
        self.kept[name] = value


async def test_a_newer_process_takes_up_and_an_older_one_no_more(tickets: KeptInMemory) -> None:
    store = Remembered()
    old, new = Process(tickets), Process(tickets)
    successions = [Succession(store, one.house) for one in (old, new)]
    for one, succession in zip((old, new), successions, strict=True):
        one.waiting.is_last = succession.is_last
        await succession.begin()
    await old.waiting.defer(ticket(1), 0.0)
    old.begin()
    await eventually(lambda: old.waiting.waiting == [])
    new.begin()
    await eventually(lambda: new.played == [ticket(1)])
    assert old.played == []
    await old.chores.end()
    await new.chores.end()


async def test_a_process_sweeps_soon_after_one_that_did_not_end_well(process: Process) -> None:
    store = Remembered()

    def another() -> Succession:
        return Succession(store, process.house)

    one = another()
    assert await one.begin() == 20.0, "nobody swept yet"
    await one.swept()
    await one.end()
    two = another()
    assert await two.begin() is None
    three = another()
    assert await three.begin() == 20.0, "the second did not end"
    await two.end()
    assert await three.is_last(), "one that ends later ends only itself"
    await three.swept()
    await three.end()
    store.kept["process"]["swept"] -= 301
    assert await another().begin() == 20.0, "the last sweep is old"


async def test_one_sweep_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Endpoint(Component(SETTINGS), LocalLauncher({}), KeptInMemory())
    swept, go_on = [], asyncio.Event()

    async def sweep(pending: list[str]) -> bool:
        swept.append(pending)
        await go_on.wait()
        return True

    monkeypatch.setattr(endpoint._courses, "sweep", sweep)
    first = asyncio.create_task(endpoint.sweep())
    await eventually(lambda: swept)
    await asyncio.wait_for(endpoint.sweep(), 60)
    assert not first.done() and len(swept) == 1
    go_on.set()
    await first
    await endpoint.sweep()
    assert len(swept) == 2


async def test_what_a_house_knows_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    store, component = Remembered(), Component(SETTINGS)
    one = House(component, store)
    await one.ask(1, json.dumps({"Over": [8, None]}))
    assert one.wait(ticket(8), 0.0) is None
    await one.flush()

    two = House(component, store)
    assert two.wait(ticket(8), 0.0) == 0.0, "it was not read yet"
    await two.ready()
    assert two.wait(ticket(8), 0.0) is None
    two._renew()
    assert two.wait(ticket(8), 0.0) is None, "the one that stands in its place knows it too"

    three = House(component, store)
    await three.ask(1, json.dumps({"Over": [9, None]}))
    await three.flush()
    assert three.wait(ticket(8), 0.0) is None, "what was not read is not written over"
    assert "8" in store.kept["house"] and "9" in store.kept["house"]


async def test_a_process_after_one_that_was_killed_takes_up_what_that_left(
    tickets: KeptInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the last that began, though the store does not take that at once."""
    store = Remembered()
    store.kept["process"] = {"id": "killed", "swept": time.time()}
    put, refused = store.put, asyncio.Event()

    async def put_at_last(name: str, value: Any) -> None:
        if not refused.is_set():
            refused.set()
            raise OSError("not yet")
        await put(name, value)

    monkeypatch.setattr(store, "put", put_at_last)
    await tickets.put(Kept("left", ticket(1, "release"), 0.0))
    endpoint = Endpoint(Component(SETTINGS), LocalLauncher({}), tickets, store=store)
    opened: list[str] = []
    monkeypatch.setattr(endpoint._courses, "resume", lambda played, _: opened.append(played))
    endpoint.begin()
    await eventually(lambda: opened == [ticket(1, "release")])
    await endpoint.close(0.0)
