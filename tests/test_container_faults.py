"""Modal failing under jitney's feet, in Modal's own container: the Dicts, the sandboxes, the input road."""

from collections.abc import Iterator

import pytest
from grpclib import Status

from tests.container import Running
from tests.container.cloud import Cloud
from tests.container.gateway import LABELS
from tests.container.running import PATIENCE
from tests.processes import eventually

#: More often than the client tries again by itself.
OFTEN = 100

#: A container that launched is held for a minute and a half.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def container(cloud: Cloud) -> Iterator[Running]:
    """One container for all of this file. Each fault is told once in its log, and nothing else is."""
    with cloud.run() as running:
        yield running
        assert running.scale_down() == 0, running.lines
        assert running.wanting("ticket-not-kept", "tickets-ill", "command-failed", "not-kept", "not-read") == []
        assert running.task.failures == []


@pytest.fixture(autouse=True)
def well_again(cloud: Cloud) -> Iterator[None]:
    """A fault is over with its test."""
    yield
    cloud.state.faults.clear()


def test_a_sandbox_that_cannot_be_created_is_created_later(cloud: Cloud, container: Running) -> None:
    """Though the Dict fails too when it has to wait again: the older ticket is kept until the new one can be."""
    cloud.state.fail("SandboxCreateV2", Status.RESOURCE_EXHAUSTED, times=2)
    cloud.github.state.queue(72, "octo/demo", LABELS)
    status, said = cloud.gateway.answer(cloud.gateway.deliver(72))
    assert (status, said["outcome"]) == (202, "deferred")
    (kept,) = cloud.tickets(72)
    cloud.state.fail("DictUpdate", Status.UNAVAILABLE, times=OFTEN)
    eventually(lambda: container.logged("ticket-not-kept"), PATIENCE)
    assert cloud.tickets(72) == [kept]
    health = cloud.gateway.answer(cloud.gateway.send("GET", "/"))[1]
    assert not health["ready"] and "jobs that wait" in health["problems"][0]["fault"]
    cloud.state.faults.clear()
    eventually(lambda: cloud.gateway.answer(cloud.gateway.send("GET", "/"))[1]["ready"], PATIENCE)
    eventually(lambda: not cloud.tickets(72), PATIENCE)
    (sandbox,) = cloud.sandboxes(72)
    assert sandbox.eof


def test_deliveries_go_on_without_the_dict(cloud: Cloud, container: Running) -> None:
    for call in ("DictGet", "DictUpdate"):
        cloud.state.fail(call, Status.UNAVAILABLE, times=OFTEN)
    cloud.github.state.queue(73, "octo/demo", LABELS)
    assert cloud.gateway.answer(cloud.gateway.deliver(73))[0] == 201
    eventually(lambda: container.logged("not-kept"), PATIENCE)


def test_answers_arrive_although_the_road_is_bad(cloud: Cloud, container: Running) -> None:
    for call in ("FunctionGetInputs", "FunctionCallGetDataIn", "FunctionCallPutDataOut", "FunctionPutOutputs"):
        cloud.state.fail(call, Status.UNAVAILABLE, times=2)
    cloud.github.state.queue(74, "octo/demo", LABELS)
    assert cloud.gateway.answer(cloud.gateway.deliver(74))[0] == 201
    assert len(cloud.sandboxes(74)) == 1


def test_a_delivery_that_cannot_be_kept_is_answered_503(cloud: Cloud, container: Running) -> None:
    cloud.state.fail("DictUpdate", Status.UNAVAILABLE, times=OFTEN)
    cloud.github.state.queue(71, "octo/demo", LABELS)
    cloud.github.faults.append((429, {"retry-after": "8"}))
    status, said = cloud.gateway.answer(cloud.gateway.deliver(71))
    assert (status, said["outcome"], said["reason"].split(":")[0]) == (503, "unready", "not-kept")
    assert container.logged("delivery")[-1]["status"] == 503
    assert cloud.sandboxes(71)[0].ended
