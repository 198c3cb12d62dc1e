"""From a clone to the demo: what a stranger waits for. Cargo's and pip's downloads are there already."""

import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path

from bench.book import Book

ROOT = Path(__file__).resolve().parent.parent
#: What would make another build of it, or one with parts of this checkout's.
OURS = ("CARGO_TARGET_DIR", "RUSTFLAGS", "VIRTUAL_ENV", "PYTHONPATH")


def measure(book: Book) -> None:
    """The first `./jitney demo` in a clone of this checkout's last commit, and how soon the next one begins."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    with tempfile.TemporaryDirectory() as home:
        clone = Path(home) / "jitney"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)

        def run(*words: str) -> tuple[float, float, str]:
            """The seconds that it took, those of all processors together, and what it said of building."""
            began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            ran = subprocess.run(words, cwd=clone, env=environment, capture_output=True, text=True, check=True)
            took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
            return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, ran.stderr

        first, processors, _ = run("./jitney", "demo")
        again, _, said = run("./jitney", "demo", "--help")
    if said:
        raise RuntimeError(f"a second start is not silent: {said}")
    book.note("clone to demo: the first `./jitney demo`", "s", first, None, "≤ 75", first <= 75)
    book.note("clone to demo: seconds of all processors", "s", processors, None, "", None)
    book.note("clone to demo: until the next one begins", "s", again, None, "< 1", again < 1)
