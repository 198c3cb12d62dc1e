"""Modal's side: the secret, the app, and all that jitney keeps there, found, made and removed.

What a Modal secret holds cannot be read back, so what was put there is remembered as salted digests, in jitney's own
Dict: by them a second run knows that nothing changed.
"""

import asyncio
import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import modal
from modal.exception import NotFoundError
from wasmtime import Trap, WasmtimeError

from host.busy import busy
from host.launcher import APP
from host.setup.terminal import SLOW, Step, Stopped, Terminal, stop

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "github-secret"
#: Seconds for which Modal's first answer is waited for.
PATIENCE = 10.0
#: Where the Dict has what `setup` remembers.
RECORD = "setup"
#: What names of jitney's own begin with.
IMAGES = "jitney-runner"
CACHES = "jitney-cache-"
#: `image.published` makes them, and Modal puts the environment before and the tag behind.
PUBLISHED = re.compile(rf"(?:[^/:]+/)?{IMAGES}(?:-[0-9a-f]{{12}})?(?::[^:]*)?")
URL = re.compile(r"https://[\w.-]*--jitney[\w.-]*")
#: What a deploy is made of.
SOURCES = ["modal_app.py", "requirements/webhook.txt", "target/jitney.wasm", "host/**/*.*", "runner/**/*"]


@contextmanager
def telling(terminal: Terminal, command: str) -> Iterator[None]:
    """Shows what ends `command` before its time."""
    again = f"run {command} again: it goes on from here"
    try:
        yield
    except Stopped as stopped:
        terminal.show(stopped.args[0])
    except modal.exception.AuthError:
        terminal.show(Step("failed", "Modal", "does not know us", "sign in with `modal setup`"))
    except modal.exception.Error as error:
        terminal.show(Step("failed", "Modal", f"cannot do it: {type(error).__name__}: {error}", again))
    except (Trap, WasmtimeError):
        terminal.show(Step("failed", "GitHub", SLOW, again))


class Cloud:
    """Modal, as the environment and `~/.modal.toml` name it. Asks when it is asked, and raises modal's own errors."""

    def reach(self) -> None:
        """Ends the command where Modal does not answer; its client would try for a minute."""

        async def look() -> None:
            async with asyncio.timeout(PATIENCE):
                await modal.Secret.from_name(SECRET).hydrate.aio()

        try:
            with busy("asking Modal"):
                asyncio.run(look())
        except NotFoundError:
            pass
        except TimeoutError:
            stop("Modal", f"gave no answer within {PATIENCE:.0f} s", "check that this machine reaches it")

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
            said = (ran.stdout + ran.stderr).strip().splitlines()[-12:]
            stop(
                "deploy", "failed:\n" + "\n".join(said), "mend what it says and run setup again: it goes on from here"
            )
        return found[0]

    def sandboxes(self, app: modal.App) -> list[modal.Sandbox]:
        """Those that live."""
        return list(modal.Sandbox.list(app_id=app.app_id))

    def has_dict(self) -> bool:
        """Whether there is the Dict that outlives containers."""
        try:
            modal.Dict.from_name(APP).hydrate()
        except NotFoundError:
            return False
        return True

    def delete_dict(self) -> None:
        """What `setup` remembers with it."""
        modal.Dict.objects.delete(APP, allow_missing=True)

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
        return [name for name in names if name and name.startswith(CACHES)]

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


class Record:
    """What the last `setup` did, as far as a next one asks."""

    def __init__(self, found: Mapping[str, Any] | None = None) -> None:
        found = found or {}
        self._salt: str = found.get("salt") or secrets.token_hex(16)
        self.settings: dict[str, str] = dict(found.get("settings", {}))
        self.code: str | None = found.get("code")
        #: Where the deploy is, and where it is to be reached by another name.
        self.url: str | None = found.get("url")
        self.endpoint: str | None = found.get("endpoint")

    @classmethod
    def load(cls) -> "Record":
        """From jitney's Dict; an empty one where there is none."""
        try:
            return cls(modal.Dict.from_name(APP).get(RECORD, None))
        except NotFoundError:
            return cls()

    def save(self) -> None:
        """Into jitney's Dict."""
        kept: dict[str, Any] = {"salt": self._salt, "settings": self.settings, "code": self.code, "url": self.url}
        kept["endpoint"] = self.endpoint
        modal.Dict.from_name(APP, create_if_missing=True).put(RECORD, kept)

    def knows(self, name: str, value: str) -> bool:
        """Whether this value was put there before."""
        return self.settings.get(name) == self._digest(name, value)

    def note(self, values: Mapping[str, str]) -> None:
        """These were put there."""
        self.settings |= {name: self._digest(name, value) for name, value in values.items()}

    def _digest(self, name: str, value: str) -> str:
        salt = f"{self._salt} {name}".encode()
        return hashlib.scrypt(value.encode(), salt=salt, n=1 << 12, r=8, p=1, dklen=24).hex()


def code_digest() -> str:
    """What `modal deploy` would send, as one number."""
    digest = hashlib.sha256()
    for pattern in SOURCES:
        for path in sorted(path for path in ROOT.glob(pattern) if path.is_file() and path.suffix != ".pyc"):
            digest.update(f"{path.relative_to(ROOT)}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
