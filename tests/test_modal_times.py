"""How long the Modal launcher waits, how often it asks, and what it remembers; its clock is a test's to move on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import modal
import pytest
from grpclib import Status
from modal.exception import NotFoundError
from modal_proto import api_pb2 as api

from host.launcher import APP, AtCapacity, Volume
from host.modal import image, launcher
from host.modal.launcher import ModalLauncher
from tests.control_plane import ControlPlane
from tests.standin import StandinGitHub
from tests.test_modal_launcher import Wired, eventually, order


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    monkeypatch.setattr(launcher, "time", one)
    return one


@pytest.fixture
async def wired(plane: ControlPlane) -> AsyncIterator[Wired]:
    plane.state.published[f"main/{image.published(None)}:latest"] = "im-runner"
    app = await modal.App.lookup.aio(APP, create_if_missing=True)
    one = Wired(plane, app)
    yield one
    await one.launcher.close()


def listings(wired: Wired) -> int:
    """How often all sandboxes were listed: a listing's first page has no time."""
    return sum(not asked.before_timestamp for asked in wired.plane.state.received("SandboxListV2"))


def ends_of(wired: Wired) -> list[tuple[str, int, str]]:
    ends: list[tuple[str, int, str]] = []
    wired.launcher.on_end = lambda *end: ends.append(end)
    return ends


def end(wired: Wired, sandbox: str, exit: int = 0) -> None:
    ended = wired.plane.state.sandbox(sandbox)
    ended.exit, ended.ended = exit, True


async def full(wired: Wired, name: str, limit: int = 1) -> bool:
    """Whether there is no place for one of this name."""
    try:
        await wired.launcher.start(order(name, limit=limit))
    except AtCapacity as error:
        assert str(error) == str(limit)
        return True
    return False


async def test_a_missing_image_is_asked_for_again_after_ten_minutes(wired: Wired, clock: Clock) -> None:
    for seconds, asked in ((0.0, 1), (599.0, 1), (2.0, 2), (599.0, 2), (2.0, 3)):
        clock.now += seconds
        await wired.launcher.refresh_image()
        assert wired.built == asked
    wired.plane.state.published.clear()
    with pytest.raises(NotFoundError):
        await wired.launcher.start(order())


async def test_at_its_limit_it_asks_what_lives_every_two_seconds(wired: Wired, clock: Clock) -> None:
    await wired.launcher.start(order("job-1", limit=1))
    assert listings(wired) == 1
    for seconds, asked in ((1.9, 1), (0.2, 2), (1.9, 2), (0.2, 3)):
        clock.now += seconds
        assert await full(wired, "job-2") and listings(wired) == asked
    clock.now += 3600.0
    await wired.launcher.start(order("job-3", limit=2))
    assert listings(wired) == 3, "below the limit nobody asks"


async def test_one_that_no_listing_shows_yet_counts_for_half_a_minute(wired: Wired, clock: Clock) -> None:
    sandbox = await wired.launcher.start(order("job-1", limit=1))
    wired.plane.state.sandbox(sandbox).app = "ap-elsewhere"
    clock.now += 29.0
    assert await full(wired, "job-2")
    clock.now += 2.1
    assert not await full(wired, "job-2")


async def test_one_that_another_started_counts_only_while_it_is_listed(wired: Wired, clock: Clock) -> None:
    theirs = await Wired(wired.plane, wired.app).launcher.start(order("job-1"))
    assert await full(wired, "job-2")
    end(wired, theirs)
    clock.now += 2.1
    assert not await full(wired, "job-2")


async def test_a_place_is_free_again_at_once_when_its_sandbox_is_ended_or_was_never_made(
    wired: Wired, clock: Clock
) -> None:
    wired.plane.state.fail("SandboxCreateV2", Status.RESOURCE_EXHAUSTED)
    with pytest.raises(modal.exception.Error):
        await wired.launcher.start(order("job-1", limit=1))
    sandbox = await wired.launcher.start(order("job-2", limit=1))
    assert await full(wired, "job-3")
    await wired.launcher.terminate(sandbox)
    assert not await full(wired, "job-3")


async def test_a_sandbox_has_as_long_for_its_config_as_it_waits_for_it(wired: Wired, github: StandinGitHub) -> None:
    await wired.launch(github, 31)
    (sandbox,) = wired.plane.state.living()
    assert sandbox.environment["JITNEY_HAND_OVER_WITHIN"] == str(launcher.HAND_OVER_WITHIN)
    (asked,) = wired.plane.state.received("SandboxWaitUntilReady")
    assert 0 < asked.timeout <= launcher.HAND_OVER_WITHIN
    assert sandbox.definition.readiness_probe.interval_ms == 100


async def test_a_hand_over_to_one_that_never_reads_is_given_up(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "HAND_OVER_WITHIN", 0.3)
    wired.plane.state.boots = False
    sandbox = await wired.launcher.start(order())
    async with asyncio.timeout(30):
        with pytest.raises(TimeoutError):
            await wired.launcher.hand_over(sandbox, "the config", {})
    assert wired.plane.state.sandbox(sandbox).stdin == b""


