"""What `setup` makes at Modal and `teardown` removes: the secret, the app, and all that jitney keeps there."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import modal
from modal.exception import NotFoundError

from host.launcher import APP, TICKETS
from host.modal.client import PATIENCE

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "github-secret"
#: Where the Dict has what `setup` remembers.
RECORD = "setup"
#: What names of jitney's own begin with.
IMAGES = "jitney-runner"
#: The component names them, after their repository and for its digest.
CACHES = re.compile(r"jitney-cache-[a-z0-9._-]{1,24}-[0-9a-f]{24}")
#: `image.published` makes them, and Modal puts the environment before and the tag behind.
PUBLISHED = re.compile(rf"(?:[^/:]+/)?{IMAGES}(?:-[0-9a-f]{{12}})?(?::[^:]*)?")
URL = re.compile(r"https://[\w.-]*--jitney[\w.-]*")


class Silent(Exception):
    """Modal does not answer."""


class NotDeployed(Exception):
    """`modal deploy` failed; the message is the end of what it said."""


class Cloud:
    """Modal, as the environment and `~/.modal.toml` name it. Asks when it is asked, and raises modal's own errors."""

    def reach(self) -> None:
        """Raises Silent where Modal does not answer; its client would try for a minute."""

        async def look() -> None:
            async with asyncio.timeout(PATIENCE):
                await modal.Secret.from_name(SECRET).hydrate.aio()

        try:
            asyncio.run(look())
        except NotFoundError:
            pass
        except TimeoutError:
            raise Silent from None

    def secret_keys(self) -> set[str] | None:
        """The keys of the Modal secret; None where there is none."""
        try:
            return set(modal.Secret.from_name(SECRET).hydrate()._get_keys())
        except NotFoundError:
            return None

    def give_secret(self, values: Mapping[str, str], exists: bool) -> None:
        """Puts these into the Modal secret and leaves the others alone."""
        if exists:
            modal.Secret.from_name(SECRET).hydrate().update(dict(values))
        else:
            modal.Secret.objects.create(SECRET, dict(values))

    def delete_secret(self) -> None:
        """The credential with it."""
        modal.Secret.objects.delete(SECRET, allow_missing=True)

    def app(self) -> modal.App | None:
        """The deployed app."""
        try:
            return modal.App.lookup(APP)
        except NotFoundError:
            return None

    def deploy(self, settings: Mapping[str, Any]) -> str:
        """`modal deploy`, which is told none of the settings; the URL that it prints."""
        environment = {name: value for name, value in os.environ.items() if name not in settings}
        ran = subprocess.run(
            [sys.executable, "-m", "modal", "deploy", "modal_app.py"],
            cwd=ROOT, env=environment | {"COLUMNS": "300", "NO_COLOR": "1"}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        found = URL.search(ran.stdout)
        if ran.returncode or found is None:
            raise NotDeployed("\n".join((ran.stdout + ran.stderr).strip().splitlines()[-12:]))
        return found[0]

    def sandboxes(self, app: modal.App) -> list[modal.Sandbox]:
        """Those that live."""
        return list(modal.Sandbox.list(app_id=app.app_id))

    def has_dict(self) -> bool:
        """Whether there is the Dict that outlives containers."""
        try:
            modal.Dict.from_name(APP).hydrate()
        except NotFoundError:
            return self._has_tickets()
        return True

    def _has_tickets(self) -> bool:
        try:
            modal.Dict.from_name(TICKETS).hydrate()
        except NotFoundError:
            return False
        return True

    def remembered(self) -> Mapping[str, Any] | None:
        """What the last `setup` left in the Dict; None where there is none."""
        try:
            found: Mapping[str, Any] | None = modal.Dict.from_name(APP).get(RECORD, None)
        except NotFoundError:
            return None
        return found

    def remember(self, record: Mapping[str, Any]) -> None:
        """Leaves this there for the next one."""
        modal.Dict.from_name(APP, create_if_missing=True).put(RECORD, record)

    def delete_dict(self) -> None:
        """What `setup` remembers with it, and the tickets that wait."""
        modal.Dict.objects.delete(APP, allow_missing=True)
        modal.Dict.objects.delete(TICKETS, allow_missing=True)

    def images(self) -> list[str]:
        """The names under which runner images are published. Modal's command line has them, its Python client not."""
        listed = json.loads(_modal("image", "names", "list", "--prefix", IMAGES, "--json"))
        tags = [next((v for k, v in one.items() if k.lower() == "tag"), "") for one in listed]
        return [tag for tag in tags if PUBLISHED.fullmatch(tag)]

    def unpublish(self, name: str) -> None:
        """Takes a name away; the layers behind it are Modal's to keep or drop."""
        _modal("image", "names", "delete", name, "--yes")

    def caches(self) -> list[str]:
        """The volumes of jobs that asked for a cache."""
        names = [volume.name for volume in modal.Volume.objects.list()]
        return [name for name in names if name and CACHES.fullmatch(name)]

    def delete_cache(self, name: str) -> None:
        """A volume and all on it."""
        modal.Volume.objects.delete(name, allow_missing=True)


def _modal(*arguments: str) -> str:
    """Modal's command line; what it prints."""
    ran = subprocess.run(
        [sys.executable, "-m", "modal", *arguments], cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"NO_COLOR": "1"},
    )  # fmt: skip
    if ran.returncode:
        said = (ran.stdout + ran.stderr).strip().splitlines()[-3:]
        raise modal.exception.Error(f"`modal {' '.join(arguments)}`: {' '.join(said)}")
    return ran.stdout
