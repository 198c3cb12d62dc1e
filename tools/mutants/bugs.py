"""`./build.sh mutants bugs`: the bugs of `host_bugs.txt`, each by the test that it names.

A bug is planted in a copy of the checkout, alone. Where it lies in the component, the copy's artifact is built anew.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from tools.mutants.host import ROOT, Tree

TABLE = ROOT / "tools" / "mutants" / "host_bugs.txt"
KEPT = ROOT / "tools" / "mutants" / "host_bugs.tsv"
HEAD = "# Written by `./build.sh mutants bugs`: bug, file, the test that fails.\n"
#: Seconds that a test may take which a bug keeps from ending.
WITHIN = 300.0
#: As `./build.sh` builds it. Its flags name the folder that it takes itself to be in: with the checkout's, cargo has
#: most of it already.
BUILD = f"set -eu; . tools/build/needs.sh; . tools/build/component.sh; PWD='{ROOT}'; build_component"


@dataclass
class Bug:
    """One bug: what becomes of which text in which file, and the test that notices."""

    name: str
    test: str = ""
    file: str = ""
    old: str = ""
    new: str = ""

    def planted(self, top: Path = ROOT) -> str:
        """The file's text with the bug in it. Raises ValueError where it is out of date."""
        text = (top / self.file).read_text()
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: must be once in {self.file}, and is {text.count(self.old)} times")
        return text.replace(self.old, self.new)


@dataclass
class Lines:
    """The old and the new lines of a bug that is being read."""

    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


def read(text: str) -> list[Bug]:
    """The bugs of a table. Begins with `== NAME`; then `? TEST`, `@ FILE`, `-OLD` and `+NEW`, each line as it is."""
    bugs: list[Bug] = []
    lines = Lines()
    for at, line in enumerate(text.splitlines(), 1):
        mark, rest = line[:2], line[3:] if line.startswith("== ") else line[2:]
        if not line or line.startswith("#"):
            continue
        if mark == "==":
            bugs.append(Bug(rest))
            lines = Lines()
        elif not bugs or mark[:1] not in "?@-+":
            raise ValueError(f"{TABLE.name}:{at}: a bug begins with `== NAME`, its lines with `?`, `@`, `-` or `+`")
        elif mark == "? ":
            bugs[-1].test = rest
        elif mark == "@ ":
            bugs[-1].file = rest
        else:
            (lines.old if line[0] == "-" else lines.new).append(line[1:])
            bugs[-1].old, bugs[-1].new = "\n".join(lines.old), "\n".join(lines.new)
    for bug in bugs:
        if not (bug.test and bug.file and bug.old):
            raise ValueError(f"{TABLE.name}: {bug.name}: a test, a file and an old text are needed")
    return bugs


def kept() -> dict[str, tuple[str, str]]:
    """File and test of each bug that was caught when it was last run."""
    lines = KEPT.read_text().splitlines() if KEPT.exists() else []
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {name: (file, test) for name, file, test in rows}


def run(names: list[str], only_open: bool) -> bool:
    """Plants those whose name has one of these parts; whether each test fails with its bug, and passes without."""
    bugs = read(TABLE.read_text())
    caught = {bug.name: kept().get(bug.name) for bug in bugs}
    chosen = [
        bug
        for bug in bugs
        if (not names or any(name in bug.name for name in names))
        and (not only_open or caught[bug.name] != (bug.file, bug.test))
    ]
    tree = Tree("bugs", {})
    well = True
    for bug in chosen:
        caught[bug.name] = None
        passed, said = tree.pytest([bug.test], WITHIN)
        if not passed:
            print(f"FAILS WITHOUT ITS BUG: {bug.name}: {bug.test}\n{said}", flush=True)
        elif _fails(tree, bug):
            caught[bug.name] = (bug.file, bug.test)
            print(f"caught: {bug.name} | {bug.test}", flush=True)
        else:
            print(f"NOT CAUGHT: {bug.name} | {bug.test}", flush=True)
        well = well and caught[bug.name] is not None
        rows = [(name, *found) for name, found in caught.items() if found is not None]
        KEPT.write_text(HEAD + "".join("\t".join(row) + "\n" for row in rows))
    return well


def _fails(tree: Tree, bug: Bug) -> bool:
    was = (tree.top / bug.file).read_text()
    (tree.top / bug.file).write_text(bug.planted(tree.top))
    try:
        with _built(tree) if bug.file.endswith(".rs") else nullcontext():
            return tree.pytest([bug.test], WITHIN)[0] is not True
    finally:
        (tree.top / bug.file).write_text(was)


@contextmanager
def _built(tree: Tree) -> Iterator[None]:
    """The artifact of this tree. What it is made of lies in the checkout's target folder, where most of it is built
    already; the artifact itself is the tree's own."""
    artifacts = [tree.top / "target" / name for name in ("composed.wasm", "jitney.wasm")]
    for artifact in artifacts:
        artifact.unlink(missing_ok=True)
    try:
        subprocess.run(["bash", "-c", BUILD], cwd=tree.top, check=True)
        yield
    finally:
        for artifact in artifacts:
            artifact.unlink(missing_ok=True)
            artifact.symlink_to(ROOT / "target" / artifact.name)
