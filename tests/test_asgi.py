"""The endpoint as the ASGI application that a server calls, over the real component: every answer, and what ends."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from host.component import Component, Instance, Loaded
from host.endpoint import Endpoint
from host.local.launcher import LocalLauncher
from tests.kept import KeptInMemory
from tests.processes import SECRET
from tests.standin import payload
from tests.standin.deliveries import sign
from tests.standin.server import TOKEN

LOADED = Loaded()
SETTINGS = {"WEBHOOK_SECRET": SECRET, "GITHUB_TOKEN": TOKEN, "ALLOWED_REPOS": "octo/*"}
Headers = list[tuple[bytes, bytes]]


def make(image: Any = None, store: Any = None, wake: Any = None, **settings: str) -> Endpoint:
    told = Component(SETTINGS | settings, LOADED)
    return Endpoint(told, LocalLauncher({}), KeptInMemory(), image, store, wake)


def signed(body: bytes, event: str = "ping") -> Headers:
    named = {
        "content-type": "application/json", "content-length": str(len(body)), "x-github-event": event,
        "x-github-delivery": "x", "x-hub-signature-256": sign(SECRET, body),
    }  # fmt: skip
    return [(name.encode(), value.encode()) for name, value in named.items()]


class Answer:
    """What was sent back."""

    def __init__(self, sent: list[dict[str, Any]]) -> None:
        start, body = sent
        assert (start["type"], body["type"]) == ("http.response.start", "http.response.body")
        self.status: int = start["status"]
        self.headers = dict(start["headers"])
        self.text: str = body["body"].decode()

    @property
    def reason(self) -> str:
        """The reason's code."""
        return str(json.loads(self.text)["reason"]).split(":")[0]


async def call(
    one: Endpoint, method: str = "POST", path: str = "/", body: bytes = b"", headers: Headers | None = None
) -> Answer:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = signed(body) if headers is None else headers
    await one({"type": "http", "method": method, "path": path, "headers": headers}, receive, send)
    return Answer(sent)


def metrics(one: Endpoint) -> Callable[[str], float | None]:
    return one._metrics._registry.get_sample_value


async def test_a_server_that_comes_up_and_goes_down_is_answered() -> None:
    one, sent = make(), []
    asked = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> dict[str, Any]:
        return {"type": next(asked)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await one({"type": "lifespan"}, receive, send)
    assert sent == [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]
    sent.clear()
    await one({"type": "websocket", "path": "/"}, receive, send)
    assert sent == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_look_is_answered_with_the_health_or_with_no_page(method: str) -> None:
    one = make()
    health = await call(one, method)
    assert health.status == 200 and json.loads(health.text)["ready"] is True
    assert health.headers == {
        b"content-type": b"application/json", b"content-length": str(len(health.text)).encode(),
        b"cache-control": b"no-store", b"x-content-type-options": b"nosniff",
    }  # fmt: skip
    nothing = await call(one, method, "/favicon.ico")
    assert (nothing.status, nothing.reason) == (404, "no-such-page")
    shown = await call(one, method, "/metrics")
    assert shown.status in (401, 404) and b"set-cookie" not in shown.headers


@pytest.mark.parametrize("path", ["/status", "/status/style.css", "/metrics"])
async def test_status_and_metrics_are_for_those_who_may_see_them(path: str) -> None:
    token = "a-status-token-that-is-long-enough"
    one = make(STATUS_TOKEN=token)
    bearer = [(b"authorization", f"Bearer {token}".encode())]
    for _ in range(2):
        assert (await call(one, "GET", path, headers=bearer)).status == 200
    if path != "/status/style.css":
        assert (await call(one, "GET", path, headers=[])).status != 200
    assert (await call(make(), "GET", path, headers=bearer)).status == 404


async def test_who_sends_what_is_no_delivery_is_told_why() -> None:
    one = make()
    ping = json.dumps(payload("ping")).encode()
    found = {
        "method": await call(one, "PUT", body=ping),
        "not-text": await call(one, body=b"\xff", headers=signed(b"\xff")),
        "a-header-that-is-not-text": await call(one, body=ping, headers=[*signed(ping), (b"x", b"\xff")]),
        "bad-signature": await call(one, body=ping, headers=signed(ping + b" ")),
        "ping": await call(one, body=ping),
        "a-path": await call(one, path="/anything", body=ping),
    }
    assert {name: (answer.status, answer.reason) for name, answer in found.items()} == {
        "method": (405, "method"),
        "not-text": (400, "not-text"),
        "a-header-that-is-not-text": (400, "not-text"),
        "bad-signature": (401, "signature-mismatch"),
        "ping": (200, "ping"),
        "a-path": (200, "ping"),
    }


async def test_a_large_body_is_decided_on_in_a_thread_and_others_are_answered_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, threads = make(), []
    to_thread = asyncio.to_thread

    async def noted(function: Any, *arguments: Any) -> Any:
        threads.append(function)
        return await to_thread(function, *arguments)

    monkeypatch.setattr(asyncio, "to_thread", noted)
    for size, count in ((64 * 1024, 0), (64 * 1024 + 1, 1)):
        body = json.dumps(payload("ping")).encode()
        body += b" " * (size - len(body))
        answer = await call(one, body=body)
        assert (answer.status, answer.reason) == (200, "ping") and len(threads) == count


async def test_a_component_that_fails_is_500_for_that_delivery_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    one = make()
    ping = json.dumps(payload("ping")).encode()
    calls = Instance.call

    def in_no_time(self: Instance, interface: str, function: str, *arguments: Any) -> Any:
        """An instance that decides may not compute at all, so it is ended at its first step."""
        self._epochs = 0 if function == "decide" else self._epochs
        return calls(self, interface, function, *arguments)

    with monkeypatch.context() as short:
        short.setattr(Instance, "call", in_no_time)
        broken = await call(one, body=ping)
    assert broken.status == 500
    assert metrics(one)("jitney_component_failures_total", {"where": "delivery"}) == 1
    assert (await call(one, body=ping)).status == 200


async def test_what_the_settings_are_short_of_is_every_delivery_s_answer() -> None:
    one = make(MAX_RUNNERS="none")
    answer = await call(one, body=json.dumps(payload("ping")).encode())
    assert answer.status == 503 and "MAX_RUNNERS" in answer.text
    await one.sweep()
    assert json.loads((await call(one, "GET")).text)["ready"] is False


async def test_a_delivery_that_is_answered_is_counted() -> None:
    one = make()
    await call(one, body=json.dumps(payload("ping")).encode())
    assert metrics(one)("jitney_deliveries_total", {"outcome": "pong", "reason": "ping"}) == 1
    took = metrics(one)("jitney_stage_seconds_sum", {"event": "delivery", "stage": "total"})
    assert took is not None and 0 < took < 60
