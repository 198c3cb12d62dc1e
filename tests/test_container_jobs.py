"""The app's other functions, each in a container of its own: doctor, explain, and the making of runner images."""

from collections.abc import Iterator

import pytest

from host.modal import image
from tests.container import Deployed
from tests.container.cloud import FAILURE, SUCCESS, Cloud
from tests.container.gateway import LABELS


@pytest.fixture
def cloud(deployed: Deployed) -> Iterator[Cloud]:
    with Cloud(deployed) as one:
        yield one


def test_doctor_tells_how_all_stands_in_words(cloud: Cloud) -> None:
    result, lines = cloud.once("doctor")
    assert result.status == SUCCESS
    # No table: what draws it on a terminal is not in the container.
    assert {"ok    credential: GitHub takes the classic token", "ok    clock: agrees with GitHub's"} <= set(lines)
    assert any(line.startswith("ok    Modal: ") for line in lines)
    assert [line for line in lines if "Traceback" in line or "Warning" in line] == []


def test_doctor_fails_where_something_does(cloud: Cloud) -> None:
    cloud.state.secrets["github-secret"]["GITHUB_TOKEN"] = "ghp_nobody0knows0this0token"
    result, lines = cloud.once("doctor")
    assert result.status == FAILURE and result.exception == "SystemExit(1)"
    assert any(line.startswith("fail  ") for line in lines)


def test_explain_tells_the_story_of_a_job(cloud: Cloud) -> None:
    cloud.github.state.queue(51, "octo/demo", LABELS)
    result, lines = cloud.once("explain", "octo/demo 51")
    assert result.status == SUCCESS and lines[0] == "job 51 of octo/demo"
    story = "\n".join(lines)
    assert "launch" in story and "could not be asked" not in story
    assert "Traceback" not in story and "Warning" not in story


def test_runner_images_are_made_of_what_the_image_carries(cloud: Cloud) -> None:
    cloud.state.secrets["github-secret"]["RUNNER_IMAGE"] = "debian:13"
    cloud.state.published.clear()
    result, lines = cloud.once("refresh_runner_image")
    assert result.status == SUCCESS and len(lines) == 2
    assert set(cloud.state.published) == {f"main/{image.published(name)}:latest" for name in (None, "debian:13")}
    sent = {file.filename: file.sha256_hex for mount in cloud.state.mounts.values() for file in mount.files}
    assert cloud.state.files[sent[image.ENTRYPOINT]] == image.BINARY.read_bytes()
    (kept,) = cloud.state.dicts.values()
    assert b"2.336.0" in kept
