"""What is remembered: nothing twice, nothing lost, whenever a container comes or goes and however slow its store."""

import asyncio
import json
import types
from pathlib import Path
from typing import Any

import pytest

from host.launcher import Sandbox
from host.records import Records
from host.records.ledger import Ledger
from host.records.recent import RecentDeliveries
from host.records.store import LocalStore, ModalStore, Saver
from tests.ledgers import DAY, DOLLAR, NOON, Clock, component, entry, ledger_of, over, runner, running, tags


class SlowStore:
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


async def saved(store: SlowStore, clock: Clock) -> Ledger:
    """A ledger with one sandbox that has its runner, kept."""
    ledger = ledger_of(store, clock)
    ledger.opened("sb-1", entry(1))
    ledger.handed_over("sb-1", runner(1))
    await ledger.flush()
    return ledger


async def test_a_job_whose_end_a_new_container_hears_first_costs_what_it_took() -> None:
    clock, store = Clock(), SlowStore()
    await saved(store, clock)
    clock.now += 60
    second = ledger_of(store, clock)
    second.observe(over(1, NOON + 50))
    second.found([])
    await second.flush()
    clock.now += DAY / 2
    third = ledger_of(store, clock)
    assert await third.spent(NOON - DAY) == 50 * DOLLAR
    third.found([])
    assert await third.spent(NOON - DAY) == 50 * DOLLAR


async def test_a_sandbox_that_ended_between_two_containers_counts_until_the_first_sweep() -> None:
    clock, store = Clock(), SlowStore()
    await saved(store, clock)
    clock.now += 180
    second = ledger_of(store, clock)
    second.found([])
    await second.flush()
    clock.now += DAY / 2
    assert await ledger_of(store, clock).spent(NOON - DAY) == 180 * DOLLAR


@pytest.mark.parametrize("late", [15, 3600])
async def test_an_end_that_is_told_late_takes_nothing_from_the_shard_and_month_of_its_time(late: int) -> None:
    clock, store = Clock(), SlowStore()
    clock.now = 1_801_439_995.0  # The last second but four of a month (UTC), and so of a shard.
    assert clock.now % 600 == 595
    ledger = ledger_of(store, clock)
    started = str(int((clock.now - 10) * 1000))
    for job in (1, 2):
        ledger.opened(f"sb-{job}", entry(job, started=started))
        ledger.handed_over(f"sb-{job}", runner(job))
    ledger.closed("sb-1")
    await ledger.flush()
    clock.now += late
    ledger.opened("sb-3", entry(3, started=str(int(clock.now * 1000))))
    await ledger.flush()
    ledger.observe(over(2, 1_801_439_998))
    await ledger.flush()
    (shard,) = [json.loads(store.kept[name]) for name in store.kept if name.startswith("ledger/shard/")]
    assert {kept["job"] for kept in shard} == {1, 2}
    (month,) = [json.loads(kept) for name, kept in store.kept.items() if "month" in name and kept != "{}"]
    assert month == {"octo/demo": [2, 23_000, 23 * DOLLAR]}


async def test_what_changes_while_it_is_saved_is_saved_too_and_counted_once() -> None:
    clock, store = Clock(), SlowStore()
    ledger: Any = ledger_of(store, clock)
    ledger._saver._every = 0.01
    ledger.opened("sb-1", entry(1))
    await store.put_living.wait()
    clock.now += 10
    ledger.closed("sb-1")
    await asyncio.sleep(0.05)
    await ledger.flush()
    clock.now += 100
    again = ledger_of(store, clock)
    await again.ready()
    again.found([])
    assert await again.spent(NOON - DAY) == 10 * DOLLAR


