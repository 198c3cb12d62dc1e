"""jitney in Modal's own container, restored from a memory snapshot: requests, courses, tickets, the sweep."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.container import Running
from tests.container.cloud import SUCCESS, Cloud
from tests.container.gateway import LABELS
from tests.container.running import PATIENCE
from tests.processes import SECRET, eventually

#: A container that launched is held for a minute and a half.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def container(cloud: Cloud) -> Iterator[Running]:
    """One container for all of this file. At its end it has said nothing that anybody should look at."""
    with cloud.run(snapshot=True, WEBHOOK_SECRET="of the snapshot's time") as running:
        assert running.checkpoint() == 0
        assert cloud.state.received("DictGet") == [], "what is kept is read after the snapshot, where it is fresh"
        running.restore(WEBHOOK_SECRET=SECRET)
        yield running
        assert running.scale_down() == 0, running.lines
        assert running.wanting() == []
        assert running.task.failures == []


def test_a_restored_container_is_ready(cloud: Cloud, container: Running) -> None:
    status, said = cloud.gateway.answer(cloud.gateway.send("GET", "/"))
    assert (status, said["ready"]) == (200, True)
    assert said["problems"] == said["warnings"] == []


def test_a_delivery_becomes_a_sandbox_with_a_runner(cloud: Cloud, container: Running) -> None:
    cloud.github.state.queue(41, "octo/demo", LABELS)
    status, said = cloud.gateway.answer(cloud.gateway.deliver(41))
    assert (status, said["outcome"]) == (201, "launched"), container.lines
    (sandbox,) = cloud.sandboxes(41)
    assert said["sandbox"] == sandbox.name and sandbox.tags["runner"] == said["runner"]
    assert sandbox.eof and sandbox.stdin.count(b"\n") == 1
    again, said = cloud.gateway.answer(cloud.gateway.deliver(41))
    assert (again, said["outcome"]) == (200, "duplicate")
    assert len(cloud.sandboxes(41)) == 1


def test_a_delivery_signed_by_somebody_else_is_refused(cloud: Cloud, container: Running) -> None:
    status, said = cloud.gateway.answer(cloud.gateway.deliver(42, secret="not-the-webhook-secret"))
    assert (status, said["outcome"]) == (401, "refused")
    assert cloud.sandboxes(42) == []


def test_a_job_that_must_wait_waits_in_a_dict_and_is_launched_from_there(cloud: Cloud, container: Running) -> None:
    cloud.github.state.queue(43, "octo/demo", LABELS)
    cloud.github.faults.append((429, {"retry-after": "8"}))
    status, said = cloud.gateway.answer(cloud.gateway.deliver(43))
    assert (status, said["outcome"]) == (202, "deferred")
    assert len(cloud.tickets(43)) == 1
    eventually(lambda: cloud.resumptions, PATIENCE)
    eventually(lambda: cloud.tickets(43) == [], PATIENCE)
    (sandbox,) = [one for one in cloud.sandboxes(43) if not one.ended]
    assert sandbox.eof


def test_the_tick_has_the_one_container_sweep(cloud: Cloud, container: Running) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    cloud.github.state.queue(44, "octo/demo", LABELS).created = long_ago
    result, lines = cloud.once("tick")
    assert result.status == SUCCESS and lines == []
    call = eventually(lambda: next((c for c in cloud.state.calls if c.input.method_name == "sweep"), None), PATIENCE)
    assert cloud.gateway.returned(call).status == SUCCESS
    assert call.task == container.task.id
    eventually(lambda: [one for one in cloud.sandboxes(44) if one.eof], PATIENCE)


def test_fifty_deliveries_at_once(cloud: Cloud, container: Running) -> None:
    jobs = range(100, 150)
    for job in jobs:
        cloud.github.state.queue(job, "octo/demo", LABELS)
    calls = [cloud.gateway.deliver(job) for job in jobs]
    answers = {cloud.gateway.answer(call)[1]["outcome"] for call in calls}
    assert answers <= {"launched", "deferred"}
    # The ticket of what was not answered in time is kept, and both the course and its ticket come to one sandbox.
    eventually(lambda: all(call.result for call in cloud.state.calls if call not in cloud.resumptions), PATIENCE)
    for job in jobs:
        (sandbox,) = cloud.sandboxes(job)
        assert sandbox.eof and sandbox.stdin.count(b"\n") == 1
    assert len({call.id for call in calls if call.task == container.task.id}) == 50
