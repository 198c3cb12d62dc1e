"""`python -m bench`: measures, prints a table, draws plots, and writes bench/results/results.json.

jitney and the baseline take turns in one run on one machine, so that the ratios mean something; the figures
themselves are this machine's.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from bench import clone, inside, plots, sandbox, strangers
from bench.book import Book
from bench.contestants import BOOT, RUNNER, Contestant
from bench.inside import RESULTS, content
from bench.load import Latencies, request, send
from host.component import PATH, Loaded, precompiled_path
from tests.processes import SECRET
from tests.standin import StandinGitHub, deliver, payload

NAMES = ("jitney", "baseline")
MINT = 0.3
console = Console(highlight=False)


def turned_away(book: Book, rounds: int) -> None:
    """Deliveries of 11 KB that start nothing: another's labels, a forged signature, a ping."""
    foreign = payload("workflow_job.queued", repository="octo/demo", labels=["ubuntu-latest"])
    foreign["padding"] = "x" * max(0, 11_000 - len(json.dumps(foreign, separators=(",", ":"))))
    kinds = {
        "ignored": request(foreign, "workflow_job", SECRET),
        "forged": request(foreign, "workflow_job", "another secret"),
        "ping": request(payload("ping"), "ping", SECRET),
    }
    with StandinGitHub() as github, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        with (
            Contestant("jitney", github.url, Path(home)) as one,
            Contestant("baseline", github.url, Path(home)) as two,
        ):
            for kind, bytes_ in kinds.items():
                for connections in (1, 32):
                    seen: dict[str, list[Latencies]] = {name: [] for name in NAMES}
                    for round_ in range(rounds + 1):
                        for contestant in (one, two):
                            took = send(contestant.url, [bytes_], 1500, connections)
                            if round_:
                                seen[contestant.name].append(took)
                    _note_turned_away(book, f"{kind}, {connections} conn.", seen)
            memory = [contestant.memory() / 2**20 for contestant in (one, two)]
            book.note("resident memory after that", "MiB", *memory, "≤ 1", memory[0] <= memory[1])


def _note_turned_away(book: Book, what: str, seen: dict[str, list[Latencies]]) -> None:
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        one, two = (statistics.median(took.at(share) for took in seen[name]) for name in NAMES)
        book.note(f"{what}: {name}", "ms", one, two, "≤ 0.7", one <= 0.7 * two)
    one, two = (statistics.median(took.rate for took in seen[name]) for name in NAMES)
    book.note(f"{what}: throughput", "/s", one, two, "≥ 1.3", one >= 1.3 * two)


def floor(book: Book, rounds: int) -> None:
    """The same deliveries to an endpoint that decides nothing, beside the baseline: all that deciding may cost."""
    bytes_ = request(payload("ping"), "ping", SECRET)
    with StandinGitHub() as github, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        with (
            Contestant("floor", github.url, Path(home)) as one,
            Contestant("baseline", github.url, Path(home)) as two,
        ):
            for connections in (1, 32):
                seen: dict[str, list[float]] = {"floor": [], "baseline": []}
                for round_ in range(rounds + 1):
                    for contestant in (one, two):
                        took = send(contestant.url, [bytes_], 1500, connections).at(0.5)
                        if round_:
                            seen[contestant.name].append(took)
                medians = [statistics.median(took) for took in seen.values()]
                what = f"floor: an endpoint that decides nothing, {connections} conn.: p50"
                book.note(what, "ms", *medians, "", None)


def launched(book: Book, jobs: int) -> None:
    """From the delivery to the config read by a sandbox that boots in a second, while GitHub takes 0.3 s."""
    waits: dict[str, list[float]] = {name: [] for name in NAMES}
    with StandinGitHub(latency=MINT) as github, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        with (
            Contestant("jitney", github.url, Path(home)) as one,
            Contestant("baseline", github.url, Path(home)) as two,
        ):
            for job in range(1, jobs + 1):
                for contestant in (one, two):
                    number = job if contestant is one else job + 1000
                    began = time.time()
                    deliver(contestant.url, SECRET, content(number))
                    waits[contestant.name].append(handed_over(Path(home), number) - began)
    one_, two_ = (statistics.median(waits[name]) for name in NAMES)
    longer = max(MINT, BOOT)
    book.note(
        "launched: delivery to config read, p50", "s", one_, two_, f"≤ 1.1 x {longer:g} s", one_ <= 1.1 * longer
    )


