"""The sweep over real HTTP: what was lost is found, what was left is cleared, what is at work is left alone."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.processes import SECRET, Jitney, eventually
from tests.standin import StandinGitHub, deliver, payload
from tests.standin.hooks import Hook

LABELS = ["self-hosted", "modal"]
LONG_AGO = datetime.now(UTC) - timedelta(minutes=10)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def jitney(github: StandinGitHub, tmp_path: Path) -> Iterator[Jitney]:
    port = free_port()
    own = {"ALLOWED_REPOS": "octo/demo", "WEBHOOK_URL": f"http://127.0.0.1:{port}"}
    with Jitney(github.url, tmp_path / "journal.db", sweep_every=1.0, port=port, **own) as running:
        yield running


def test_a_job_whose_delivery_never_came_is_launched_once(github: StandinGitHub, jitney: Jitney) -> None:
    github.state.queue(61, "octo/demo", LABELS, seconds=3).created = LONG_AGO
    github.state.queue(62, "octo/demo", ["ubuntu-latest"]).created = LONG_AGO
    github.state.queue(63, "octo/else", LABELS).created = LONG_AGO
    eventually(lambda: github.state.jobs[61].status == "completed")
    assert github.mints() == 1
    assert (github.state.jobs[62].status, github.state.jobs[63].status) == ("queued", "queued")
    swept = [line for line in jitney.logged("course") if line["outcome"] == "swept"]
    assert swept[0]["queued"] == 1 and swept[0]["opened"] == 1 and swept[0]["oldest_queued_s"] >= 600
    assert swept[0]["requests"] > 0 and swept[0]["quota_remaining"] > 0


def test_a_job_of_just_now_is_left_to_its_own_delivery(github: StandinGitHub, jitney: Jitney) -> None:
    github.state.queue(64, "octo/demo", LABELS)
    eventually(lambda: [line for line in jitney.logged("course") if line["outcome"] == "swept"][1:])
    assert github.mints() == 0


def test_a_registration_without_a_sandbox_is_deleted_unless_it_is_busy(github: StandinGitHub, jitney: Jitney) -> None:
    orphan = github.state.register("octo/demo", "jitney-65-abcdefgh", LABELS)
    busy = github.state.register("octo/demo", "jitney-66-abcdefgh", LABELS)
    other = github.state.register("octo/demo", "somebody-elses", LABELS)
    assert orphan and busy and other
    busy.job = github.state.queue(66, "octo/demo", ["other"])
    # One that was without a sandbox half a minute ago as well: Modal's listing may lag.
    eventually(lambda: orphan.id not in github.state.runners)
    eventually(lambda: [line for line in jitney.logged("course") if line["outcome"] == "swept"][2:])
    assert set(github.state.runners) == {busy.id, other.id}


def test_a_sandbox_whose_job_is_over_is_ended_and_its_runner_deleted(github: StandinGitHub, jitney: Jitney) -> None:
    """A job that was cancelled while its runner waited, and whose `completed` never came."""
    job = payload("workflow_job.queued", id=67, repository="octo/demo", labels=LABELS)
    github.state.queue(67, "octo/demo", LABELS).status = "waiting"
    assert deliver(jitney.url, SECRET, job).status_code == 201
    assert len(github.state.runners) == 1
    github.state.jobs[67].status = "completed"
    # A sandbox younger than half a minute may be on its way.
    eventually(lambda: not github.state.runners)
    eventually(lambda: any(line.get("ended") for line in jitney.logged("course")))


def test_a_runner_that_another_job_took_is_replaced(github: StandinGitHub, jitney: Jitney) -> None:
    """The runner of job 68 is taken by a job of whose delivery nothing was heard."""
    thief = github.state.queue(69, "octo/demo", LABELS, seconds=8)
    victim = github.state.queue(68, "octo/demo", LABELS)
    victim.created = thief.created = LONG_AGO
    now = payload("workflow_job.queued", id=68, repository="octo/demo", labels=LABELS)
    assert deliver(jitney.url, SECRET, now).status_code == 201
    eventually(lambda: github.state.jobs[68].status == "completed" == github.state.jobs[69].status)
    assert github.mints() == 2


def test_launching_comes_first_when_the_quota_runs_low(github: StandinGitHub, jitney: Jitney) -> None:
    github.quota = (5000, 400)
    github.state.queue(70, "octo/demo", LABELS).created = LONG_AGO
    eventually(lambda: [line for line in jitney.logged("course") if "nine tenths" in line["why"]])
    asked = [path for _, path in github.requests]
    assert not [path for path in asked if "/actions/runners" in path]


def test_a_delivery_that_failed_is_redelivered_once_and_its_job_launched(
    github: StandinGitHub, jitney: Jitney
) -> None:
    """The job is too young for the sweep to launch it by itself: nothing but its delivery tells of it."""
    hook = Hook("repos/octo/demo/hooks", 5, f"{jitney.url}/", SECRET, page=2)
    job = payload("workflow_job.queued", id=71, repository="octo/demo", labels=["self-hosted", "modal"])
    github.state.queue(71, "octo/demo", LABELS)
    done = payload("workflow_job.completed", id=72, repository="octo/demo")
    hook.failed("guid-lost", job, 502, LONG_AGO)
    hook.failed("guid-refused", job, 403, LONG_AGO)
    hook.failed("guid-of-late", job, 0, datetime.now(UTC))
    for number in range(5):
        hook.failed(f"guid-{number}", done, 200, LONG_AGO)
    hook.failed("guid-mended", done, 504, LONG_AGO)
    hook.failed("guid-mended", done, 200, LONG_AGO + timedelta(minutes=1))
    github.hooks.all.append(hook)
    swept = eventually(lambda: [line for line in jitney.logged("course") if line.get("redelivered")])
    assert swept[0]["redelivered"] == 1
    eventually(lambda: github.state.jobs[71].status == "completed")
    eventually(lambda: [line for line in jitney.logged("course") if line["outcome"] == "swept"][3:])
    again = [attempt.guid for attempt in hook.attempts if attempt.redelivery]
    assert again == ["guid-lost"] and github.mints() == 1


def test_a_matrix_whose_deliveries_never_came_is_found_page_by_page(github: StandinGitHub, tmp_path: Path) -> None:
    """A page of GitHub's has a hundred jobs. Ours are on the second, behind those that GitHub's own machines run."""
    for job in range(7000, 7000 + 130):
        labels = ["ubuntu-latest"] if job < 7100 else LABELS
        github.state.queue(job, "octo/demo", labels).created = LONG_AGO
        github.state.jobs[job].run = 1_007_000
    ours = range(7100, 7130)
    settings = {"ALLOWED_REPOS": "octo/demo", "MAX_RUNNERS": "200"}
    with Jitney(github.url, tmp_path / "j.db", sweep_every=2.0, **settings):
        eventually(lambda: all(github.state.jobs[job].status == "completed" for job in ours))
    assert github.mints() == len(ours)


def test_what_has_not_changed_since_the_last_sweep_costs_none_of_the_quota(
    github: StandinGitHub, jitney: Jitney
) -> None:
    def swept() -> list[dict[str, object]]:
        return [line for line in jitney.logged("course") if line["outcome"] == "swept"]

    eventually(lambda: swept()[1:])
    left = github.quota[1]
    eventually(lambda: swept()[4:])
    assert github.unchanged >= 3 * 4 and github.quota[1] == left
