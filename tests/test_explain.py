"""`explain`, as an operator runs it: a job explained by a stand-in GitHub, a fake Modal and the real endpoint."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import modal
import pytest
from wasmtime import Store

from host.component import Component, Environment, Loaded
from host.launcher import APP, Machine, Start
from host.modal import image
from host.modal.launcher import ModalLauncher
from host.operator import explain as told
from host.records.store import ModalStore
from tests import canaries
from tests.control_plane import ControlPlane
from tests.processes import ROOT, SECRET, Jitney, eventually
from tests.standin import StandinGitHub, payload
from tests.standin.app import APP_ID, KEYS
from tests.standin.hooks import Hook
from tests.standin.server import TOKEN

REPOSITORY = "octo/demo"
LABELS = ["self-hosted", "modal"]
PAGE = "https://github.com/octo/demo/actions/runs/1000041/job/41"
NOBODY = {"MODAL_TOKEN_ID": "ak-x", "MODAL_TOKEN_SECRET": "as-x", "MODAL_SERVER_URL": "http://127.0.0.1:9"}


class Operator:
    """Runs the command with settings of its own; `journal` is where a local endpoint kept things."""

    def __init__(self, github: StandinGitHub, journal: Path, **settings: str | None) -> None:
        self.settings: dict[str, str | None] = {
            "GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET, "GITHUB_API_URL": github.url,
            "ALLOWED_REPOS": REPOSITORY, "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"),
            **NOBODY, **settings,
        }  # fmt: skip
        self.local = ["--launcher", "local", "--journal", str(journal)]

    def run(self, *arguments: str, **settings: str | None) -> subprocess.CompletedProcess[str]:
        told = self.settings | settings
        ran = subprocess.run(
            [sys.executable, "-m", "host", "explain", *arguments], cwd=ROOT, capture_output=True, text=True,
            env={name: value for name, value in told.items() if value is not None}, check=False,
        )  # fmt: skip
        canaries.assert_none_in(ran.stdout + ran.stderr, "what explain prints")
        assert "Traceback" not in ran.stderr, ran.stderr
        return ran

    def explained(self, *arguments: str, **settings: str | None) -> dict[str, Any]:
        """Where sandboxes are this machine's."""
        ran = self.run(*arguments, "--json", *self.local, **settings)
        assert ran.returncode == 0, ran.stderr
        told: dict[str, Any] = json.loads(ran.stdout)
        return told


def said(explanation: dict[str, Any], what: str) -> list[str]:
    return [one["said"] for one in explanation["events"] if one["what"] == what]


def queued(job: int, **changes: Any) -> dict[str, Any]:
    return payload("workflow_job.queued", **({"id": job, "repository": REPOSITORY, "labels": LABELS} | changes))


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def jitney(github: StandinGitHub, journal: Path) -> Iterator[Jitney]:
    with Jitney(github.url, journal, ALLOWED_REPOS=REPOSITORY, MAX_RUNNERS="1") as running:
        yield running


@pytest.fixture
def operator(github: StandinGitHub, jitney: Jitney, journal: Path) -> Operator:
    return Operator(github, journal, WEBHOOK_URL=jitney.url)


@pytest.fixture
def hook(github: StandinGitHub, jitney: Jitney) -> Hook:
    github.hooks.all.append(Hook("repos/octo/demo/hooks", 5, jitney.url, SECRET))
    return github.hooks.all[0]


def test_the_story_of_a_job_that_ran_from_its_delivery_to_its_cost(
    github: StandinGitHub, hook: Hook, operator: Operator
) -> None:
    github.state.queue(41, REPOSITORY, LABELS)
    hook.send("guid-40", queued(40, labels=["ubuntu-latest"]))
    assert hook.send("guid-41", queued(41)).status_code == 201
    job = github.state.jobs[41]
    eventually(lambda: job.status == "completed")
    hook.send("guid-42", payload("workflow_job.completed", id=41, repository=REPOSITORY, labels=LABELS,
        runner_name=job.runner, runner_id=1, completed_at=job.shown()["completed_at"]))  # fmt: skip
    asked = len(github.requests)
    explanation = eventually(lambda: (told := operator.explained(PAGE)) and said(told, "cost") and told)
    assert (
        explanation["state"] == "completed"
        and str(job.runner) in explanation["conclusion"]
        and "$" in explanation["conclusion"]
    )
    deliveries = said(explanation, "delivery")
    assert "guid-41 was answered 201: launched, runner-started" in deliveries[0]
    assert "guid-42" in deliveries[1] and len(deliveries) == 2
    assert any("starts a runner" in text for text in said(explanation, "verdict"))
    assert "labels: ours" in said(explanation, "check")
    assert {method for method, _ in github.requests[asked:]} == {"GET"}


