"""How a sandbox ends, and what it says, where its state directory, listener or Docker daemon is not as it should."""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.processes import eventually
from tests.sandbox import PUSH, Sandbox
from tests.test_refusal import program

ONE_STEP = PUSH | {"steps": [{"name": "a"}]}
MARKS = ("job-started", "admitted", "refused")


def listens(sandbox: Sandbox, script: str) -> None:
    """Puts another listener in the place of the usual one. It notes each of its starts, by its process's number."""
    program(sandbox.home / "bin", "Runner.Listener", f"echo $$ >>started\n{script}")


def started(sandbox: Sandbox) -> list[str]:
    """The listeners that were started."""
    file = sandbox.home / "started"
    return file.read_text().split() if file.exists() else []


def is_over(sandbox: Sandbox) -> bool:
    """Whether the first listener was started, has ended, and was seen to."""
    return bool(started(sandbox)) and not Path("/proc", started(sandbox)[0]).exists()


def test_marks_of_an_earlier_life_say_nothing_of_this_one(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    for mark in MARKS:
        (tmp_path / "state" / mark).touch()
    sandbox = Sandbox(tmp_path, {}, JITNEY_START_WITHIN="1")
    ending = sandbox.give()
    assert (ending["cause"], ending["job_s"], ending["first_step_s"]) == ("no-job", None, None)


@pytest.mark.parametrize("mark", ["", *MARKS])
def test_a_state_directory_that_cannot_be_used_is_said_and_nothing_is_started(tmp_path: Path, mark: str) -> None:
    state = tmp_path / "state"
    (state / mark / "in the way").mkdir(parents=True) if mark else state.touch()
    sandbox = Sandbox(tmp_path, ONE_STEP)
    ending = sandbox.give(None)
    assert (ending["cause"], ending["exit"]) == ("failed", 1) and "state directory" in ending["reason"]
    assert "state directory" in sandbox.complained and sandbox.listened == []


def test_a_listener_that_cannot_be_started_is_said(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    (sandbox.home / "bin" / "Runner.Listener").unlink()
    ending = sandbox.give()
    assert (ending["cause"], ending["exit"]) == ("failed", 1) and "listener did not start" in ending["reason"]


def test_a_listener_that_always_asks_for_another_start_is_given_up_on(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    listens(sandbox, "exit 2")
    ending = sandbox.give()
    assert (ending["cause"], ending["exit"], len(started(sandbox))) == ("failed", 2, 5)


@pytest.mark.parametrize(
    ("script", "cause", "status"),
    [
        ("kill -9 $$", "killed", 137),
        ("touch $JITNEY_STATE/job-started; exit 7", "failed", 7),
        ("touch $JITNEY_STATE/job-started; exit 2", "failed", 2),
        ("touch $JITNEY_STATE/job-started; exit 0", "done", 0),
        ("exit 0", "no-job", 0),
        ("exit 128", "failed", 128),
        ("exit 129", "killed", 129),
    ],
)
def test_how_a_listener_ends_is_how_its_sandbox_does(tmp_path: Path, script: str, cause: str, status: int) -> None:
    sandbox = Sandbox(tmp_path)
    listens(sandbox, script)
    ending = sandbox.give()
    assert (ending["cause"], ending["exit"], len(started(sandbox))) == (cause, status, 1)
    has_job = "job-started" in script
    assert (ending["job_s"] is not None, ending["listening_s"] is not None) == (has_job, has_job)


def test_stages_are_known_though_the_clock_was_set_back(tmp_path: Path) -> None:
    """Then they are known by when they were seen."""
    sandbox = Sandbox(tmp_path)
    session = (
        "mkdir -p $RUNNER_PERFLOG; echo SessionCreated:2020-01-01T00:00:00.0000000Z >$RUNNER_PERFLOG/Runner.perf"
    )
    job = "touch -d 2020-01-01 $JITNEY_STATE/job-started"
    listens(sandbox, f"{session}; sleep 1; {job}; sleep 1; exit 0")
    ending = sandbox.give()
    assert 0 < ending["listening_s"] < ending["job_s"] < ending["ended_s"]
    idle = Sandbox(tmp_path / "idle")
    listens(idle, f"{session}; exit 5")
    assert idle.give()["listening_s"] > 0


def test_a_message_that_is_no_job_is_not_when_the_job_came(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    at = 'at() { date -u -d "+$1 seconds" +%Y-%m-%dT%H:%M:%S.0000000Z; }'
    messages = ("MessageReceived_RunnerRefresh", "Late_JobRequest", "MessageReceived_RunnerJobRequest")
    tell = "; ".join(f"echo {name}:$(at {20 * number})" for number, name in enumerate(("SessionCreated", *messages)))
    listens(sandbox, f"{at}; mkdir -p $RUNNER_PERFLOG; ({tell}) >$RUNNER_PERFLOG/Runner.perf; exit 5")
    ending = sandbox.give()
    assert ending["message_s"] - ending["listening_s"] > 55


def test_each_stage_is_known_by_its_own_counter(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    at = 'at() { date -u -d "+$1 seconds" +%Y-%m-%dT%H:%M:%S.0000000Z; }'
    listener = ("Another", "RunnerProcessStarted", "SessionCreated", "MessageReceived_RunnerJobRequest")
    worker = ("Another", "WorkerProcessStarted", "WorkerJobInitialized_1")
    names = [(name, "Runner") for name in listener] + [(name, "Worker") for name in worker]
    tell = "; ".join(
        f"echo {name}:$(at {100 * number}) >>$RUNNER_PERFLOG/{file}.perf" for number, (name, file) in enumerate(names)
    )
    listens(sandbox, f"{at}; mkdir -p $RUNNER_PERFLOG; {tell}; exit 5")
    ending = sandbox.give()
    told = [ending[f"{stage}_s"] for stage in ("listener", "listening", "message", "worker", "prepared")]
    assert [round((after - told[0]) / 100) for after in told] == [0, 1, 2, 4, 5]


def test_a_listener_that_replaces_itself_is_started_when_it_has(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    replace = "(sleep 4; touch replaced update.finished) >/dev/null 2>&1 & exit 3"
    listens(sandbox, f"[ $(wc -l <started) = 1 ] && {{ {replace}; }}\n[ -e replaced ] && ! [ -e update.finished ]")
    assert sandbox.give()["exit"] == 0 and len(started(sandbox)) == 2


def test_an_idle_listener_that_was_told_to_end_is_not_started_again(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, JITNEY_START_WITHIN="1")
    listens(sandbox, "trap 'exit 2' INT; while :; do sleep 0.1; done")
    assert sandbox.give()["cause"] == "no-job" and len(started(sandbox)) == 1


def test_one_that_is_terminated_while_it_awaits_an_update_starts_no_listener(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    listens(sandbox, "exit 3")
    sandbox.hand_over()
    eventually(lambda: is_over(sandbox))
    sandbox.process.terminate()
    assert sandbox.give(None)["cause"] == "killed" and len(started(sandbox)) == 1


def test_one_that_is_terminated_between_two_starts_starts_no_listener(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    terminate = f"(sleep 0.3; touch told; kill -TERM {sandbox.process.pid}) >/dev/null 2>&1"
    listens(sandbox, f"[ -e told ] && touch late\n[ $(wc -l <started) = 1 ] && {terminate} &\nexit 2")
    sandbox.give()
    assert not (sandbox.home / "late").exists()


def with_docker(tmp_path: Path, daemon: str, client: str) -> Sandbox:
    """A sandbox of a job that asked for Docker, with these programs for its daemon and its client."""
    program(tmp_path / "tools", "dockerd", daemon)
    program(tmp_path / "tools", "docker", client)
    path = f"{tmp_path / 'tools'}:/usr/local/bin:/usr/bin:/bin"
    return Sandbox(tmp_path, ONE_STEP, JITNEY_DOCKER="1", PATH=path)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_one_that_is_terminated_while_docker_starts_is_killed_and_asks_no_more(
    tmp_path: Path, sign: signal.Signals
) -> None:
    asked = tmp_path / "asked"
    sandbox = with_docker(tmp_path, "exec sleep 60", f"echo >>{asked}; exit 1")
    sandbox.hand_over()
    eventually(asked.exists)
    sandbox.process.send_signal(sign)
    before = len(asked.read_text())
    ending = sandbox.give(None)
    assert (ending["cause"], ending["exit"]) == ("killed", 128 + sign) and sandbox.listened == []
    assert len(asked.read_text()) <= before + 2


def test_a_daemon_that_ends_before_the_config_comes_is_no_signal_to_the_sandbox(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    sandbox = with_docker(tmp_path, f"echo $$ >{gone}", "exit 0")
    eventually(lambda: gone.exists() and gone.read_text())
    stat = Path("/proc", gone.read_text().strip(), "stat")
    eventually(lambda: not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z")
    assert sandbox.give()["cause"] == "done" and len(sandbox.listened) == 1


def test_nobody_is_waited_for_without_end(tmp_path: Path) -> None:
    """A listener that heeds SIGTERM alone, one that heeds nothing, and a daemon that never comes up, all at once."""
    sandboxes: dict[str, Sandbox] = {}
    for deaf_to in ("INT", "INT TERM"):
        sandboxes[deaf_to] = Sandbox(tmp_path / deaf_to, JITNEY_START_WITHIN="1")
        listens(sandboxes[deaf_to], f"trap : {deaf_to}; touch deaf; while :; do sleep 0.1; done")
    docker = with_docker(tmp_path, "exec sleep 60", "exit 1")
    for sandbox in (*sandboxes.values(), docker):
        sandbox.hand_over()
    for sandbox in sandboxes.values():
        ending: dict[str, Any] = sandbox.give(None)
        assert (ending["cause"], ending["exit"]) == ("no-job", 65) and (sandbox.home / "deaf").exists()
        assert is_over(sandbox)
    ending = docker.give(None)
    assert (ending["cause"], ending["exit"]) == ("no-docker", 66) and docker.listened == []


def test_a_daemon_that_takes_its_time_to_answer_is_up(tmp_path: Path) -> None:
    sandbox = with_docker(tmp_path, "exec sleep 60", "exec sleep 1")
    assert sandbox.give()["cause"] == "done" and len(sandbox.listened) == 1
