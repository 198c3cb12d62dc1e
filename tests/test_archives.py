"""The archives of actions in the runner image: verified by git, and laid out as the Actions runner looks for them."""

import shutil
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest
import structlog

from host.component import Component
from host.modal.archives import INDEX, gather
from tests.origins import Origin, instead
from tests.standin.server import TOKEN

ACTION = "name: cache\nruns: {using: node24, main: index.js}\n"


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Origin:
    for name, value in instead(tmp_path / "origins").items():
        monkeypatch.setenv(name, value)
    return Origin(tmp_path / "origins", "actions/cache")


def gathered(into: Path, **settings: str) -> list[Any]:
    """What was logged."""
    with structlog.testing.capture_logs() as logged:
        gather(Component({"GITHUB_TOKEN": TOKEN} | settings), into)
    return logged


def unpacked(archive: Path, into: Path) -> Path:
    """As `ActionManager.cs` of actions/runner unpacks one: with `tar -xzf`, and it must have a single folder."""
    into.mkdir()
    subprocess.run(["tar", "-xzf", archive], cwd=into, check=True)
    (folder,) = into.iterdir()
    assert folder.is_dir()
    return folder


def test_each_lies_where_the_runner_looks_and_holds_the_commit(tmp_path: Path, origin: Origin) -> None:
    old = origin.release("v4.0.0", annotated=True, **{"action.yml": ACTION, "index.js": "1"})
    new = origin.release("v4.1.0", "v4", **{"index.js": "2"})
    origin.release("nightly", **{"index.js": "3"})
    *_, summary = gathered(tmp_path / "archives")
    found = {file.relative_to(tmp_path / "archives") for file in (tmp_path / "archives").rglob("*.tar.gz")}
    assert found == {Path(f"actions_cache/{commit}.tar.gz") for commit in (old, new)}
    for commit, content in ((old, "1"), (new, "2")):
        folder = unpacked(tmp_path / f"archives/actions_cache/{commit}.tar.gz", tmp_path / commit)
        assert {file.name for file in folder.iterdir()} == {"action.yml", "index.js"}
        assert (folder / "action.yml").read_text() == ACTION and (folder / "index.js").read_text() == content
    index = (tmp_path / "archives" / INDEX).read_text().splitlines()
    assert index == [f"actions/cache {commit} actions_cache/{commit}.tar.gz" for commit in (new, old)]
    assert summary["event"] == "archives" and summary["held"] == 2


def test_the_same_commits_give_the_same_bytes_so_that_no_layer_is_built_anew(tmp_path: Path, origin: Origin) -> None:
    commit = origin.release("v4", **{"action.yml": ACTION})
    for folder in ("once", "again"):
        gathered(tmp_path / folder)
    once, again = ((tmp_path / name / f"actions_cache/{commit}.tar.gz").read_bytes() for name in ("once", "again"))
    assert once == again


def test_what_does_not_hash_to_its_name_is_not_taken(tmp_path: Path, origin: Origin) -> None:
    """A server that hands out other content under a commit's id. A download of an archive would take it."""
    commit = origin.release("v4", **{"action.yml": ACTION, "index.js": "good"})
    blob = origin.git("rev-parse", f"{commit}:index.js")
    loose = origin.home / ".git/objects" / blob[:2] / blob[2:]
    loose.chmod(0o644)
    loose.write_bytes(zlib.compress(b"blob 4\0evil"))
    assert origin.git("archive", "--format", "tar", commit).count("evil") == 1, "the server itself minds nothing"
    logged = gathered(tmp_path / "archives")
    (said,) = (line["detail"] for line in logged if line.get("repository") == "actions/cache")
    assert "did not send all necessary objects" in said, "git here missed what the id is the hash of"
    assert list((tmp_path / "archives").rglob("*.tar.gz")) == []
    assert (tmp_path / "archives" / INDEX).read_text() == ""


def test_what_cannot_be_had_is_left_out_and_said_and_the_rest_is_there(tmp_path: Path, origin: Origin) -> None:
    origin.release("v4", **{"action.yml": ACTION})
    *left_out, summary = gathered(tmp_path / "archives", ACTION_ARCHIVES=f"octo/gone,actions/cache@{'0' * 40}")
    named = [line["repository"] for line in left_out]
    assert "octo/gone" in named and named == summary["left_out"]
    assert all(line["event"] == "archives-left-out" and line["log_level"] == "warning" for line in left_out)
    assert summary["held"] == 1 and len(list((tmp_path / "archives").rglob("*.tar.gz"))) == 1


def test_what_the_setting_adds_is_there_too(tmp_path: Path, origin: Origin) -> None:
    other = Origin(tmp_path / "origins", "octo/action")
    commit = other.release("stable", **{"action.yml": ACTION})
    other.release("v1", **{"action.yml": "newer"})
    gathered(tmp_path / "archives", ACTION_ARCHIVES="octo/action@stable")
    assert [file.name for file in (tmp_path / "archives").rglob("*.tar.gz")] == [f"{commit}.tar.gz"]


def in_place_of_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text(f"#!/bin/sh\n{script}\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", str(git.parent), prepend=":")


def test_half_an_archive_is_none(tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner would unpack it, and fail the job."""
    origin.release("v4", **{"action.yml": ACTION})
    real = shutil.which("git")
    broken = f'case " $* " in *" archive "*) {real} "$@" | head -c 40; exit 1;; esac; exec {real} "$@"'
    in_place_of_git(tmp_path, monkeypatch, broken)
    *_, summary = gathered(tmp_path / "archives")
    assert "actions/cache" in summary["left_out"] and list((tmp_path / "archives").rglob("*.tar.gz")) == []


def test_git_is_told_no_setting(tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("WEBHOOK_SECRET", "secret-canary")
    in_place_of_git(tmp_path, monkeypatch, f"env >>{tmp_path}/seen\nexit 1")
    gathered(tmp_path / "archives")
    seen = (tmp_path / "seen").read_text()
    assert "GIT_TERMINAL_PROMPT=0" in seen
    assert TOKEN not in seen and "canary" not in seen


def test_what_takes_too_long_in_all_is_left_out(
    tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin.release("v4.0.0", **{"action.yml": ACTION})
    monkeypatch.setattr("host.modal.archives.ALL_WITHIN", 0)
    (told,) = [line for line in gathered(tmp_path / "archives") if line["event"] == "archives"]
    assert told["held"] == 0 and "actions/cache" in told["left_out"]
