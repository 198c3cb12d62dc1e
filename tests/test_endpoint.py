"""The endpoint over real HTTP: real component, real processes as sandboxes, a stateful stand-in GitHub."""

import json
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.processes import ROOT, SECRET, Jitney, eventually
from tests.standin import StandinGitHub, deliver, payload
from tests.standin.server import TOKEN

REPOSITORY = "octo/demo"
LABELS = ["self-hosted", "modal"]


@pytest.fixture
def jitney(github: StandinGitHub, tmp_path: Path) -> Iterator[Jitney]:
    with Jitney(github.url, tmp_path / "journal.db", ALLOWED_REPOS="octo/*,!octo/secret") as running:
        yield running


def queued(job: int, **changes: Any) -> dict[str, Any]:
    return payload("workflow_job.queued", **({"id": job, "repository": REPOSITORY, "labels": LABELS} | changes))


def test_a_queued_job_gets_one_runner_which_runs_it_and_vanishes(github: StandinGitHub, jitney: Jitney) -> None:
    github.state.queue(41, REPOSITORY, LABELS)
    answer = deliver(jitney.url, SECRET, queued(41), guid="guid-41")
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert said["outcome"] == "launched" and said["job"] == 41 and said["delivery"] == "guid-41"
    assert said["runner"].startswith("jitney-41-") and said["sandbox"] == "job-41"
    eventually(lambda: github.state.jobs[41].status == "completed")
    assert github.state.jobs[41].runner == said["runner"]
    assert github.state.runners == {}
    line = jitney.logged("course")[0]
    assert line["repository"] == REPOSITORY and line["outcome"] == "launched"
    assert {"sandbox", "github", "hand_over"} <= line["ms"].keys()


def test_duplicates_at_once_and_later_give_one_sandbox_and_one_registration(
    github: StandinGitHub, jitney: Jitney
) -> None:
    github.state.queue(42, REPOSITORY, LABELS)
    with ThreadPoolExecutor(10) as many:
        answers = list(many.map(lambda _: deliver(jitney.url, SECRET, queued(42)).json()["outcome"], range(10)))
    assert sorted(answers) == ["duplicate"] * 9 + ["launched"]
    eventually(lambda: github.state.jobs[42].status == "completed")
    # Claimed, or by now known to be over.
    assert deliver(jitney.url, SECRET, queued(42)).json()["outcome"] in ("duplicate", "ignored")
    assert github.mints() == 1


def test_a_redelivery_days_later_is_checked_with_github(github: StandinGitHub, jitney: Jitney) -> None:
    long_ago = datetime(2023, 4, 19, tzinfo=UTC)
    github.state.queue(43, REPOSITORY, LABELS).status = "completed"
    answer = deliver(jitney.url, SECRET, queued(43, created=long_ago))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "ignored")
    github.state.queue(44, REPOSITORY, LABELS)
    assert deliver(jitney.url, SECRET, queued(44, created=long_ago)).status_code == 201
    assert github.mints() == 1


def test_who_is_turned_away_learns_why_and_costs_nothing(github: StandinGitHub, jitney: Jitney) -> None:
    def turned(content: Any, **how: Any) -> tuple[int, str, str]:
        answer = deliver(jitney.url, how.pop("secret", SECRET), content, **how)
        said = answer.json()
        return answer.status_code, said["outcome"], said["reason"].split(":")[0]

    job = queued(45)
    assert turned(job, secret="wrong") == (401, "refused", "signature-mismatch")
    assert turned(job, x_hub_signature_256="sha256=00") == (401, "refused", "signature-malformed")
    assert turned(queued(45, repository="evil/demo")) == (403, "refused", "repository-not-allowed")
    assert turned(queued(45, repository="octo/secret")) == (403, "refused", "repository-not-allowed")
    assert turned(queued(45, labels=["ubuntu-latest"])) == (200, "ignored", "labels-not-ours")
    assert turned(payload("workflow_job.in_progress", repository=REPOSITORY)) == (200, "ignored", "job-in-progress")
    assert turned(payload("ping"), event="ping") == (200, "pong", "ping")
    assert turned(b"\xff\xfe") == (400, "malformed", "not-text")
    assert turned(b"{") == (400, "malformed", "payload-malformed")
    assert turned(b"[" * 100_000) == (400, "malformed", "payload-malformed")
    assert turned(job, content_type="text/xml") == (400, "malformed", "content-type-unknown")
    assert turned(job, guid="<b>") == (400, "malformed", "header-malformed")
    assert turned(b" " * (25 * 1024 * 1024 + 1)) == (413, "too-large", "too-large")
    assert httpx.put(jitney.url).status_code == 405
    assert github.requests == []
    eventually(lambda: len(jitney.logged("delivery")) == 14)
    assert jitney.logged("course") == []


