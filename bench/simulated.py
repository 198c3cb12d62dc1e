"""What the simulator says of a full house, and of what a job costs: the real core, and a model of GitHub and Modal.

`./build.sh simulate --table` and `--capacity` print more of it.
"""

import re
import subprocess

from bench.book import Book
from tests.processes import ROOT

#: The house has room for 12 sandboxes at most, and a hundred jobs come at random.
FULL = "few places"
SEEDS = 20
#: Jobs of one hour.
HOUR = 2000
COUNTED = r"(\d[\d.]*) requests a job"


def measure(book: Book) -> None:
    """Both, on a virtual clock, so that no machine makes a difference."""
    waited = _simulate("--table", "--kind", FULL, "--seeds", str(SEEDS))
    row = re.search(rf"^\| {FULL} \|(.*)\|$", waited, re.MULTILINE)
    if row is None:
        raise RuntimeError(waited)
    _, p50, p99, _, longest, *_ = (cell.strip().removesuffix(" s") for cell in row[1].split("|"))
    what = f"simulated: full house, {SEEDS} x 100 jobs: queued to running"
    for name, value in (("p50", p50), ("p99", p99), ("longest", longest)):
        book.note(f"{what}, {name}", "s", float(value), None, "", None)
    hour = _simulate("--capacity", str(HOUR))
    requests, thousand = re.search(COUNTED, hour), re.search(r"\$(\d[\d.]*) a thousand jobs", hour)
    if requests is None or thousand is None:
        raise RuntimeError(hour)
    book.note(f"simulated: requests a job, {HOUR:,} jobs an hour", "", float(requests[1]), None, "", None)
    book.note("simulated: sandbox of a job of 5 minutes", "$", float(thousand[1]) / 1000, None, "", None)


def _simulate(*arguments: str) -> str:
    command = ["cargo", "run", "--quiet", "--profile", "simulate", "--locked", "-p", "jitney-simulator", "--"]
    done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout
