"""The sandbox's main process: one config in, one listener, one job, and a line that says how it ended."""

import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from host.modal import image
from tests.processes import ROOT, eventually
from tests.sandbox import CONFIG, PUSH, Sandbox

ONE_STEP = PUSH | {"steps": [{"name": "a"}]}


def test_it_says_that_it_reads_and_gives_the_config_to_the_listener_alone(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, ONE_STEP)
    eventually(lambda: (sandbox.state / "reading").exists())
    ending = sandbox.give()
    assert (ending["cause"], ending["exit"]) == ("done", 0)
    [seen] = sandbox.listened
    assert (seen["config"], seen["arguments"], seen["cwd"]) == (CONFIG, ["run"], str(sandbox.home))
    environment = seen["environment"]
    assert environment["RUNNER_ALLOW_RUNASROOT"] == "1" and environment["JITNEY_STATE"] == str(sandbox.state)
    assert environment["ACTIONS_RUNNER_HOOK_JOB_STARTED"].endswith(".sh")
    assert environment["ACTIONS_RUNNER_ACTION_ARCHIVE_CACHE"] == image.ARCHIVES, "where the image has the archives"
    assert environment["ACTIONS_BATCH_ACTION_RESOLUTION"] == "1"
    assert not [name for name in environment if name.endswith(("_WITHIN", "_HOME")) and name.startswith("JITNEY")]
    assert all(CONFIG.encode() not in path.read_bytes() for path in sandbox.state.rglob("*") if path.is_file())
    assert sandbox.completed == {"by": "worker", "result": "Succeeded", "ran": ["a"], "annotations": []}


def test_the_ending_has_the_figures_of_its_life(tmp_path: Path) -> None:
    ending = Sandbox(tmp_path, ONE_STEP).give()
    way = ("config", "listener", "listening", "message", "worker", "prepared", "job", "first_step", "ended")
    reached = [ending[f"{point}_s"] for point in way]
    assert reached == sorted(reached) and reached[0] >= 0 and 0 < reached[1] < reached[4] < reached[-1]
    assert ending["cpu_s"] > 0 and ending["peak_memory"] > 1 << 20 and ending["oom_kills"] is None


def test_what_the_runner_did_not_come_to_has_no_figure(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, {}, JITNEY_START_WITHIN="5")
    ending = sandbox.give()
    assert 0 < ending["listener_s"] <= ending["listening_s"]
    assert [ending[f"{point}_s"] for point in ("message", "worker", "prepared", "job", "first_step")] == [None] * 5
    refused = Sandbox(tmp_path / "refused", ONE_STEP | {"event": "{"}).give()
    assert refused["cause"] == "refused" and refused["job_s"] > 0 and refused["first_step_s"] is None


def test_a_job_cannot_change_how_its_way_was(tmp_path: Path) -> None:
    """What its steps do to marks and counters, they do too late."""
    rewrite = "sleep 1; touch -d '+1 hour' $JITNEY_STATE/*; sed -i s/^/x/ $RUNNER_PERFLOG/*"
    ending = Sandbox(tmp_path, PUSH | {"steps": [{"name": "a", "run": rewrite}]}).give()
    assert 0 < ending["listener_s"] <= ending["prepared_s"] <= ending["first_step_s"] < ending["ended_s"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "no config came"),
        ("\n", "empty"),
        (f"{CONFIG}\n{CONFIG[:-4]}AAAA\n", "more than one line"),
        (f"{CONFIG}\n{CONFIG}\nmore", "more than one line"),
        (f"{CONFIG}\n\n", "more than one line"),
        ("A" * 200_000 + "\n", "too long"),
        ("A" * 200_000, "too long"),
        ("not base64!\n", "not base64"),
        ("abc\n", "not base64"),
        (b"\xff\xfe\n", "not text"),
    ],
)
def test_bad_input_ends_it_with_a_reason_and_no_listener(tmp_path: Path, line: Any, reason: str) -> None:
    sandbox = Sandbox(tmp_path, ONE_STEP)
    ending = sandbox.give(line)
    assert (ending["cause"], ending["exit"]) == ("bad-input", 64) and reason in ending["reason"]
    assert sandbox.listened == []


@pytest.mark.parametrize("again", [f"{CONFIG}\n", f"{CONFIG}\n{CONFIG}\n", CONFIG[:5]])
def test_a_line_that_is_written_again_is_taken_once(tmp_path: Path, again: str) -> None:
    sandbox = Sandbox(tmp_path, ONE_STEP)
    assert sandbox.give(f"{CONFIG}\n{again}")["cause"] == "done"
    assert len(sandbox.listened) == 1


