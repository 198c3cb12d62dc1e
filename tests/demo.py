"""`./jitney demo`: the main job from end to end on this machine, on one screen, with no account.

The endpoint and the component are the real ones; GitHub is a stand-in, and the sandbox a local process.
The queued job and the ping are real payloads, byte for byte; the completion is one, with this job's id and labels.
Exits 1 if anything goes otherwise than it should.
"""

import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from tests.processes import SECRET, Jitney, eventually
from tests.standin import StandinGitHub, deliver
from tests.standin.deliveries import PAYLOADS, payload
from tests.standin.server import TOKEN
from tests.standin.state import KEY_CANARY

QUEUED = (PAYLOADS / "workflow_job.queued.json").read_bytes()
PING = (PAYLOADS / "ping.json").read_bytes()


#: How long the stand-in's job takes.
JOB_SECONDS = 0.3


@dataclass
class Demo:
    """What was seen, and what should have been."""

    console: Console
    failures: list[str] = field(default_factory=list)
    turned: list[tuple[str, httpx.Response]] = field(default_factory=list)

    def expect(self, what: str, is_so: bool) -> None:
        """Notes a failure unless it is so."""
        if not is_so:
            self.failures.append(what)

    def answered(self, what: str, answer: httpx.Response, status: int, outcome: str, code: str) -> None:
        """Notes an answer, and a failure unless it is the one that is due."""
        self.turned.append((what, answer))
        said = answer.json()
        seen = (answer.status_code, said["outcome"], said["reason"].split(":")[0])
        self.expect(f"{what}: {seen} instead of {(status, outcome, code)}", seen == (status, outcome, code))


def main() -> int:
    """Runs the demonstration."""
    demo = Demo(Console(highlight=False))
    real = payload("workflow_job.queued")
    job, labels = real["workflow_job"]["id"], real["workflow_job"]["labels"]
    repository = real["repository"]["full_name"]
    rules = {"RUNNER_LABELS": '["self-hosted", "k8s"]', "ALLOWED_REPOS": f"{repository.split('/')[0]}/*"}
    with (
        tempfile.TemporaryDirectory() as home,
        StandinGitHub() as github,
        Jitney(github.url, Path(home) / "journal.db", **rules) as jitney,
    ):
        github.state.queue(job, repository, labels, seconds=JOB_SECONDS)
        demo.answered("GitHub's ping", deliver(jitney.url, SECRET, PING, event="ping"), 200, "pong", "ping")
        forged = deliver(jitney.url, "not the secret", QUEUED)
        demo.answered("a forged delivery", forged, 401, "refused", "signature-mismatch")
        foreign = payload("workflow_job.queued", repository="somebody/else")
        answer = deliver(jitney.url, SECRET, foreign)
        demo.answered("a foreign repository's", answer, 403, "refused", "repository-not-allowed")
        demo.expect("GitHub was asked for those", github.requests == [])

        github.state.assigns = False
        began = time.perf_counter()
        launched = deliver(jitney.url, SECRET, QUEUED)
        demo.answered("the queued job", launched, 201, "launched", "runner-started")
        demo.answered("a duplicate of it", deliver(jitney.url, SECRET, QUEUED), 200, "duplicate", "job-claimed")
        github.state.assigns = True
        done, gone = follow(github, jitney, job, began)
        over = payload("workflow_job.completed", id=job, repository=repository, labels=labels)
        demo.answered("the job's completion", deliver(jitney.url, SECRET, over), 200, "released", "nothing-left")

        check_the_end(demo, github, jitney, job, launched.json().get("runner"))
        show(demo, jitney, launched.json(), done, gone)
    return report(demo)


def follow(github: StandinGitHub, jitney: Jitney, job: int, began: float) -> tuple[float, float]:
    """Seconds until the job was done, and from then until its sandbox and its registration were gone."""
    eventually(lambda: github.state.jobs[job].status == "completed")
    done = time.perf_counter() - began
    eventually(lambda: jitney.logged("sandbox-ended") and not github.state.runners)
    return done, time.perf_counter() - began - done


def check_the_end(demo: Demo, github: StandinGitHub, jitney: Jitney, job: int, runner: str | None) -> None:
    """What must be true now, whatever the answers were."""
    demo.expect("another runner took the job", github.state.jobs[job].runner == runner)
    demo.expect(f"{github.mints()} registrations instead of one", github.mints() == 1)
    demo.expect(f"requests that break GitHub's rules: {github.violations}", not github.violations)
    demo.expect("the sandbox did not end well", [line["exit"] for line in jitney.logged("sandbox-ended")] == [0])
    everything = "\n".join(jitney.lines)
    for secret in (TOKEN, SECRET, KEY_CANARY):
        demo.expect("a secret is in the log", secret not in everything)


def show(demo: Demo, jitney: Jitney, launched: dict[str, Any], done: float, gone: float) -> None:
    """One screen. Each time is of the delivery that launched, as the endpoint's log or this demo measured it."""
    line = next(line for line in jitney.logged("delivery") if line["outcome"] == "launched")
    course = next(line for line in jitney.logged("course") if line["outcome"] == "launched")["ms"]
    stages = [
        ("decided", line["ms"]["decide"], f"signature, {line['repository']}, labels, machine"),
        ("sandbox started", course["sandbox"], f"{launched.get('sandbox')} (stand-in: a local process)"),
        (
            "runner registered",
            course["github"],
            f"{launched.get('runner')} (stand-in: GitHub, asked first whether so old a job is queued)",
        ),
        ("config handed over", course["hand_over"], "one line on the sandbox's stdin"),
        ("delivery answered", line["ms"]["total"], "from the first byte to the answer, the four above included"),
        (
            "job done",
            done * 1000 - line["ms"]["total"],
            f"job {line['job']}, {JOB_SECONDS} s of it the stand-in's own",
        ),
        ("cleaned up", gone * 1000, "the process and the registration are gone"),
    ]
    table = Table(title="jitney: a queued job becomes a runner", title_justify="left")
    for name, justify in (("stage", "left"), ("ms", "right"), ("what", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for stage, ms, what in stages:
        table.add_row(stage, f"{ms:.2f}", what)
    demo.console.print(table)
    table = Table(title="how each delivery was answered", title_justify="left")
    for name in ("delivery", "answer", "reason"):
        table.add_column(name)
    for what, answer in demo.turned:
        table.add_row(what, f"{answer.status_code} {answer.json()['outcome']}", answer.json()["reason"])
    demo.console.print(table)


def report(demo: Demo) -> int:
    """The last lines, and the exit status."""
    for failure in demo.failures:
        demo.console.print(f"demo: {failure}", style="red")
    if demo.failures:
        demo.console.print("Demo FAILED.")
        return 1
    demo.console.print(
        "Demo passed. The endpoint and the component are the real ones; GitHub was a stand-in and the sandbox a "
        "local process.\nNext: `./jitney setup` installs jitney in your Modal account; `./jitney setup --dry-run` "
        "shows what that does.",
        soft_wrap=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
