"""The health page and the log say when the runner image needs a look."""

import time
from typing import Any

import httpx

from host.component import Component, Loaded
from host.endpoint import Endpoint
from host.local.launcher import LocalLauncher
from tests.kept import KeptInMemory
from tests.processes import SECRET
from tests.standin import StandinGitHub
from tests.standin.server import TOKEN

DAY = 24 * 3600


async def health(github: StandinGitHub, built: dict[str, Any] | None) -> Any:
    """What `GET /` says after a sweep, where the image was built so."""

    async def image() -> dict[str, Any] | None:
        return built

    told = {"WEBHOOK_SECRET": SECRET, "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": github.url}
    endpoint = Endpoint(Component(told, Loaded()), LocalLauncher({}), KeptInMemory(), image)
    await endpoint.sweep()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(endpoint), base_url="http://jitney") as client:  # type: ignore[arg-type]
        return (await client.get("/")).json()


async def test_an_image_s_age_and_version_are_shown_with_what_is_wrong(github: StandinGitHub) -> None:
    def built(version: str, days: float) -> dict[str, Any]:
        return {"version": version, "built": int((time.time() - days * DAY) * 1000)}

    assert "runner_image" not in await health(github, None)
    fresh = await health(github, built("2.336.0", 1))
    assert fresh["runner_image"]["version"] == "2.336.0" and fresh["runner_image"]["alarms"] == []
    old = await health(github, built("2.328.0", 15))
    assert len(old["runner_image"]["alarms"]) == 2 and "15 days old" in old["runner_image"]["alarms"][0]
