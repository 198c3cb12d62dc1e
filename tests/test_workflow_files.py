"""This repository's own workflows: actions are pinned by their commits, permissions are few, and what is run is here.

`./build.sh lint` holds the files against GitHub's schema."""

import os
import re
import subprocess

import pytest

import host
from tests.processes import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def script(name: str, step: str) -> str:
    """The one-line script of a step."""
    text = (ROOT / ".github" / "workflows" / name).read_text()
    (found,) = re.findall(rf"- name: {re.escape(step)}\n +run: (.*)", text)
    return str(found)


def test_there_is_one_for_changes_and_one_for_releases() -> None:
    assert [file.name for file in FILES] == ["ci.yml", "release.yml"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_actions_are_pinned_and_permissions_are_few(file: object) -> None:
    text = file.read_text()  # type: ignore[attr-defined]
    uses = re.findall(r"uses: (.*)", text)
    assert uses and all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one) for one in uses), uses
    assert "\npermissions:\n  contents: read\n" in text and "persist-credentials: false" in text
    assert "pull_request_target" not in text and "secrets." not in text
    # An expression in a script would run what somebody else wrote.
    scripts = re.findall(r"^ +run: (?:\|\n((?:(?: {10}.*)?\n)+)|(.*))", text, re.MULTILINE)
    assert scripts and all("${{" not in one + other for one, other in scripts)


def test_what_they_run_is_here() -> None:
    for file in FILES:
        for command in re.findall(r"\./build\.sh ([a-z]+)", file.read_text()):
            assert (ROOT / "tools" / "build" / "commands" / f"{command}.sh").exists(), command
    assert (
        ROOT / script("ci.yml", "Run the demo, the linters, the simulation, the fuzzers and the tests").split()[1]
    ).exists()


@pytest.mark.parametrize(("tag", "good"), [(f"v{host.VERSION}", True), ("v9.9.9", False), (host.VERSION, False)])
def test_only_the_tag_of_this_version_is_released(tag: str, good: bool) -> None:
    compare = script("release.yml", "Compare the tag with the version in Cargo.toml")
    environment = os.environ | {"GITHUB_REF_NAME": tag}
    ran = subprocess.run(["bash", "-euc", compare], cwd=ROOT, env=environment, check=False)
    assert (ran.returncode == 0) is good


def test_the_rust_that_they_install_is_cargo_s() -> None:
    (line,) = set(re.findall(r"rust=\$\((.*)\)", "".join(file.read_text() for file in FILES)))
    told = subprocess.run(["bash", "-euc", line], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    assert f'rust-version = "{told}"' in (ROOT / "Cargo.toml").read_text() and told.startswith("1.")
