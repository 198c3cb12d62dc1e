"""The status page: in a real browser, for an operator with a keyboard, a phone, a dark room or a screen reader."""

import asyncio
import os
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from host.records.entry import Entry
from host.records.ledger import month_of
from host.records.metrics import WAITS
from host.records.recent import Sweep
from host.records.store import LocalStore
from host.words import UNKNOWN
from tests.browser import SHOTS, chromium
from tests.processes import ROOT, SECRET, Jitney, eventually
from tests.standin import StandinGitHub, deliver, payload

TOKEN = "status-token-canary-0123456789"
LABELS = ["self-hosted", "modal"]
# The page looks for news every five seconds.
expect.set_options(timeout=30_000)
SETTINGS = {"STATUS_TOKEN": TOKEN, "ALLOWED_REPOS": "octo/demo", "MONTHLY_BUDGET_USD": "50"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def jitney(github: StandinGitHub, tmp_path: Path) -> Iterator[Jitney]:
    with Jitney(github.url, tmp_path / "journal.db", sweep_every=1.0, **SETTINGS) as jitney:
        yield jitney


def launch(github: StandinGitHub, jitney: Jitney, job: int, seconds: float = 30.0) -> None:
    github.state.queue(job, "octo/demo", LABELS, seconds=seconds)
    queued = payload("workflow_job.queued", id=job, repository="octo/demo", labels=LABELS)
    assert deliver(jitney.url, SECRET, queued).status_code == 201


def sign_in(browser: Browser, jitney: Jitney, **context: Any) -> Page:
    """As a person does: the token typed, and Enter."""
    page = browser.new_context(**context).new_page()
    page.set_default_timeout(30_000)
    page.goto(f"{jitney.url}/status")
    expect(page.get_by_label("Status token")).to_be_focused()
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Runners")).to_be_visible()
    return page


def test_without_a_token_in_the_settings_there_is_no_such_page(github: StandinGitHub, tmp_path: Path) -> None:
    with Jitney(github.url, tmp_path / "journal.db") as jitney:
        for path in ("/status", "/status/live", "/status/style.css", "/status/script.js"):
            assert httpx.get(jitney.url + path).status_code == 404
        assert httpx.post(jitney.url + "/status", data={"token": ""}).status_code == 404


def test_who_has_no_token_sees_a_form_and_nothing_else(github: StandinGitHub, jitney: Jitney) -> None:
    launch(github, jitney, 61)
    forged = {"cookie": "__Host-jitney=4102444800.00"}
    for path in ("/status", "/status/live"):
        for headers in ({}, {"authorization": "Bearer x"}, forged):
            answer = httpx.get(jitney.url + path, headers=headers)
            assert answer.status_code == 401 and "Status token" in answer.text and "octo/demo" not in answer.text
    for typed in ("", "x", TOKEN[:-1], "x" * 100_000):
        answer = httpx.post(jitney.url + "/status", data={"token": typed})
        assert answer.status_code == 401 and "set-cookie" not in answer.headers, typed[:40]
    assert httpx.get(jitney.url + "/status/../host/log.py").status_code in (404, 405)
    assert httpx.get(jitney.url + "/status/nothing", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 404


def test_every_answer_forbids_what_the_page_does_not_need(jitney: Jitney) -> None:
    for path in ("/status", "/status/style.css", "/status/script.js"):
        answer = httpx.get(jitney.url + path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_an_operator_signs_in_by_keyboard_watches_a_job_come_and_signs_out(
    browser: Browser, github: StandinGitHub, jitney: Jitney
) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page = sign_in(browser, jitney)
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"] and cookie["secure"] and cookie["sameSite"] == "Strict"
    assert TOKEN not in page.content() and TOKEN not in cookie["value"]

    expect(page.get_by_text("None. The next job starts one.")).to_be_visible()
    launch(github, jitney, 62)
    runners = page.get_by_role("region", name="Runners")
    expect(runners.get_by_role("link", name="62")).to_be_visible()
    expect(runners).to_contain_text("2cpu 8GiB")
    expect(page.get_by_role("region", name="Recent deliveries")).to_contain_text("runner-started")
    link = runners.get_by_role("link", name="62").get_attribute("href")
    assert link is not None and link.startswith("https://github.com/octo/demo/actions/runs/") and link.endswith("/62")

    pause = page.get_by_role("button", name="Pause updates")
    pause.focus()
    page.keyboard.press("Enter")
    expect(pause).to_have_attribute("aria-pressed", "true")
    launch(github, jitney, 63)
    page.wait_for_timeout(6_000)
    expect(runners.get_by_role("link", name="63")).to_have_count(0)
    page.keyboard.press("Enter")
    page.evaluate("document.activeElement.blur()")
    expect(runners.get_by_role("link", name="63")).to_be_visible()

    assert complaints == []
    assert {url for url in asked if not url.startswith(jitney.url)} == set()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Status token")).to_be_visible()
    assert page.context.cookies() == []


def test_a_refusal_is_shown_with_its_reason_and_a_hostile_label_as_text(browser: Browser, jitney: Jitney) -> None:
    hostile = "<img src=x onerror=document.title='taken'>"
    for labels, repository in (([*LABELS, hostile], "octo/demo"), (LABELS, "octo/other")):
        queued = payload("workflow_job.queued", id=64, repository=repository, labels=labels)
        assert deliver(jitney.url, SECRET, queued).status_code in (200, 403)
    for _ in range(60):
        deliver(jitney.url, "another secret", payload("ping"), event="ping")
    page = sign_in(browser, jitney)
    deliveries = page.get_by_role("region", name="Recent deliveries")
    expect(deliveries).to_contain_text("onerror")
    expect(deliveries).to_contain_text("octo/other")
    expect(deliveries.get_by_text("signature-mismatch")).to_have_count(10)
    assert page.title() == "jitney: status" and page.locator("main img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("device", "width"), [("desk", 1280), ("phone", 360)])
def test_it_can_be_read_by_all(
    browser: Browser, github: StandinGitHub, jitney: Jitney, scheme: Any, device: str, width: int
) -> None:
    """axe-core finds nothing, and nothing is wider than the screen."""
    launch(github, jitney, 65)
    launch(github, jitney, 66, seconds=0.05)
    eventually(lambda: github.state.jobs[66].status == "completed")
    running = payload("workflow_job.in_progress", id=65, repository="octo/demo", labels=LABELS)
    running["workflow_job"] |= {"runner_name": github.state.jobs[65].runner, "runner_id": 1}
    deliver(jitney.url, SECRET, running)
    queued = payload("workflow_job.queued", id=67, repository="octo/other", labels=LABELS)
    deliver(jitney.url, SECRET, queued)
    page = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}).new_page()
    page.goto(f"{jitney.url}/status")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"sign-in-{device}-{scheme}.png")
    expect(page.get_by_label("Status token")).to_be_focused()
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Runners")).to_contain_text("running")
    for details in page.locator("details").all():
        details.locator("summary").click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    page.screenshot(path=SHOTS / f"status-{device}-{scheme}.png", full_page=True)


def test_it_says_what_needs_attention(browser: Browser, github: StandinGitHub, tmp_path: Path) -> None:
    github.quota = (5000, 400)
    github.state.queue(68, "octo/demo", LABELS)
    with Jitney(github.url, tmp_path / "journal.db", sweep_every=1.0, **SETTINGS) as jitney:
        eventually(lambda: [line for line in jitney.logged("course") if line["outcome"] == "swept"])
        page = sign_in(browser, jitney)
        wants = page.get_by_role("region", name="Needs attention")
        expect(wants).to_contain_text("GitHub requests are left")


def test_what_was_seen_outlives_the_process(browser: Browser, github: StandinGitHub, tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    with Jitney(github.url, journal, **SETTINGS) as jitney:
        launch(github, jitney, 69, seconds=0.05)
        eventually(lambda: github.state.jobs[69].status == "completed")
        done = payload("workflow_job.completed", id=69, repository="octo/demo", labels=LABELS)
        done["workflow_job"] |= {"runner_name": github.state.registered[0], "runner_id": 1}
        assert deliver(jitney.url, SECRET, done).status_code == 200
        eventually(lambda: jitney.logged("cost"))
    with Jitney(github.url, journal, **SETTINGS) as jitney:
        page = sign_in(browser, jitney)
        expect(page.get_by_role("region", name="Recent deliveries")).to_contain_text("runner-started")
        expect(page.get_by_role("region", name="This month (UTC), by repository")).to_contain_text("octo/demo")


def tiles(page: Page) -> dict[str, str]:
    """What each tile says."""
    names = page.locator(".tiles dt").all_inner_texts()
    return dict(zip(names, page.locator(".tiles dd").all_inner_texts(), strict=True))


def test_what_is_not_known_is_a_dash_and_no_nought(browser: Browser, github: StandinGitHub, tmp_path: Path) -> None:
    with Jitney(github.url, tmp_path / "journal.db", **SETTINGS | {"MONTHLY_BUDGET_USD": "12.50"}) as jitney:
        page = sign_in(browser, jitney)
        told = tiles(page)
        assert all(told[name].startswith(UNKNOWN) for name in ("Oldest queued", "Quota", "Last sweep")), told
        assert "none yet" in told["Last sweep"] and "none in progress" in told["Waiting"]
        assert "of $12.50" in told["This month"] and "UTC" in page.locator(".state").inner_text()
        words = page.locator("main").inner_text()
    for phrase in ("half of the jobs", "nine of ten", "at work on", "Wants you"):
        assert phrase not in words
    for phrase in ("median", "90th percentile", "by hour (UTC)", "No job has finished yet."):
        assert phrase in words, words


def test_a_job_that_waits_stands_there_once(browser: Browser, github: StandinGitHub, tmp_path: Path) -> None:
    """Two deliveries of one job, each deferred, are two tickets."""
    with Jitney(github.url, tmp_path / "journal.db", MAX_RUNNERS="1", **SETTINGS) as jitney:
        launch(github, jitney, 70)
        github.state.queue(71, "octo/demo", LABELS)
        queued = payload("workflow_job.queued", id=71, repository="octo/demo", labels=LABELS)
        for guid in ("guid-a", "guid-b"):
            assert deliver(jitney.url, SECRET, queued, guid=guid).status_code in (200, 202)
        page = sign_in(browser, jitney)
        waiting = page.get_by_role("region", name="Waiting")
        expect(waiting.get_by_role("link", name="71")).to_have_count(1)
        assert tiles(page)["Waiting"].startswith("1")


def test_a_runner_of_modal_s_comes_with_the_commands_that_look_into_it(
    browser: Browser, github: StandinGitHub, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.db"
    furnish(journal, time.time())
    with Jitney(github.url, journal, **SETTINGS) as jitney:
        page = sign_in(browser, jitney)
        runners = page.get_by_role("region", name="Runners")
        runners.get_by_text("sb-5Jx2mQ", exact=True).click()
        expect(runners).to_contain_text("modal shell sb-5Jx2mQ")
        expect(runners).to_contain_text("modal container logs sb-5Jx2mQ")


def furnish(journal: Path, now: float) -> None:
    """A day's work, as an earlier process kept it: two runners, costs, deliveries, a sweep."""
    kept: dict[str, Any] = {}

    def entry(sandbox: str, job: int, repository: str, shape: str, rate: int, ago: float, **more: Any) -> Any:
        runner = f"jitney-{job}-abcdefgh"
        return Entry(sandbox, job, job + 1, repository, runner, shape, rate, now - ago, **more).kept()

    kept["ledger/living"] = [
        entry("sb-5Jx2mQ", 51004211873, "octo/demo", "2cpu-8GiB", 132_600, 192, queued_s=4.0),
        entry("sb-9Kp7tW", 51004230016, "octo/models", "4cpu-16GiB-H100:1", 1_362_000, 41, queued_s=9.0),
    ]  # fmt: skip
    hours = {
        time.strftime("%Y-%m-%dT%H", time.gmtime(now - 3600 * ago)): {
            "launched": (ago * 7) % 11 + 2, "waits": [0, 3, (ago * 5) % 7 + 1, 2, 1, *[0] * (len(WAITS) - 5)],
        }
        for ago in range(0, 22)
    }  # fmt: skip
    kept["ledger/hours"] = hours
    month = {"octo/demo": [214, 31_400_000, 4_163_000_000], "octo/models": [37, 19_900_000, 27_104_000_000]}
    kept[f"ledger/month/{month_of(now)}"] = month
    swept = Sweep(now - 100, "2 repositories, 7 requests, nothing to do", 0, 0, 4871)
    kept["recent"] = {"deliveries": [], "sweep": asdict(swept)}

    async def keep() -> None:
        store = LocalStore(journal)
        for name, value in kept.items():
            await store.put(name, value)

    # Playwright has an event loop of its own in this thread.
    with ThreadPoolExecutor() as another:
        another.submit(asyncio.run, keep()).result()


@pytest.mark.parametrize(("name", "width", "height"), [("status", 1200, 900), ("status-phone", 390, 844)])
def test_the_pictures_of_the_docs_show_this_page(
    browser: Browser, github: StandinGitHub, tmp_path: Path, name: str, width: int, height: int
) -> None:
    """`JITNEY_PICTURES=docs` writes them there. They are small, and as large as they are shown."""
    journal = tmp_path / "journal.db"
    furnish(journal, time.time())
    with Jitney(github.url, journal, **SETTINGS) as jitney:
        launch(github, jitney, 51004250117)
        running = payload("workflow_job.in_progress", id=51004250117, repository="octo/demo", labels=LABELS)
        running["workflow_job"] |= {"runner_name": github.state.registered[0], "runner_id": 1}
        deliver(jitney.url, SECRET, running)
        foreign = payload("workflow_job.queued", id=51004250120, repository="octo/other", labels=LABELS)
        deliver(jitney.url, SECRET, foreign)
        page = sign_in(browser, jitney, viewport={"width": width, "height": height}, color_scheme="light")
        expect(page.get_by_role("region", name="Runners")).to_contain_text("H100")
        heads = page.get_by_role("region", name="Runners").locator("th").all_inner_texts()
        assert heads[:3] == ["State", "Age", "Cost so far"]
        for head in heads[:3]:
            box = page.get_by_role("region", name="Runners").get_by_role("columnheader", name=head).bounding_box()
            assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width, head
        folder = Path(os.environ.get("JITNEY_PICTURES", SHOTS))
        folder.mkdir(parents=True, exist_ok=True)
        page.mouse.move(0, 0)
        page.screenshot(path=folder / f"{name}.png")
    shown = (ROOT / "docs" / f"{name}.png").read_bytes()
    assert shown.startswith(b"\x89PNG") and len(shown) < 200_000
    assert struct.unpack(">II", shown[16:24]) == (width, height)
