"""`doctor`, as an operator runs it, against a GitHub on which this or that is amiss."""

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest

from host.modal import image
from tests.control_plane import ControlPlane
from tests.processes import ROOT, SECRET
from tests.standin import StandinGitHub
from tests.standin.app import APP_ID, KEYS
from tests.standin.hooks import Hook
from tests.standin.server import TOKEN

HOOK = "https://acme--jitney.modal.run"


def doctor(github: StandinGitHub, *arguments: str, **settings: str | None) -> tuple[int, str]:
    """Its exit status and what it prints."""
    told: dict[str, str | None] = {
        "GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET, "GITHUB_API_URL": github.url, "ALLOWED_REPOS": "octo/demo",
        "MODAL_CONFIG_PATH": "/nonexistent/modal.toml",
    }  # fmt: skip
    told |= {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "COLUMNS": "200"} | settings
    ran = subprocess.run(
        [sys.executable, "-m", "host", "doctor", *arguments], cwd=ROOT, capture_output=True, text=True, check=False,
        env={name: value for name, value in told.items() if value is not None},
    )  # fmt: skip
    assert TOKEN not in ran.stdout + ran.stderr and SECRET not in ran.stdout + ran.stderr
    return ran.returncode, ran.stdout


def modal_dict(plane: ControlPlane, key: str, value: Any) -> None:
    """Puts it into the app's Dict, through Modal's own client as the app does."""
    put = "import json, sys, modal; modal.Dict.from_name('jitney', create_if_missing=True).put(*json.load(sys.stdin))"
    subprocess.run(
        [sys.executable, "-c", put], input=json.dumps([key, value]), text=True, check=True,
        env=plane.environment() | {"PATH": os.environ["PATH"]},
    )  # fmt: skip


def findings(github: StandinGitHub, **settings: str | None) -> dict[str, Any]:
    """By what was looked at."""
    return {one["what"]: one for one in json.loads(doctor(github, "--json", **settings)[1])}


def test_where_all_is_well_it_says_so_and_asks_nothing_that_changes_anything(
    github: StandinGitHub, plane: ControlPlane
) -> None:
    github.hooks.all.append(Hook("repos/octo/demo/hooks", 5, HOOK, SECRET))
    plane.state.apps["jitney"] = "ap-1"
    plane.state.published[f"main/{image.published(None)}:latest"] = "im-1"
    built = {"version": "2.336.0", "built": int((time.time() - 3 * 86400) * 1000)}
    modal_dict(plane, "runner-image", built)
    told: dict[str, str | None] = {**plane.environment()}
    status, said = doctor(github, **told)
    assert status == 0 and "credential" in said and "runners can be registered" in said, said
    found = findings(github, **told)
    assert "docs/credentials.md" in found.pop("GITHUB_TOKEN")["cure"]
    assert {one["level"] for one in found.values()} == {"ok"}, found
    assert found["runner image"]["why"] == "has runner 2.336.0, built 3 d ago"
    assert said.rstrip().endswith("1 warning"), said
    posted = [path for method, path in github.requests if method != "GET"]
    assert posted == ["/repos/octo/demo/actions/runners/registration-token"] * 2 and not github.state.runners


def test_what_is_not_checked_is_said_and_is_no_success(github: StandinGitHub) -> None:
    github.hooks.all.append(Hook("repos/octo/demo/hooks", 5, HOOK, SECRET))
    status, said = doctor(github)
    assert status == 1 and "you are not signed in to Modal" in said and "1 not checked" in said, said
    assert doctor(github, "--skip", "modal")[0] == 0
    for settings in ({"ALLOWED_REPOS": None}, {"ALLOWED_REPOS": "octo/*"}):
        status, said = doctor(github, "--skip", "modal", **settings)
        assert status == 1 and "permissions, webhook, runner version" in said and "owner/repo" in said, said
    status, said = doctor(github, "--skip", "modal", MAX_CPU="many")
    assert status == 1 and "not checked: the settings are at fault" in said, said


def test_an_old_runner_image_is_a_warning(github: StandinGitHub, plane: ControlPlane) -> None:
    plane.state.apps["jitney"] = "ap-1"
    plane.state.published[f"main/{image.published(None)}:latest"] = "im-1"
    told: dict[str, str | None] = {**plane.environment()}
    assert findings(github, **told)["runner image"]["level"] == "unchecked"
    modal_dict(plane, "runner-image", {"version": "2.336.0", "built": int((time.time() - 60 * 86400) * 1000)})
    old = findings(github, **told)["runner image"]
    assert old["level"] == "warn" and "60 days" in old["why"] and "refresh_runner_image" in old["cure"]