async def test_a_step_that_failed_is_done_again_after_a_moment(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    assert launcher.AGAIN_AFTER <= 1.0
    monkeypatch.setattr(launcher, "AGAIN_AFTER", 3600.0)
    tries: list[int] = []

    async def step() -> None:
        tries.append(1)
        raise OSError

    task = asyncio.create_task(launcher._insist(step))
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(tries) == 1 and not task.done()
    task.cancel()


async def test_another_process_hands_over_and_ends_too(wired: Wired) -> None:
    first, second = [await wired.launcher.start(order(name)) for name in ("job-1", "job-2")]
    another = Wired(wired.plane, wired.app).launcher
    await another.hand_over(first, "the config", {"job": "1"})
    assert wired.plane.state.sandbox(first).stdin == b"the config\n"
    await another.terminate(first)
    assert wired.plane.state.sandbox(first).ended and not wired.plane.state.sandbox(second).ended
    await another.close()


async def test_whoever_closes_lets_go_of_all(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = await wired.launcher.start(order("job-1"))
    await wired.launcher.start(order("job-2"))
    hangs = asyncio.Event()

    async def look(_: str) -> None:
        await hangs.wait()

    monkeypatch.setattr(wired.launcher, "_await_end", look)
    await wired.launcher.terminate(sandbox)
    (task,) = wired.launcher._looking
    await wired.launcher.close()
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled() and not wired.launcher._handles
    await eventually(lambda: not wired.launcher._looking)


async def test_an_end_that_was_told_is_remembered_for_as_long_as_may_be(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert launcher.REMEMBERED <= 10_000
    monkeypatch.setattr(launcher, "REMEMBERED", 1)
    ends, sandboxes = ends_of(wired), [await wired.launcher.start(order(name)) for name in ("job-1", "job-2")]
    for sandbox in sandboxes:
        end(wired, sandbox)
        for _ in range(2):
            await wired.launcher.see_end(sandbox)
    assert [sandbox for sandbox, _, _ in ends] == sandboxes
    await wired.launcher.see_end(sandboxes[0])
    assert [sandbox for sandbox, _, _ in ends] == [*sandboxes, sandboxes[0]]


async def test_the_end_of_what_one_wrote_is_told_and_no_more(wired: Wired) -> None:
    ends, sandbox = ends_of(wired), await wired.launcher.start(order())
    wired.plane.state.sandbox(sandbox).output = "x" * 20_000 + "y"
    end(wired, sandbox)
    await wired.launcher.see_end(sandbox)
    assert ends == [(sandbox, 0, ("x" * 20_000 + "y")[-16 * 1024 :])]
    assert wired.plane.state.received("AppFetchLogs")[0].limit == 20


async def test_what_modal_does_not_show_in_time_is_not_waited_for(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert launcher.OUTPUT_WITHIN < launcher.ENDED_WITHIN <= 60.0
    monkeypatch.setattr(launcher, "OUTPUT_WITHIN", 0.2)
    ends, sandbox = ends_of(wired), await wired.launcher.start(order())
    wired.plane.state.fail("AppFetchLogs", Status.UNAVAILABLE, times=1000)
    end(wired, sandbox, 3)
    async with asyncio.timeout(30):
        await wired.launcher.see_end(sandbox)
    assert ends == [(sandbox, 3, "")]


async def test_an_app_of_another_name_finds_its_own(plane: ControlPlane) -> None:
    app = await modal.App.lookup.aio("another", create_if_missing=True)
    one = ModalLauncher(app, lambda: asyncio.sleep(0))
    assert await one.find_name("job-1") == []
    (asked,) = plane.state.received("SandboxGetFromNameV2")
    assert asked.app_name == "another"


async def test_a_cache_is_made_where_there_is_none(wired: Wired) -> None:
    plain = order()
    await wired.launcher.start(replace(plain, volume=Volume("jitney-cache-demo", "/opt/jitney-cache")))
    (asked,) = wired.plane.state.received("VolumeGetOrCreate")
    assert asked.object_creation_type == api.OBJECT_CREATION_TYPE_CREATE_IF_MISSING


async def test_an_end_is_waited_for_whoever_brings_it_about(wired: Wired) -> None:
    ends, sandboxes = ends_of(wired), [await wired.launcher.start(order(name)) for name in ("job-1", "job-2")]
    watched, ended = sandboxes
    watching = asyncio.create_task(wired.launcher.watch(watched, 30.0))
    looking = asyncio.create_task(wired.launcher._await_end(ended))
    await asyncio.sleep(0.3)
    assert ends == [] and not watching.done() and not looking.done()
    for sandbox in sandboxes:
        end(wired, sandbox, 137)
    assert await watching == 137
    await looking
    assert sorted(ends) == sorted((sandbox, 137, "") for sandbox in sandboxes)
