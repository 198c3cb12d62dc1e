"""The metrics: behind their token, and counting what the log says."""

from pathlib import Path

import httpx

from tests.processes import SECRET, Jitney, eventually
from tests.standin import StandinGitHub, deliver, payload

TOKEN = "status-token-canary-0123456789"
LABELS = ["self-hosted", "modal"]


def test_what_happened_is_counted_for_who_has_the_token(github: StandinGitHub, tmp_path: Path) -> None:
    settings = {"STATUS_TOKEN": TOKEN, "ALLOWED_REPOS": "octo/demo"}
    with Jitney(github.url, tmp_path / "j.db", sweep_every=1.0, **settings) as jitney:
        github.state.queue(81, "octo/demo", LABELS)
        assert deliver(jitney.url, SECRET, payload("ping"), event="ping").status_code == 200
        assert deliver(jitney.url, "wrong", payload("ping"), event="ping").status_code == 401
        job = payload("workflow_job.queued", id=81, repository="octo/demo", labels=LABELS)
        assert deliver(jitney.url, SECRET, job).status_code == 201
        eventually(lambda: [line for line in jitney.logged("course") if line["outcome"] == "swept"])
        shown = httpx.get(f"{jitney.url}/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert shown.status_code == 200 and shown.headers["content-type"].startswith("text/plain")
        lines = shown.text.splitlines()
        assert 'jitney_deliveries_total{outcome="pong",reason="ping"} 1.0' in lines
        assert 'jitney_deliveries_total{outcome="refused",reason="signature-mismatch"} 1.0' in lines
        assert 'jitney_courses_total{outcome="launched",reason="runner-started"} 1.0' in lines
        assert any(
            line.startswith('jitney_stage_seconds_bucket{event="course",le="1.0",stage="sandbox"}') for line in lines
        )
        assert any(line.startswith("jitney_oldest_queued_s ") for line in lines)
        assert SECRET not in shown.text and TOKEN not in shown.text


def test_nobody_else_learns_that_there_is_such_a_page(github: StandinGitHub, tmp_path: Path) -> None:
    with Jitney(github.url, tmp_path / "a.db", STATUS_TOKEN=TOKEN) as jitney:
        for presented in (
            {},
            {"authorization": TOKEN},
            {"authorization": f"Bearer {TOKEN}x"},
            {"authorization": "Bearer x"},
        ):
            assert httpx.get(f"{jitney.url}/metrics", headers=presented).status_code == 404
    with Jitney(github.url, tmp_path / "b.db") as jitney:
        assert httpx.get(f"{jitney.url}/metrics", headers={"authorization": "Bearer x"}).status_code == 404