def test_a_body_that_ends_early_is_no_delivery(github: StandinGitHub, jitney: Jitney) -> None:
    address = urlsplit(jitney.url)
    with socket.create_connection((address.hostname, address.port)) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
    eventually(lambda: [line for line in jitney.logged("delivery") if line["reason"] == "truncated"])
    assert github.requests == []


def test_form_encoded_deliveries_launch_too(github: StandinGitHub, jitney: Jitney) -> None:
    github.state.queue(46, REPOSITORY, LABELS)
    assert deliver(jitney.url, SECRET, queued(46), form=True).status_code == 201


def test_a_failed_launch_leaves_nothing_and_the_same_delivery_works_later(
    github: StandinGitHub, jitney: Jitney
) -> None:
    github.state.queue(47, REPOSITORY, LABELS)
    for status in (401, 403, 404, 422, 302):
        github.faults.append("redirect" if status == 302 else (status, {}))
        answer = deliver(jitney.url, SECRET, queued(47), guid="same")
        assert (answer.status_code, answer.json()["outcome"]) == (503, "unready"), answer.text
        assert github.state.runners == {}
    assert deliver(jitney.url, SECRET, queued(47), guid="same").status_code == 201


def test_a_lost_answer_gets_a_fresh_name_and_its_ghost_is_deleted(github: StandinGitHub, jitney: Jitney) -> None:
    github.state.queue(48, REPOSITORY, LABELS, seconds=1)
    github.faults.append("lost")
    assert deliver(jitney.url, SECRET, queued(48)).status_code == 201
    assert len(github.state.registered) == 2
    assert [runner.name for runner in github.state.runners.values()] == [github.state.registered[1]]


def test_a_job_that_meets_a_rate_limit_is_deferred_and_launched_when_it_is_over(
    github: StandinGitHub, jitney: Jitney
) -> None:
    github.state.queue(49, REPOSITORY, LABELS)
    github.faults.append((429, {"retry-after": "6"}))
    assert deliver(jitney.url, SECRET, queued(49)).status_code == 202
    assert github.state.runners == {}
    eventually(lambda: github.state.jobs[49].status == "completed")


def test_a_cancelled_job_takes_its_waiting_runner_along(github: StandinGitHub, jitney: Jitney) -> None:
    assert deliver(jitney.url, SECRET, queued(50)).status_code == 201
    assert len(github.state.runners) == 1
    over = payload("workflow_job.completed", id=50, repository=REPOSITORY, labels=LABELS, runner_id=None)
    assert deliver(jitney.url, SECRET, over).json()["outcome"] == "released"
    assert github.state.runners == {}


def test_a_hundred_jobs_at_once(github: StandinGitHub, jitney: Jitney) -> None:
    jobs = range(1000, 1100)
    for job in jobs:
        github.state.queue(job, REPOSITORY, LABELS)
    with ThreadPoolExecutor(100) as many:
        answers = list(many.map(lambda job: deliver(jitney.url, SECRET, queued(job)), jobs))
    assert {answer.status_code for answer in answers} <= {201, 202}
    eventually(lambda: all(github.state.jobs[job].status == "completed" for job in jobs))
    assert github.mints() == 100


