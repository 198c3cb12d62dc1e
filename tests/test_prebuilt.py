"""`./build.sh --prebuilt`: takes what is pinned, and nothing else."""

import hashlib
from pathlib import Path

import pytest

from tests.checkout import Checkout

FILES = {"jitney.wasm": b"component", "jitney-runner": b"runner", "jitney.cdx.json": b"{}"}


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout.make(tmp_path, "cargo", "rustc", "python3")


def pin(checkout: Checkout, release: Path, **other: str) -> None:
    """A release, and what the checkout says of it."""
    release.mkdir()
    lines = [f"from file://{release}"]
    for name, content in FILES.items():
        (release / name).write_bytes(content)
        lines.append(f"{other.get(name.split('.')[0], hashlib.sha256(content).hexdigest())}  {name}")
    (checkout.root / "tools/build/prebuilt.txt").write_text("\n".join(lines) + "\n")


def test_without_a_release_it_says_so_and_builds_nothing(checkout: Checkout) -> None:
    ran = checkout.run("./build.sh", "--prebuilt")
    assert ran.returncode == 1 and "no release of this version yet" in ran.stderr
    assert "cargo" not in checkout.noted() and not (checkout.root / "target").exists()


@pytest.mark.parametrize("words", [["--prebuilt"], ["build", "--prebuilt"]])
def test_what_is_pinned_is_taken_without_rust(checkout: Checkout, tmp_path: Path, words: list[str]) -> None:
    pin(checkout, tmp_path / "release")
    ran = checkout.run("./build.sh", *words)
    assert ran.returncode == 0 and "cargo" not in checkout.noted(), ran.stderr
    assert {name: (checkout.root / "target" / name).read_bytes() for name in FILES} == FILES
    ran = checkout.run("./jitney", "doctor")
    assert ran.returncode == 0 and ran.stderr == "" and "cargo" not in checkout.noted()


def test_what_has_another_checksum_is_not_taken(checkout: Checkout, tmp_path: Path) -> None:
    pin(checkout, tmp_path / "release", jitney="0" * 64)
    ran = checkout.run("./build.sh", "--prebuilt")
    assert ran.returncode == 1 and "does not have the checksum" in ran.stderr
    assert not list((checkout.root / "target").glob("jitney*"))
