"""The deployed app, as commands ask for it: how it stands, where sandboxes start, what is kept. Raises modal's own
errors, which are here for whoever asks."""

import asyncio
from dataclasses import dataclass
from typing import Any

import modal
from modal.exception import AuthError, Error, NotFoundError

from host.launcher import APP, TICKETS, Sandbox
from host.modal import image
from host.modal.launcher import ModalLauncher
from host.modal.tickets import ModalTickets
from host.records.store import ModalStore

__all__ = [
    "PATIENCE",
    "AuthError",
    "Error",
    "NotFoundError",
    "Standing",
    "launcher",
    "living",
    "stands",
    "store",
    "tickets",
]

#: Seconds for which Modal is waited for; its client would try for a minute.
PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What Modal does not have, the `app` or its runner `image`, and what the app notes of the image: `version`, and
    when it was `built`, in milliseconds since the epoch."""

    lacking: str | None
    built: dict[str, Any] | None = None


async def stands() -> Standing:
    """How the app stands."""
    async with asyncio.timeout(PATIENCE):
        try:
            app = await modal.App.lookup.aio(APP)
        except NotFoundError:
            return Standing("app")
        try:
            # Looks the name up and builds nothing, for the image has no steps of its own; `hydrate` refuses images.
            await modal.Image.from_name(image.published(None)).build.aio(app)
        except NotFoundError:
            return Standing("image")
        try:
            return Standing(None, await modal.Dict.from_name(APP).get.aio("runner-image", None))
        except NotFoundError:
            return Standing(None)


async def launcher() -> ModalLauncher:
    """Starts sandboxes in the app, which is made where there is none."""
    async with asyncio.timeout(PATIENCE):
        app = await modal.App.lookup.aio(APP, create_if_missing=True)
    refresh = modal.Function.from_name(APP, "refresh_runner_image")
    return ModalLauncher(app, refresh.spawn.aio)


async def store() -> ModalStore:
    """What the app keeps."""
    return ModalStore(await modal.Dict.from_name(APP).hydrate.aio())


async def tickets() -> ModalTickets:
    """Those that wait."""
    return ModalTickets(await modal.Dict.from_name(TICKETS).hydrate.aio())


async def living(job: str) -> list[Sandbox]:
    """The sandboxes that live for a job."""
    return await ModalLauncher(await modal.App.lookup.aio(APP), _nothing).find_job(job)


async def _nothing() -> None:
    """Builds no image: nothing is started here."""
