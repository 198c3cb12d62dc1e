"""How Modal's containers end with jitney at work in them: asked to, killed, or replaced by a newer deployment's."""

import signal
from collections.abc import Iterator

import pytest

from tests.container import Deployed, Running
from tests.container.cloud import SUCCESS, Cloud
from tests.container.gateway import LABELS
from tests.container.running import PATIENCE
from tests.control_plane import FakeSandbox
from tests.control_plane.calls import Call
from tests.processes import eventually


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


def launched_after_all(cloud: Cloud, job: int, container: Running) -> None:
    """The job's ticket is taken out of Modal's queue and ends in one runner."""
    eventually(lambda: all(call.web or call.result for call in cloud.state.calls), PATIENCE)
    assert [call.result.status for call in cloud.state.calls if not call.web] == [SUCCESS]
    (sandbox,) = [one for one in cloud.sandboxes(job) if not one.ended]
    assert sandbox.eof and sandbox.stdin.count(b"\n") == 1
    assert container.scale_down() == 0
    assert container.wanting() == []


def test_a_course_that_can_end_ends_before_its_container(cloud: Cloud) -> None:
    with cloud.run() as container:
        _, sandbox = booting(cloud, 61)
        container.signal(signal.SIGINT)
        sandbox.ready = True
        assert container.wait() == 0
        print("\n".join(container.lines))
    assert sandbox.eof and sandbox.stdin.count(b"\n") == 1
    assert [call for call in cloud.state.calls if not call.web] == []
    assert 0


def test_a_course_that_cannot_end_goes_on_in_the_next_container(cloud: Cloud) -> None:
    with cloud.run() as container:
        _, sandbox = booting(cloud, 62)
        container.signal(signal.SIGINT)
        assert container.wait() == 0
        print("\n".join(container.lines))
    assert not sandbox.eof
    # Nobody handed it a config, so its entrypoint gives up.
    sandbox.ended, cloud.state.boots = True, True
    with cloud.run() as container:
        launched_after_all(cloud, 62, container)
    assert 0


def test_a_killed_containers_tickets_go_on_in_the_next(cloud: Cloud) -> None:
    cloud.github.state.queue(63, "octo/demo", LABELS)
    cloud.github.faults.append((429, {"retry-after": "5"}))
    with cloud.run() as container:
        assert cloud.gateway.answer(cloud.gateway.deliver(63))[0] == 202
        cloud.state.boots = False
        (sandbox,) = eventually(lambda: [one for one in cloud.sandboxes(63) if not one.ended], PATIENCE)
        container.signal(signal.SIGKILL)
        container.wait()
        print("\n".join(container.lines))
    sandbox.ended, cloud.state.boots = True, True
    with cloud.run() as container:
        launched_after_all(cloud, 63, container)
    assert 0


def test_a_redeploy_lets_the_old_container_answer(cloud: Cloud, deployed: Deployed) -> None:
    with cloud.run() as old:
        call, sandbox = booting(cloud, 64)
        deployed.deploy()
        old.task.stopping = True
        cloud.state.boots = True
        with cloud.run() as new:
            cloud.github.state.queue(65, "octo/demo", LABELS)
            assert cloud.gateway.answer(cloud.gateway.deliver(65))[0] == 201
            sandbox.ready = True
            status, said = cloud.gateway.answer(call)
            assert status in (201, 202)
            assert old.wait() == 0
            assert old.wanting() == []
            assert new.scale_down() == 0
            assert new.wanting() == []
