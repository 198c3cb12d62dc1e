"""A matrix of 256 jobs at once, GitHub's limit on, and the host killed in the middle of it."""

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


def queue(github: StandinGitHub, jobs: range) -> None:
    for job in jobs:
        github.state.queue(job, "octo/demo", LABELS)


def send(jitney: Jitney, jobs: range) -> list[int]:
    """All deliveries at once: the status of each answer; 0 where none came in GitHub's ten seconds."""

    def one(job: int) -> int:
        content = payload("workflow_job.queued", id=job, repository="octo/demo", labels=LABELS)
        try:
            return deliver(jitney.url, SECRET, content, guid=f"guid-{job}").status_code
        except httpx.HTTPError:
            return 0

    with ThreadPoolExecutor(64) as many:
        return list(many.map(one, jobs))


def all_done(github: StandinGitHub, jobs: range) -> Any:
    return lambda: all(github.state.jobs[job].status == "completed" for job in jobs)


@pytest.mark.timeout(240)
def test_a_matrix_is_launched_once_within_githubs_limit(github: StandinGitHub, tmp_path: Path) -> None:
    """180 POSTs a minute are GitHub's; jitney asks at most 150 times, and so never meets the limit."""
    github.posts_per_minute = 180
    jobs = range(5000, 5000 + MATRIX)
    queue(github, jobs)
    with Jitney(github.url, tmp_path / "j.db", MAX_RUNNERS="300") as jitney:
        assert set(send(jitney, jobs)) == {201, 202}
        eventually(all_done(github, jobs), 180)
        assert github.mints() == MATRIX and github.limited == 0
        eventually(lambda: sum(line["outcome"] == "launched" for line in jitney.logged("course")) == MATRIX)


@pytest.mark.timeout(240)
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
        eventually(all_done(github, jobs), 120)
        eventually(lambda: not github.state.runners, 60)
    taken = [github.state.jobs[job].runner for job in jobs]
    assert len(set(taken)) == len(jobs)
