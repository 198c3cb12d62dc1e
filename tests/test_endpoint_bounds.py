"""What the endpoint holds at once, as `docs/security.md` has it."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from host import chores, connections, courses, endpoint, reading
from host.component import Component
from host.endpoint import Endpoint
from host.local.launcher import LocalLauncher
from host.modal import tickets
from tests.kept import KeptInMemory
from tests.processes import ROOT, SECRET
from tests.standin import payload
from tests.standin.deliveries import sign
from tests.standin.server import TOKEN
from tests.test_waiting import eventually


async def answered(one: Endpoint, event: str, content: dict[str, Any]) -> tuple[int, str]:
    """The status and the reason's code."""
    body = json.dumps(content).encode()
    named = {
        "content-type": "application/json", "content-length": str(len(body)), "x-github-event": event,
        "x-github-delivery": "x", "x-hub-signature-256": sign(SECRET, body),
    }  # fmt: skip
    headers = [(name.encode(), value.encode()) for name, value in named.items()]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await one({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])["reason"].split(":")[0]


async def test_a_delivery_without_an_answer_holds_a_place_and_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "HELD", 1)
    monkeypatch.setattr(endpoint, "ANSWER_WITHIN", 3600.0)

    one = Endpoint(Component({"WEBHOOK_SECRET": SECRET, "GITHUB_TOKEN": TOKEN}), LocalLauncher(), KeptInMemory())
    courses: list[asyncio.Future[Any]] = []

    def open_course(*_: object) -> asyncio.Future[Any]:
        courses.append(asyncio.get_running_loop().create_future())
        return courses[-1]

    monkeypatch.setattr(one, "_courses", SimpleNamespace(open=open_course))
    queued = payload("workflow_job.queued", repository="octo/demo", labels=["modal"])
    for times in (1, 2):
        waiting = asyncio.create_task(answered(one, "workflow_job", queued))
        await eventually(lambda times=times: len(courses) == times)
        assert not waiting.done()
        assert (await answered(one, "ping", payload("ping")))[0] == 503
        courses[-1].set_result(None)
        assert (await waiting)[0] == 202
        assert await answered(one, "ping", payload("ping")) == (200, "ping")


def test_the_threat_model_names_the_bounds_that_there_are() -> None:
    text = " ".join((ROOT / "docs" / "security.md").read_text().split())
    for said in (
        f"{endpoint.READ} bodies are being read",
        f"{endpoint.HELD} deliveries wait for their answer",
        f"{endpoint.READ_BYTES // reading.MIB} MB are in memory",
        f"{reading.FEW} bodies over {reading.LARGE // reading.MIB} MB",
        f"at most {endpoint.BODY_LIMIT // reading.MIB} MB",
        f"{reading.WITHIN:.0f} s and a second for each {reading.PACE // reading.MIB} MB",
        f"{connections.MOST:,} connections at most",
        f"within {connections.HEAD_WITHIN:.0f} s and {connections.HEAD_LIMIT // 1024} KB",
        f"within {connections.ANSWERED_WITHIN:.0f} s",
        f"after {connections.IDLE:.0f} s",
    ):
        assert said in text, said


def test_nothing_takes_longer_than_github_and_modal_wait() -> None:
    # GitHub hangs up on a delivery after 10 s. Modal kills a container 30 s after its signal, and ends a call of this
    # app's after two hours.
    assert endpoint.ANSWER_WITHIN + tickets.PUT_WITHIN < 10
    grace = 8.0
    assert grace + courses.CANCELLED_WITHIN + chores.CANCELLED_WITHIN + endpoint.FLUSH_WITHIN < 30
    assert endpoint.HELD_AWAKE < 2 * 60 * 60
    # Nobody pays for a container that stays for longer than it has something to do.
    assert endpoint.WATCHED <= 60 and endpoint.BESIDE_WITHIN <= 30
