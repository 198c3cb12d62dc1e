"""README's picture of the status page, taken by a real browser: `JITNEY_KEEP_PICTURE=1` puts it into docs."""

import os
import struct
from pathlib import Path

from playwright.sync_api import expect

from tests.browser import SHOTS, chromium
from tests.processes import ROOT, SECRET, Jitney, eventually
from tests.standin import StandinGitHub, deliver, payload

TOKEN = "status-token-canary-0123456789"
WIDTH, HEIGHT = 1000, 720
KEPT = ROOT / "docs" / "status.png"
SETTINGS = {"STATUS_TOKEN": TOKEN, "MONTHLY_BUDGET_USD": "50", "MAX_RUNNERS": "3"}


def test_the_picture_shows_runners_at_work_one_that_waits_and_what_they_cost(
    github: StandinGitHub, tmp_path: Path
) -> None:
    labels = {71: ["cpu=4", "memory=16"], 72: [], 73: []}
    with Jitney(github.url, tmp_path / "journal.db", **SETTINGS) as jitney:  # type: ignore[arg-type]
        for job, more in labels.items():
            wanted = ["self-hosted", "modal", *more]
            github.state.queue(job, "octo/demo", wanted, seconds=0.05 if job == 73 else 60)
            queued = payload("workflow_job.queued", id=job, repository="octo/demo", labels=wanted)
            assert deliver(jitney.url, SECRET, queued).status_code == 201
            if job != 73:
                eventually(lambda job=job: github.state.jobs[job].runner)  # type: ignore[misc]
                running = payload("workflow_job.in_progress", id=job, repository="octo/demo", labels=wanted)
                running["workflow_job"] |= {"runner_name": github.state.jobs[job].runner, "runner_id": job}
                deliver(jitney.url, SECRET, running)
        eventually(lambda: jitney.logged("cost"))
        with chromium() as browser:
            page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
            page.goto(f"{jitney.url}/status")
            page.get_by_label("Status token").fill(TOKEN)
            page.keyboard.press("Enter")
            runners = page.get_by_role("region", name="Runners")
            expect(runners).to_contain_text("4cpu 16GiB")
            expect(page.get_by_role("region", name="Last deliveries")).to_contain_text("runner-started")
            SHOTS.mkdir(parents=True, exist_ok=True)
            taken = page.screenshot(path=SHOTS / "readme.png")
    if os.environ.get("JITNEY_KEEP_PICTURE"):
        KEPT.write_bytes(taken)


def test_docs_hold_a_picture_of_that_size() -> None:
    header = KEPT.read_bytes()
    assert header[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", header[16:24]) == (WIDTH, HEIGHT)
    assert len(header) < 200_000