def test_sigterm_lets_courses_end_and_exits_cleanly(github: StandinGitHub, tmp_path: Path) -> None:
    github.state.queue(51, REPOSITORY, LABELS)
    github.latency = 1.0
    with Jitney(github.url, tmp_path / "j.db") as jitney, ThreadPoolExecutor(1) as one:
        answer = one.submit(deliver, jitney.url, SECRET, queued(51))
        eventually(lambda: github.requests)
        jitney.process.send_signal(signal.SIGTERM)
        assert answer.result().status_code == 201
        assert jitney.process.wait(20) == 0


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("WEBHOOK_SECRET", None),
        ("GITHUB_TOKEN", None),
        ("GITHUB_TOKEN", "two words"),
        ("ALLOWED_REPOS", ""),
        ("RUNNER_LABELS", "canary-label"),
        ("GITHUB_API_URL", "http://example.com"),
        ("GITHUB_ENTERPRISE_DOMAIN", "https://github.example.com"),
        ("MAX_RUNNERS", "0"),
    ],
)
def test_bad_settings_refuse_all_deliveries_and_name_the_variable(
    github: StandinGitHub, tmp_path: Path, setting: str, value: str | None
) -> None:
    with Jitney(github.url, tmp_path / "j.db", **{setting: value}) as jitney:
        answer = deliver(jitney.url, SECRET, queued(52))
        assert (answer.status_code, answer.json()["outcome"]) == (503, "unready")
        health = httpx.get(jitney.url).json()
    assert not health["ready"] and [problem["setting"] for problem in health["problems"]] == [setting]
    shown = json.dumps(health) + answer.text
    assert not (value and len(value) > 4 and value in shown)
    shown += "\n".join(jitney.lines)
    assert TOKEN not in shown and SECRET not in shown
    assert github.requests == []


def test_health_says_that_all_is_well_and_keeps_secrets(jitney: Jitney) -> None:
    health = httpx.get(jitney.url)
    assert health.json()["ready"] is True and len(health.json()["component"]) == 64
    assert TOKEN not in health.text and SECRET not in health.text


def test_a_page_that_there_is_none_of_is_404_and_no_delivery(jitney: Jitney) -> None:
    for path in ("/other", "/favicon.ico", "/other/"):
        answer = httpx.get(jitney.url + path)
        assert answer.status_code == 404 and answer.json()["reason"].startswith("no-such-page: "), path
        assert httpx.head(jitney.url + path).status_code == 404
    assert httpx.head(jitney.url).status_code == 200
    assert jitney.logged("delivery") == []


def test_health_says_nothing_of_a_weak_secret_or_of_an_entry_and_the_log_does(
    github: StandinGitHub, tmp_path: Path
) -> None:
    told = {"WEBHOOK_SECRET": "short-secret", "ALLOWED_GPUS": "A1000", "MAX_RUNNER": "5"}
    with Jitney(github.url, tmp_path / "j.db", **told) as jitney:
        health = httpx.get(jitney.url)
        answer = httpx.post(jitney.url, content=b"{}")
    assert answer.status_code == 503 and "names a GPU that Modal does not have" in answer.json()["reason"]
    for shown in (health.text, answer.text):
        assert "A1000" not in shown and "guess" not in shown and "MAX_RUNNER" not in shown.replace("MAX_RUNNERS", "")
    faults = {line["setting"]: line["fault"] for line in jitney.logged("settings")}
    assert "`A1000`" in faults["ALLOWED_GPUS"] and "could be guessed" in faults["WEBHOOK_SECRET"]
    assert "meant by MAX_RUNNER, which is not a setting" in faults["MAX_RUNNERS"]


def test_a_refusal_is_shown_to_the_workflow_s_author_by_a_small_runner(github: StandinGitHub, tmp_path: Path) -> None:
    """Once an hour here; the third job is told in Recent Deliveries alone, and so is one that could hit another."""
    labels = ["modal", "cpu=99"]
    with Jitney(github.url, tmp_path / "j.db", REFUSALS_PER_HOUR="1", MAX_CPU="8") as jitney:
        for job in (51, 52):
            github.state.queue(job, REPOSITORY, labels)
            answer = deliver(jitney.url, SECRET, queued(job, labels=labels))
            assert answer.status_code == 403 and "MAX_CPU is 8" in answer.json()["reason"]
            eventually(lambda job=job: [line for line in jitney.logged("course") if line["job"] == job])
        told, untold = jitney.logged("course")
        assert told["runner"].startswith("jitney-51-") and "fails the job with this" in told["why"]
        assert "REFUSALS_PER_HOUR" in untold["why"] and github.mints() == 1
        assert {told["outcome"], untold["outcome"]} == {"refused"}