def test_a_misspelt_setting_is_seen(github: StandinGitHub) -> None:
    found = findings(github, MAX_RUNNER="5")["MAX_RUNNERS"]
    assert found["level"] == "warn" and "MAX_RUNNER," in found["why"] and "rename it" in found["cure"]


def test_a_setting_at_fault_is_named_with_its_cure(github: StandinGitHub) -> None:
    found = findings(github, MAX_CPU="many", WEBHOOK_SECRET=None)
    assert found["MAX_CPU"]["level"] == found["WEBHOOK_SECRET"]["level"] == "fail"
    assert "openssl" in found["WEBHOOK_SECRET"]["cure"]
    assert doctor(github, MAX_CPU="many")[0] == 1


@pytest.mark.parametrize("token", ["ghp_wrong0token", "github_pat_wrong0token"])
def test_a_credential_that_github_refuses_is_a_failure(github: StandinGitHub, token: str) -> None:
    found = findings(github, GITHUB_TOKEN=token)
    assert found["credential"]["level"] == "fail" and "401" in found["credential"]["why"]
    assert sum(one["level"] == "fail" for one in found.values()) == 1


def test_a_webhook_that_is_missing_or_has_no_secret_is_seen(github: StandinGitHub) -> None:
    assert findings(github)["octo/demo: webhook"]["level"] == "warn"
    hook = Hook("repos/octo/demo/hooks", 5, HOOK, "")
    github.hooks.all.append(hook)
    found = findings(github)["octo/demo: webhook"]
    assert found["level"] == "fail" and "has no secret" in found["why"] and "WEBHOOK_SECRET" in found["cure"]


def test_a_repository_out_of_reach_is_named(github: StandinGitHub) -> None:
    github.hidden.add("octo/demo")
    found = findings(github)
    assert found["octo/demo"]["level"] == "fail" and "404" in found["octo/demo"]["why"]
    assert [one["what"] for one in found.values() if one["level"] == "fail"] == ["octo/demo"]


@pytest.mark.parametrize(("scope", "permission"), [("repo", "administration"), ("org", "self_hosted_runners")])
def test_a_credential_that_may_only_read_runners_is_seen(github: StandinGitHub, scope: str, permission: str) -> None:
    github.administration = "read"
    found = findings(github, RUNNER_SCOPE=scope)["octo/demo: Administration"]
    assert found["level"] == "fail" and "403" in found["why"] and f"{permission}=write" in found["why"]


def test_an_app_s_permissions_and_events_are_looked_at(github: StandinGitHub) -> None:
    github.app.installations = {77: ["octo/demo"]}
    github.app.permissions = {"actions": "read"}
    key = (KEYS / "app.pkcs1.pem").read_text()
    found = findings(github, GITHUB_TOKEN=None, GITHUB_APP_ID=APP_ID, GITHUB_APP_PRIVATE_KEY=key)
    assert found["credential"]["level"] == "ok" and found["App's events"]["level"] == "ok"
    assert found["App's permission administration"]["level"] == "fail"


def test_an_app_without_its_key_is_not_tried(github: StandinGitHub) -> None:
    found = findings(github, GITHUB_TOKEN=None, GITHUB_APP_ID=APP_ID)
    assert found["GITHUB_APP_PRIVATE_KEY"]["level"] == "fail" and "credential" not in found
    assert not github.requests


def test_a_github_that_cannot_be_reached_is_said_once_and_clearly(github: StandinGitHub) -> None:
    found = findings(github, GITHUB_API_URL="http://127.0.0.1:9")
    assert found["reachability"]["level"] == "fail" and "GITHUB_API_URL" in found["reachability"]["cure"]
    assert sum(one["level"] == "fail" for one in found.values()) == 1 and not github.requests


def test_modal_is_looked_at_and_left_as_it_is(github: StandinGitHub, plane: ControlPlane) -> None:
    assert "you are not signed in" in findings(github)["Modal app, runner image"]["why"]
    told: dict[str, str | None] = {**plane.environment()}
    plane.state.apps.clear()
    assert "modal deploy" in findings(github, **told)["Modal app"]["cure"]
    plane.state.apps["jitney"] = "ap-1"
    assert findings(github, **plane.environment())["runner image"]["why"] == "is not built yet"
    plane.state.published[f"main/{image.published(None)}:latest"] = "im-1"
    before = len(plane.state.requests)
    assert findings(github, **told)["Modal app"]["level"] == "ok"
    changes = ("Build", "Publish", "ImageGetOrCreate", "Deploy", "SandboxCreate")
    assert not [call for call, _ in plane.state.requests[before:] if any(name in call for name in changes)]
