"""A GitHub App instead of a token, over real HTTP: the key signs, the token is narrow, and neither is seen."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.processes import SECRET, Jitney, eventually
from tests.standin import StandinGitHub, deliver, payload
from tests.standin.app import APP_ID, KEYS

LABELS = ["self-hosted", "modal"]
KEY = (KEYS / "app.pkcs1.pem").read_text()
SETTINGS: dict[str, str | None] = {"GITHUB_TOKEN": None, "GITHUB_APP_ID": APP_ID, "GITHUB_APP_PRIVATE_KEY": KEY}


@pytest.fixture
def github(github: StandinGitHub) -> StandinGitHub:
    github.app.installations = {77: ["octo/demo", "octo/other"]}
    return github


@pytest.fixture
def jitney(github: StandinGitHub, tmp_path: Path) -> Iterator[Jitney]:
    with Jitney(github.url, tmp_path / "journal.db", ALLOWED_REPOS="octo/*,lone/*", **SETTINGS) as running:
        yield running
    everything = "\n".join(running.lines)
    assert KEY.splitlines()[1] not in everything and "standin0app0token" not in everything


def queued(job: int, repository: str = "octo/demo", installation: int | None = None) -> dict[str, Any]:
    made = payload("workflow_job.queued", id=job, repository=repository, labels=LABELS)
    made.pop("installation", None)
    return made | ({"installation": {"id": installation, "node_id": "x"}} if installation else {})


def test_the_app_gets_a_token_for_the_one_repository_and_keeps_it(github: StandinGitHub, jitney: Jitney) -> None:
    for job in (1, 2):
        github.state.queue(job, "octo/demo", LABELS)
        assert deliver(jitney.url, SECRET, queued(job)).status_code == 201
        eventually(lambda job=job: github.state.jobs[job].status == "completed")
    [token] = github.app.given
    assert token.repositories == ["octo/demo"]
    assert token.permissions == {"administration": "write", "actions": "read"}
    assert [path for _, path in github.requests if path.endswith("/installation")] == [
        "/repos/octo/demo/installation"
    ]


def test_the_installation_that_a_delivery_names_is_not_looked_up(github: StandinGitHub, jitney: Jitney) -> None:
    github.state.queue(3, "octo/demo", LABELS)
    assert deliver(jitney.url, SECRET, queued(3, installation=77)).status_code == 201
    assert not [path for _, path in github.requests if path.endswith("/installation")]


def test_many_courses_at_once_fetch_one_token(github: StandinGitHub, jitney: Jitney) -> None:
    for job in range(10, 30):
        github.state.queue(job, "octo/demo", LABELS)
    with ThreadPoolExecutor(20) as many:
        answers = list(many.map(lambda job: deliver(jitney.url, SECRET, queued(job)).status_code, range(10, 30)))
    assert set(answers) == {201} and len(github.app.given) == 1


def test_a_token_that_ends_soon_is_renewed(github: StandinGitHub, jitney: Jitney) -> None:
    github.app.lifetime = 5 * 60 + 1.0
    for job in (4, 5):
        github.state.queue(job, "octo/demo", LABELS)
        assert deliver(jitney.url, SECRET, queued(job)).status_code == 201
        time.sleep(2.1)
    # What is left of the first job's course may ask for one too.
    assert len(github.app.given) >= 2


def test_a_token_that_was_revoked_is_got_anew(github: StandinGitHub, jitney: Jitney) -> None:
    for job in (6, 7):
        github.state.queue(job, "octo/demo", LABELS)
        assert deliver(jitney.url, SECRET, queued(job)).status_code == 201
        eventually(lambda job=job: github.state.jobs[job].status == "completed")
        github.app.tokens.clear()
    assert len(github.app.given) == 2


def test_where_the_app_is_not_installed_the_answer_says_so(github: StandinGitHub, jitney: Jitney) -> None:
    github.state.queue(8, "lone/wolf", LABELS)
    answer = deliver(jitney.url, SECRET, queued(8, "lone/wolf"))
    assert answer.status_code == 503 and "the App is not installed there" in answer.json()["reason"]
    assert github.mints() == 0


def test_an_app_id_without_its_key_is_refused_before_anything_is_asked(github: StandinGitHub, tmp_path: Path) -> None:
    settings = SETTINGS | {"GITHUB_APP_PRIVATE_KEY": KEY[:300]}
    with Jitney(github.url, tmp_path / "j.db", **settings) as jitney:
        answer = deliver(jitney.url, SECRET, queued(9))
    assert answer.status_code == 503 and "GITHUB_APP_PRIVATE_KEY" in answer.json()["reason"]
    assert github.requests == []


def test_the_sweep_visits_what_the_app_is_installed_on_and_nothing_else(
    github: StandinGitHub, tmp_path: Path
) -> None:
    """A wildcard names no repository; the installation does."""
    for job, repository in ((31, "octo/demo"), (32, "octo/other"), (33, "lone/wolf")):
        github.state.queue(job, repository, LABELS)
        github.state.jobs[job].created = github.state.jobs[job].created.replace(year=2025)
    settings = SETTINGS | {"ALLOWED_REPOS": "octo/*,!octo/other"}
    with Jitney(github.url, tmp_path / "j.db", sweep_every=1.0, **settings):
        eventually(lambda: github.state.jobs[31].status == "completed")
    assert (github.state.jobs[32].status, github.state.jobs[33].status) == ("queued", "queued")


def test_an_organization_s_runners_at_an_enterprise_server(github: StandinGitHub, tmp_path: Path) -> None:
    github.state.queue(41, "octo/demo", LABELS)
    with Jitney(github.url + "/api/v3", tmp_path / "j.db", RUNNER_SCOPE="org", **SETTINGS) as jitney:
        assert deliver(jitney.url, SECRET, queued(41)).status_code == 201
        eventually(lambda: github.state.jobs[41].status == "completed")
    assert github.app.given[0].permissions == {"organization_self_hosted_runners": "write", "actions": "read"}
    assert ("POST", "/api/v3/orgs/octo/actions/runners/generate-jitconfig") in github.requests
