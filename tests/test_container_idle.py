"""How long Modal's own container lives: as long as it is at something, and no longer."""

import time
from collections.abc import Iterator

import pytest

from tests.container import Deployed
from tests.container.cloud import SUCCESS, Cloud
from tests.container.gateway import LABELS
from tests.container.running import PATIENCE
from tests.processes import eventually

TOKEN = "status-token-canary-0123456789"


@pytest.fixture
def cloud(deployed: Deployed) -> Iterator[Cloud]:
    with Cloud(deployed, STATUS_TOKEN=TOKEN) as one:
        yield one


def longer_than_the_window(cloud: Cloud) -> None:
    """Until a container that is at nothing would have ended."""
    time.sleep(cloud.deployed.window("Jitney.*") + 2)


def test_a_sweep_that_finds_nothing_holds_nobody_awake(cloud: Cloud) -> None:
    cloud.ended_well()
    with cloud.run("tick", snapshot=True) as tick:
        assert tick.checkpoint() == 0
        cloud.gateway.call("tick")
        tick.restore()
        # It has one call, and asks for no other.
        assert tick.wait() == 0 and tick.lines == []
    with cloud.run(ends=True) as container:
        assert container.wait() == 0 and container.wanting() == []
    assert [call.input.method_name for call in cloud.state.calls] == ["", "sweep"]
    assert all(call.result.status == SUCCESS for call in cloud.state.calls)


@pytest.mark.parametrize("function", ["Jitney.*", "tick"])
def test_what_takes_a_while_to_import_stands_in_the_snapshot(cloud: Cloud, function: str) -> None:
    cloud.ended_well()
    with cloud.run(function, snapshot=True, PYTHONPROFILEIMPORTTIME="1") as container:
        container.checkpoint()
        before = len(container.lines)
        call = cloud.gateway.call(function, method="sweep" if function == "Jitney.*" else "")
        container.restore()
        assert cloud.gateway.returned(call).status == SUCCESS
    rows = [line.split("|") for line in container.lines[before:] if line.startswith("import time:")]
    names = {row[2].strip() for row in rows}
    assert not {name for name in names if name.split(".")[0] in ("host", "aiohttp", "structlog", "wasmtime")}


def test_a_runner_that_dies_is_seen_by_the_container_that_started_it(cloud: Cloud) -> None:
    """It watches its sandboxes for a while, though no call has come since."""
    cloud.ended_well()
    cloud.github.state.queue(91, "octo/demo", LABELS)
    with cloud.run(ends=True) as container:
        assert cloud.gateway.answer(cloud.gateway.deliver(91))[0] == 201
        longer_than_the_window(cloud)
        (sandbox,) = cloud.sandboxes(91)
        sandbox.exit, sandbox.ended = 1, True
        eventually(lambda: len([one for one in cloud.sandboxes(91) if one.eof]) == 2, PATIENCE)
        assert container.process.poll() is None
        assert len({call.input_id for call in cloud.resumptions}) == 1


def test_a_refusal_is_shown_though_its_delivery_was_answered(cloud: Cloud) -> None:
    cloud.ended_well()
    cloud.state.boots = False
    labels = [*LABELS, "cpu=1000"]
    cloud.github.state.queue(93, "octo/demo", labels)
    with cloud.run(ends=True) as container:
        assert cloud.gateway.answer(cloud.gateway.deliver(93, labels=labels))[1]["outcome"] == "refused"
        longer_than_the_window(cloud)
        (sandbox,) = cloud.sandboxes(93)
        sandbox.ready = True
        eventually(lambda: sandbox.eof, PATIENCE)
        assert container.process.poll() is None and cloud.tickets(93) == []
        assert len({call.input_id for call in cloud.resumptions}) == 1


def test_a_container_that_owes_a_sweep_stays_until_it_is_over(cloud: Cloud) -> None:
    """Nobody knows how the one before ended, or when the last sweep was."""
    with cloud.run(ends=True) as container:
        cloud.gateway.answer(cloud.gateway.send("GET", "/"))
        eventually(lambda: [line for line in container.logged("course") if line["outcome"] == "swept"], PATIENCE)
        assert container.process.poll() is None


def test_who_watches_the_metrics_finds_the_same_counters(cloud: Cloud) -> None:
    cloud.ended_well()
    with cloud.run(ends=True) as container:
        for _ in range(2):
            call = cloud.gateway.send("GET", "/metrics", authorization=f"Bearer {TOKEN}")
            eventually(lambda call=call: call.result, PATIENCE)
            longer_than_the_window(cloud)
        assert container.process.poll() is None
        assert len({call.input_id for call in cloud.resumptions}) == 1


def test_a_stranger_holds_nobody_awake(cloud: Cloud) -> None:
    cloud.ended_well()
    with cloud.run(ends=True) as container:
        for path in ("/metrics", "/status", "/status/style.css", "/"):
            call = cloud.gateway.send("GET", path)
            eventually(lambda call=call: call.result, PATIENCE)
        assert cloud.gateway.answer(cloud.gateway.deliver(92, secret="not-the-webhook-secret"))[0] == 401
        assert container.wait() == 0 and container.wanting() == []
    assert all(call.web for call in cloud.state.calls)