def test_it_does_not_wait_forever_for_a_config(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, ONE_STEP, JITNEY_HAND_OVER_WITHIN="0.5")
    assert sandbox.process.wait(30) == 64
    assert sandbox.give(None)["cause"] == "bad-input" and sandbox.listened == []


def test_it_does_not_wait_for_an_end_of_input_that_does_not_come(tmp_path: Path) -> None:
    sandbox: Any = Sandbox(tmp_path, ONE_STEP)
    sandbox.process.stdin.write(CONFIG.encode() + b"\n")
    sandbox.process.stdin.flush()
    assert sandbox.process.wait(30) == 0
    ending = sandbox.give(None)
    assert ending["cause"] == "done" and ending["config_s"] >= 1, "another line may come for a second"


def test_a_runner_that_no_job_reaches_is_ended(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, {}, JITNEY_START_WITHIN="1")
    ending = sandbox.give()
    assert (ending["cause"], ending["exit"], ending["job_s"]) == ("no-job", 65, None)
    assert "no job started within 1 s" in sandbox.complained


def test_a_job_that_started_is_left_alone_however_long_it_takes(tmp_path: Path) -> None:
    plan = PUSH | {"steps": [{"name": "long", "run": "sleep 6"}]}
    ending = Sandbox(tmp_path, plan, JITNEY_START_WITHIN="5").give()
    assert ending["cause"] == "done" and ending["job_s"] < ending["ended_s"]


def test_a_job_that_runs_for_too_long_is_ended_so_that_github_hears_of_it(tmp_path: Path) -> None:
    plan = PUSH | {"steps": [{"name": "endless", "run": "exec sleep 600"}, {"name": "next", "if": "always()"}]}
    sandbox = Sandbox(tmp_path, plan, JITNEY_END_WITHIN="6")
    assert sandbox.give()["cause"] == "timed-out"
    assert sandbox.completed == {"by": "worker", "result": "Failed", "ran": ["endless"], "annotations": []}


@pytest.mark.parametrize(
    ("plan", "cause", "status", "starts"),
    [
        ({"deprecated": True}, "deprecated", 7, 1),
        ({"statuses": [1]}, "failed", 1, 1),
        ({"statuses": [5]}, "failed", 5, 1),
        (ONE_STEP | {"statuses": [2, 0]}, "done", 0, 2),
        (ONE_STEP | {"statuses": [4, 3, 0]}, "done", 0, 3),
    ],
)
def test_the_listeners_status_survives_and_what_asks_for_another_start_gets_one(
    tmp_path: Path, plan: dict[str, Any], cause: str, status: int, starts: int
) -> None:
    sandbox = Sandbox(tmp_path, plan)
    ending = sandbox.give()
    assert (ending["cause"], ending["exit"]) == (cause, status)
    assert len(sandbox.listened) == starts


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_sandbox_that_is_terminated_takes_its_listener_along(tmp_path: Path, sign: signal.Signals) -> None:
    plan = PUSH | {"steps": [{"name": "endless", "run": "exec sleep 600"}, {"name": "next", "if": "always()"}]}
    sandbox = Sandbox(tmp_path, plan)
    sandbox.hand_over()
    eventually(lambda: (sandbox.state / "job-started").exists())
    sandbox.process.send_signal(sign)
    assert sandbox.give(None)["cause"] == "killed"
    assert sandbox.completed is not None and sandbox.completed["result"] == "Failed"


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_one_that_is_terminated_before_its_config_came_starts_no_listener(
    tmp_path: Path, sign: signal.Signals
) -> None:
    sandbox = Sandbox(tmp_path, ONE_STEP)
    eventually(lambda: (sandbox.state / "reading").exists())
    sandbox.process.send_signal(sign)
    sandbox.process.wait(30)
    ending = sandbox.give(None)
    assert (ending["cause"], ending["exit"]) == ("killed", 128 + sign) and sandbox.listened == []


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("memory.events", "low 0\nmax 7\noom 1\noom_kill 2\n", "low 0\nmax 9\noom 2\noom_kill 3\n"),
        ("memory/memory.oom_control", "under_oom 0\noom_kill 0\n", "under_oom 0\noom_kill 1\n"),
    ],
)
def test_memory_that_ran_out_is_the_kernel_s_word(tmp_path: Path, file: str, before: str, after: str) -> None:
    counter = tmp_path / "cgroup" / file
    counter.parent.mkdir(parents=True)
    counter.write_text(before)
    (tmp_path / "after").write_text(after)
    plan = PUSH | {"steps": [{"name": "greedy", "run": f"cp {tmp_path}/after {counter}; kill -9 $$"}]}
    ending = Sandbox(tmp_path, plan, JITNEY_CGROUP=str(tmp_path / "cgroup")).give()
    assert (ending["cause"], ending["oom_kills"]) == ("out-of-memory", 1)