def handed_over(home: Path, job: int) -> float:
    """When a sandbox read its config."""
    while True:
        file = home / f"job-{job}"
        if file.exists() and (text := file.read_text()):
            return float(text)
        time.sleep(0.005)


def own_share(book: Book, jobs: int) -> None:
    """A launch in which nothing takes any time but jitney: GitHub answers at once, the sandbox is not waited for."""
    with StandinGitHub() as github, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        with (
            Contestant("jitney", github.url, Path(home)) as one,
            Contestant("baseline", github.url, Path(home)) as two,
        ):
            took: dict[str, list[float]] = {name: [] for name in NAMES}
            for job in range(1, jobs + 1):
                for contestant in (one, two):
                    bytes_ = request(content(job if contestant is one else job + 1000), "workflow_job", SECRET)
                    took[contestant.name].append(send(contestant.url, [bytes_], 1, 1).each[0] * 1000)
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        one_, two_ = (sorted(took[name])[int(share * (jobs - 1))] for name in NAMES)
        book.note(f"launch with no waits (with stand-in and spawn): {name}", "ms", one_, two_, "", None)


def queued(jobs: range) -> list[bytes]:
    """The deliveries of so many jobs."""
    return [request(content(job), "workflow_job", SECRET) for job in jobs]


def burst(book: Book, jobs: int) -> None:
    """A matrix at once, without GitHub's limit: the last one's wait, and the host's memory at its height."""
    with StandinGitHub(latency=MINT) as github, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        with Contestant("jitney", github.url, Path(home), MINTS_PER_MINUTE="180") as one:
            began = time.time()
            deliver(one.url, SECRET, content(1))
            alone = handed_over(Path(home), 1) - began
            before, height = one.memory(), 0
            first = min(jobs, 170)
            began = time.time()
            with ThreadPoolExecutor(1) as other:
                sent = other.submit(send, one.url, queued(range(2, first + 2)), first, first)
                while not sent.done():
                    height = max(height, one.memory())
                    time.sleep(0.02)
            last = max(handed_over(Path(home), job) for job in range(2, first + 2)) - began
    target = 1.5 * alone + 2
    book.note(f"burst of {first}: all handed over", "s", last, None, f"≤ {target:.2f} s", last <= target)
    each = (height - before) / first / 2**20
    book.note(f"burst of {first}: memory a course", "MiB", each, None, "< 1", each < 1)


def machine_floor(book: Book, jobs: int) -> None:
    """As many such sandboxes started one after another by this process, and nothing else done."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        began = time.time()
        started = []
        for job in range(1, jobs + 1):
            process = subprocess.Popen(
                [str(RUNNER), home, str(BOOT)],
                stdin=subprocess.PIPE,
                env=os.environ | {"JITNEY_SANDBOX": f"job-{job}"},
            )
            process.stdin.write(b"config\n")  # type: ignore[union-attr]
            process.stdin.close()  # type: ignore[union-attr]
            started.append(process)
        last = max(handed_over(Path(home), job) for job in range(1, jobs + 1)) - began
        for process in started:
            process.wait()
    book.note(f"floor: {jobs} such sandboxes, started by themselves", "s", last, None, "", None)


def limited_burst(book: Book, jobs: int, pace: int) -> None:
    """A matrix at once under GitHub's limit of 180 POSTs a minute, which jitney keeps away from by its own pace: the
    first `pace` go at once, the rest a minute after them, and no sooner."""
    with StandinGitHub() as github, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        github.points_per_minute = 900
        with Contestant("jitney", github.url, Path(home), MINTS_PER_MINUTE=str(pace)) as one:
            began = time.time()
            send(one.url, queued(range(1, jobs + 1)), jobs, jobs)
            last = max(handed_over(Path(home), job) for job in range(1, jobs + 1)) - began
    floor = 60.0 * ((jobs - 1) // pace) + BOOT
    what = f"burst of {jobs}, {pace} a minute: all handed over"
    book.note(what, "s", last, None, f"≤ 1.05 x {floor:g} s", last <= 1.05 * floor)
    book.note(f"burst of {jobs}: requests sent while limited", "", github.limited, None, "0", github.limited == 0)


def flood(book: Book) -> None:
    """Honest deliveries, one after another, while 32 connections send forged ones as fast as they are answered."""
    honest = request(payload("ping"), "ping", SECRET)
    forged = request(content(1), "workflow_job", "another secret")
    seen: dict[str, Latencies] = {}
    with StandinGitHub() as github, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        for name in NAMES:
            with Contestant(name, github.url, Path(home)) as contestant, ThreadPoolExecutor(1) as other:
                script = f"from bench.load import send; send({contestant.url!r}, [{forged!r}], 10**9, 32)"
                with subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parent.parent) as attacker:
                    time.sleep(1.0)
                    seen[name] = other.submit(send, contestant.url, [honest], 200, 1).result()
                    attacker.kill()
    one, two = (seen[name].at(0.99) for name in NAMES)
    book.note("honest deliveries under a flood of forged ones: p99", "ms", one, two, "", None)


def cold_start(book: Book, rounds: int) -> None:
    """From the process's start to its first answer."""
    took: dict[str, list[float]] = {name: [] for name in NAMES}
    with StandinGitHub() as github:
        for _ in range(rounds):
            for name in NAMES:
                with (
                    tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
                    Contestant(name, github.url, Path(home)) as contestant,
                ):
                    took[name].append(contestant.cold)
    one, two = (statistics.median(took[name]) for name in NAMES)
    book.note("cold start: first answer", "s", one, two, "≤ 0.6", one <= 0.6 * two)


