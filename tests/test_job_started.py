"""The job-started hook on real events: what may not run here is failed with its reason, all else is left alone."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT

EVENTS = ROOT / "tests" / "payloads" / "events"


def event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def hook(home: Path, content: Any, **environment: str) -> tuple[int, str]:
    """Runs the hook as the runner does: its status, and what it writes to the job's log."""
    file = home / "event.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    told = {"PATH": os.environ["PATH"], "GITHUB_EVENT_PATH": str(file), "GITHUB_RUN_ID": "3", "JITNEY_FORKS": "deny"}
    ran = subprocess.run(
        [ROOT / "runner" / "job-started.sh"],
        env=told | {"JITNEY_STATE": str(home)} | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (home / "job-started").exists() and ran.stderr == ""
    return ran.returncode, ran.stdout


@pytest.mark.parametrize("name", ["pull_request", "push", "workflow_dispatch", "workflow_run"])
def test_what_comes_from_the_repository_itself_runs(tmp_path: Path, name: str) -> None:
    assert hook(tmp_path, event(name)) == (0, "")


def forked() -> list[Any]:
    """Pull requests from forks: another owner's, one that was deleted since, and what such a one triggers."""
    other, gone, after, headless = (event("pull_request"), event("pull_request"), event("workflow_run"), {})
    other["pull_request"]["head"]["repo"]["full_name"] = "mallory/Hello-World"
    gone["pull_request"]["head"]["repo"] = None
    after["workflow_run"]["head_repository"]["full_name"] = "mallory/octo-repo"
    headless = event("pull_request") | {"pull_request": {}}
    return [other, gone, after, headless]


@pytest.mark.parametrize("content", forked())
def test_a_fork_s_job_on_a_public_repository_is_failed_with_the_reason(tmp_path: Path, content: Any) -> None:
    status, said = hook(tmp_path, content)
    assert status == 1 and said.startswith("::error title=jitney::") and "fork" in said


def test_a_fork_runs_on_a_private_repository_and_where_the_operator_says_so(tmp_path: Path) -> None:
    content = forked()[0]
    assert hook(tmp_path, content, JITNEY_FORKS="allow")[0] == 0
    content["repository"]["private"] = True
    assert hook(tmp_path, content)[0] == 0


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"pull_request": 1}', '{"pull_request": {"head": 7}}'])
def test_what_cannot_be_read_does_not_run(tmp_path: Path, content: str) -> None:
    assert hook(tmp_path, content)[0] == 1


def test_a_refused_job_is_told_why_and_another_run_s_job_is_left_alone(tmp_path: Path) -> None:
    told = {"JITNEY_REFUSAL": "the job asks for 100%\n::set-env::x", "JITNEY_REFUSED_RUN": "3"}
    status, said = hook(tmp_path, event("push"), **told)
    assert status == 1 and said == "::error title=jitney::the job asks for 100%25%0A::set-env::x\n"
    assert hook(tmp_path, event("push"), **told, GITHUB_RUN_ID="4") == (0, "")


def test_without_a_daemon_docker_says_what_to_set() -> None:
    ran = subprocess.run(
        [ROOT / "runner" / "no-docker" / "docker", "version"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1 and "add the label docker to runs-on" in ran.stdout
