"""What the endpoint does beside deliveries: it takes up, sweeps, looks at its image, holds awake, and closes."""

import asyncio
import json
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from host import chores, component, endpoint
from host.tickets import Kept
from tests.kept import KeptInMemory
from tests.standin import StandinGitHub, payload
from tests.test_asgi import call, make, metrics
from tests.test_house import ticket
from tests.test_waiting import Remembered, eventually


async def test_one_that_closes_takes_no_more_and_keeps_what_it_knows() -> None:
    store = Remembered()
    one = make(store=store)
    one.begin()
    await eventually(lambda: store.kept.get("process"))
    begun = store.kept["process"]
    await one._house.ask(1, json.dumps({"Over": [8, None]}))
    await call(one, body=json.dumps(payload("ping")).encode())
    assert await one.close(0.0) == []
    assert {"house", "process", "recent"} <= set(store.kept) and not one._chores._tasks
    assert begun["id"] is not None and store.kept["process"]["id"] is None, "it ended as it should"
    answer = await call(one, body=json.dumps(payload("ping")).encode())
    assert (answer.status, answer.reason) == (503, "busy")


async def test_one_that_cannot_keep_all_does_not_say_that_it_ended_well(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Remembered()
    one = make(store=store)
    one.begin()
    await eventually(lambda: store.kept.get("process"))

    async def cannot(_: list[str]) -> bool:
        return False

    monkeypatch.setattr(one._waiting, "close", cannot)
    await one.close(0.0)
    assert store.kept["process"]["id"] is not None


async def test_nothing_is_taken_up_by_one_that_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    one, played = make(), []
    monkeypatch.setattr(one._courses, "resume", lambda *told: played.append(told))
    settle = one._courses.close

    async def slowly(grace: float) -> list[str]:
        await one._waiting.defer(ticket(5), 0.0)
        await asyncio.sleep(0.1)
        return await settle(grace)

    monkeypatch.setattr(one._courses, "close", slowly)
    one.begin()
    await asyncio.sleep(0.05)
    await one.close(0.0)
    assert not played


async def test_one_begins_once_however_often_it_takes_up_and_knows_what_the_last_one_knew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chores, "AGAIN_AFTER", 0.01)
    store = Remembered()
    first = make(store=store)
    await first._house.ask(1, json.dumps({"Over": [8, None]}))
    await first.close(0.0)
    two, begun = make(store=store), []
    begin, run = two._succession.begin, two._waiting.run

    async def noted() -> float | None:
        begun.append(1)
        return await begin()

    async def fails_once(play: Any) -> None:
        monkeypatch.setattr(two._waiting, "run", run)
        raise OSError

    monkeypatch.setattr(two._succession, "begin", noted)
    monkeypatch.setattr(two._waiting, "run", fails_once)
    assert two._house.wait(ticket(8), 0.0) == 0.0, "it has not read it yet"
    two.begin()
    await eventually(lambda: two._house.wait(ticket(8), 0.0) is None and two._waiting.run == run)
    await eventually(lambda: not two._health.is_ill("taking-up"))
    assert len(begun) == 1
    await two.close(0.0)


async def test_an_image_that_is_old_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    async def image() -> dict[str, Any]:
        return {"version": "2.300.0", "built": 1_700_000_000_000}

    async def none() -> None:
        return None

    async def unreadable() -> dict[str, Any]:
        raise OSError

    for which, alarms in ((image, True), (none, False), (unreadable, False), (None, False)):
        one = make(image=which)
        await one._look_at_image()
        told = one._health.report.get("runner_image")
        assert bool(told) == alarms
        if told:
            assert told["version"] == "2.300.0" and len(told["alarms"]) == 2
            assert metrics(one)("jitney_runner_image_built_seconds") == 1_700_000_000


async def test_a_sweep_that_fails_is_shown_until_one_succeeds(github: StandinGitHub) -> None:
    store = Remembered()
    one = make(store=store, GITHUB_API_URL=github.url)
    await one._succession.begin()
    swept = dict(store.kept["process"])
    with pytest.MonkeyPatch.context() as small:
        small.setattr(component, "COURSE_EPOCHS", 0)
        await one.sweep()
    assert one._health.is_ill("sweeping")
    one._health.well("sweeping")

    async def fails(_: list[str]) -> bool:
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as broken, pytest.raises(ZeroDivisionError):
        broken.setattr(one._courses, "sweep", fails)
        await one.sweep()
    assert one._health.is_ill("sweeping") and store.kept["process"] == swept
    await one.sweep()
    assert not one._health.is_ill("sweeping") and store.kept["process"] != swept
    await one.close(5.0)


