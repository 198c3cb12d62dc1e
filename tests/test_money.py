"""What jobs cost: told by job and by repository, to people and to programs, and bounded by a budget that says so."""

import asyncio
import csv
import io
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from host.launcher import Sandbox
from host.operator.cost import cost as cost_of
from host.records.entry import Entry
from host.records.ledger import shard
from host.records.store import LocalStore, ModalStore
from tests.control_plane import ControlPlane
from tests.ledgers import DAY, DOLLAR, NOON, Clock, entry, ledger_of, tags
from tests.processes import ROOT, SECRET, Jitney, eventually
from tests.standin import StandinGitHub, deliver, payload

TOKEN = "status-token-canary-0123456789"
LABELS = ["self-hosted", "modal"]
#: A core costs half a dollar a second and memory nothing, so that sums can be seen.
PRICES = '{"cpu":0.5,"memory":0}'


def cost(journal: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as an operator types it for an endpoint of this machine."""
    command = [sys.executable, "-m", "host", "cost", "--launcher", "local", "--journal", str(journal), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def run_job(github: StandinGitHub, jitney: Jitney, job: int, labels: list[str] = LABELS) -> None:
    """From its queueing to its end, with the three deliveries that GitHub sends."""
    github.state.queue(job, "octo/demo", labels)
    queued = payload("workflow_job.queued", id=job, repository="octo/demo", labels=labels)
    assert deliver(jitney.url, SECRET, queued).status_code == 201
    eventually(lambda: github.state.jobs[job].status == "completed")
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for action in ("in_progress", "completed"):
        told = payload(f"workflow_job.{action}", id=job, repository="octo/demo", labels=labels)
        runner = {"runner_name": github.state.jobs[job].runner, "runner_id": 1}
        told["workflow_job"] |= runner | {"started_at": began, "completed_at": began}
        assert deliver(jitney.url, SECRET, told).status_code == 200
    eventually(lambda: [line for line in jitney.logged("cost") if line["job"] == job])


def test_an_operator_sees_what_each_job_and_each_repository_cost(github: StandinGitHub, tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    with Jitney(github.url, journal, STATUS_TOKEN=TOKEN, PRICES=PRICES) as jitney:
        run_job(github, jitney, 41)
        run_job(github, jitney, 42, [*LABELS, "cpu=4"])
        lines = {line["job"]: line for line in jitney.logged("cost")}
        assert lines[42]["shape"] == "4cpu-8GiB" and lines[42]["repository"] == "octo/demo"
        shown = httpx.get(f"{jitney.url}/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
        assert 'jitney_cost_usd_total{repository="octo/demo"}' in shown and "jitney_sandboxes_living 0.0" in shown
    (row,) = json.loads(cost(journal, "--json").stdout)
    total = sum(line["usd"] for line in lines.values())
    assert row["repository"] == "octo/demo" and row["jobs"] == 2 and row["usd"] == pytest.approx(total, abs=1e-3)
    jobs = list(csv.DictReader(io.StringIO(cost(journal, "--by", "job", "--csv", "--since", "1h").stdout)))
    assert {int(job["job"]) for job in jobs} == {41, 42}
    assert all(float(job["usd"]) > 0 for job in jobs)
    table = cost(journal)
    assert table.returncode == 0 and "octo/demo" in table.stdout and "in the last 7d" in table.stdout
    shown = [table.stdout, cost(journal, "--by", "job").stdout, cost(journal, "--by", "day").stdout]
    assert all(len(line) <= 80 for text in shown for line in text.splitlines()), shown
    for text in shown:
        assert re.search(r"^.*(octo|\d{4}-\d\d-\d\d).* \$\d[\d,]*\.\d{2,4} *$", text, re.MULTILINE), text
    assert "usd" not in "".join(shown) and "4cpu 8GiB" in shown[1] and "UTC" in shown[1]


def test_the_table_fits_80_columns_whatever_the_names(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "journal.db")
    ended = time.time() - 60
    kept = Entry(
        sandbox="sb-" + "x" * 22, job=98765432109, run=12345678901, repository="some-organization/" + "name" * 20,
        runner="jitney-98765432109-abcdefgh", shape="16cpu-64GiB-H100:8", rate=1, started=ended - 86_000.0,
        queued_s=3.0, ended=ended, nano_usd=1_234_567_890_123,
    ).kept()  # fmt: skip
    asyncio.run(store.put(f"ledger/shard/{shard(ended)}", [kept]))
    for by in ("job", "repository", "day"):
        assert asyncio.run(cost_of(store, "7d", by, "table")) == 0
        shown = capsys.readouterr().out
        assert "$1,234.57" in shown and all(len(line) <= 80 for line in shown.splitlines()), shown


def test_what_is_asked_wrongly_is_said_on_standard_error(tmp_path: Path) -> None:
    LocalStore(tmp_path / "journal.db")
    wrong = cost(tmp_path / "journal.db", "--since", "a fortnight")
    assert (wrong.returncode, wrong.stdout) == (
        2,
        "",
    ) and "`a fortnight` is not a duration (use 30m, 12h or 7d)" in wrong.stderr
    missing = cost(tmp_path / "nowhere.db")
    assert (missing.returncode, missing.stdout) == (1, "") and "--journal" in missing.stderr


def test_a_job_beyond_the_budget_waits_and_its_delivery_says_why(github: StandinGitHub, tmp_path: Path) -> None:
    budget = {"PRICES": PRICES, "MONTHLY_BUDGET_USD": "0.01", "STATUS_TOKEN": TOKEN}
    with Jitney(github.url, tmp_path / "journal.db", **budget) as jitney:
        run_job(github, jitney, 43)
        github.state.queue(44, "octo/demo", LABELS)
        queued = payload("workflow_job.queued", id=44, repository="octo/demo", labels=LABELS)
        answer = deliver(jitney.url, SECRET, queued)
        assert answer.status_code == 202 and answer.json()["reason"].startswith("budget-spent: ")
        assert "MONTHLY_BUDGET_USD" in answer.json()["reason"]
        assert github.mints() == 1

        def page() -> str:
            return httpx.get(f"{jitney.url}/status", headers={"authorization": f"Bearer {TOKEN}"}).text

        eventually(lambda: 'id="waiting"' in page())
        assert "budget is spent" in page() and "of $0.01" in page()


@pytest.mark.parametrize(("variable", "value"), [("PRICES", '{"cpu":-1}'), ("MONTHLY_BUDGET_USD", "much")])
def test_a_price_or_a_budget_that_is_none_is_named(
    github: StandinGitHub, tmp_path: Path, variable: str, value: str
) -> None:
    with Jitney(github.url, tmp_path / "journal.db", **{variable: value}) as jitney:
        health = httpx.get(jitney.url).json()
        assert not health["ready"] and [problem["setting"] for problem in health["problems"]] == [variable]


async def test_a_new_container_goes_on_where_the_last_one_was_stopped(tmp_path: Path) -> None:
    clock, store = Clock(), LocalStore(tmp_path / "journal.db")
    first = ledger_of(store, clock)
    first.opened("sb-1", entry(1))
    first.opened("sb-2", entry(2))
    clock.now += 10
    first.closed("sb-1")
    await first.flush()
    second = ledger_of(store, clock)
    clock.now += 10
    assert await second.spent(NOON - DAY) == (10 + 20) * DOLLAR
    second.closed("sb-2")
    assert second.month == {"octo/demo": [2, 30_000, 30_000_000_000]}
    await second.flush()
    assert await ledger_of(store, clock).spent(NOON - DAY) == 30_000_000_000


async def test_a_sandbox_whose_end_nobody_saw_is_closed_by_a_listing_and_never_twice(tmp_path: Path) -> None:
    clock = Clock()
    ledger = ledger_of(LocalStore(tmp_path / "journal.db"), clock)
    ledger.opened("sb-1", entry(1))
    ledger.found([Sandbox("sb-9", "", tags(9, repository="other"))])
    assert {one.sandbox for one in ledger.living} == {"sb-1", "sb-9"}, "a listing may lag"
    clock.now += 100
    for _ in range(2):
        ledger.found([Sandbox("sb-9", "", tags(9, repository="other"))])
    ledger.closed("sb-1")
    ledger.found([Sandbox("sb-1", "", tags(1)), Sandbox("sb-9", "", tags(9, repository="other"))])
    assert ledger.month == {"octo/demo": [1, 100_000, 100_000_000_000]}
    assert [one.sandbox for one in ledger.living] == ["sb-9"]


async def test_tags_of_somebody_else_cost_nothing_and_break_nothing(tmp_path: Path) -> None:
    ledger = ledger_of(LocalStore(tmp_path / "journal.db"), Clock())
    strange: list[dict[str, str]] = [{}, {"job": "x"}, tags(1) | {"rate": "-5"}, tags(1) | {"started": "soon"}]
    ledger.found([Sandbox(f"sb-{i}", "", tag) for i, tag in enumerate(strange)])
    assert ledger.living == []


async def test_on_modal_the_ledger_is_kept_in_the_apps_dict(plane: ControlPlane) -> None:
    import modal

    clock = Clock()
    store = ModalStore(await modal.Dict.from_name("jitney", create_if_missing=True).hydrate.aio())
    ledger = ledger_of(store, clock)
    ledger.opened("sb-1", entry(1))
    clock.now += 5
    ledger.closed("sb-1")
    await ledger.flush()
    again: Any = ledger_of(store, clock)
    assert await again.spent(NOON - DAY) == 5_000_000_000
    assert plane.state.received("DictUpdate")
