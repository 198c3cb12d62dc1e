"""Courses that fail in the component itself: no job is lost by that."""

import asyncio
from typing import Any

import pytest

from host import component, courses
from host.component import MIB, Component
from host.endpoint import Endpoint
from host.local.launcher import LocalLauncher
from tests.kept import KeptInMemory
from tests.processes import SECRET
from tests.standin import StandinGitHub, payload
from tests.standin.server import TOKEN
from tests.test_endpoint_bounds import answered
from tests.test_waiting import eventually

LABELS = ["self-hosted", "modal"]


async def test_a_job_whose_course_failed_is_launched_by_another(
    github: StandinGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = KeptInMemory()
    settings = {"WEBHOOK_SECRET": SECRET, "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": github.url}
    launcher = LocalLauncher()
    one = Endpoint(Component(settings), launcher, tickets)
    monkeypatch.setattr(courses, "AFTER_FAILURE", 0.1)
    # So little that no instance of a course comes to life.
    monkeypatch.setattr(component, "COURSE_MEMORY", 64 * 1024)
    github.state.queue(7, "octo/demo", LABELS)
    queued: dict[str, Any] = payload("workflow_job.queued", id=7, repository="octo/demo", labels=LABELS)
    assert (await answered(one, "workflow_job", queued))[0] == 202
    assert len(tickets.tickets) == 1 and github.mints() == 0
    monkeypatch.setattr(component, "COURSE_MEMORY", 32 * MIB)
    one.begin()
    try:
        await eventually(lambda: github.mints() == 1 and not tickets.tickets)
    finally:
        async with asyncio.timeout(60):
            await one.close(10.0)
            await launcher.close()
