"""`python -m bench`: measures and prints a table; a whole run writes bench/results/results.json and what pages show.

jitney and the baseline take turns in one run on one machine, so that the ratios mean something; the figures
themselves are this machine's.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from rich.console import Console

from bench import clone, deliveries, growth, idle, inside, launches, page, plots, sandbox, simulated, strangers
from bench.book import IDLE, MATTERS, SMALL, Book
from bench.inside import RESULTS
from host.component import PATH, Loaded, precompiled_path

console = Console(highlight=False)


def artifact(book: Book) -> None:
    """The artifact's size, which costs nobody anything, and how long the precompiled one takes to load."""
    book.note("composed .wasm", "KiB", PATH.stat().st_size / 1024, None, "", None)
    loaded = Loaded()
    assert precompiled_path(PATH, loaded.sha256).exists()
    took = []
    for _ in range(20):
        began = time.perf_counter()
        one = Loaded()
        took.append((time.perf_counter() - began) * 1000)
        # To drop it is no part of it.
        del one
    book.note("precompiled load", "ms", statistics.median(took), None, "< 3", statistics.median(took) < 3)


def main() -> int:
    """Measures all, or what is named."""
    parser = argparse.ArgumentParser(prog="./build.sh bench", description=__doc__)
    parser.add_argument(
        "only", nargs="*", help="launched, burst, turned-away, … as `./build.sh bench --help` says them"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="keep what is named among the last results")
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    book = Book()
    # What a user waits and pays for comes first, and then what it is made of.
    matters = {
        "own-steps": lambda: inside.own_share(book, 300),
        "launched": lambda: launches.launched(book, 200),
        "burst": lambda: launches.burst(book, 256),
        "machine-floor": lambda: launches.machine_floor(book, 170),
        "limited-burst": lambda: launches.limited_burst(book, 256, 150),
        "simulated": lambda: simulated.measure(book),
        "first-step": lambda: sandbox.first_step(book, 100),
        "clone": lambda: clone.measure(book),
        "cold-start": lambda: launches.cold_start(book, options.rounds),
    }
    costs = {
        "idle": lambda: idle.measure(book, options.rounds),
    }
    small = {
        "turned-away": lambda: deliveries.turned_away(book, options.rounds),
        "flood": lambda: deliveries.flood(book),
        "strangers": lambda: strangers.measure(book),
        "own-share": lambda: launches.no_waits(book, 60),
        "floor": lambda: deliveries.floor(book, options.rounds),
        "parts": lambda: inside.delivery_parts(book),
        "growth": lambda: growth.growth(book),
        "artifact": lambda: artifact(book),
        "imports": lambda: inside.imports(book),
    }
    for kind, parts in ((MATTERS, matters), (IDLE, costs), (SMALL, small)):
        book.part = kind
        measure(parts, options.only)
    console.print(book.table())
    if not options.only or options.keep:
        write(book, options.only)
    return 0


def measure(parts: dict[str, Callable[[], None]], only: list[str]) -> None:
    """All of them, or those that are named."""
    for name, part in parts.items():
        if not only or name in only:
            console.print(f"measuring {name}")
            part()


def write(book: Book, only: list[str]) -> None:
    """The results for programs, the comparison as a picture, and the tables of the pages. Parts that were measured
    alone take their rows' places among the last results, and the date says which those are."""
    today = time.strftime("%Y-%m-%d")
    about: dict[str, object] = {"date": today, "python": sys.version.split()[0]}
    rust = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=False).stdout.split()
    about["rustc"] = rust[1] if len(rust) > 1 else "unknown"
    about["cores"] = len(os.sched_getaffinity(0))
    rows = book.rows
    if only:
        last = json.loads(page.RESULTS.read_text())
        about = last["about"] | {"later": last["about"].get("later", {}) | dict.fromkeys(only, today)}
        rows = placed(last["rows"], book.rows)
    page.RESULTS.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")
    p50 = [(row["what"], row["jitney"], row["baseline"]) for row in rows if row["what"].endswith("conn.: p50")]
    plots.bars(RESULTS / "turned-away.svg", "deliveries turned away, median (ms)", p50)
    page.write()


def placed(last: list[page.Row], new: list[page.Row]) -> list[page.Row]:
    """The last rows with the new ones in their places; what was not there comes after the others of its kind."""
    fresh = {(row["part"], row["what"]): row for row in new}
    rows = [fresh.pop((row["part"], row["what"]), row) for row in last]
    for row in fresh.values():
        at = max((n for n, one in enumerate(rows) if one["part"] == row["part"]), default=len(rows) - 1)
        rows.insert(at + 1, row)
    return rows


if __name__ == "__main__":
    sys.exit(main())
