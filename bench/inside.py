"""What is measured inside one process: a delivery's parts, jitney's own share of a launch, and what is imported."""

import contextlib
import http.client
import io
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvloop
from wasmtime.component import Variant

from bench.book import Book
from bench.pool import pooled
from bench.ruling import Ruling
from host import log
from host.component import Component, Course, Loaded
from host.endpoint import Endpoint
from host.local.launcher import LocalLauncher
from tests.processes import SECRET
from tests.standin import StandinGitHub, payload
from tests.standin.deliveries import sign
from tests.standin.server import TOKEN

RESULTS = Path(__file__).parent / "results"
LABELS = ["self-hosted", "modal"]


def content(job: int, private: bool = True) -> dict[str, Any]:
    """A queued job of a private repository; on a public one jitney asks GitHub one thing more."""
    made = payload("workflow_job.queued", id=job, repository="octo/demo", labels=LABELS)
    made["repository"]["private"] = private
    return made


def delivery_parts(book: Book) -> None:
    """What a delivery that is turned away is made of, in this process: the floor under `turned-away`."""
    body = json.dumps(payload("workflow_job.queued", repository="octo/demo", labels=["ubuntu-latest"]))
    head = f"x-github-event: workflow_job\nx-hub-signature-256: {sign(SECRET, body.encode())}"
    told = {"WEBHOOK_SECRET": SECRET, "GITHUB_TOKEN": TOKEN, "ALLOWED_REPOS": "octo/demo"}
    component = Component(told, Loaded())

    def median(work: Callable[[], Any]) -> float:
        took = []
        for _ in range(500):
            began = time.perf_counter()
            work()
            took.append((time.perf_counter() - began) * 1000)
        return statistics.median(took)

    def decide(instance: Any) -> Any:
        return instance.call("intake", "decide", head, body)

    ready = iter([component.intake() for _ in range(500)])
    kept = component.intake()
    pool = Component(told, Loaded(engine=pooled()))
    book.note("part: a fresh instance, made and dropped", "ms", median(component.intake), None, "", None)
    book.note("part: the same out of a pool of instances", "ms", median(pool.intake), None, "", None)
    book.note("part: decide in a fresh instance", "ms", median(lambda: decide(next(ready))), None, "", None)
    book.note("part: decide in one that was used before", "ms", median(lambda: decide(kept)), None, "", None)
    whole = uvloop.run(_whole(component, head, body.encode()))
    book.note("part: all of a delivery but the server", "ms", whole, None, "", None)


async def _whole(component: Component, head: str, body: bytes) -> float:
    """The median of deliveries to the endpoint as the server calls it: from the head to the log and the answer."""
    headers = [tuple(part.encode() for part in line.split(": ", 1)) for line in head.splitlines()]
    took = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def ignore(*_: Any) -> None:
        """What is sent, and what is deferred, goes nowhere."""

    with contextlib.redirect_stderr(io.StringIO()):
        log.configure()
        endpoint = Endpoint(component, LocalLauncher(), ignore)
        for _ in range(500):
            began = time.perf_counter()
            await endpoint({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive, ignore)
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def own_share(book: Book, jobs: int) -> None:
    """A launch from its delivery's last byte to its config, less the wait for GitHub: what the same request takes a
    plain client. The sandbox starts at once."""
    took, plain = [], []
    with StandinGitHub() as github:
        told = {
            "WEBHOOK_SECRET": SECRET,
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_API_URL": github.url,
            "ALLOWED_REPOS": "octo/demo",
        }
        component = Component(told, Loaded())
        for job in range(1, jobs + 1):
            body = json.dumps(content(job))
            head = f"x-github-event: workflow_job\nx-hub-signature-256: {sign(SECRET, body.encode())}"
            ruling = Ruling(component)
            began = time.perf_counter()
            verdict = component.intake().call("intake", "decide", head, body)
            course = Course(component, "open", verdict.payload.ticket)
            outcome = Variant("opened")
            while (command := course.next(outcome)).tag != "hand-over":
                if command.tag in ("defer", "finish", "reply"):
                    raise RuntimeError(f"{command.tag}: {command.payload.__dict__}")
                outcome = Variant("started", f"sb-{job}") if command.tag == "start" else Variant("done")
                if command.tag == "consult":
                    outcome = ruling.answer(command)
            took.append((time.perf_counter() - began) * 1000)
            runner = {"name": f"plain-{job}", "runner_group_id": 1, "labels": LABELS, "work_folder": "_work"}
            began = time.perf_counter()
            connection = http.client.HTTPConnection(urlsplit(github.url).netloc)
            connection.request(
                "POST",
                "/repos/octo/demo/actions/runners/generate-jitconfig",
                json.dumps(runner),
                {"authorization": f"Bearer {TOKEN}", "user-agent": "bench", "content-type": "application/json"},
            )
            answer = connection.getresponse()
            answer.read()
            plain.append((time.perf_counter() - began) * 1000)
            connection.close()
            if answer.status != 201:
                raise RuntimeError(f"the stand-in answered {answer.status}")
    own = sorted(max(0.0, all_ - statistics.median(plain)) for all_ in took)
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        at = own[int(share * (jobs - 1))]
        met = at < 5 if name == "p99" else None
        book.note(
            f"jitney's own share of a launch: {name}", "ms", at, None, "p99 < 5" if met is not None else "", met
        )


def imports(book: Book) -> None:
    """What the container imports before its first answer, and what the largest of it cost."""
    code = "import host.component, host.endpoint, host.modal.launcher, host.log"
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True
    )
    lines = [line.removeprefix("import time:").split("|") for line in said.stderr.splitlines() if "|" in line]
    each = [(int(total), name.strip(), name) for _, total, name in lines if total.strip().isdigit()]
    book.note(
        "imports of the container, all", "ms", sum(t for t, _, raw in each if raw[1:2] != " ") / 1000, None, "", None
    )
    known: dict[str, int] = {}
    for total, name, _ in each:
        package = name.split(".")[0] if not name.startswith("host.") else name
        known[package] = max(known.get(package, 0), total)
    for name, total in sorted(known.items(), key=lambda item: -item[1])[:12]:
        book.note(f"import: {name}, with what it imports", "ms", total / 1000, None, "", None)