def test_a_diagnostic_runner_is_not_started_where_it_could_hit_another_job(
    github: StandinGitHub, jitney: Jitney
) -> None:
    run = queued(53)["workflow_job"]["run_id"]
    for job, labels in ((53, ["modal", "cpu=99"]), (54, ["modal"])):
        github.state.queue(job, REPOSITORY, labels).run = run
    assert deliver(jitney.url, SECRET, queued(53, labels=["modal", "cpu=99"])).status_code == 403
    [line] = eventually(lambda: jitney.logged("course"))
    assert "could hit another job" in line["why"] and github.mints() == 0


def test_diagnostic_runners_can_be_switched_off(github: StandinGitHub, tmp_path: Path) -> None:
    with Jitney(github.url, tmp_path / "j.db", REFUSALS_PER_HOUR="0") as jitney:
        assert deliver(jitney.url, SECRET, queued(55, labels=["modal", "cpu=99"])).status_code == 403
    assert github.requests == [] and jitney.logged("course") == []


@pytest.mark.parametrize(
    ("run", "code", "runners"),
    [
        ({"head_repository": {"full_name": "mallory/demo"}}, "fork-not-allowed", 0),
        ({"head_repository": None}, "fork-not-allowed", 0),
        ({"event": "pull_request_target"}, "event-not-allowed", 1),
        ({"head_branch": "feature"}, "branch-not-allowed", 1),
        ({"triggering_actor": {"login": "mallory"}}, "actor-not-allowed", 1),
    ],
)
def test_a_run_that_may_not_run_here_gets_no_runner_but_one_that_says_so(
    github: StandinGitHub, tmp_path: Path, run: dict[str, Any], code: str, runners: int
) -> None:
    """And a stranger's run not even that."""
    job = queued(56)
    github.state.runs[job["workflow_job"]["run_id"]] = run
    rules = {"ALLOWED_EVENTS": "push", "ALLOWED_BRANCHES": "main,release/*", "ALLOWED_ACTORS": "octocat"}
    with Jitney(github.url, tmp_path / "j.db", **rules) as jitney:
        answer = deliver(jitney.url, SECRET, job)
    assert (answer.status_code, answer.json()["reason"].split(":")[0]) == (403, code)
    assert github.mints() == runners


def test_a_sandbox_that_ends_before_its_job_is_replaced_at_once(github: StandinGitHub, tmp_path: Path) -> None:
    """Two runners end as one does whose version GitHub no longer takes, the third does its job. The second is of a
    ticket that had waited, whose place among those that wait is gone by then."""
    github.state.queue(57, REPOSITORY, LABELS)
    script = tmp_path / "runner.sh"
    standin = f"exec {sys.executable} -I -S {ROOT / 'host' / 'local' / 'standin_runner.py'}"
    deprecated = "read -r _; exit 7"
    script.write_text(
        f"for n in first second; do [ -e {tmp_path}/$n ] || {{ : >{tmp_path}/$n; {deprecated}; }}; done\n{standin}\n"
    )
    with Jitney(github.url, tmp_path / "j.db", JITNEY_LOCAL_RUNNER=f"bash {script}") as jitney:
        assert deliver(jitney.url, SECRET, queued(57)).status_code == 201
        eventually(lambda: github.state.jobs[57].status == "completed")
        reasons = [line["reason"] for line in jitney.logged("watch")]
        assert reasons[:2] == ["runner-deprecated"] * 2 and len(github.state.registered) == 3


def test_a_client_that_never_ends_its_headers_is_hung_up_on_and_others_are_served(jitney: Jitney) -> None:
    """A hundred of them at once, and one whose headers have no end."""
    address = urlsplit(jitney.url)
    slow = [socket.create_connection((address.hostname, address.port)) for _ in range(100)]
    for one in slow:
        one.sendall(b"POST / HTTP/1.1\r\nhost: x\r\n")
    assert deliver(jitney.url, SECRET, payload("ping"), event="ping").status_code == 200
    with socket.create_connection((address.hostname, address.port)) as endless:
        endless.settimeout(20)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            for _ in range(10_000):
                endless.sendall(b"x-more: " + b"x" * 1000 + b"\r\n")
    for one in slow:
        one.settimeout(20)
        assert one.recv(1) == b""
        one.close()
