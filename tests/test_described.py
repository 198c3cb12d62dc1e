"""What jitney asks of GitHub, and what the stand-in answers, against GitHub's own description of its API."""

import json
import re
import subprocess
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
import pytest

from tests.described import VERSIONS, description
from tests.processes import ROOT
from tests.standin import StandinGitHub
from tests.standin.hooks import Hook
from tests.standin.server import TOKEN


@cache
def requests() -> list[dict[str, Any]]:
    """Every request that the core can make, as its example prints them."""
    # As `cargo test` builds it, so that it is there already.
    build = ["cargo", "test", "--quiet", "--locked", "--workspace", "--no-run"]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    example = ROOT / "target" / "debug" / "examples" / "requests"
    told = subprocess.run([example], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [json.loads(line) for line in told.splitlines()]


def test_no_function_that_makes_a_request_is_left_out() -> None:
    made = {
        name
        for source in (ROOT / "src" / "github").glob("*.rs")
        for block in re.findall(r"^impl Request \{\n(.*?)^\}", source.read_text(), re.S | re.M)
        for name in re.findall(r"^    pub fn (\w+)\((?!&self)", block, re.M)
    }
    assert len(made) > 20 and made == {one["name"] for one in requests()}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_request_is_one_that_github_describes(version: str) -> None:
    for one in requests():
        faults = list(description(version).faults_of_request(one["method"], one["path"], one["body"]))
        assert faults == [], f"{one['name']}: {one['method']} {one['path']}"


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"path": "/repos/octo/demo/actions/runner"}, "there is no such operation"),
        ({"method": "patch"}, "there is no such operation"),
        ({"path": "/repos/octo/demo/actions/runners/generate-jitconfig?page=1"}, "there is no parameter page"),
        ({"body": None}, "it has no body"),
        ({"body": {"name": "x", "labels": ["a"]}}, "runner_group_id"),
        ({"body": {"name": "x", "labels": [], "runner_group_id": 1}}, "labels"),
        ({"body": {"name": "x", "labels": ["a"], "runner_group_id": "1"}}, "runner_group_id"),
        ({"body": {"name": "x", "labels": ["a"], "runner_group_id": 1, "extra": 1}}, "unknown field extra"),
    ],
)
def test_a_request_that_is_not_would_be_seen(changed: dict[str, Any], fault: str) -> None:
    mint = next(one for one in requests() if one["name"] == "mint" and one["path"].startswith("/repos/"))
    wrong = mint | changed
    for version in VERSIONS:
        faults = " ".join(description(version).faults_of_request(wrong["method"], wrong["path"], wrong["body"]))
        assert fault in faults


@pytest.fixture
def furnished(github: StandinGitHub) -> StandinGitHub:
    """A stand-in that has whatever is asked for, and takes any JWT."""
    github.app.installations = {7: ["octo/demo"]}
    github.app.jwt_fault = lambda authorization: None  # type: ignore[method-assign]
    for home in ("repos/octo/demo/hooks", "orgs/octo/hooks", "app/hook"):
        hook = Hook(home, 5, "http://127.0.0.1:9/", "x")
        hook.failed("guid-1", {"action": "queued"}, 502, datetime.now(UTC))
        github.hooks.all.append(hook)
    github.state.queue(41, "octo/demo", ["self-hosted", "modal"])
    for scope in ("octo/demo", "octo"):
        github.state.register(scope, f"jitney-41-{len(scope):0>8}", ["modal"])
    return github


def test_what_the_stand_in_answers_is_what_github_answers(furnished: StandinGitHub) -> None:
    headers = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}
    runners = {runner.scope: runner.id for runner in furnished.state.runners.values()}
    answered, token = set(), TOKEN
    # What an installation may see takes its token, and what is deleted is gone.
    last = ("installation_repositories", "delete_runner", "delete_hook")
    for one in sorted(requests(), key=lambda one: one["name"] in last):
        bare = one["path"].partition("?")[0]
        scope = "octo/demo" if bare.startswith("/repos/") else "octo"
        is_app_s = bare.startswith(("/app", "/orgs/octo/installation", "/repos/octo/demo/installation"))
        bearer = "a.b.c" if is_app_s else token if bare.startswith("/installation/") else TOKEN
        told = httpx.request(
            one["method"].upper(),
            furnished.url + one["path"].replace("/runners/9", f"/runners/{runners[scope]}").replace("/11", "/1000"),
            content=None if one["body"] is None else json.dumps(one["body"]),
            headers=headers if one["name"] == "convert_manifest" else headers | {"authorization": f"Bearer {bearer}"},
        )
        body = told.json() if told.content else None
        for version in VERSIONS:
            faults = list(description(version).faults_of_answer(one["method"], bare, told.status_code, body))
            assert faults == [], f"{version}, {one['name']}: {one['method']} {bare} was answered {told.status_code}"
        if told.is_success:
            answered.add(one["name"])
        if one["name"] == "installation_token":
            token = body["token"]
    # The example's code is of no manifest; what becomes of one is in test_setup.py.
    assert {one["name"] for one in requests()} - answered == {"convert_manifest"}