async def test_a_save_that_fails_is_tried_again_although_nothing_more_happens() -> None:
    clock, store = Clock(), SlowStore()
    ledger: Any = ledger_of(store, clock)
    ledger._saver._every = 0.01
    store.failing = True
    ledger.opened("sb-1", entry(1))
    await asyncio.sleep(0.05)
    store.failing = False
    await asyncio.wait_for(store.put_living.wait(), 60)
    assert "sb-1" in store.kept["ledger/living"]


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
    clock, store = Clock(), SlowStore()
    ledger = await saved(store, clock)
    ledger.opened("sb-2", entry(2))
    ledger.observe(running(1, job=77, queued=5000))
    clock.now += 10
    ledger.closed("sb-2")
    await ledger.flush()
    second = ledger_of(store, clock)
    second.found([Sandbox(f"sb-{job}", "", tags(job)) for job in (1, 2)])
    await second.ready()
    assert [(one.sandbox, one.job, one.queued_s) for one in second.living] == [("sb-1", 77, 5.0)]
    clock.now += 4000
    second.found([Sandbox("sb-1", "", tags(1)), Sandbox("sb-2", "", tags(2))])
    second.found([Sandbox("sb-1", "", tags(1)), Sandbox("sb-2", "", tags(2))])
    assert [one.sandbox for one in second.living] == ["sb-1"]


@pytest.mark.parametrize(("tag", "value"), [("job", "x"), ("rate", "²"), ("started", "9" * 400), ("job", "9" * 5000)])
async def test_tags_that_somebody_changed_do_not_stop_a_sweep(tag: str, value: str) -> None:
    ledger = ledger_of(SlowStore(), Clock())
    ledger.found([Sandbox("sb-1", "", tags(1) | {tag: value}), Sandbox("sb-2", "", tags(2))])
    assert "sb-2" in [one.sandbox for one in ledger.living]


async def test_a_dict_that_does_not_answer_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("host.records.store.WITHIN", 0.05)
    entries = types.SimpleNamespace(get=types.SimpleNamespace(aio=never), put=types.SimpleNamespace(aio=never))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1) as bound:
            await ledger_of(ModalStore(entries), Clock()).spent(NOON)
    assert not bound.expired()


async def test_what_another_version_left_is_passed_over(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "journal.db")
    await store.put("recent", {"deliveries": [7, {"x": 1}], "sweep": {"y": 2}})
    await store.put("ledger/living", [7, {"sandbox": "sb-1", "rate": 1}])
    records = Records(component(), store)
    assert await records.ledger.spent(NOON) == 0
    await records.recent.ready()
    assert records.recent.deliveries == [] and records.recent.sweep is None


async def test_a_sandbox_that_an_older_ledger_kept_costs_what_it_costs(tmp_path: Path) -> None:
    """It kept the run as a tag's text, and more than is known here is no harm."""
    store, clock = LocalStore(tmp_path / "journal.db"), Clock()
    kept = {"sandbox": "sb-1", "job": 1, "run": "7", "repository": "octo/demo", "runner": runner(1), "rate": DOLLAR}
    await store.put("ledger/living", [kept | {"shape": "2cpu-8GiB", "started": NOON, "mood": "good"}])
    ledger = ledger_of(store, clock)
    clock.now += 5
    assert await ledger.spent(NOON - DAY) == 5 * DOLLAR
    ledger.observe(over(1, NOON + 4))
    assert ledger.month == {"octo/demo": [1, 4000, 4 * DOLLAR]}


async def test_a_record_that_fails_fails_no_course() -> None:
    Records(component()).observe("course", None, {})


async def test_what_a_course_came_to_is_shown_in_the_place_of_its_delivery_s_answer(tmp_path: Path) -> None:
    """And strangers, however many, push nothing out; a new container shows it too."""
    store = LocalStore(tmp_path / "journal.db")
    recent = RecentDeliveries(store)

    def reply(delivery: str, answered: str) -> Any:
        return types.SimpleNamespace(delivery=delivery, answered=answered, news=None)

    recent.observe("delivery", reply("d-1", "deferred"), {"total": 3.0})
    for _ in range(100):
        recent.observe("delivery", reply("", "refused"), {})
    recent.observe("course", reply("d-1", "launched"), {})
    recent.observe("course", reply("d-2", "of no delivery that is known"), {})
    assert [one.answered for one in recent.deliveries].count("refused") == 10
    await recent.flush()
    again = RecentDeliveries(store)
    await again.ready()
    assert [(one.delivery, one.answered, one.ms) for one in again.deliveries] == [("d-1", "launched", 3.0)]
