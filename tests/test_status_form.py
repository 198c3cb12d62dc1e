"""Who posts to the status page, and how slowly: it is bounded like a delivery."""

import asyncio
import http.client
from pathlib import Path
from typing import Any

import httpx
import pytest

from host import endpoint, reading, status
from host.component import Component
from host.endpoint import Endpoint
from host.local.launcher import LocalLauncher
from host.records import Records
from host.status import failures
from tests.kept import KeptInMemory
from tests.processes import SECRET, Jitney
from tests.standin import StandinGitHub
from tests.standin.server import TOKEN as GITHUB_TOKEN

TOKEN = "status-token-canary-0123456789"
SETTINGS = {"STATUS_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET, "GITHUB_TOKEN": GITHUB_TOKEN}


async def test_a_form_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WITHIN", 0.1)
    component = Component(SETTINGS)
    page = status.StatusPage(component, Records(component), dict, lambda: (0, []), lambda: None)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"", "more_body": True}

    scope = {"method": "POST", "path": "/status", "headers": []}
    reply = await asyncio.wait_for(page.answer(scope, receive), 60)
    assert reply.status == 401


def test_a_session_is_found_among_several_cookie_headers(github: StandinGitHub, tmp_path: Path) -> None:
    with Jitney(github.url, tmp_path / "journal.db", STATUS_TOKEN=TOKEN) as jitney:
        cookie = httpx.post(f"{jitney.url}/status", data={"token": TOKEN}).headers["set-cookie"].split(";")[0]
        connection = http.client.HTTPConnection(jitney.url.removeprefix("http://"))
        connection.putrequest("GET", "/status")
        for one in (cookie, "theme=dark"):
            connection.putheader("cookie", one)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == 200


async def test_records_that_cannot_be_kept_keep_no_ticket_from_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tickets of courses that run are deferred after them, and a container that ends has 30 s for all."""
    monkeypatch.setattr(endpoint, "FLUSH_WITHIN", 0.1)

    class Hanging:
        async def get(self, name: str) -> Any:
            await asyncio.Event().wait()

        async def put(self, name: str, value: Any) -> None:
            await asyncio.Event().wait()

    one = Endpoint(Component(SETTINGS), LocalLauncher(), KeptInMemory(), store=Hanging())
    one._records.recent.observe("delivery", Component(SETTINGS).intake().call("intake", "turn-away", "", "busy"), {})
    # The store would hang for ever.
    assert await asyncio.wait_for(one.close(0.1), 60) == []


def test_only_what_is_below_the_status_page_is_no_delivery(github: StandinGitHub, tmp_path: Path) -> None:
    with Jitney(github.url, tmp_path / "journal.db", STATUS_TOKEN=TOKEN) as jitney:
        answer = httpx.post(f"{jitney.url}/statuses", content=b"{}")
        assert answer.status_code == 401 and answer.json()["outcome"] == "refused"
        assert httpx.get(f"{jitney.url}/status/").status_code == 404


def form_page(page: status.StatusPage, token: str) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": f"token={token}".encode()}

    return page.answer({"method": "POST", "path": "/status", "headers": []}, receive)


async def test_failed_sign_ins_are_counted_answered_late_and_few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "WAITING", 2)
    monkeypatch.setattr(failures, "LATE", 3600.0)
    component = Component(SETTINGS)
    records = Records(component)
    page = status.StatusPage(component, records, dict, lambda: (0, []), lambda: None)
    assert (await form_page(page, TOKEN)).status == 303
    bearer = {"method": "GET", "path": "/metrics", "headers": [(b"authorization", b"Bearer wrong")]}
    late = [asyncio.create_task(one) for one in (form_page(page, "wrong"), page.answer(bearer, page.answer))]
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in late)
    assert (await form_page(page, "wrong")).status == (await page.answer(bearer, page.answer)).status == 429
    right = bearer | {"headers": [(b"authorization", f"Bearer {TOKEN}".encode())]}
    shown = (await page.answer(right, page.answer)).body.decode()
    assert 'jitney_sign_ins_failed_total{by="form"} 1.0' in shown
    assert 'jitney_sign_ins_failed_total{by="bearer"} 2.0' in shown
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    assert (await form_page(page, TOKEN)).status == 303
