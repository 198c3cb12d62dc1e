"""What is remembered: nothing twice, nothing lost, whenever a container comes or goes and however slow its shelf."""

import asyncio
import json
import types
from pathlib import Path
from typing import Any

import pytest

from host.books import Books
from host.books.ledger import Ledger
from host.books.shelf import LocalShelf, ModalShelf, Saver
from host.launcher import Sandbox
from tests.test_money import DAY, NOON, Clock, tags

DOLLAR = 1_000_000_000


class SlowShelf:
    """A Dict whose every answer takes a moment, and which may fail."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.failing = False
        self.put_living = asyncio.Event()

    async def get(self, name: str) -> Any:
        await asyncio.sleep(0.005)
        self._fail()
        return json.loads(self.kept[name]) if name in self.kept else None

    async def put(self, name: str, value: Any) -> None:
        kept = json.dumps(value)
        await asyncio.sleep(0.005)
        self._fail()
        self.kept[name] = kept
        if name == "ledger/living":
            self.put_living.set()

    def _fail(self) -> None:
        if self.failing:
            raise ConnectionError("the Dict is away")


async def saved(shelf: SlowShelf, clock: Clock) -> Ledger:
    """A ledger with one sandbox that has its runner, kept."""
    ledger = Ledger(shelf, clock=clock)
    ledger.opened("sb-1", tags(1))
    ledger.handed_over("sb-1", {"runner": "jitney-1-abcdefgh"})
    await ledger.flush()
    return ledger


async def test_a_job_whose_end_a_new_container_hears_first_costs_what_it_took() -> None:
    clock, shelf = Clock(), SlowShelf()
    await saved(shelf, clock)
    clock.now += 60
    second = Ledger(shelf, clock=clock)
    second.observe({"runner": "jitney-1-abcdefgh", "over_at": (NOON + 50) * 1000})
    second.found([])
    await second.flush()
    clock.now += DAY / 2
    third = Ledger(shelf, clock=clock)
    assert await third.spent(NOON - DAY) == 50 * DOLLAR
    third.found([])
    assert await third.spent(NOON - DAY) == 50 * DOLLAR


async def test_a_sandbox_that_ended_between_two_containers_counts_until_the_first_sweep() -> None:
    clock, shelf = Clock(), SlowShelf()
    await saved(shelf, clock)
    clock.now += 180
    second = Ledger(shelf, clock=clock)
    second.found([])
    await second.flush()
    clock.now += DAY / 2
    assert await Ledger(shelf, clock=clock).spent(NOON - DAY) == 180 * DOLLAR


@pytest.mark.parametrize("late", [15, 3600])
async def test_an_end_that_is_told_late_takes_nothing_from_the_shard_and_month_of_its_time(late: int) -> None:
    clock, shelf = Clock(), SlowShelf()
    clock.now = 1_801_439_995.0  # The last second but four of a month (UTC), and so of a shard.
    assert clock.now % 600 == 595
    ledger = Ledger(shelf, clock=clock)
    started = {"started": str(int((clock.now - 10) * 1000))}
    for job in (1, 2):
        ledger.opened(f"sb-{job}", tags(job) | started)
        ledger.handed_over(f"sb-{job}", {"runner": f"jitney-{job}-abcdefgh"})
    ledger.closed("sb-1")
    await ledger.flush()
    clock.now += late
    ledger.opened("sb-3", tags(3) | {"started": str(int(clock.now * 1000))})
    await ledger.flush()
    ledger.observe({"runner": "jitney-2-abcdefgh", "over_at": 1_801_439_998_000})
    await ledger.flush()
    (shard,) = [json.loads(shelf.kept[name]) for name in shelf.kept if name.startswith("ledger/shard/")]
    assert {entry["job"] for entry in shard} == {1, 2}
    (month,) = [json.loads(kept) for name, kept in shelf.kept.items() if "month" in name and kept != "{}"]
    assert month == {"octo/demo": [2, 23_000, 23 * DOLLAR]}


async def test_what_changes_while_it_is_saved_is_saved_too_and_counted_once() -> None:
    clock, shelf = Clock(), SlowShelf()
    ledger: Any = Ledger(shelf, clock=clock)
    ledger._saver._every = 0.01
    ledger.opened("sb-1", tags(1))
    await shelf.put_living.wait()
    clock.now += 10
    ledger.closed("sb-1")
    await asyncio.sleep(0.05)
    await ledger.flush()
    clock.now += 100
    again = Ledger(shelf, clock=clock)
    await again.ready()
    again.found([])
    assert await again.spent(NOON - DAY) == 10 * DOLLAR


async def test_a_save_that_fails_is_tried_again_although_nothing_more_happens() -> None:
    clock, shelf = Clock(), SlowShelf()
    ledger: Any = Ledger(shelf, clock=clock)
    ledger._saver._every = 0.01
    shelf.failing = True
    ledger.opened("sb-1", tags(1))
    await asyncio.sleep(0.05)
    shelf.failing = False
    await asyncio.sleep(0.1)
    assert "sb-1" in shelf.kept["ledger/living"]


async def test_a_save_that_is_broken_off_is_done_at_the_end() -> None:
    done: list[int] = []

    async def save() -> None:
        done.append(0)
        await asyncio.sleep(0.05 if len(done) == 1 else 0)
        done.append(1)

    saver = Saver(save, every=0.0)
    saver.touch()
    await asyncio.sleep(0.01)
    await saver.now()
    assert done == [0, 0, 1]


async def test_a_new_container_knows_which_job_a_runner_took_and_what_was_closed_a_moment_ago() -> None:
    clock, shelf = Clock(), SlowShelf()
    ledger = await saved(shelf, clock)
    ledger.opened("sb-2", tags(2))
    ledger.observe({"runner": "jitney-1-abcdefgh", "running_at": NOON * 1000, "queued_ms": 5000, "job": 77})
    clock.now += 10
    ledger.closed("sb-2")
    await ledger.flush()
    second = Ledger(shelf, clock=clock)
    second.found([Sandbox(f"sb-{job}", "", tags(job)) for job in (1, 2)])
    await second.ready()
    assert [(entry["sandbox"], entry["job"], entry["queued_s"]) for entry in second.living] == [("sb-1", 77, 5.0)]
    clock.now += 4000
    second.found([Sandbox("sb-1", "", tags(1)), Sandbox("sb-2", "", tags(2))])
    second.found([Sandbox("sb-1", "", tags(1)), Sandbox("sb-2", "", tags(2))])
    assert [entry["sandbox"] for entry in second.living] == ["sb-1"]


@pytest.mark.parametrize(("tag", "value"), [("job", "x"), ("rate", "²"), ("started", "9" * 400), ("job", "9" * 5000)])
async def test_tags_that_somebody_changed_do_not_stop_a_sweep(tag: str, value: str) -> None:
    ledger = Ledger(SlowShelf(), clock=Clock())
    ledger.found([Sandbox("sb-1", "", tags(1) | {tag: value}), Sandbox("sb-2", "", tags(2))])
    assert "sb-2" in [entry["sandbox"] for entry in ledger.living]


async def test_a_dict_that_does_not_answer_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("host.books.shelf.WITHIN", 0.05)
    entries = types.SimpleNamespace(get=types.SimpleNamespace(aio=never), put=types.SimpleNamespace(aio=never))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1) as bound:
            await Ledger(ModalShelf(entries)).spent(NOON)
    assert not bound.expired()


async def test_what_another_version_left_is_passed_over(tmp_path: Path) -> None:
    shelf = LocalShelf(tmp_path / "journal.db")
    await shelf.put("bulletin", {"deliveries": [7, {"x": 1}], "sweep": {"y": 2}})
    await shelf.put("ledger/living", [7, {"sandbox": "sb-1", "rate": 1}])
    books = Books(shelf)
    assert await books.ledger.spent(NOON) == 0
    await books.bulletin.ready()
    assert books.bulletin.deliveries == [] and books.bulletin.sweep == {}


def test_a_book_that_fails_fails_no_course() -> None:
    books = Books()
    books.observe("course", {})
