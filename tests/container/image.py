"""Lays out a container's files: those that the client sent, where the image's recipe puts them, and no others.

Packages are links to the test's own, but only to those that the recipe installs, and to what Modal mounts into each
container: its client, and the packages that the client's own list for this image builder names.
"""

import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import modal

from tests.control_plane.deploying import BUILDER
from tests.control_plane.state import State

#: Where pip installs, and where Modal mounts its client, below a container's root.
INSTALLED, CLIENT = "usr/lib/python", "pkg"
NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)


def lay_out(state: State, function: Any, root: Path) -> None:
    """The files of a function's containers, below `root`."""
    _image(state, function.image_id, root)
    for mount in function.mount_ids:
        sent = state.mounts[mount]
        if sent.deployment_name.startswith("modal-client-mount-"):
            _link(["modal", "synchronicity"], root / CLIENT)
        else:
            _copy(state, mount, root)
    if function.mount_client_dependencies:
        listed = Path(modal.__file__).parent / "builder" / f"{BUILDER}.txt"
        wanted = [name for name in NAME.findall(listed.read_text()) if name != "async-timeout"]
        _link(wanted, root / CLIENT)


def python_path(root: Path) -> str:
    """What a container's interpreter is told, in the order in which Modal has it."""
    return ":".join(str(root / place) for place in ("root", CLIENT, INSTALLED))


def interpreter() -> list[str]:
    """A Python without the packages of the tests' venv, and without any of the system's."""
    return [sys._base_executable, "-S"]  # type: ignore[attr-defined]


def _image(state: State, image: str, root: Path) -> None:
    recipe = state.images[image]
    for base in recipe.base_images:
        if base.image_id in state.images:
            _image(state, base.image_id, root)
    if recipe.context_mount_id in state.mounts:
        _copy(state, recipe.context_mount_id, root)
    for command in recipe.dockerfile_commands:
        if "pip install -r" in command:
            for file in recipe.context_files:
                _link(NAME.findall(file.data.decode()), root / INSTALLED)
        elif command.startswith("RUN cd /root && python "):
            arguments = command.removeprefix("RUN cd /root && python ").split()
            environment = {"PYTHONPATH": f"{root / 'root'}:{root / INSTALLED}"}
            subprocess.run([*interpreter(), *arguments], cwd=root / "root", env=environment, check=True, timeout=120)


def _copy(state: State, mount: str, root: Path) -> None:
    for file in state.mounts[mount].files:
        target = root / file.filename.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(state.files[file.sha256_hex])


def _link(names: list[str], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        found = distribution(name)
        tops = {file.parts[0] for file in found.files or [] if file.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            if not (target / top).exists():
                (target / top).symlink_to(Path(str(found.locate_file(top))).resolve())
