"""The log is for people: whatever it says, what happened is counted, kept and shown all the same."""

import ast
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from wasmtime.component import Record, Variant

from host import log
from host.component import Component, Instance
from host.endpoint import Endpoint
from host.local.launcher import LocalLauncher
from host.records.store import LocalStore
from host.status.view import view
from tests.kept import KeptInMemory
from tests.processes import ROOT, SECRET
from tests.standin import StandinGitHub, deliver, payload
from tests.standin.deliveries import sign
from tests.standin.server import TOKEN

LABELS = ["self-hosted", "modal"]
GARBAGE = json.dumps({
    "outcome": "nonsense", "reason": 7, "runner": [], "running_at": "soon", "over_at": None, "queued": "many",
    "oldest_queued_s": {}, "repository": 1, "job": "none", "delivery": "another",
})  # fmt: skip


def spoil(value: Any) -> Any:
    """Every reply's log line, wherever in a WIT value it is, replaced by one that says other things."""
    if isinstance(value, Variant):
        spoil(value.payload)
    elif isinstance(value, Record):
        if hasattr(value, "log"):
            value.log = GARBAGE
        for part in vars(value).values():
            spoil(part)
    return value


async def send(client: httpx.AsyncClient, action: str, **changes: Any) -> int:
    body = json.dumps(payload(f"workflow_job.{action}", id=91, repository="octo/demo", labels=LABELS, **changes))
    headers = {"x-github-event": "workflow_job", "x-github-delivery": f"guid-{action.replace('_', '-')}"}
    headers["x-hub-signature-256"] = sign(SECRET, body.encode())
    return (await client.post("http://jitney/", content=body, headers=headers)).status_code


@pytest.mark.parametrize("spoilt", [False, True])
async def test_what_the_log_says_is_nothing_to_what_is_recorded(
    github: StandinGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: bool
) -> None:
    told = Instance.call
    if spoilt:
        monkeypatch.setattr(Instance, "call", lambda *arguments: spoil(told(*arguments)))
    settings = {
        "GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET, "GITHUB_API_URL": github.url, "ALLOWED_REPOS": "octo/demo",
        "PRICES": '{"cpu":0.5,"memory":0}',
    }  # fmt: skip
    kept = KeptInMemory()
    component = Component(settings)
    launcher = LocalLauncher()
    endpoint = Endpoint(component, launcher, kept, store=LocalStore(tmp_path / "journal.db"))
    records: Any = endpoint._records
    github.state.queue(91, "octo/demo", LABELS, seconds=60.0)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=endpoint)) as client:
        assert await send(client, "queued") == 201
        (living,) = records.ledger.living
        assert (living.job, living.repository, living.queued_s) == (91, "octo/demo", None)
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(living.started - 30))
        began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(living.started))
        runner = {"runner_name": living.runner, "runner_id": 1}
        assert await send(client, "in_progress", **runner, created_at=created, started_at=began) == 200
        assert living.queued_s == 30
        ended = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(living.started + 2))
        assert await send(client, "completed", **runner, completed_at=ended) == 200
    await endpoint.sweep()

    assert records.ledger.living == [] and records.ledger.month["octo/demo"][0] == 1
    assert 0 < living.nano_usd == records.ledger.month["octo/demo"][2]
    waiting = {
        "purpose": "launch", "delivery": "d-1", "repository": "octo/demo", "job": 91, "run": 3, "labels": ["modal"],
        "created": None, "runner": None,
    }  # fmt: skip
    shown = await view(component, records, endpoint._health.report, lambda: (0, [json.dumps(waiting), "no ticket"]))
    assert [(row["outcome"], row["reason"], row["job"]) for row in shown["deliveries"]] == [
        ("released", "sandbox-at-work", "91"), ("ignored", "job-in-progress", "91"),
        ("launched", "runner-started", "91"),
    ]  # fmt: skip
    assert {(row["repository"], row["job"]) for row in shown["waiting"]} == {("octo/demo", "91")}
    assert dict((name, figure) for name, figure, _ in shown["tiles"])["Last sweep"].endswith("ago")
    metrics = records.metrics.text().splitlines()
    assert 'jitney_courses_total{outcome="swept",reason="swept"} 1.0' in metrics
    assert 'jitney_deliveries_total{outcome="launched",reason="runner-started"} 1.0' in metrics
    assert "jitney_queued_seconds_count 1.0" in metrics and kept.puts == 0
    assert not any("nonsense" in line for line in metrics)
    await endpoint.close(0.1)
    for sandbox in await launcher.find_all():
        await launcher.terminate(sandbox.id)


def test_at_a_terminal_serve_logs_in_words_and_elsewhere_in_json(github: StandinGitHub, tmp_path: Path) -> None:
    settings = {"GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET, "GITHUB_API_URL": github.url, "MAX_RUNNER": "5"}
    terminal, screen = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "host", "serve", "--port", "0", "--launcher", "local", "--journal", tmp_path / "j.db"],
        cwd=ROOT, env=settings | {"PATH": os.environ["PATH"]}, text=True, stdout=subprocess.PIPE, stderr=screen,
    )  # fmt: skip
    os.close(screen)
    with process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("listening on ").strip()
        forged = payload("workflow_job.queued", id=92, repository="octo/demo", labels=["modal"])
        assert deliver(url, "not the secret", forged).status_code == 401
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    seen = b""
    with contextlib.suppress(OSError):
        while more := os.read(terminal, 65536):
            seen += more
    os.close(terminal)
    lines = seen.decode().splitlines()
    assert any(re.match(r"\d\d:\d\d:\d\dZ delivery 401 refused signature-mismatch .*- ", line) for line in lines), (
        lines
    )
    assert any("WARNING settings setting=MAX_RUNNERS" in line for line in lines), lines
    assert not [line for line in lines if line.startswith("{")]


def test_a_line_in_words_moves_no_terminal() -> None:
    line = {"level": "info", "event": "delivery", "timestamp": "2026-11-24T12:00:00Z", "why": "a\x1b[2Jb\u202e"}
    said = log.in_words(None, "info", line)
    assert said == "12:00:00Z delivery - a\\x1b[2Jb\\x202e"


def test_a_reply_s_log_line_is_read_in_the_one_place_that_prints_it() -> None:
    read = [
        (file.relative_to(ROOT).as_posix(), node.lineno)
        for file in [*ROOT.glob("host/**/*.py"), ROOT / "modal_app.py"]
        for node in ast.walk(ast.parse(file.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr == "log")
        or (isinstance(node, ast.Constant) and node.value == "log")
    ]
    assert [file for file, _ in read] == ["host/log.py"], read
