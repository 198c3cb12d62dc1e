"""The app's other functions, each in a container of its own: doctor, explain, and the making of runner images."""

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from host.modal import image
from tests.container import Deployed
from tests.container.cloud import SUCCESS, Cloud
from tests.container.gateway import LABELS
from tests.container.running import PATIENCE
from tests.origins import Origin
from tests.processes import ROOT


@pytest.fixture
def cloud(deployed: Deployed) -> Iterator[Cloud]:
    with Cloud(deployed) as one:
        yield one


def ran(cloud: Cloud, function: str, *words: str) -> tuple[int, list[str], str]:
    """`modal run modal_app.py::…`, with a container for the `function` that it calls: the exit status, what the
    container wrote, and what the command did."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with subprocess.Popen(
        [sys.executable, "-m", "modal", "run", *words], cwd=ROOT, env=inherited | cloud.deployed.plane.environment(),
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as command:  # fmt: skip
        with cloud.run(function) as container:
            told, _ = command.communicate(timeout=PATIENCE)
            assert container.scale_down() == 0
    shown = "\n".join(container.lines)
    assert "Traceback" not in shown + told and "Warning" not in shown + told, shown + told
    return command.returncode, container.lines, told


def test_doctor_tells_how_all_stands_in_words(cloud: Cloud) -> None:
    assert cloud.once("refresh_runner_image")[0].status == SUCCESS
    status, lines, _ = ran(cloud, "examine", "modal_app.py::doctor")
    assert status == 0, lines
    # No table: what draws it on a terminal is not in the container.
    rows = {" ".join(line.split()) for line in lines}
    assert {"ok credential: GitHub accepts the classic token", "ok clock: agrees with GitHub's"} <= rows
    assert "ok Modal app: is deployed" in rows


def test_doctor_fails_where_something_does(cloud: Cloud) -> None:
    cloud.state.secrets["github-secret"]["GITHUB_TOKEN"] = "ghp_nobody0knows0this0token"
    status, lines, _ = ran(cloud, "examine", "modal_app.py::doctor")
    assert status == 1 and any(line.startswith("fail  ") for line in lines)


def test_explain_tells_the_story_of_a_job(cloud: Cloud) -> None:
    cloud.github.state.queue(51, "octo/demo", LABELS)
    status, lines, _ = ran(cloud, "tell", "modal_app.py::explain", "--subject", "octo/demo 51")
    assert status == 0 and lines[0] == "job 51 of octo/demo"
    story = "\n".join(lines)
    assert "starts a runner" in story and "could not be asked" not in story


def test_runner_images_are_made_of_what_the_image_carries(cloud: Cloud) -> None:
    cloud.state.secrets["github-secret"]["RUNNER_IMAGE"] = "debian:13"
    cloud.state.published.clear()
    commit = Origin(cloud.deployed.origins, "actions/cache").release("v5", **{"action.yml": "name: Cache\n"})
    result, lines = cloud.once("refresh_runner_image")
    assert result.status == SUCCESS and sum('"runner-image"' in line for line in lines) == 2
    assert set(cloud.state.published) == {f"main/{image.published(name)}:latest" for name in (None, "debian:13")}
    sent = {file.filename: file.sha256_hex for mount in cloud.state.mounts.values() for file in mount.files}
    assert cloud.state.files[sent[image.ENTRYPOINT]] == image.BINARY.read_bytes()
    archive = cloud.state.files[sent[f"{image.ARCHIVES}/actions_cache/{commit}.tar.gz"]]
    assert b"name: Cache" in gzip.decompress(archive)
    assert any(b"2.336.0" in kept for entries in cloud.state.dicts.values() for kept in entries.values())
