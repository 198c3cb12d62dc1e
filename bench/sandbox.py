"""What a job waits for in its sandbox, as far as it is jitney's: the real binary, with a stand-in for the runner.

The stand-in downloads nothing and asks no GitHub, so what the runner itself takes is not measured here.
"""

import tempfile
from pathlib import Path

from bench.book import Book
from host.component import Component
from tests.sandbox import PUSH, Sandbox


def first_step(book: Book, jobs: int) -> None:
    """From a job that is ready to its first step: bash starts the hook, which judges the job and lets it go on."""
    component = Component({})
    took = []
    for _ in range(jobs):
        with tempfile.TemporaryDirectory() as home:
            sandbox = Sandbox(Path(home), PUSH | {"steps": [{"name": "a"}]})
            sandbox.give()
            took.append(dict(component.ending(sandbox.said, 0).stages)["hook"] * 1000)
    took.sort()
    for share in (0.5, 0.95):
        what = f"in the sandbox: job ready to first step, p{share * 100:.0f}"
        book.note(what, "ms", took[int(share * (jobs - 1))], None, "", None)
