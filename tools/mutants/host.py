"""`./build.sh mutants host`: mutants in the files of `host` where a hole costs something.

All of them are in one copy of the tree. The tests run once with none switched on, to see which tests reach which
mutant; then, for each mutant, those that reach it, the quickest first. mutmut and cosmic-ray were left aside: neither
can see what runs in a process that a test starts, and most of these tests start some.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from queue import Queue

from tools.mutants import rows
from tools.mutants.forks import Forks
from tools.mutants.planting import Planting
from tools.mutants.rows import Row

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "tools" / "mutants" / "host.tsv"
EXCUSES = ROOT / "tools" / "mutants" / "excuses.tsv"
FILES = [
    f"host/{name}.py"
    for name in (
        "component", "linking", "values", "endpoint", "intake", "reading", "connections", "awake", "credentials",
        "launcher", "modal/launcher", "local/launcher", "courses", "house", "modal/image",
    )
]  # fmt: skip
#: What could notice: tests of the host, and not those that measure or look at docs.
TESTS = [
    f"tests/test_{name}.py"
    for name in (
        "asgi", "component", "endpoint_life", "endpoint", "endpoint_answers", "endpoint_bounds", "courses",
        "credentials", "local_launcher", "instance_limits", "reading", "connection_states", "listener", "connections",
        "instances", "intake", "values", "operator_instances", "guard", "thief", "strangers", "slow_github", "ending",
        "waiting", "awake", "store_faults", "archives", "log", "modal_launcher", "modal_times", "modal_app",
        "modal_queue", "app", "house", "sweep", "refusal", "money", "local_sandboxes", "container", "container_ends",
        "container_faults", "container_idle", "container_jobs", "container_waiting",
    )
]  # fmt: skip
#: Seconds of tests, without the mutant, that one may cost; the quickest that reach it come first.
MOST = 90.0
#: Seconds that tests have to end, beside what they take: more than the minute for which most wait before they fail.
PATIENCE = 100.0


class Tree:
    """A copy of the checkout with all mutants in it."""

    def __init__(self, name: str, texts: dict[str, str]) -> None:
        self._forks: Forks | None = None
        self.folder = ROOT / "target" / "mutants" / name
        self.top = self.folder / "tree"
        shutil.rmtree(self.top, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        for file in listed.stdout.decode().split("\0"):
            if file and (ROOT / file).is_file():
                (self.top / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, self.top / file)
        (self.top / "target").mkdir()
        for built in (ROOT / "target").iterdir():
            if built.name != "mutants":
                (self.top / "target" / built.name).symlink_to(built)
        for name in (".venv", ".tools"):
            (self.top / name).symlink_to(ROOT / name)
        for file, text in texts.items():
            (self.top / file).write_text(text)
        switch = (Path(__file__).parent / "switch.py").read_text()
        (self.top / "host" / "planted.py").write_text(switch.replace("@FOLDER@", str(self.folder)))
        for left in ("active", "reached", "test", "tests"):
            (self.folder / left).unlink(missing_ok=True)

    def pytest(self, tests: list[str], within: float, *options: str) -> tuple[bool | None, str]:
        """Whether all passed; None where they did not end. And what was said."""
        if self._forks is None:
            environment = os.environ | {"JITNEY_MUTANTS": str(self.folder)}
            self._forks = Forks(self.top, self.folder / "said", environment)
        told = ["-q", "-p", "no:cacheprovider", "-p", "tools.mutants.telling"]
        return self._forks.run([*told, *options, *tests], within)


class Reach:
    """Which tests reach which mutant, and how long they take."""

    def __init__(self, tree: Tree, tests: list[str], file_of: dict[int, str]) -> None:
        (tree.folder / "reached").touch()
        began = time.monotonic()
        _, said = tree.pytest(tests, 3600)
        (tree.folder / "reached").rename(tree.folder / "reach")
        passed = (tree.folder / "tests").read_text().splitlines() if (tree.folder / "tests").exists() else []
        self.took = {test: float(took) for took, test in (line.split("\t") for line in passed)}
        print(f"mutants: {len(self.took)} tests in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        for line in said.splitlines():
            if line.startswith(("FAILED", "ERROR")):
                print(f"mutants: fails without a mutant, so it is left out: {line}", file=sys.stderr)
        self._of: dict[int, set[str]] = defaultdict(set)
        of_file: dict[str, set[str]] = defaultdict(set)
        loaded: set[int] = set()
        for line in (tree.folder / "reach").read_text().splitlines():
            mutant, test = line.split("\t")
            if test:
                self._of[int(mutant)].add(test)
                of_file[file_of[int(mutant)]].add(test)
            else:
                loaded.add(int(mutant))
        # What is decided when a module is loaded matters to whoever runs anything of it, or looks at its figures: to
        # anybody, if there is nothing to run.
        looking = set(self.took).difference(*of_file.values())
        for mutant in loaded:
            self._of[mutant] |= (of_file[file_of[mutant]] or set(self.took)) | looking

    def patience(self, tests: list[str]) -> float:
        """How many seconds are too long for these."""
        return PATIENCE + 4 * sum(self.took.get(test, 0.0) for test in tests)

    def tests(self, mutant: int) -> list[str]:
        """The tests that reach it, the quickest first, for as long as may be."""
        order = sorted((self.took[test], test) for test in self._of[mutant] if test in self.took)
        chosen, spent = [], 0.0
        for took, test in order:
            spent += took
            if spent > MOST and chosen:
                break
            chosen.append(test)
        return chosen


def noticed(tree: Tree, reach: Reach, tests: list[str]) -> tuple[str, str]:
    """What becomes of the mutant that is on, and which test notices it. One that fails once in a while fails twice in
    succession, or it does not count."""
    while tests:
        well, said = tree.pytest(tests, reach.patience(tests), "-x")
        if well:
            break
        if well is None:
            return "timeout", ""
        # A line of a log begins with more blanks.
        failed = re.findall(r"^(?:FAILED|ERROR) (tests/\S+)", said, re.MULTILINE)
        if not failed:
            return "caught", "(ended early)"
        if not tree.pytest(failed[:1], reach.patience(failed[:1]), "-x")[0]:
            return "caught", failed[0]
        tests = [test for test in tests if test != failed[0]]
    return "survived", ""


def run(
    files: list[str],
    shard: tuple[int, int] | None,
    only_open: bool,
    workers: int,
    minutes: int | None,
    tests: list[str],
) -> None:
    """Runs them, and keeps what became of each."""
    numbers = count(1)
    all_rows: dict[int, Row] = {}
    texts: dict[str, str] = {}
    kept, harmless = rows.read(KEPT), rows.excused(EXCUSES)
    for file in FILES:
        if not (ROOT / file).exists():
            continue

        def number(name: str, file: str = file) -> int:
            one = next(numbers)
            all_rows[one] = kept.get((file, name)) or Row(file, name)
            return one

        texts[file] = Planting(number).plant((ROOT / file).read_text())
    chosen = [
        (one, row)
        for at, (one, row) in enumerate(all_rows.items())
        if (not files or row.file.startswith(tuple(files)))
        and (shard is None or at % shard[1] == shard[0] - 1)
        and (row.is_open or not only_open)
    ]
    if not chosen:
        raise SystemExit(f"mutants: none is in {' '.join(files) or 'that part'}; the files are {' '.join(FILES)}")
    trees: Queue[Tree] = Queue()
    first = Tree("host-0", texts)
    looking = tests or [test for test in TESTS if (ROOT / test).exists()]
    reach = Reach(first, looking, {one: row.file for one, row in all_rows.items()})
    trees.put(first)
    for at in range(1, workers):
        trees.put(Tree(f"host-{at}", texts))

    until = time.monotonic() + 60 * minutes if minutes else float("inf")

    def judge(one: int, row: Row) -> None:
        if time.monotonic() > until:
            return
        reaching = reach.tests(one)
        if row.by in reaching:
            reaching.insert(0, reaching.pop(reaching.index(row.by)))
        tree = trees.get()
        try:
            (tree.folder / "active").write_text(str(one))
            verdict, by = noticed(tree, reach, reaching)
            # A few tests that notice nothing say nothing about the others; what is harmless is harmless to all.
            if verdict != "survived" or not tests or (row.file, row.name) in harmless:
                row.verdict, row.by = verdict, by
        finally:
            trees.put(tree)
            print(f"{row.verdict}: {row.file}: {row.name} | {row.by} | of {len(reaching)}", flush=True)

    pool = ThreadPoolExecutor(workers)
    try:
        list(pool.map(lambda pair: judge(*pair), chosen))
    finally:
        # Whoever is interrupted keeps what is known.
        pool.shutdown(cancel_futures=True)
        rows.write(KEPT, list(all_rows.values()))
