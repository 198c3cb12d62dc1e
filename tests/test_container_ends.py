"""How Modal's containers end with jitney at work in them: asked to, killed, or replaced by a newer deployment's."""

import signal
from collections.abc import Iterator

import pytest

from tests.container import Deployed
from tests.container.cloud import SUCCESS, Cloud
from tests.container.gateway import LABELS
from tests.container.running import PATIENCE
from tests.control_plane import FakeSandbox
from tests.control_plane.calls import Call
from tests.processes import eventually

#: A container that launched is held for a minute and a half.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def cloud(deployed: Deployed) -> Iterator[Cloud]:
    with Cloud(deployed) as one:
        yield one


def booting(cloud: Cloud, job: int) -> tuple[Call, FakeSandbox]:
    """A delivery whose course is in the middle: its sandbox exists, and does not read yet."""
    cloud.state.boots = False
    cloud.github.state.queue(job, "octo/demo", LABELS)
    call = cloud.gateway.deliver(job)
    (sandbox,) = eventually(lambda: cloud.sandboxes(job), PATIENCE)
    return call, sandbox


def deferred(cloud: Cloud, job: int) -> Call:
    """A job that has to wait: its ticket is in the Dict, and a call holds the container."""
    cloud.github.state.queue(job, "octo/demo", LABELS)
    cloud.github.faults.append((429, {"retry-after": "20"}))
    assert cloud.gateway.answer(cloud.gateway.deliver(job))[0] == 202
    (call,) = eventually(lambda: [one for one in cloud.resumptions if one.task], PATIENCE)
    assert len(cloud.tickets(job)) == 1
    return call


def is_launched(cloud: Cloud, job: int) -> bool:
    """Whether one sandbox of the job lives, and has its config, once."""
    living = [one for one in cloud.sandboxes(job) if not one.ended]
    return len(living) == 1 and living[0].eof and living[0].stdin.count(b"\n") == 1


def next_container_launches(cloud: Cloud, *jobs: int) -> None:
    """What waits is taken up, and ends in one runner for each job."""
    # Nobody hands a config to a sandbox of the old container (on a busy machine each job may have got one), so its
    # entrypoint gives up.
    for sandbox in cloud.state.living():
        assert not sandbox.eof
        sandbox.ended = True
    cloud.state.boots = True
    with cloud.run() as container:
        eventually(lambda: not any(cloud.tickets(job) for job in jobs), PATIENCE)
        eventually(lambda: all(is_launched(cloud, job) for job in jobs), PATIENCE)
        # What was launched is watched for a while, and that holds it.
        assert container.scale_down() == 0
        assert container.wanting() == []
        assert {call.result.status for call in cloud.state.calls if not call.web} == {SUCCESS}


def test_a_course_that_can_end_ends_before_its_container(cloud: Cloud) -> None:
    cloud.ended_well()
    with cloud.run() as container:
        call, sandbox = booting(cloud, 61)
        container.signal(signal.SIGINT)
        eventually(lambda: call.result, PATIENCE)
        sandbox.ready = True
        assert container.wait() == 0
    assert sandbox.eof and sandbox.stdin.count(b"\n") == 1
    assert [one for one in cloud.state.calls if not one.web] == []


def test_what_cannot_end_goes_on_in_the_next_container(cloud: Cloud) -> None:
    with cloud.run() as container:
        _, sandbox = booting(cloud, 62)
        waiting = deferred(cloud, 63)
        container.signal(signal.SIGINT)
        assert container.wait() == 0
        assert container.wanting() == []
    assert waiting.tries == 1 and not sandbox.eof
    next_container_launches(cloud, 62, 63)


def test_a_course_that_waits_for_github_leaves_no_thread_behind(cloud: Cloud) -> None:
    cloud.github.latency = 20
    cloud.github.state.queue(67, "octo/demo", LABELS)
    with cloud.run() as container:
        cloud.gateway.deliver(67)
        eventually(lambda: cloud.github.requests, PATIENCE)
        container.signal(signal.SIGINT)
        assert container.wait() == 0
        assert container.wanting() == []
    assert len(cloud.tickets(67)) == 1


def test_a_killed_containers_tickets_go_on_in_the_next(cloud: Cloud) -> None:
    with cloud.run() as container:
        cloud.state.boots = False
        deferred(cloud, 64)
        eventually(lambda: [one for one in cloud.sandboxes(64) if not one.ended], PATIENCE)
        container.signal(signal.SIGKILL)
        assert container.wait() == -signal.SIGKILL
    next_container_launches(cloud, 64)


def test_a_redeploy_lets_the_old_container_end_what_it_is_at(cloud: Cloud, deployed: Deployed) -> None:
    with cloud.run() as old:
        call, sandbox = booting(cloud, 65)
        deployed.deploy()
        # Modal gives an old deployment's containers nothing new, and waits for what they are at.
        old.task.stopping = True
        cloud.state.boots = True
        with cloud.run() as new:
            cloud.github.state.queue(66, "octo/demo", LABELS)
            assert cloud.gateway.answer(cloud.gateway.deliver(66))[0] == 201
            sandbox.ready = True
            # Where the new one was slow to start, the answer was that it goes on, and the new one has its ticket too.
            assert cloud.gateway.answer(call)[0] in (201, 202)
            assert old.wait() == 0
            assert old.wanting() == []
            eventually(lambda: all(one.result for one in cloud.state.calls if one.web), PATIENCE)
            assert new.scale_down() == 0
            assert new.wanting() == []
    assert [one.eof for one in cloud.sandboxes(65)] == [True]