def test_a_job_that_waits_for_room_says_so_for_people_and_by_its_delivery(
    github: StandinGitHub, hook: Hook, operator: Operator
) -> None:
    github.state.queue(43, REPOSITORY, LABELS, seconds=60)
    github.state.queue(44, REPOSITORY, LABELS)
    assert hook.send("guid-43", queued(43)).status_code == 201
    # It waits for a place in the house, for longer than a delivery may wait for its answer.
    assert hook.send("guid-44", queued(44)).json()["reason"].startswith("still-at-work")
    explanation = operator.explained("guid-44")
    assert explanation["job"] == "44" and explanation["state"] == "ticket-waits"
    assert said(explanation, "ticket")
    shown = operator.run("octo/demo", "44", *operator.local, NO_COLOR="1")
    assert shown.returncode == 0 and "\x1b" not in shown.stdout
    assert (
        "\nDeferred (still-at-work" in shown.stdout
        and "ticket-waits" not in shown.stdout
        and "guid-44" in shown.stdout
    )
    eventually(lambda: github.state.jobs[43].status == "in_progress")
    assert operator.explained("octo/demo#43")["state"] == "in-progress"


def test_a_job_that_is_nobody_s_of_ours_and_one_that_was_never_delivered(
    github: StandinGitHub, hook: Hook, operator: Operator
) -> None:
    github.state.queue(45, REPOSITORY, [*LABELS, "gpu-x"])
    hook.send("guid-45", queued(45, labels=[*LABELS, "gpu-x"]))
    explanation = operator.explained("octo/demo", "45")
    assert explanation["state"] == "ignored" and "gpu-x" in explanation["conclusion"]
    stopped = next(one for one in explanation["events"] if one["stops"])
    assert stopped["said"].startswith("labels: labels-not-ours")
    github.state.queue(46, REPOSITORY, LABELS)
    assert operator.explained("octo/demo", "46")["state"] == "no-delivery"
    hook.failed("guid-46", queued(46), 502, datetime.now(UTC))
    explanation = operator.explained("octo/demo", "46")
    assert explanation["state"] == "delivery-failed" and "502" in explanation["conclusion"]


def test_without_a_webhook_or_the_right_to_read_it_the_job_speaks_for_itself(
    github: StandinGitHub, journal: Path
) -> None:
    operator = Operator(github, journal, WEBHOOK_SECRET=None)
    github.state.queue(47, REPOSITORY, LABELS)
    ran = operator.run("octo/demo", "47", "--json")
    assert ran.returncode == 0, ran.stderr
    explanation = json.loads(ran.stdout)
    assert explanation["state"] == "no-webhook" and "Modal could not be asked" in explanation["conclusion"]
    assert any(text.startswith("Modal could not be asked") for text in said(explanation, "sandbox"))


def test_an_app_reads_its_own_hook_s_log(github: StandinGitHub, jitney: Jitney, journal: Path) -> None:
    github.app.installations = {77: [REPOSITORY]}
    github.state.queue(50, REPOSITORY, LABELS, seconds=60)
    github.hooks.all.append(Hook("app/hook", 5, jitney.url, SECRET))
    assert github.hooks.all[0].send("guid-50", queued(50)).status_code == 201
    eventually(lambda: github.state.jobs[50].status == "in_progress")
    key = (KEYS / "app.pkcs1.pem").read_text()
    operator = Operator(github, journal, GITHUB_TOKEN=None, GITHUB_APP_ID=APP_ID, GITHUB_APP_PRIVATE_KEY=key)
    given = len(github.app.given)
    explanation = operator.explained("octo/demo", "50")
    assert explanation["state"] == "in-progress" and "guid-50" in said(explanation, "delivery")[0]
    assert len(github.app.given) == given + 1, "one token is enough for all questions"


def test_what_is_no_job_is_2_and_a_github_that_does_not_answer_is_1(github: StandinGitHub, journal: Path) -> None:
    operator = Operator(github, journal)
    for subject in ("https://github.com/octo/demo/actions/runs/3", "nonsense", "41"):
        ran = operator.run(subject)
        assert (ran.returncode, ran.stdout) == (2, ""), subject
        assert ran.stderr.startswith("jitney: ")
    assert "no journal" in operator.run(PAGE, *operator.local).stderr
    journal.touch()
    unknown = operator.run("octo/demo 9", *operator.local)
    assert unknown.returncode == 2 and "404" in unknown.stderr
    for settings, word in (({"GITHUB_API_URL": "http://127.0.0.1:9"}, "no answer"), ({"MAX_CPU": "many"}, "MAX_CPU")):
        ran = operator.run(PAGE, *operator.local, **settings)
        assert ran.returncode == 1 and word in ran.stderr