async def test_sweeps_come_again_and_again(github: StandinGitHub) -> None:
    one = make(GITHUB_API_URL=github.url)
    swept: list[int] = []

    async def sweep() -> None:
        swept.append(1)

    one.sweep = sweep  # type: ignore[method-assign]
    one.begin(sweep_every=0.05)
    await eventually(lambda: len(swept) >= 3)
    await one.close(0.0)


async def test_a_call_brings_its_ticket_and_holds_the_process_awake_until_none_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, kept = make(), KeptInMemory()
    # No sweep is owed, for which it would stay as well.
    one._begun = True
    monkeypatch.setattr(one._waiting, "tickets", kept)
    played: list[tuple[str, Any]] = []
    monkeypatch.setattr(one._courses, "resume", lambda *told: played.append(told))
    one.begin()
    now = time.time()
    held = asyncio.create_task(one.resume(ticket(1), now + 600))
    await eventually(lambda: one._waiting.waiting == [ticket(1)])
    [late] = kept.tickets.values()
    assert abs(late.due - now - 600) < 60 and not held.done() and not played
    await one.resume(ticket(2), now - 600)
    await eventually(lambda: [told for told, _ in played] == [ticket(2)])
    # What another process kept is taken up too.
    await kept.put(Kept("left", ticket(3), 0.0))
    await one.resume()
    await eventually(lambda: [told for told, _ in played] == [ticket(2), ticket(3)])
    for entry in list(one._waiting._entries.values()):
        await one._waiting.over(entry)
    await asyncio.wait_for(held, 20)
    await one.close(0.0)


async def test_a_sweep_looks_for_what_others_kept_and_hears_of_all_that_waits_and_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def image() -> dict[str, Any]:
        return {"version": "2.300.0", "built": 1_700_000_000_000}

    store = Remembered()
    before = make(store=store)
    await before._house.ask(1, json.dumps({"Over": [8, None]}))
    await before.close(0.0)
    one, kept, heard = make(image, store), KeptInMemory(), []
    monkeypatch.setattr(one._waiting, "tickets", kept)
    await kept.put(Kept("left", ticket(3), time.time() + 600))

    async def sweep(pending: list[str]) -> bool:
        heard.extend(pending)
        return True

    monkeypatch.setattr(one._courses, "sweep", sweep)
    monkeypatch.setattr(type(one._courses), "running", property(lambda _: [ticket(4)]))
    await one.sweep()
    assert heard == [ticket(3), ticket(4)] and "runner_image" in one._health.report
    assert one._house.wait(ticket(8), 0.0) is None, "it knows what the process before it knew"
    kept.fails = True
    await one.sweep()
    assert one._health.is_ill("tickets"), "what cannot be read is shown"
    assert one._awake._left() > 0, "and the process stays to read it again"
    assert one._queues() == (1, [ticket(3)])


async def test_what_a_process_that_was_killed_left_is_swept_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    store, swept = Remembered(), asyncio.Event()
    store.kept["process"] = {"id": "killed", "swept": time.time()}
    one = make(store=store)
    slept: list[float] = []

    async def soon(seconds: float) -> None:
        slept.append(seconds)

    async def sweep() -> None:
        swept.set()

    monkeypatch.setattr(endpoint, "asyncio", SimpleNamespace(**vars(asyncio) | {"sleep": soon}))
    monkeypatch.setattr(one, "sweep", sweep)
    one.begin()
    await asyncio.wait_for(swept.wait(), 20)
    assert slept == [20.0]
    assert 20 < one._awake._left() <= 20 + endpoint.BESIDE_WITHIN, "the process stays until that sweep is over"
    await one.close(0.0)


@pytest.mark.parametrize("begins", [True, False], ids=["which-knew-of-it", "which-ended-at-once"])
async def test_a_sweep_that_one_owes_and_did_not_get_to_is_the_next_one_s(
    github: StandinGitHub, begins: bool
) -> None:
    store = Remembered()
    store.kept["process"] = {"id": "killed", "swept": time.time()}

    async def lives(*, sweeps: bool = False, begins: bool = True) -> bool:
        """One that begins, may sweep, and ends well: whether it owed a sweep."""
        one = make(store=store, GITHUB_API_URL=github.url)
        one.begin()
        if begins:
            await eventually(lambda: one._begun)
        owed = one._awake._left() > 0
        if sweeps:
            await one.sweep()
        await one.close(0.0)
        return owed

    await lives(begins=begins)
    assert await lives(sweeps=True)
    assert not await lives()


async def test_one_that_closes_waits_for_what_github_is_still_asked() -> None:
    one, answered = make(), threading.Event()
    asked = asyncio.create_task(one._courses._block(lambda: (time.sleep(0.5), answered.set())))
    await asyncio.sleep(0.1)
    await one.close(0.0)
    assert answered.is_set()
    await asked


def test_what_a_thing_took_is_told_in_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "time", SimpleNamespace(perf_counter=lambda: 3.0012345678))
    assert endpoint._ms(1.0) == 2001.235
