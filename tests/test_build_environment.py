"""What `./build.sh` runs to build sees no setting: a dependency's build script could keep what it finds there."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from host.component import Component
from tests.processes import ROOT

#: Notes its environment, and does as much of what it stands for as `build.sh` needs.
SPY = """#!/bin/bash
[ "$*" != "-m host $COMMAND" ] || exec env >"$SPY_NOTES/host"
env >>"$SPY_NOTES/$(basename "$0")"
case "$(basename "$0") $*" in
  "rustc --print sysroot") echo "$SPY_NOTES/sysroot" ;;
  "cargo run"*) mkdir -p target; echo component >target/composed.wasm ;;
  "cargo build"*musl*)
    made=target/x86_64-unknown-linux-musl/release; mkdir -p "$made"; touch "$made/jitney-runner" ;;
  "python3 -m venv .venv")
    mkdir -p .venv/bin; cp "$0" .venv/bin/pip-and-python; ln -s pip-and-python .venv/bin/python ;;
esac
"""


@pytest.mark.parametrize("command", ["serve", "setup", "teardown", "doctor", "explain", "cost", "replay"])
def test_cargo_and_pip_see_no_setting_and_the_host_sees_all(tmp_path: Path, command: str) -> None:
    checkout, spies, notes = tmp_path / "jitney", tmp_path / "spies", tmp_path / "notes"
    targets = ("wasm32-wasip2", "x86_64-unknown-linux-musl")
    installed = [notes / "sysroot" / "lib" / "rustlib" / target for target in targets]
    for directory in (checkout / "src", spies, *installed):
        directory.mkdir(parents=True)
    shutil.copy(ROOT / "build.sh", checkout)
    for part in ("tools", "requirements", "src/settings"):
        shutil.copytree(ROOT / part, checkout / part)
    for name in ("cargo", "rustc", "python3"):
        (spies / name).write_text(SPY)
        (spies / name).chmod(0o755)
    names = [setting.name for setting in Component({}).declared()] + ["MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"]
    told = {name: f"canary of {name}" for name in names}
    path = f"{spies}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path), "SPY_NOTES": str(notes), "COMMAND": command}
    ran = subprocess.run(
        [checkout / "build.sh", command], env=environment | told, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert {"cargo", "rustc", "python", "python3", "host"} <= {note.name for note in notes.iterdir()}
    for spy in ("cargo", "rustc", "python3", "python"):
        seen = (notes / spy).read_text()
        assert f"COMMAND={command}" in seen
        assert "canary" not in seen, f"{spy} sees {seen}"
    assert all(value in (notes / "host").read_text() for value in told.values())
