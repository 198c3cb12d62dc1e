"""What ships: the same bytes from any directory, and a bill of what is in them."""

import hashlib
import json
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from host.component import PATH
from tests.processes import ROOT

WORKSPACE = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]
SOURCES = [
    "Cargo.toml",
    "Cargo.lock",
    "build.sh",
    "src",
    "wit",
    *dict.fromkeys(member.split("/")[0] for member in WORKSPACE["members"]),
    "examples",
    "benches",
    "tests",
    "rustfmt.toml",
]


@pytest.mark.timeout(900)
def test_another_directory_gives_the_same_bytes(tmp_path: Path) -> None:
    elsewhere = tmp_path / "a directory of another name"
    elsewhere.mkdir()
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, elsewhere / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, elsewhere / name)
    subprocess.run([elsewhere / "build.sh", "component"], check=True, cwd="/")
    assert (elsewhere / "target" / "jitney.wasm").read_bytes() == PATH.read_bytes()


def test_the_bill_of_materials_names_the_artifact_and_what_is_linked_into_it() -> None:
    bill = json.loads((ROOT / "target" / "jitney.cdx.json").read_text())
    assert bill["metadata"]["component"]["hashes"][0]["content"] == hashlib.sha256(PATH.read_bytes()).hexdigest()
    named = {component["name"] for component in bill["components"]}
    assert {"serde_json", "hmac", "sha2", "rsa", "waki"} <= named
    assert not {"proptest", "arbitrary", "wac-graph", "jitney", "jitney-operator"} & named
    assert all(component["licenses"] for component in bill["components"])
