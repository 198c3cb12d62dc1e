"""A matrix of 256 jobs at once, GitHub's limit on, and the host killed in the middle of it."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import SECRET, Jitney, eventually
from tests.standin import StandinGitHub, deliver, payload

LABELS = ["self-hosted", "modal"]
#: GitHub's limit of a matrix ("Usage limits").
MATRIX = 256
REPLAYS = 200


def queue(github: StandinGitHub, jobs: range) -> None:
    for job in jobs:
        github.state.queue(job, "octo/demo", LABELS)


def send(jitney: Jitney, jobs: Sequence[int], repository: str = "octo/demo") -> list[int]:
    """All deliveries at once: the status of each answer; 0 where none came."""

    def one(job: int) -> int:
        content = payload("workflow_job.queued", id=job, repository=repository, labels=LABELS)
        try:
            return deliver(jitney.url, SECRET, content, guid=f"guid-{job}").status_code
        except httpx.HTTPError:
            return 0

    with ThreadPoolExecutor(64) as many:
        return list(many.map(one, jobs))


def all_done(github: StandinGitHub, jobs: range) -> Any:
    return lambda: all(github.state.jobs[job].status == "completed" for job in jobs)


@pytest.mark.timeout(600)
def test_a_matrix_is_launched_once_within_githubs_limit(github: StandinGitHub, tmp_path: Path) -> None:
    """GitHub counts 900 points a minute, and a POST for five of them: no request of any kind goes beyond that."""
    github.points_per_minute = 900
    jobs = range(5000, 5000 + MATRIX)
    queue(github, jobs)
    with Jitney(github.url, tmp_path / "j.db", MAX_RUNNERS="300") as jitney:
        assert set(send(jitney, jobs)) == {201, 202}
        eventually(all_done(github, jobs))
        assert github.mints() == MATRIX and github.limited == 0
        eventually(lambda: sum(line["outcome"] == "launched" for line in jitney.logged("course")) == MATRIX)


@pytest.mark.timeout(600)
def test_killed_in_the_middle_it_goes_on_and_launches_each_job_once(github: StandinGitHub, tmp_path: Path) -> None:
    """kill -9 at the height of a burst. What was deferred is in the journal; what was in flight, the sweep finds."""
    jobs = range(6000, 6064)
    queue(github, jobs)
    github.latency = 0.3
    settings = {"ALLOWED_REPOS": "octo/demo", "MAX_RUNNERS": "200"}
    with Jitney(github.url, tmp_path / "j.db", **settings) as jitney, ThreadPoolExecutor(1) as one:
        sending = one.submit(send, jitney, jobs)
        eventually(lambda: github.mints() >= 8)
        jitney.process.kill()
        assert 0 in sending.result()
    github.latency = 0.0
    for job in jobs:
        github.state.jobs[job].created = github.state.jobs[job].created.replace(year=2025)
    with Jitney(github.url, tmp_path / "j.db", sweep_every=2.0, **settings) as jitney:
        eventually(all_done(github, jobs))
        eventually(lambda: not github.state.runners)
    taken = [github.state.jobs[job].runner for job in jobs]
    assert len(set(taken)) == len(jobs)


#: How often a burst is killed, how many jobs come meanwhile, and how many seconds later each time.
MOMENTS, WAVE, LATER = 20, 3, 0.02


@pytest.mark.timeout(600)
def test_killed_at_twenty_moments_of_a_burst_it_loses_nothing(github: StandinGitHub, tmp_path: Path) -> None:
    """kill -9, each time a little later after a registration is asked for: before it is made, before its config is
    handed over, while its runner comes online or works. GitHub delivers again what was not answered; the rest is the
    journal's and the sweep's. A job whose course was cut off between is registered twice; none is run twice."""
    jobs = range(9000, 9000 + MOMENTS * WAVE)
    queue(github, jobs)
    for job in jobs:
        github.state.jobs[job].created = github.state.jobs[job].created.replace(year=2025)
    github.latency = 0.05
    settings = {"ALLOWED_REPOS": "octo/demo", "MAX_RUNNERS": "200"}
    waiting: list[int] = []
    cut = 0
    for moment in range(MOMENTS):
        waiting.extend(jobs[moment * WAVE : (moment + 1) * WAVE])
        with (
            Jitney(github.url, tmp_path / "j.db", sweep_every=2.0, **settings) as jitney,
            ThreadPoolExecutor(1) as one,
        ):
            before = github.mints()
            sending = one.submit(send, jitney, waiting)
            eventually(lambda before=before: github.mints() > before)
            time.sleep(moment * LATER)
            jitney.process.kill()
            answers = dict(zip(waiting, sending.result(), strict=True))
        cut += sum(status == 0 for status in answers.values())
        waiting = [job for job, status in answers.items() if status not in (200, 201, 202)]
    github.latency = 0.0
    with Jitney(github.url, tmp_path / "j.db", sweep_every=2.0, **settings) as jitney:
        eventually(all_done(github, jobs))
        assert jitney.logged("task-failed") == []
    assert len({github.state.jobs[job].runner for job in jobs}) == len(jobs)
    twice = len(github.state.registered) - len(jobs)
    print(f"{MOMENTS} kills: {cut} deliveries cut off, {twice} registrations beyond one a job")


def test_replays_of_a_finished_job_cost_nothing(github: StandinGitHub, tmp_path: Path) -> None:
    """One captured delivery, again and again: GitHub is asked once, and a valid job is launched meanwhile."""
    github.points_per_minute = 900
    queue(github, range(7000, 7002))
    github.state.jobs[7000].status = "completed"
    old = payload(
        "workflow_job.queued", id=7000, repository="octo/demo", labels=LABELS, created_at="2025-01-01T00:00:00Z"
    )
    with Jitney(github.url, tmp_path / "j.db") as jitney, ThreadPoolExecutor(32) as many:
        replays = [many.submit(deliver, jitney.url, SECRET, old, guid="guid-old") for _ in range(REPLAYS)]
        assert send(jitney, range(7001, 7002)) == [201]
        assert {replay.result().status_code for replay in replays} == {200}
        eventually(all_done(github, range(7001, 7002)))
    assert sum("/jobs/7000" in path for _, path in github.requests) <= 5 and github.limited == 0


def test_a_full_house_gives_each_place_on_at_once_and_repositories_take_turns(
    github: StandinGitHub, tmp_path: Path
) -> None:
    """Places go on as sandboxes end, with no poll between; a repository with few jobs does not wait long."""
    jobs, others = range(8000, 8024), range(8100, 8102)
    for job in jobs:
        github.state.queue(job, "octo/demo", LABELS, seconds=1)
    for job in others:
        github.state.queue(job, "octo/small", LABELS, seconds=1)
    with Jitney(github.url, tmp_path / "j.db", MAX_RUNNERS="4") as jitney, ThreadPoolExecutor(2) as two:
        big = two.submit(send, jitney, jobs)
        eventually(lambda: github.mints() >= 1)
        small = two.submit(send, jitney, others, "octo/small")
        eventually(all_done(github, others))
        waiting = sum(github.state.jobs[job].status == "queued" for job in jobs)
        eventually(all_done(github, jobs))
        assert set(big.result()) | set(small.result()) <= {201, 202}
    assert waiting >= 8 and github.mints() == len(jobs) + len(others)
