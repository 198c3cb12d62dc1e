"""A thousand jobs wait, in Modal's own container: they hold one of its inputs, and the door stays open."""

import json
import time
from collections.abc import Iterator

import pytest
from modal._serialization import serialize

from tests.container import Deployed
from tests.container.cloud import TICKETS_ID, Cloud
from tests.container.gateway import LABELS
from tests.container.running import PATIENCE
from tests.processes import eventually
from tests.test_house import ticket

#: As many as the container takes inputs.
MANY = 1000
HOUR = 3600.0


@pytest.fixture
def cloud(deployed: Deployed) -> Iterator[Cloud]:
    with Cloud(deployed) as one:
        yield one


def wait(cloud: Cloud, job: int, due: float) -> None:
    """A ticket that an earlier container kept."""
    deferred = json.dumps(json.loads(ticket(job)) | {"run": job + 1_000_000, "labels": LABELS, "deferrals": 1})
    kept = json.dumps({"ticket": deferred, "due": due})
    cloud.state.dicts[TICKETS_ID][serialize(f"key-{job}")] = serialize(kept)


@pytest.mark.timeout(300)
def test_a_delivery_is_answered_while_a_thousand_jobs_wait(cloud: Cloud) -> None:
    for job in range(100_000, 100_000 + MANY):
        wait(cloud, job, time.time() + HOUR)
    for job in (81, 82):
        cloud.github.state.queue(job, "octo/demo", LABELS)
    wait(cloud, 81, time.time() + 5)
    with cloud.run() as container:
        eventually(lambda: [call for call in cloud.resumptions if call.task], PATIENCE)
        assert cloud.gateway.answer(cloud.gateway.deliver(82))[0] == 201
        # One that is due is taken up among them.
        eventually(lambda: [one for one in cloud.sandboxes(81) if one.eof], PATIENCE)
        eventually(lambda: not cloud.tickets(81), PATIENCE)
        held = [call for call in cloud.state.calls if call.task == container.task.id and call.result is None]
        assert len(held) <= 2 and len(cloud.state.dicts[TICKETS_ID]) == MANY
        assert container.wanting() == []
