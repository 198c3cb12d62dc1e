"""What holds a process awake: who is called, how often, and for how long one call is held."""

import asyncio
import gc
import time
import weakref
from collections.abc import Awaitable, Callable

import pytest

from host import awake as module
from host.awake import Awake
from tests.test_waiting import eventually


def counting() -> tuple[list[float], Callable[[], Awaitable[None]]]:
    """The calls that were made, and what makes them."""
    called: list[float] = []

    async def wake() -> None:
        called.append(time.time())

    return called, wake


async def test_who_held_a_process_is_called_again_as_soon_as_there_is_something() -> None:
    called, wake = counting()
    awake = Awake(wake)
    for times in (1, 2):
        awake.stay(0.1)
        awake.stay(0.05)
        await eventually(lambda times=times: len(called) == times)
        await asyncio.wait_for(awake.hold(600.0), 5)
    awake.stay(600.0)
    await eventually(lambda: len(called) == 3)
    awake.busy(True)
    await asyncio.wait_for(awake.hold(0.1), 5)
    await eventually(lambda: len(called) == 4)
    awake.look()
    assert len(called) == 4, "who was called just now may still come"


async def test_who_could_not_be_called_is_called_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[float] = []

    async def wake() -> None:
        called.append(time.time())
        if len(called) < 3:
            raise OSError

    monkeypatch.setattr("host.awake.AGAIN_AFTER_FAILURE", 0.01)
    awake = Awake(wake)
    awake.busy(True)
    await eventually(lambda: len(called) == 3)
    awake.look()
    assert len(called) == 3


async def test_what_is_at_work_is_waited_for_and_no_longer() -> None:
    awake = Awake()
    awake.work(True)
    awake.busy(True)
    held = asyncio.create_task(awake.hold(600.0))
    awake.busy(False)
    await asyncio.sleep(0.05)
    assert not held.done()
    awake.work(False)
    await asyncio.wait_for(held, 60)


async def test_who_has_nothing_to_do_holds_nobody_and_calls_nobody() -> None:
    called, wake = counting()
    awake = Awake(wake)
    await asyncio.wait_for(awake.hold(600.0), 60)
    for begins in (True, True, False, False):
        awake.work(begins)
    await asyncio.wait_for(awake.hold(600.0), 60)
    assert len(called) == 1, "two things that were at work at once are one reason"
    awake.work(True)
    awake.work(True)
    awake.work(False)
    held = asyncio.create_task(awake.hold(600.0))
    await asyncio.sleep(0.05)
    assert not held.done(), "one of the two is at work still"
    awake.work(False)
    await asyncio.wait_for(held, 60)


async def test_one_holder_is_enough_and_it_does_nothing_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    called, wake = counting()
    awake, looks = Awake(wake), []
    left = awake._left

    def noted() -> float:
        looks.append(1)
        return left()

    monkeypatch.setattr(awake, "_left", noted)
    awake.work(True)
    held = asyncio.create_task(awake.hold(600.0))
    await eventually(lambda: looks)
    looks.clear()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not looks, "whoever holds a call has no computing to pay for"
    await asyncio.wait_for(awake.hold(600.0), 60)
    assert not held.done() and len(called) == 1
    awake.work(False)
    await asyncio.wait_for(held, 60)


async def test_a_call_is_held_for_as_long_as_there_is_something() -> None:
    awake, loop = Awake(), asyncio.get_running_loop()
    until = loop.time() + 0.4
    awake.stay(0.4)
    await asyncio.wait_for(awake.hold(600.0), 60)
    assert loop.time() >= until


async def test_one_that_ends_calls_nobody_for_what_is_its_own() -> None:
    called, wake = counting()
    awake = Awake(wake)
    awake.stay(600.0)
    await eventually(lambda: called)
    awake.end()
    await asyncio.wait_for(awake.hold(600.0), 60)
    awake.stay(600.0)
    awake.busy(True)
    await asyncio.sleep(0.05)
    assert len(called) == 1


async def test_whoever_does_not_come_is_called_again_before_the_container_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert module.CALL_AGAIN <= 30 and module.AGAIN_AFTER_FAILURE <= 1
    monkeypatch.setattr(module, "CALL_AGAIN", 0.3)
    called, wake = counting()
    awake = Awake(wake)
    awake.busy(True)
    await eventually(lambda: called)
    awake.look()
    await asyncio.sleep(0)
    assert len(called) == 1, "who was called just now may still come"
    await asyncio.sleep(0.3)
    awake.look()
    await eventually(lambda: len(called) == 2 and not awake._calls)


async def test_a_call_that_takes_a_while_is_not_forgotten() -> None:
    """The event loop itself keeps no task alive that waits for what nobody else has."""
    waits: list[weakref.ref[asyncio.Future[None]]] = []

    async def wake() -> None:
        answer = asyncio.get_running_loop().create_future()
        waits.append(weakref.ref(answer))
        await answer

    awake = Awake(wake)
    awake.busy(True)
    await eventually(lambda: waits)
    gc.collect()
    answer = waits[0]()
    assert answer is not None
    answer.set_result(None)
    await eventually(lambda: not awake._calls)
