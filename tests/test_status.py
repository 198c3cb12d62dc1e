"""The status page: in a real browser, for an operator with a keyboard, a phone, a dark room or a screen reader."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import SHOTS, chromium
from tests.processes import SECRET, Jitney, eventually
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

    expect(page.get_by_text("None. One comes with the next job.")).to_be_visible()
    launch(github, jitney, 62)
    runners = page.get_by_role("region", name="Runners")
    expect(runners.get_by_role("link", name="62")).to_be_visible()
    expect(runners).to_contain_text("2cpu 8GiB")
    expect(page.get_by_role("region", name="Last deliveries")).to_contain_text("runner-started")
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
    deliveries = page.get_by_role("region", name="Last deliveries")
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
    expect(page.get_by_role("region", name="Runners")).to_contain_text("at work")
    for details in page.locator("details").all():
        details.locator("summary").click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    page.screenshot(path=SHOTS / f"status-{device}-{scheme}.png", full_page=True)


def test_it_says_what_wants_an_operator(browser: Browser, github: StandinGitHub, tmp_path: Path) -> None:
    github.quota = (5000, 400)
    github.state.queue(68, "octo/demo", LABELS)
    with Jitney(github.url, tmp_path / "journal.db", sweep_every=1.0, **SETTINGS) as jitney:
        eventually(lambda: [line for line in jitney.logged("course") if line["outcome"] == "swept"])
        page = sign_in(browser, jitney)
        wants = page.get_by_role("region", name="Wants you")
        expect(wants).to_contain_text("GitHub grants")


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
        expect(page.get_by_role("region", name="Last deliveries")).to_contain_text("runner-started")
        expect(page.get_by_role("region", name="This month, by repository")).to_contain_text("octo/demo")
