"""The class that runs in Modal's container, entered as Modal does: its webhook, its courses, what waits."""

import inspect
import json
import pickle
import time
from typing import Any

import pytest
from modal._partial_function import _find_callables_for_obj, _PartialFunctionFlags
from modal._utils.async_utils import synchronizer

import modal_app
from host.modal import image
from tests.container.cloud import TICKETS_ID
from tests.control_plane import ControlPlane
from tests.processes import SECRET
from tests.standin import StandinGitHub, payload, sign
from tests.standin.server import TOKEN

LABELS = ["self-hosted", "modal"]


@pytest.fixture(autouse=True)
def told(github: StandinGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret `github-secret`, as a container's environment holds it."""
    for name, value in {"GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET, "GITHUB_API_URL": github.url}.items():
        monkeypatch.setenv(name, value)


async def post(endpoint: Any, job: int) -> tuple[int, dict[str, Any]]:
    """One delivery, as Modal's ASGI runtime passes it on."""
    content = payload("workflow_job.queued", id=job, repository="octo/demo", labels=LABELS)
    body = json.dumps(content).encode()
    headers = {"x-github-event": "workflow_job", "x-hub-signature-256": sign(SECRET, body)}
    scope = {
        "type": "http", "method": "POST", "path": "/",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await endpoint(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


async def container() -> Any:
    """The class's instance, as Modal's runtime makes and enters it."""
    user_class = synchronizer._translate_in(modal_app.Jitney)._get_user_cls()
    instance = user_class()
    for moment in (_PartialFunctionFlags.ENTER_PRE_SNAPSHOT, _PartialFunctionFlags.ENTER_POST_SNAPSHOT):
        for enter in _find_callables_for_obj(instance, moment).values():
            if inspect.isawaitable(entered := enter()):
                await entered
    return instance


def waiting(plane: ControlPlane) -> list[dict[str, Any]]:
    """The tickets that wait in the Dict: `ticket`, and when each is `due`."""
    assert all(call.method_name == "resume" for call in plane.state.spawned)
    return [json.loads(pickle.loads(kept)) for kept in plane.state.dicts[TICKETS_ID].values()]


async def test_a_deferred_job_waits_in_a_dict_and_is_launched_from_there(
    plane: ControlPlane, github: StandinGitHub
) -> None:
    plane.state.published[f"main/{image.published(None)}:latest"] = "im-runner"
    github.state.queue(31, "octo/demo", LABELS)
    github.faults.append((429, {"retry-after": "60"}))
    async with modal_app.app.run.aio():
        jitney = await container()
        status, said = await post(jitney.webhook(), 31)
        assert (status, said["outcome"]) == (202, "deferred")
        (kept,) = waiting(plane)
        assert json.loads(kept["ticket"])["job"] == 31 and kept["due"] > time.time()
        assert plane.state.living() == [] and github.state.runners == {}

        await jitney.endpoint.close(grace=0.0)
        for key in plane.state.dicts[TICKETS_ID]:
            plane.state.dicts[TICKETS_ID][key] = pickle.dumps(json.dumps(kept | {"due": time.time()}))
        another = await container()
        await another.resume()
        (sandbox,) = plane.state.living()
        assert sandbox.eof and sandbox.tags["job"] == "31" and github.mints() == 2
        assert waiting(plane) == []
        await another.endpoint.close(grace=0.0)


async def test_what_a_container_cannot_finish_goes_on_in_the_next(
    plane: ControlPlane, github: StandinGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The container is stopped while a sandbox boots; the next one lets that sandbox give up, then starts over."""
    monkeypatch.setattr("host.endpoint.ANSWER_WITHIN", 0.5)
    plane.state.published[f"main/{image.published(None)}:latest"] = "im-runner"
    plane.state.boots = False
    github.state.queue(32, "octo/demo", LABELS)
    async with modal_app.app.run.aio():
        jitney = await container()
        status, said = await post(jitney.webhook(), 32)
        assert (status, said["outcome"]) == (202, "deferred")
        assert len(waiting(plane)) == 1
        await jitney.endpoint.close(grace=0.0)
        assert len(waiting(plane)) == 1
        for sandbox in plane.state.living():
            sandbox.ended = True
        plane.state.boots = True

        another = await container()
        await another.resume()
        (sandbox,) = plane.state.living()
        assert sandbox.eof and sandbox.stdin.count(b"\n") == 1 and waiting(plane) == []
        await another.endpoint.close(grace=0.0)
