"""How long Modal's own container lives: as long as it is at something, and no longer."""

import json
import time
from collections.abc import Iterator

import pytest
from modal._serialization import serialize

from tests.container import Deployed
from tests.container.cloud import SUCCESS, Cloud
from tests.container.deployed import APP
from tests.container.gateway import LABELS
from tests.container.running import PATIENCE
from tests.control_plane.stored import stored_id
from tests.processes import eventually

TOKEN = "status-token-canary-0123456789"


@pytest.fixture
def cloud(deployed: Deployed) -> Iterator[Cloud]:
    with Cloud(deployed, STATUS_TOKEN=TOKEN) as one:
        yield one


def all_was_well(cloud: Cloud) -> None:
    """The container before ended as it should, and swept just now: nothing is owed."""
    said = json.dumps({"id": None, "swept": time.time()})
    cloud.state.dicts[stored_id("di", APP)][serialize("process")] = serialize(said)


def longer_than_the_window(cloud: Cloud) -> None:
    """Until a container that is at nothing would have ended."""
    time.sleep(cloud.deployed.window("Jitney.*") + 2)


def test_a_sweep_that_finds_nothing_holds_nobody_awake(cloud: Cloud) -> None:
    all_was_well(cloud)
    cloud.gateway.call("tick")
    with cloud.run("tick") as tick:
        # It has one call, and asks for no other.
        assert tick.wait() == 0 and tick.lines == []
    with cloud.run(ends=True) as container:
        assert container.wait() == 0 and container.wanting() == []
    assert [call.input.method_name for call in cloud.state.calls] == ["", "sweep"]
    assert all(call.result.status == SUCCESS for call in cloud.state.calls)


def test_a_runner_that_dies_is_seen_by_the_container_that_started_it(cloud: Cloud) -> None:
    """It watches its sandboxes for a while, though no call has come since."""
    cloud.github.state.queue(91, "octo/demo", LABELS)
    with cloud.run(ends=True) as container:
        assert cloud.gateway.answer(cloud.gateway.deliver(91))[0] == 201
        longer_than_the_window(cloud)
        (sandbox,) = cloud.sandboxes(91)
        sandbox.exit, sandbox.ended = 1, True
        eventually(lambda: len([one for one in cloud.sandboxes(91) if one.eof]) == 2, PATIENCE)
        assert container.process.poll() is None
        assert len({call.input_id for call in cloud.resumptions}) == 1


def test_a_container_that_owes_a_sweep_stays_until_it_is_over(cloud: Cloud) -> None:
    """Nobody knows how the one before ended, or when the last sweep was."""
    with cloud.run(ends=True) as container:
        cloud.gateway.answer(cloud.gateway.send("GET", "/"))
        eventually(lambda: [line for line in container.logged("course") if line["outcome"] == "swept"], PATIENCE)
        assert container.process.poll() is None


def test_who_watches_the_metrics_finds_the_same_counters(cloud: Cloud) -> None:
    with cloud.run(ends=True) as container:
        for _ in range(2):
            call = cloud.gateway.send("GET", "/metrics", authorization=f"Bearer {TOKEN}")
            eventually(lambda call=call: call.result, PATIENCE)
            longer_than_the_window(cloud)
        assert container.process.poll() is None
        assert len({call.input_id for call in cloud.resumptions}) == 1


def test_a_stranger_holds_nobody_awake(cloud: Cloud) -> None:
    all_was_well(cloud)
    with cloud.run(ends=True) as container:
        for path in ("/metrics", "/status", "/status/style.css", "/"):
            call = cloud.gateway.send("GET", path)
            eventually(lambda call=call: call.result, PATIENCE)
        assert cloud.gateway.answer(cloud.gateway.deliver(92, secret="not-the-webhook-secret"))[0] == 401
        assert container.wait() == 0 and container.wanting() == []
    assert all(call.web for call in cloud.state.calls)