async def test_at_modal_the_sandbox_and_what_was_kept_are_asked_for(
    github: StandinGitHub, plane: ControlPlane, journal: Path
) -> None:
    github.state.queue(48, REPOSITORY, LABELS)
    plane.state.published[f"main/{image.published(None)}:latest"] = "im-1"
    launcher = ModalLauncher(await modal.App.lookup.aio(APP, create_if_missing=True), _nothing)
    tags = {"job": "48", "started": "1795521602000", "shape": "2-cores"}
    sandbox = await launcher.start(Start("job-48", tags, Machine(2, 1024, None, None, 600, False), {}, 10))
    answered = {"outcome": "deferred", "reason": "still-at-work", "why": "it goes on", "job": 48}
    answered |= {"delivery": "guid-48", "repository": REPOSITORY}
    row = {"at": 1.0, "ms": 1.0, "delivery": "guid-48", "answered": json.dumps(answered)}
    await ModalStore(modal.Dict.from_name(APP, create_if_missing=True)).put("recent", {"deliveries": [row]})
    operator = Operator(github, journal, **plane.environment())
    ran = await asyncio.to_thread(operator.run, "guid-48", "--json")
    assert ran.returncode == 0, ran.stderr
    explanation = json.loads(ran.stdout)
    assert explanation["state"] == "sandbox-booting" and sandbox in explanation["conclusion"]
    (cure,) = [one["cure"] for one in explanation["events"] if one["what"] == "sandbox"]
    commands = re.findall(r"`([^`]+)`", cure)
    assert commands == [f"modal shell {sandbox}", f"modal container logs {sandbox}"]
    for command in commands:
        *words, _ = command.split()
        told = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", *words, "--help"], capture_output=True, text=True, check=False
        )
        assert told.returncode == 0 and re.search("REF|CONTAINER_ID", told.stdout), told.stderr
    assert said(explanation, "course") == ["deferred, still-at-work: it goes on"]


def test_on_modal_it_is_a_function_of_the_app_which_fails_as_the_command_does(
    github: StandinGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `modal run modal_app.py::explain --subject …` calls it, in a container that has no `rich`."""
    import modal_app

    for name, value in {"GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET, "GITHUB_API_URL": github.url}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    github.state.queue(49, REPOSITORY, LABELS)
    assert modal_app.tell.local("octo/demo 49") == 0
    shown = capsys.readouterr().out
    assert "job 49 of octo/demo" in shown and "\nNo active webhook" in shown and "times are UTC" in shown
    canaries.assert_none_in(shown, "what explain prints")
    assert modal_app.tell.local("nonsense") == 2


class Noting(Component):
    """Notes what each instance is told, and which interfaces it is called for."""

    def __init__(self, environment: Mapping[str, str], loaded: Loaded | None = None) -> None:
        self.told: dict[int, tuple[Store, dict[str, str]]] = {}
        self.called: dict[str, list[dict[str, str]]] = {}
        super().__init__(environment, loaded)

    def store(self, environment: Environment, memory: int, epochs: int, http: bool) -> Store:
        store = super().store(environment, memory, epochs, http)
        self.told[id(store)] = store, dict(environment)
        return store

    def function(self, instance: Any, store: Store, interface: str, function: str) -> Any:
        self.called.setdefault(interface, []).append(self.told[id(store)][1])
        return super().function(instance, store, interface, function)


@pytest.mark.parametrize("app", [False, True])
async def test_what_reads_text_of_others_holds_neither_the_webhook_secret_nor_the_app_s_key(
    github: StandinGitHub, journal: Path, monkeypatch: pytest.MonkeyPatch, app: bool
) -> None:
    github.app.installations = {77: [REPOSITORY]}
    github.state.queue(51, REPOSITORY, LABELS)
    key = (KEYS / "app.pkcs1.pem").read_text()
    secrets = {"WEBHOOK_SECRET": SECRET, "WEBHOOK_SECRET_PREVIOUS": "previous", "STATUS_TOKEN": "status-token-canary"}
    credential = {"GITHUB_APP_ID": APP_ID, "GITHUB_APP_PRIVATE_KEY": key} if app else {"GITHUB_TOKEN": TOKEN}
    noting: list[Noting] = []
    monkeypatch.setattr(told, "Component", lambda environment: noting.append(Noting(environment)) or noting[-1])
    settings = {"GITHUB_API_URL": github.url, **secrets, **credential}
    assert await told.explain(settings, "octo/demo 51", told.Local(journal), as_json=True) == told.EXPLAINED
    called = noting[0].called
    assert set(called) == {"settings", "explain"} | ({"keys"} if app else set())
    for environment in called["explain"]:
        assert environment.keys() & (secrets.keys() | {"GITHUB_APP_PRIVATE_KEY"}) == set()
        assert environment.keys() >= credential.keys() - {"GITHUB_APP_PRIVATE_KEY"}
    for environment in called.get("keys", []):
        assert environment.keys() & secrets.keys() == set()


async def _nothing() -> None:
    """Builds no image."""
