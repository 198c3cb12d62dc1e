"""Turns: so many in a minute, each repository in turn, none while GitHub wants to be left alone."""

import asyncio
from asyncio import sleep as a_moment

import pytest

from host.pace import Held, Pace


class Clock:
    """Time that passes when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A pace that sleeps makes its time pass."""
    clock, sleep = Clock(), asyncio.sleep

    async def pass_time(seconds: float) -> None:
        await sleep(0)  # Who has a turn takes it before time passes.
        clock.now += seconds

    monkeypatch.setattr("host.pace.asyncio.sleep", pass_time)
    return clock


async def test_repositories_take_turns_however_many_jobs_one_has(clock: Clock) -> None:
    pace = Pace(clock)
    order: list[str] = []

    async def one(repository: str) -> None:
        pace.use(await pace.turn(repository, 2))
        order.append(repository)

    jobs = ["big"] * 6 + ["small"] * 2
    await asyncio.gather(*(one(repository) for repository in jobs))
    assert order[:2] == ["big", "big"], "the first two are free"
    assert order[2:6] == ["big", "small", "big", "small"]


async def test_no_minute_has_more_turns_than_it_may(clock: Clock) -> None:
    pace = Pace(clock)
    given: list[float] = []

    async def one() -> None:
        pace.use(await pace.turn("octo/demo", 10))
        given.append(clock.now)

    await asyncio.gather(*(one() for _ in range(35)))
    assert len(given) == 35
    assert all(sum(began <= other < began + 60 for other in given) <= 10 for began in given)
    assert given[-1] - given[0] == pytest.approx(180)


async def test_a_hold_reaches_those_who_wait_and_those_who_come() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.use(await pace.turn("octo/demo", 1))
    waiting = asyncio.create_task(pace.turn("octo/demo", 1))
    await asyncio.sleep(0)
    pace.hold(30)
    for turn in (waiting, pace.turn("octo/else", 1)):
        with pytest.raises(Held) as held:
            await turn
        assert held.value.args == (30_000,)
    clock.now += 61
    await pace.turn("octo/demo", 1)


async def test_a_turn_counts_from_when_github_was_asked_and_not_from_when_it_was_given(clock: Clock) -> None:
    pace = Pace(clock)
    first = await pace.turn("octo/demo", 1)
    clock.now += 10  # Its sandbox is started.
    pace.use(first)
    await pace.turn("octo/demo", 1)
    assert clock.now == pytest.approx(1070)


async def test_a_course_that_is_cancelled_with_its_turn_does_not_keep_it(clock: Clock) -> None:
    pace = Pace(clock)
    pace.use(await pace.turn("octo/demo", 1))
    waiting = asyncio.create_task(pace.turn("octo/demo", 1))
    while clock.now < 1060:  # noqa: ASYNC110, there is no event: it must be this very moment
        await a_moment(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    await asyncio.wait_for(pace.turn("octo/demo", 1), timeout=5)