def test_what_the_cgroup_counts_is_what_is_told(tmp_path: Path) -> None:
    cgroup = tmp_path / "cgroup"
    cgroup.mkdir()
    (cgroup / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1000000\n")
    (cgroup / "memory.peak").write_text("123456789\n")
    (cgroup / "memory.events").write_text("oom_kill 4\n")
    plan = PUSH | {"steps": [{"name": "a", "run": f"echo usage_usec 4000000 >{cgroup}/cpu.stat"}]}
    ending = Sandbox(tmp_path, plan, JITNEY_CGROUP=str(cgroup)).give()
    figures = {name: ending[name] for name in ("cause", "cpu_s", "peak_memory", "oom_kills")}
    assert figures == {"cause": "done", "cpu_s": 2.5, "peak_memory": 123456789, "oom_kills": 0}


def test_an_older_cgroup_counts_by_other_names(tmp_path: Path) -> None:
    cgroup = tmp_path / "cgroup"
    for name, counted in {
        "cpuacct/cpuacct.usage": "1500000000", "memory/memory.max_usage_in_bytes": "123456789",
        "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0",
    }.items():  # fmt: skip
        (cgroup / name).parent.mkdir(parents=True, exist_ok=True)
        (cgroup / name).write_text(f"{counted}\n")
    plan = PUSH | {"steps": [{"name": "a", "run": f"echo 4000000000 >{cgroup}/cpuacct/cpuacct.usage"}]}
    ending = Sandbox(tmp_path, plan, JITNEY_CGROUP=str(cgroup)).give()
    assert (ending["cpu_s"], ending["peak_memory"], ending["oom_kills"]) == (2.5, 123456789, 0)


#: Uses both kinds of CPU time, and memory.
BUSY = """
import os
held = bytearray(os.urandom(1 << 20)) * 200
while min(os.times()[:2]) < 0.7:
    held.find(b"not in there") if os.times()[0] < 0.7 else os.urandom(1 << 20)
"""


def test_without_a_cgroup_the_figures_are_those_of_the_job_s_processes(tmp_path: Path) -> None:
    (tmp_path / "busy.py").write_text(BUSY)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    plan = PUSH | {"steps": [{"name": "a", "run": f"{sys.executable} {tmp_path}/busy.py"}]}
    ending = Sandbox(tmp_path, plan).give()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert 0.8 * used < ending["cpu_s"] <= used + 0.1
    assert 200 << 20 < ending["peak_memory"] < 300 << 20


def test_orphans_are_reaped(tmp_path: Path) -> None:
    """A process whose parent is gone becomes the sandbox's child; once it has ended, nothing is left of it."""
    orphan = "(sh -c 'echo $$ >orphan; exec sleep 0.5' &) ; while ! [ -s orphan ]; do :; done"
    gone = "pid=$(cat orphan); for _ in $(seq 200); do [ -e /proc/$pid ] || exit 0; sleep 0.05; done; exit 1"
    adopted = 'grep -q "^PPid:.$(cat supervisor)$" /proc/$(cat orphan)/status'
    sandbox = Sandbox(tmp_path, PUSH | {"steps": [{"name": "a", "run": f"{orphan}; {adopted}; {gone}"}]})
    (sandbox.home / "supervisor").write_text(str(sandbox.process.pid))
    sandbox.give()
    assert sandbox.completed is not None and sandbox.completed["result"] == "Succeeded"


@pytest.mark.parametrize("arguments", [["help"], ["hooks"], ["--version"]])
def test_what_it_does_not_know_it_says_and_does_nothing(tmp_path: Path, arguments: list[str]) -> None:
    binary = ROOT / "target" / "jitney-runner"
    environment = {"JITNEY_STATE": str(tmp_path), "JITNEY_HOME": str(tmp_path)}
    ran = subprocess.run([binary, *arguments], capture_output=True, text=True, env=environment, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", "usage: jitney-runner [hook]\n")
    assert list(tmp_path.iterdir()) == []
