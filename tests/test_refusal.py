"""A job that may not run on the machine whose runner it took is ended before its first step, and told why."""

import json
import os
import signal
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT, eventually
from tests.sandbox import BINARY, FORKED, PUSH, STUBBORN, USUAL, Sandbox

REFUSED = FORKED | {"steps": STUBBORN}
FORK = "::error title=jitney::fork-not-allowed: "


def refused(sandbox: Sandbox) -> str:
    """Plays the sandbox's life to its end: nothing ran, and the annotation that GitHub got from the worker."""
    assert sandbox.give()["cause"] == "refused"
    completed = sandbox.completed or {}
    [annotation] = completed.pop("annotations")
    assert completed == {"by": "worker", "result": "Failed", "ran": []}
    return str(annotation)


@pytest.mark.parametrize("deaf", [False, True])
def test_a_refused_job_runs_no_step_whatever_its_conditions(tmp_path: Path, deaf: bool) -> None:
    assert refused(Sandbox(tmp_path, REFUSED, deaf=deaf)).startswith(FORK)


def test_a_refusal_takes_a_moment_and_leaves_the_exit_status_of_a_listener_that_was_shut_down(
    tmp_path: Path,
) -> None:
    sandbox = Sandbox(tmp_path, REFUSED)
    refused(sandbox)
    # A hook that did not end on the worker's SIGINT would be sent SIGTERM 7.5 s later.
    assert sandbox.process.returncode == 0
    assert "SIGTERM" not in (sandbox.home / "cancelled").read_text()


@pytest.mark.parametrize("whom", ["group", "listener"])
def test_the_stand_in_tells_a_group_s_interrupt_from_the_listener_s_own(tmp_path: Path, whom: str) -> None:
    """A hook that ends before its worker hears of the shutdown fails like any step, and `always()` runs."""
    sandbox = Sandbox(tmp_path, PUSH)
    sandbox.give("")
    (sandbox.home / "plan.json").write_text(json.dumps(REFUSED))
    (sandbox.state / "job-started.sh").write_text(f"exec {BINARY} hook\n")
    listener = subprocess.Popen(
        [sandbox.home / "bin" / "Runner.Listener", "run"], cwd=sandbox.home, start_new_session=True,
        env={
            "PATH": os.environ["PATH"], "ACTIONS_RUNNER_INPUT_JITCONFIG": "eA==", "JITNEY_STATE": str(sandbox.state),
            "ACTIONS_RUNNER_HOOK_JOB_STARTED": str(sandbox.state / "job-started.sh"), "JITNEY_VETTING": USUAL,
            "RUNNER_PERFLOG": str(sandbox.state / "perflog"),
        },
    )  # fmt: skip
    eventually(lambda: (sandbox.state / "refused").exists())
    (os.killpg if whom == "group" else os.kill)(listener.pid, signal.SIGINT)
    listener.wait(30)
    assert sandbox.completed is not None
    assert ("always()" in sandbox.completed["ran"]) == (whom == "group")


