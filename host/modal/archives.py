"""The archives of actions that go into runner images, fetched with git. Which they are, the component says.

A commit has no published checksum but its own id, which is the hash of all that it holds: git reckons it anew from
what it receives, and takes nothing that comes to another. An archive that is handed out could not be checked so.
"""

import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from wasmtime import Trap, WasmtimeError

from host.component import Component
from host.log import logger

#: Seconds that one call of git may take, and all of them: the images are built after that whatever is missing.
PATIENCE = 120
ALL_WITHIN = 15 * 60
#: What lies in the folder, for who looks into it.
INDEX = "archives.txt"


def gather(component: Component, into: Path) -> None:
    """Fetches them into a folder, as the runner looks for them. What cannot be had is left out, and said: a job then
    downloads it as it would without this."""
    held: list[str] = []
    left_out: list[str] = []
    into.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + ALL_WITHIN
    for source in component.sources():
        try:
            listed = _git(until, "ls-remote", "--heads", "--tags", source.url).decode(errors="replace")
            for archive in component.archives(source.name, listed):
                _fetch(until, source.url, archive, into / archive.file)
                held.append(f"{source.name} {archive.commit} {archive.file}\n")
        except (subprocess.SubprocessError, OSError, Trap, WasmtimeError) as error:
            left_out.append(source.name)
            said = getattr(error, "stderr", None) or b""
            detail = said.decode(errors="replace").strip()[-300:]
            logger().warning("archives-left-out", repository=source.name, error=type(error).__name__, detail=detail)
    (into / INDEX).write_text("".join(held))
    logger().info("archives", held=len(held), left_out=left_out)


def _fetch(until: float, url: str, archive: Any, file: Path) -> None:
    """Writes all of it or nothing: half an archive would fail each job that finds it."""
    with tempfile.TemporaryDirectory() as home:
        _git(until, "init", "--quiet", "--bare", home)
        _git(until, "-C", home, "fetch", "--quiet", "--no-tags", "--depth", "1", url, archive.commit)
        made = _git(
            until, "-C", home, "archive", "--format", "tar.gz", "--prefix", f"{archive.folder}/", archive.commit
        )
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(made)


def _git(until: float, *words: str) -> bytes:
    """Its output. It asks nobody for a password, and is told none of the settings."""
    told = {name: os.environ[name] for name in os.environ if name in ("PATH", "HOME") or name.startswith("GIT_")}
    ran = subprocess.run(
        ["git", *words], env=told | {"GIT_TERMINAL_PROMPT": "0"}, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=max(0.0, min(PATIENCE, until - time.monotonic())), check=True,
    )  # fmt: skip
    return ran.stdout
