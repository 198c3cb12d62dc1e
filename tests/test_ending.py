"""A sandbox's end: why it came is the component's word, and it reaches the ledger whoever sees it and whenever; a
runner that only shows a refusal is nobody's job there."""

import json
from pathlib import Path

import pytest

from host.operator.cost import entries, summed
from host.records import Records
from host.records.ledger import REFUSALS, Ledger
from host.records.store import LocalStore
from host.status.tables import Tables
from tests.ledgers import DAY, DOLLAR, NOON, Clock, component, entry, ledger_of, over, runner, running
from tests.sandbox import PUSH, Sandbox


def test_the_binary_s_line_is_read_and_its_figures_are_passed_on(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, PUSH | {"steps": [{"name": "a"}]})
    told = sandbox.give()
    ending = component().ending(sandbox.said, 0)
    figures = dict(ending.figures)
    assert ending.cause == told["cause"] == "done"
    assert figures == {name: told[name] for name in figures} and {"listening_s", "first_step_s"} <= set(figures)
    stages = dict(ending.stages)
    assert list(stages) == ["config", "listener", "session", "message", "worker", "prepare", "hook"]
    assert sum(stages.values()) == pytest.approx(told["first_step_s"])


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "kept.db")


async def kept(store: LocalStore) -> list[str | None]:
    """The causes of the entries that are kept."""
    return [entry.cause for entry in await entries(store, NOON, NOON + DAY)]


async def opened(store: LocalStore, clock: Clock, **changed: str) -> Ledger:
    """A ledger with a sandbox that has its runner."""
    ledger = ledger_of(store, clock)
    ledger.opened("sb-1", entry(1, **changed))
    ledger.handed_over("sb-1", runner(1))
    await ledger.flush()
    return ledger


async def test_a_cause_is_kept_whether_it_comes_before_the_end_is_told_or_after(store: LocalStore) -> None:
    clock = Clock()
    ledger = await opened(store, clock)
    ledger.opened("sb-2", entry(2))
    ledger.why("sb-1", "out-of-memory")
    ledger.closed("sb-1")
    ledger.closed("sb-2")
    await ledger.flush()
    assert sorted(await kept(store), key=str) == [None, "out-of-memory"]
    ledger.why("sb-2", "done")
    await ledger.flush()
    assert sorted(await kept(store), key=str) == ["done", "out-of-memory"]
    assert [entry.cause for entry in ledger.ended] == ["done", "out-of-memory"]


@pytest.mark.parametrize("later", [30, 1800])
async def test_an_end_that_another_container_sees_is_asked_about_and_kept_with_its_shard(
    store: LocalStore, later: int
) -> None:
    clock = Clock()
    first = await opened(store, clock)
    first.observe(over(1, NOON + 5))
    await first.flush()
    clock.now += later
    second = ledger_of(store, clock)
    assert second.unseen(set()) == []
    await second.ready()
    assert second.unseen({"sb-1"}) == [] == second.unseen(set(), "2")
    assert second.unseen(set()) == ["sb-1"] == second.unseen(set(), "1")
    second.why("sb-1", "timed-out")
    assert second.unseen(set()) == []
    await second.flush()
    assert await kept(store) == ["timed-out"]
    third = ledger_of(store, clock)
    await third.ready()
    assert [entry.cause for entry in third.ended] == ["timed-out"]


async def test_what_is_not_learnt_within_an_hour_is_not_asked_again(store: LocalStore) -> None:
    clock = Clock()
    ledger = await opened(store, clock)
    ledger.closed("sb-1")
    clock.now += 3599
    assert ledger.unseen(set()) == ["sb-1"]
    clock.now += 2
    assert ledger.unseen(set()) == []


async def test_a_runner_that_shows_a_refusal_is_no_job_and_its_cost_stands_apart(store: LocalStore) -> None:
    clock = Clock()
    ledger = await opened(store, clock, refusal="fork-not-allowed")
    ledger.observe(running(1, 1, 9_000))
    (living,) = ledger.living
    assert living.refusal and living.queued_s is None and ledger.hours == {}
    clock.now += 10
    ledger.closed("sb-1")
    await ledger.flush()
    assert ledger.month == {REFUSALS: [1, 10_000, 10 * DOLLAR]}
    assert await ledger.spent(NOON - DAY) == 10 * DOLLAR, "it is paid for all the same"
    found = await entries(store, NOON, NOON + DAY)
    (row,) = summed(found, "repository")
    assert (row["jobs"], row["usd"], row["refusals"], row["refusals_usd"]) == (0, 0.0, 1, 10.0)
    (row,) = summed(found, "job")
    assert row["refusal"] is True


async def test_a_job_of_another_run_that_takes_such_a_runner_is_a_job(store: LocalStore) -> None:
    clock = Clock()
    ledger = await opened(store, clock, refusal="fork-not-allowed", run="6")
    ledger.observe(running(1, 2, 9_000))
    (living,) = ledger.living
    assert not living.refusal and living.job == 2 and living.queued_s == 9


async def test_the_status_page_says_why_a_sandbox_ended_and_which_only_shows_a_refusal(store: LocalStore) -> None:
    clock = Clock()
    records = Records(component())
    records.ledger = ledger_of(store, clock)
    for job in (1, 2):
        records.ledger.opened(f"sb-{job}", entry(job))
        records.ledger.closed(f"sb-{job}")
    records.ledger.opened("sb-3", entry(3, refusal="fork-not-allowed"))
    line = json.dumps({"event": "sandbox-ended", "cause": "out-of-memory", "config_s": 2, "listener_s": 2.5})
    records.ended("sb-1", 137, f"Killed\n{line}\n")
    tables = Tables(component().bare(), clock(), "", records.ledger.living, records.ledger.ended, [], [])
    assert [(row["cause"], row["why"]) for row in tables.ended] == [
        ("", "not known yet"),
        ("out-of-memory", "it ran out of memory"),
    ]
    assert [row["state"] for row in tables.runners] == ["showing a refusal"]
    counted = records.metrics.text()
    assert 'jitney_sandbox_ends_total{cause="out-of-memory"} 1.0' in counted
    for stage, took in (("config", 2.0), ("listener", 0.5)):
        assert f'jitney_stage_seconds_sum{{event="sandbox",stage="{stage}"}} {took}' in counted
