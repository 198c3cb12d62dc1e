"""The house over the wire: rulings reach whoever waits, at once or when they are due."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from host.component import Component
from host.house import House

GET = {"account": "Token", "rank": "Launch", "changes": False, "mints": False}


def send(**errand: object) -> str:
    return json.dumps({"Send": GET | errand})


def came(limited: object = "No", well: bool | None = None) -> str:
    return json.dumps({"Came": {"account": "Token", "limited": limited, "left": None, "well": well}})


def claim(job: int, **about: object) -> str:
    plain = {"job": job, "delivery": None, "resumed": False, "found": False, "labels": "modal", "launches": True}
    plain["repository"] = "octo/demo"
    return json.dumps({"Claim": plain | about})


def ticket(job: int, purpose: str = "launch") -> str:
    about = {"purpose": purpose, "delivery": "guid-1", "repository": "octo/demo", "job": job, "run": 1}
    return json.dumps(about | {"labels": ["modal"], "created": None, "runner": None})


@pytest.fixture
async def house() -> AsyncIterator[House]:
    yield House(Component({"GITHUB_TOKEN": "x", "WEBHOOK_SECRET": "y"}))


async def ask(house: House, course: int, question: str) -> object:
    return json.loads(await asyncio.wait_for(house.ask(course, question), 60))


async def test_whoever_waits_is_told_when_another_is_done(house: House) -> None:
    for course in range(100):
        assert await ask(house, course, send()) == "Go"
    waiting = asyncio.create_task(ask(house, 100, send()))
    lost = asyncio.create_task(ask(house, 101, send()))
    await asyncio.sleep(0)
    assert not waiting.done() and not lost.done()
    assert await ask(house, 7, came()) == "Go"
    assert await waiting == "Go"
    house.leave(8)
    assert await lost == "Go"


async def test_what_is_due_comes_by_itself(house: House) -> None:
    assert await ask(house, 1, send()) == "Go"
    await ask(house, 1, came({"For": 1000}))
    assert await ask(house, 1, send()) == "Go"


async def test_a_long_hold_is_told_at_once(house: House) -> None:
    assert await ask(house, 1, send()) == "Go"
    await ask(house, 1, came({"For": 600_000}))
    held = await ask(house, 2, send())
    assert isinstance(held, dict) and 590_000 < held["Held"] <= 600_000


async def test_a_course_that_ends_lets_go_of_its_job(house: House) -> None:
    assert await ask(house, 1, claim(7)) == "First"
    assert await ask(house, 2, claim(7)) == "Covered"
    house.leave(1)
    assert await ask(house, 3, claim(7)) == "Again"


async def test_of_a_job_one_ticket_waits_and_none_of_one_that_is_over(house: House) -> None:
    assert house.wait(ticket(7), 5.0) == 5.0 and house.wait(ticket(7), 5.0) is None
    assert house.wait(ticket(7, "release"), 0.0) == 0.0 and house.wait(ticket(7, "release"), 0.0) == 0.0
    await ask(house, 1, json.dumps({"Over": [8, None]}))
    assert house.wait(ticket(8), 5.0) is None
    assert house.wait("no ticket of this component's", 5.0) == 5.0, "its course says what is wrong with it"


async def test_nothing_waits_longer_than_a_deferral_can_be(house: House) -> None:
    assert house.wait(ticket(9), 365 * 24 * 3600.0) == 3600.0


async def test_nonsense_is_answered_and_harms_nobody(house: House) -> None:
    assert await house.ask(1, "no question") == ""
    assert await ask(house, 1, claim(7)) == "First"
