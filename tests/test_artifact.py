"""What ships: the same bytes from any directory, and a bill of what is in them."""

import hashlib
import json
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from host.component import PATH
from host.modal.image import BINARY
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
    # The tool that composes the two components is no part of them: its dependencies need not be built again.
    if (built := ROOT / "target/guard/debug").exists():
        ignored = shutil.ignore_patterns("incremental")
        shutil.copytree(built, elsewhere / "target/guard/debug", ignore=ignored)
    for command, made in (("component", PATH), ("runner", BINARY)):
        subprocess.run([elsewhere / "build.sh", command], check=True, cwd="/")
        assert (elsewhere / "target" / made.name).read_bytes() == made.read_bytes(), made.name


@pytest.mark.parametrize(
    ("made", "bill", "linked", "absent"),
    [
        (PATH, "jitney.cdx.json", {"serde_json", "hmac", "sha2", "rsa", "wasip2"}, {"signal-hook", "nix"}),
        (BINARY, "jitney-runner.cdx.json", {"serde_json", "base64ct", "nix", "signal-hook"}, {"waki", "wasi"}),
    ],
)
def test_the_bill_of_materials_names_the_artifact_and_what_is_linked_into_it(
    made: Path, bill: str, linked: set[str], absent: set[str]
) -> None:
    told = json.loads((ROOT / "target" / bill).read_text())
    subject = told["metadata"]["component"]
    assert (subject["name"], subject["hashes"][0]["content"]) == (
        made.name,
        hashlib.sha256(made.read_bytes()).hexdigest(),
    )
    named = {component["name"] for component in told["components"]}
    assert linked <= named
    assert not ({"proptest", "arbitrary", "wac-graph", "jitney", "jitney-operator"} | absent) & named
    assert all(component["licenses"] for component in told["components"])


def test_the_runner_s_binary_is_static_and_knows_no_path_of_this_machine() -> None:
    binary = BINARY.read_bytes()
    assert b"/lib64/ld-linux" not in binary and b"ld-musl" not in binary
    assert str(ROOT).encode() not in binary and str(Path.home() / ".cargo").encode() not in binary
