"""A stand-in for GitHub's Actions runner, laid out and behaving as the real one: a listener and its worker.

It knows no GitHub. `plan.json` beside `bin` says what happens to it, and `completed.json` is what GitHub would have
been told, with `by` for who told it. What it copies of the real one, from the source of actions/runner:

- The hook is a step like any other: when it fails, later steps run by their own conditions, `always()` for one.
- SIGINT to the listener tells the worker, a moment later, to shut down. The worker then cancels the running step and
  evaluates no further condition. Started with SIGINT ignored, the listener installs no handler.
- A step is cancelled by SIGINT to its own process, then SIGTERM, then SIGKILL.
- A worker that dies is noticed, and its job failed by the listener; but not once the listener is shutting down.
- Each process writes counters: what it has come to, and when.
- A version that GitHub does not take ends the listener with 7 if that variable asks for it, and else with 1.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

HOME = Path.cwd()
#: Seconds: until the worker hears of a shutdown, and between two signals to a step.
LAG = 0.3
PATIENCE = (7.5, 2.5)


def main() -> int:
    plan: dict[str, Any] = json.loads((HOME / "plan.json").read_text())
    return work(plan) if sys.argv[1:] == ["worker"] else listen(plan)


def listen(plan: dict[str, Any]) -> int:
    """The listener: has a session, takes the plan's job if there is one, and waits for its worker."""
    config = os.environ.pop("ACTIONS_RUNNER_INPUT_JITCONFIG")
    seen = {"config": config, "arguments": sys.argv[1:], "cwd": str(HOME), "environment": dict(os.environ)}
    with (HOME / "listened.jsonl").open("a") as file:
        file.write(json.dumps(seen) + "\n")
    if plan.get("deprecated"):
        asked = os.environ.get("ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE") == "1"
        return 7 if asked else 1
    shut: list[int] = []

    def shut_down(number: int, _: FrameType | None) -> None:
        shut.append(number)

    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, shut_down)
    signal.signal(signal.SIGTERM, shut_down)
    for counter in ("RunnerProcessStarted", "SessionCreated"):
        count("Runner", counter)
    statuses: list[int] = plan.get("statuses", [])
    if statuses:
        (HOME / "update.finished").touch()
        started = len((HOME / "listened.jsonl").read_text().splitlines())
        status = statuses[min(started, len(statuses)) - 1]
        if status != 0:
            return status
    if "steps" not in plan:
        while not shut:
            time.sleep(0.02)
        return 0
    count("Runner", "MessageReceived_RunnerJobRequest")
    worker = subprocess.Popen([sys.executable, "-I", "-S", __file__, "worker"], stdin=subprocess.PIPE, cwd=HOME)
    told = False
    while worker.poll() is None:
        if shut and not told and worker.stdin is not None:
            told = True
            time.sleep(LAG)
            with contextlib.suppress(OSError):
                worker.stdin.write(b"shutdown\n")
                worker.stdin.close()
        time.sleep(0.02)
    if worker.returncode != 0 and not shut:
        complete("listener", "Failed", [], [])
    return 0


def work(plan: dict[str, Any]) -> int:
    """The worker: the hook, then the steps, each by its condition."""
    # The listener's messages alone shut a worker down; a terminal's or a group's SIGINT does not.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for counter in ("WorkerProcessStarted", "WorkerJobMessageReceived_0", "WorkerJobInitialized_0"):
        count("Worker", counter)
    event = HOME / "event.json"
    event.write_text(plan["event"] if isinstance(plan["event"], str) else json.dumps(plan["event"]))
    told = {name: value for name, value in plan["github"].items() if value is not None}
    environment = dict(os.environ) | told | {"GITHUB_EVENT_PATH": str(event)}
    job = Job(environment)
    hook = os.environ["ACTIONS_RUNNER_HOOK_JOB_STARTED"]
    if not hook.endswith(".sh"):
        job.failed = True
    else:
        job.run(["bash", "-e", hook])
    ran = []
    for step in plan["steps"]:
        if job.shut_down:
            break
        condition = step.get("if", "success()")
        holds = {"always()": True, "!cancelled()": True, "failure()": job.failed, "success()": not job.failed}
        if holds[condition]:
            ran.append(step["name"])
            job.run(["bash", "-e", "-c", step.get("run", "true")])
    result = "Failed" if job.failed or job.shut_down else "Succeeded"
    complete("worker", result, ran, [line for line in job.said if line.startswith("::error")])
    return 0


class Job:
    """A job's state, as its steps change it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self.failed = False
        self.shut_down = False
        self.said: list[str] = []

    def run(self, command: list[str]) -> None:
        """One step: its output is kept, its failure is the job's, a shutdown cancels it."""
        step = subprocess.Popen(
            command, env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, restore_signals=True, preexec_fn=default_interrupt,
        )  # fmt: skip
        signals = [(0.0, signal.SIGINT), (PATIENCE[0], signal.SIGTERM), (sum(PATIENCE), signal.SIGKILL)]
        since = 0.0
        while step.poll() is None:
            if not self.shut_down and select.select([sys.stdin], [], [], 0.02)[0]:
                self.shut_down, since = True, time.monotonic()
            if self.shut_down:
                if signals and time.monotonic() - since >= signals[0][0]:
                    sign = signals.pop(0)[1]
                    step.send_signal(sign)
                    with (HOME / "cancelled").open("a") as file:
                        file.write(f"{sign.name}\n")
                time.sleep(0.02)
        output = step.stdout.read() if step.stdout is not None else b""
        self.said += output.decode().splitlines()
        if step.returncode != 0:
            self.failed = True


def default_interrupt() -> None:
    """.NET starts its children with default dispositions."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def count(process: str, counter: str) -> None:
    """Notes when it came to that, as .NET writes a time."""
    counters = Path(os.environ["RUNNER_PERFLOG"])
    counters.mkdir(exist_ok=True)
    with (counters / f"{process}.perf").open("a") as file:
        file.write(f"{counter}:{datetime.now(UTC).strftime('%Y-%m-%dT%H:%M:%S.%f')}0Z\n")


def complete(by: str, result: str, ran: list[str], annotations: list[str]) -> None:
    """What GitHub hears of the job."""
    told = {"by": by, "result": result, "ran": ran, "annotations": annotations}
    (HOME / "completed.json").write_text(json.dumps(told))


if __name__ == "__main__":
    sys.exit(main())
