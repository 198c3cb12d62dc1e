"""The house is as it is drawn: who may import Modal's client, and that the version has one value."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import host
from tests.processes import ROOT


def imported(source: Path) -> Iterator[str]:
    """What a file imports, at its top or later."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"{'.' * node.level}{node.module or ''}"


def importers(top: str) -> set[str]:
    """The files of `host` that import a module of this package."""
    files = (ROOT / "host").rglob("*.py")
    return {str(file.relative_to(ROOT)) for file in files if top in {name.split(".")[0] for name in imported(file)}}


def test_nothing_in_host_but_its_room_for_modal_imports_modal() -> None:
    found = importers("modal")
    assert "host/modal/launcher.py" in found
    assert {file for file in found if not file.startswith("host/modal/")} == set()


def test_no_import_in_host_is_relative() -> None:
    """`from . import modal` would be ours or Modal's, depending on the file."""
    assert importers("") == set()


def test_the_version_is_one() -> None:
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
    assert manifest["workspace"]["package"]["version"] == host.VERSION
    assert "version" not in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for member in [".", *manifest["workspace"]["members"]]:
        package = tomllib.loads((ROOT / member / "Cargo.toml").read_text())["package"]
        assert package["version"] == {"workspace": True}, member
