"""The docs keep their word: what they show is decided on by the component, and every link leads somewhere."""

import json
import re

import pytest

from bench import page as benchmark
from host.component import Component, Loaded
from host.modal import image
from tests.processes import ROOT, SECRET
from tests.standin.deliveries import payload, sign

DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
WORKFLOWS = (ROOT / "docs" / "workflows.md").read_text()
#: What GitHub would put in the place of an expression matters to no rule here.
SHOWN = [re.sub(r"\$\{\{.*?\}\}", "7", one) for one in re.findall(r"runs-on: \[(.*)\]$", WORKFLOWS, re.MULTILINE)]


def settings() -> dict[str, str]:
    found = re.search(r"```json\n(.*?)```", WORKFLOWS, re.DOTALL)
    assert found is not None
    told = json.loads(found[1])
    return told | {"RUNNER_PROFILES": json.dumps(told["RUNNER_PROFILES"]), "WEBHOOK_SECRET": SECRET}


@pytest.mark.parametrize("labels", SHOWN)
def test_each_runs_on_that_is_shown_is_launched(labels: str) -> None:
    names = [label.strip().strip('"') for label in labels.split(",")]
    body = json.dumps(payload("workflow_job.queued", repository="octo/demo", labels=names))
    head = f"x-github-event: workflow_job\nx-hub-signature-256: {sign(SECRET, body.encode())}"
    verdict = Component(settings(), Loaded()).intake().call("intake", "decide", head, body)
    assert verdict.tag == "launch", verdict.payload.body


def test_all_of_them_were_found() -> None:
    assert len(SHOWN) == WORKFLOWS.count("runs-on: [") >= 10


def test_the_page_of_the_runner_image_names_every_package_and_every_action_in_it() -> None:
    page = (ROOT / "docs" / "runner-image.md").read_text()
    table = page.split("| For | Packages |\n|---|---|\n")[1].split("\n\n")[0]
    shown = re.findall(r"`([^`]+)`", "".join(row.split("|")[2] for row in table.splitlines()))
    assert sorted(shown) == sorted(image.PACKAGES)
    which = page.split("**Which actions.**")[1].split("`ACTION_ARCHIVES`")[0]
    sources = Component({"GITHUB_TOKEN": "ghp_x"}).sources()
    assert re.findall(r"`(\w+/[\w-]+)`", which) == [source.name for source in sources]


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_every_file_and_setting_that_is_named_exists(page: object) -> None:
    text = page.read_text()  # type: ignore[attr-defined]
    for path in re.findall(
        r"`((?:src|component|operator|guard|runner|host|tests|docs|examples|wit|fuzz|bench|tools)/[\w./*-]+)`",
        text,
    ):
        assert list(ROOT.glob(path)), path
    declared = {setting.name for setting in Component({}).declared()}
    kinds = "ACTION|GITHUB|WEBHOOK|ALLOWED|RUNNER|MAX|ALLOW|MINTS|REFUSALS|STATUS"
    named = set(re.findall(rf"`((?:{kinds})_[A-Z_]+)`", text))
    assert named <= declared | {"RUNNER_TOOL_CACHE", "RUNNER_PERFLOG"}


def test_the_benchmarks_tables_are_its_last_results() -> None:
    for shown, text in benchmark.pages(json.loads(benchmark.RESULTS.read_text())).items():
        assert shown.read_text() == text, f"{shown.name}: run `.venv/bin/python -m bench.page`"