def test_a_hook_that_refuses_outlives_what_is_not_the_worker_s_word(tmp_path: Path) -> None:
    hook = subprocess.Popen(
        [BINARY, "hook"], env={"JITNEY_STATE": str(tmp_path)}, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert hook.stdout is not None and hook.stdout.readline().startswith("::error title=jitney::")
    hook.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        hook.wait(0.5)
    hook.send_signal(signal.SIGINT)
    assert hook.wait(30) == 1
    hook.stdout.close()


def test_a_worker_that_dies_is_the_listener_s_to_tell(tmp_path: Path) -> None:
    plan = PUSH | {"steps": [{"name": "fatal", "run": "kill -9 $PPID"}, *STUBBORN]}
    sandbox = Sandbox(tmp_path, plan)
    assert sandbox.give()["cause"] == "done"
    assert sandbox.completed == {"by": "listener", "result": "Failed", "ran": [], "annotations": []}


@pytest.mark.parametrize("rules", ["", "{", "{}", '{"forks":true,"moons":1}', '{"forks":"yes"}', "[]"])
def test_rules_that_cannot_be_read_are_a_refusal(tmp_path: Path, rules: str) -> None:
    sandbox = Sandbox(tmp_path, PUSH | {"steps": STUBBORN}, JITNEY_VETTING=rules)
    assert refused(sandbox).startswith("::error title=jitney::vetting-unreadable: ")


@pytest.mark.parametrize(
    "event",
    [
        "",
        "{",
        "[]",
        "null",
        {"pull_request": 1},
        {"pull_request": {}},
        {"pull_request": None},
        {"pull_request": {"head": 7}},
    ],
)
def test_an_event_that_cannot_be_read_is_a_refusal(tmp_path: Path, event: Any) -> None:
    sandbox = Sandbox(tmp_path, FORKED | {"event": event, "steps": STUBBORN})
    assert refused(sandbox).startswith("::error title=jitney::run-unreadable: ")


def test_a_refused_job_is_told_why_and_another_run_s_job_is_left_alone(tmp_path: Path) -> None:
    told = {"JITNEY_REFUSAL": "the job asks for 100%\n::set-env::x", "JITNEY_REFUSED_RUN": "3"}
    (tmp_path / "hit").mkdir()
    hit = Sandbox(tmp_path / "hit", PUSH | {"steps": STUBBORN}, **told)
    assert refused(hit) == "::error title=jitney::the job asks for 100%25%0A::set-env::x"
    other = PUSH | {"github": PUSH["github"] | {"GITHUB_RUN_ID": "4"}, "steps": [{"name": "a"}]}
    (tmp_path / "missed").mkdir()
    missed = Sandbox(tmp_path / "missed", other, **told)
    assert missed.give()["cause"] == "done"
    assert missed.completed is not None and missed.completed["ran"] == ["a"]


def real(name: str) -> dict[str, Any]:
    """A job of one of the events that GitHub publishes as examples."""
    event = json.loads((ROOT / "tests" / "payloads" / "events" / f"{name}.json").read_text())
    told = {"GITHUB_REPOSITORY": event["repository"]["full_name"], "GITHUB_EVENT_NAME": name}
    return {"github": PUSH["github"] | told, "event": event, "steps": [{"name": "a"}, *STUBBORN]}


@pytest.mark.parametrize("name", ["pull_request", "push", "workflow_dispatch", "workflow_run"])
def test_what_comes_from_the_repository_itself_runs(tmp_path: Path, name: str) -> None:
    sandbox = Sandbox(tmp_path, real(name))
    assert sandbox.give()["cause"] == "done"
    assert sandbox.completed is not None and sandbox.completed["result"] == "Succeeded"


def forked() -> list[dict[str, Any]]:
    """Pull requests from forks: another owner's, one that was deleted since, and what such a one triggers."""
    other, gone, after = real("pull_request"), real("pull_request"), real("workflow_run")
    other["event"]["pull_request"]["head"]["repo"]["full_name"] = "mallory/Hello-World"
    gone["event"]["pull_request"]["head"]["repo"] = None
    after["event"]["workflow_run"]["head_repository"]["full_name"] = "mallory/octo-repo"
    return [other, gone, after]


@pytest.mark.parametrize("plan", forked())
def test_a_fork_s_job_on_a_public_repository_is_ended_with_the_reason(tmp_path: Path, plan: dict[str, Any]) -> None:
    assert refused(Sandbox(tmp_path, plan)).startswith(FORK)


def program(directory: Path, name: str, script: str) -> None:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(f"#!/bin/sh\n{script}\n")
    (directory / name).chmod((directory / name).stat().st_mode | stat.S_IXUSR)


def test_without_a_daemon_docker_is_the_one_that_says_what_to_set(tmp_path: Path) -> None:
    plan = PUSH | {"steps": [{"name": "a", "run": "docker version"}, {"name": "b", "if": "failure()"}]}
    sandbox = Sandbox(tmp_path, plan)
    sandbox.give()
    assert sandbox.completed is not None and sandbox.completed["ran"] == ["a", "b"]
    assert "add the label docker to runs-on" in sandbox.completed["annotations"][0]


def test_docker_is_up_before_the_listener_starts(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    program(tools, "dockerd", f"sleep 1; : >{tmp_path}/up; exec sleep 60")
    program(tools, "docker", f"[ -e {tmp_path}/up ]")
    plan = PUSH | {"steps": [{"name": "a", "run": "docker version"}]}
    path = f"{tools}:{os.environ['PATH']}"
    sandbox = Sandbox(tmp_path, plan, JITNEY_DOCKER="1", PATH=path)
    assert sandbox.give()["cause"] == "done"
    assert sandbox.completed is not None and sandbox.completed["result"] == "Succeeded"


def test_a_daemon_that_hangs_once_is_asked_again(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    program(tools, "dockerd", "exec sleep 60")
    hang = f"[ -e {tmp_path}/asked ] && exit; : >{tmp_path}/asked; exec sleep 600"
    program(tools, "docker", hang)
    path = f"{tools}:{os.environ['PATH']}"
    sandbox = Sandbox(tmp_path, PUSH | {"steps": [{"name": "a"}]}, JITNEY_DOCKER="1", PATH=path)
    assert sandbox.give()["cause"] == "done"


def test_a_docker_that_does_not_start_is_said_and_no_listener_is_started(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, PUSH, JITNEY_DOCKER="1", PATH=str(tmp_path))
    ending = sandbox.give()
    assert (ending["cause"], ending["exit"]) == ("no-docker", 66) and sandbox.listened == []
