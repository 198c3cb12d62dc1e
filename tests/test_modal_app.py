"""`modal deploy modal_app.py`, for real, against a control plane that speaks Modal's own gRPC."""

import asyncio
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from host.component import Component
from host.conversation import runner_release
from host.modal import image
from host.modal.cloud import PUBLISHED
from tests.control_plane import ControlPlane
from tests.origins import Origin, instead
from tests.processes import ROOT
from tests.standin import StandinGitHub
from tests.standin.server import TOKEN


def deploy(plane: ControlPlane) -> subprocess.CompletedProcess[str]:
    """The README's words, with warnings turned into errors."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "modal", "deploy", "modal_app.py"],
        cwd=ROOT, env=environment | plane.environment(), capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


def test_the_app_is_deployed_as_the_readme_says(plane: ControlPlane) -> None:
    told = deploy(plane)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "deprecat" not in (told.stdout + told.stderr).lower()
    assert "https://test--jitney.modal.example" in told.stdout
    assert "jitney" in plane.state.apps

    functions = plane.state.functions
    assert set(functions) == {"Jitney.*", "examine", "refresh_runner_image", "tell", "tick"}
    jitney = functions["Jitney.*"].function
    assert jitney.concurrency_limit == 1 and jitney.max_concurrent_inputs == 1000
    assert jitney.retry_policy.retries == 8
    assert jitney.checkpointing_enabled and jitney.warm_pool_size == 0
    assert set(jitney.method_definitions) == {"webhook", "resume", "sweep"}
    assert functions["tick"].function.schedule.period.minutes == 3
    refresh = functions["refresh_runner_image"]
    assert refresh.function.schedule.cron.cron_string == "23 4 * * *"


def test_a_container_without_a_call_is_paid_for_as_short_as_can_be(plane: ControlPlane) -> None:
    """Modal takes two seconds to an hour, and a minute where nothing is said."""
    assert deploy(plane).returncode == 0
    sent = {name: request.function for name, request in plane.state.functions.items()}
    assert {name: function.task_idle_timeout_secs for name, function in sent.items()} == {
        "Jitney.*": 5, "examine": 2, "refresh_runner_image": 2, "tell": 2, "tick": 2,
    }  # fmt: skip
    assert [name for name, function in sent.items() if function.single_use_containers] == ["tick"]
    assert {name for name, function in sent.items() if function.checkpointing_enabled} == {"Jitney.*", "tick"}
    for function in sent.values():
        # Modal's smallest container, which no reservation makes larger.
        assert (function.resources.milli_cpu, function.resources.memory_mb) == (0, 0)


def test_one_stored_secret_is_used_and_nothing_secret_is_in_any_recipe(plane: ControlPlane) -> None:
    assert deploy(plane).returncode == 0
    asked = plane.state.received("SecretGetOrCreate")
    assert {secret.deployment_name for secret in asked if secret.deployment_name} == {"github-secret"}
    told = [dict(secret.env_dict) for secret in asked if not secret.deployment_name]
    assert told == [{"MODAL_MAX_THROTTLE_WAIT": "5"}]


def test_the_deploy_builds_what_runner_images_are_made_of(plane: ControlPlane) -> None:
    assert deploy(plane).returncode == 0
    recipe = plane.control.recipe()
    assert "FROM ubuntu:24.04" in recipe
    for tool in ("git", "curl", "jq", "sudo", "build-essential", "python3", "nodejs"):
        assert re.search(rf"apt-get install .*\b{tool}\b", recipe), tool
    assert "python -m host precompile" in recipe and "--require-hashes" in recipe
    sent = {file.filename for mount in plane.state.received("MountGetOrCreate") for file in mount.files}
    assert "/root/target/jitney-runner" in sent


def test_the_runner_image_is_made_of_the_newest_runner_and_published(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commit = Origin(tmp_path, "actions/checkout").release("v6", **{"action.yml": "name: Checkout\n"})
    with StandinGitHub() as github:
        told = {"GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": github.url, "RUNNER_IMAGE": "debian:13"}
        for name, value in (told | instead(tmp_path)).items():
            monkeypatch.setenv(name, value)
        import modal_app

        modal_app.refresh_runner_image.local()
        assert github.violations == []
        assert github.requests == [("GET", "/repos/actions/runner/releases/latest")]
        built = asyncio.run(modal_app.built_image())
        assert built["version"] == "2.336.0" and abs(built["built"] / 1000 - time.time()) < 60
    assert set(plane.state.published) == {f"main/{image.published(name)}:latest" for name in (None, "debian:13")}
    recipe = plane.control.recipe()
    assert "actions/runner/releases/download/v2.336.0/actions-runner-linux-x64-2.336.0.tar.gz" in recipe
    assert f"echo '{'ab' * 32}  /tmp/actions-runner.tar.gz' | sha256sum --check --strict" in recipe
    assert "FROM debian:13" in recipe
    assert TOKEN.encode() not in plane.state.everything()
    sent = [file.filename for mount in plane.state.mounts.values() for file in mount.files]
    assert sent.count(f"{image.ARCHIVES}/actions_checkout/{commit}.tar.gz") == 2, "in both images"


def test_an_image_with_another_binary_has_another_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """After an upgrade no sandbox is started from an image that has the former one."""
    names = {image.published(name) for name in (None, "debian:13")}
    monkeypatch.setattr(image, "BINARY", tmp_path / "jitney-runner")
    (tmp_path / "jitney-runner").write_bytes(b"another")
    image._binary.cache_clear()
    try:
        others = {image.published(name) for name in (None, "debian:13")}
    finally:
        image._binary.cache_clear()
    assert len(names | others) == 4
    assert all(PUBLISHED.fullmatch(f"main/{name}:latest") for name in names | others)


def test_the_runner_is_the_one_that_this_github_offers_its_repositories(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a GitHub App too, whose token is got first."""
    from tests.standin.app import APP_ID, KEYS

    with StandinGitHub() as github:
        github.app.installations = {77: ["octo/demo"]}
        told = {"GITHUB_API_URL": github.url, "ALLOWED_REPOS": "octo/demo", "GITHUB_APP_ID": APP_ID}
        key = (KEYS / "app.pkcs8.pem").read_text()
        release = runner_release(Component(told | {"GITHUB_APP_PRIVATE_KEY": key}))
        assert (release.version, release.sha256) == ("2.336.0", "ab" * 32)
        asked = [path for _, path in github.requests]
        assert "/repos/octo/demo/actions/runners/downloads" in asked
        assert asked[-1] == "/repos/actions/runner/releases/tags/v2.336.0"
        assert github.violations == []


def test_a_second_deploy_works_too(plane: ControlPlane) -> None:
    assert deploy(plane).returncode == 0
    again = deploy(plane)
    assert again.returncode == 0, again.stdout + again.stderr


@pytest.mark.parametrize("secret", [None, {"GITHUB_TOKEN": "x"}])
def test_without_its_secret_the_deploy_fails_and_says_so(plane: ControlPlane, secret: dict[str, str] | None) -> None:
    plane.state.secrets = {} if secret is None else {"github-secret": secret}
    told = deploy(plane)
    assert told.returncode != 0
    named = "github-secret" if secret is None else "WEBHOOK_SECRET"
    assert named in told.stdout + told.stderr
