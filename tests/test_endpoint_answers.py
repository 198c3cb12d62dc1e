"""What a delivery is answered with, and what goes on behind that. Courses come to what the test says."""

import asyncio
import json
from typing import Any

import pytest

from host import endpoint
from host.waiting import NotKept
from tests.standin import payload
from tests.test_asgi import Answer, call, make, signed


class Played:
    """Courses that are opened and come to this, or to nothing yet."""

    def __init__(self, *come_to: Any) -> None:
        self.opened: list[str] = []
        self.kept: list[Any] = []
        self.course: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        for result in come_to:
            self.course.set_result(result)

    def open(self, ticket: str, _: Any) -> asyncio.Future[Any]:
        self.opened.append(json.loads(ticket)["purpose"])
        return self.course

    async def keep(self, course: Any) -> None:
        self.kept.append(course)


async def delivered(one: Any, *labels: str) -> Answer:
    queued = payload("workflow_job.queued", repository="octo/demo", labels=["self-hosted", "modal", *labels])
    body = json.dumps(queued).encode()
    return await asyncio.wait_for(call(one, body=body, headers=signed(body, "workflow_job")), 60)


async def test_a_job_that_asks_for_too_much_is_answered_at_once_and_told_why_meanwhile() -> None:
    one = make()
    played: Any = Played()
    one._courses = played
    answer = await delivered(one, "cpu=9999")
    assert (answer.status, json.loads(answer.text)["outcome"]) == (403, "refused")
    assert played.opened == ["refuse"] and played.kept == []
    assert one._awake._left() > 0, "the process stays until it is told"


async def test_a_course_that_takes_longer_than_github_waits_is_kept_and_answered_as_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(endpoint, "ANSWER_WITHIN", 0.05)
    one = make()
    played: Any = Played()
    one._courses = played
    answer = await delivered(one)
    assert answer.status == 202 and played.opened == ["launch"] and played.kept == [played.course]


async def test_a_course_that_is_over_in_time_is_kept_by_nobody() -> None:
    one = make()
    played: Any = Played(None)
    one._courses = played
    assert (await delivered(one)).status == 202 and played.kept == []


async def test_a_job_that_could_not_be_kept_is_github_s_to_deliver_again() -> None:
    one = make()
    played: Any = Played(NotKept())
    one._courses = played
    answer = await delivered(one)
    assert (answer.status, answer.reason) == (503, "not-kept")


async def test_the_next_delivery_finds_its_instance_made() -> None:
    one = make()
    body = json.dumps(payload("ping")).encode()
    assert (await call(one, body=body)).status == 200
    assert one._intake._spare is not None
