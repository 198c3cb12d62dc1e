"""A checkout in which nothing was built or installed yet, and spies in place of the programs that would do it."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.processes import ROOT

PARTS = [
    "build.sh", "jitney", "tools", "host", "requirements", "src", "wit", "operator", "component", "guard", "runner",
    "Cargo.toml", "Cargo.lock",
]  # fmt: skip
#: Notes its environment, and does as much of what it stands for as a build needs.
SPY = """#!/bin/bash
[ "$*" != "-m host $COMMAND" ] || exec env >"$SPY_NOTES/host"
env >>"$SPY_NOTES/$(basename "$0")"
[ "$(basename "$0") $1" != "cargo build" ] || printf "$CARGO_SAYS" >&2
[ "$(basename "$0") $1 $CARGO_FAILS" != "cargo build yes" ] || exit 101
case "$(basename "$0") $*" in
  "rustc --print sysroot") echo "$SPY_NOTES/sysroot" ;;
  "cargo run"*) mkdir -p target; echo component >target/composed.wasm ;;
  "cargo build"*musl*)
    made=target/x86_64-unknown-linux-musl/release; mkdir -p "$made"; touch "$made/jitney-runner" ;;
  "python3 -c "*) echo "$0" ;;
  "python"*" -m host --check "*) exit 64 ;;
  "python3 -m venv .venv")
    mkdir -p .venv/bin; cp "$0" .venv/bin/pip-and-python; ln -s pip-and-python .venv/bin/python ;;
esac
"""


@dataclass(frozen=True)
class Checkout:
    """It, and where the spies are and what they noted."""

    root: Path
    spies: Path
    notes: Path

    @classmethod
    def make(cls, home: Path, *spied: str) -> "Checkout":
        """Below `home`, with the programs `spied` replaced."""
        made = cls(home / "jitney", home / "spies", home / "notes")
        targets = ("wasm32-wasip2", "x86_64-unknown-linux-musl")
        for directory in (
            made.root,
            made.spies,
            *(made.notes / "sysroot/lib/rustlib" / target for target in targets),
        ):
            directory.mkdir(parents=True)
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, made.root / part)
        for name in spied:
            (made.spies / name).write_text(SPY)
            (made.spies / name).chmod(0o755)
        return made

    def run(self, *words: str, stderr: int = subprocess.PIPE, **settings: str) -> subprocess.CompletedProcess[str]:
        """A command line in it."""
        environment = {"PATH": f"{self.spies}:{os.environ['PATH']}", "HOME": str(self.root.parent)}
        environment |= {"SPY_NOTES": str(self.notes), "COMMAND": " ".join(words[1:]), "PYTHONDONTWRITEBYTECODE": "1"}
        environment |= {"CARGO_SAYS": "", "CARGO_FAILS": ""}
        return subprocess.run(
            words, cwd=self.root, env=environment | settings, stdout=subprocess.PIPE, stderr=stderr, text=True,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    def noted(self) -> set[str]:
        """Which spies were called."""
        return {note.name for note in self.notes.iterdir() if note.is_file()}

    def files(self) -> set[Path]:
        """All that it holds."""
        return set(self.root.rglob("*"))