def artifact(book: Book) -> None:
    """The artifact's size, and how long the precompiled one takes to load."""
    size = PATH.stat().st_size / 1024
    book.note("composed .wasm", "KiB", size, None, "< 450", size < 450)
    loaded = Loaded()
    assert precompiled_path(PATH, loaded.sha256).exists()
    took = []
    for _ in range(20):
        began = time.perf_counter()
        Loaded()
        took.append((time.perf_counter() - began) * 1000)
    book.note("precompiled load", "ms", statistics.median(took), None, "< 3", statistics.median(took) < 3)


def main() -> int:
    """Measures all, or what is named."""
    parser = argparse.ArgumentParser(prog="./build.sh bench", description=__doc__)
    parser.add_argument("only", nargs="*", help="turned-away, launched, burst, … as it says them")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    book = Book()
    parts = {
        "artifact": lambda: artifact(book),
        "parts": lambda: inside.delivery_parts(book),
        "cold-start": lambda: cold_start(book, options.rounds),
        "turned-away": lambda: turned_away(book, options.rounds),
        "floor": lambda: floor(book, options.rounds),
        "own-share": lambda: own_share(book, 60),
        "own-steps": lambda: inside.own_share(book, 300),
        "launched": lambda: launched(book, options.rounds),
        "burst": lambda: burst(book, 256),
        "machine-floor": lambda: machine_floor(book, 170),
        "limited-burst": lambda: limited_burst(book, 256, 150),
        "first-step": lambda: sandbox.first_step(book, 100),
        "flood": lambda: flood(book),
        "strangers": lambda: strangers.measure(book),
        "growth": lambda: inside.growth(book),
        "imports": lambda: inside.imports(book),
        "clone": lambda: clone.measure(book),
    }
    for name, part in parts.items():
        if not options.only or name in options.only:
            console.print(f"measuring {name}")
            part()
    console.print(book.table())
    if not options.only:
        write(book)
    return 0


def write(book: Book) -> None:
    """The results for programs, and the comparison as a picture."""
    about = {"python": sys.version.split()[0], "cores": len(os.sched_getaffinity(0))}
    rust = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=False).stdout.split()
    about["rustc"] = rust[1] if len(rust) > 1 else "unknown"
    (RESULTS / "results.json").write_text(json.dumps({"about": about, "rows": book.rows}, indent=1) + "\n")
    p50 = [(row["what"], row["jitney"], row["baseline"]) for row in book.rows if row["what"].endswith("conn.: p50")]
    plots.bars(RESULTS / "turned-away.svg", "deliveries turned away, median (ms)", p50)


if __name__ == "__main__":
    sys.exit(main())
