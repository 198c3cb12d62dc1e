"""Deliveries that start nothing, beside the baseline: another's labels, a forged signature, a ping; and a flood."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.book import Book
from bench.contestants import NAMES, Contestant
from bench.inside import content
from bench.load import Latencies, request, send
from tests.processes import SECRET
from tests.standin import StandinGitHub, payload

#: What each may take at the most, p50 and p99, and how many a second there must be: times the baseline's. A stranger
#: costs no more than in a plain endpoint; who knows the secret pays for an instance of its own.
TARGETS: dict[str, tuple[float, float | None, float]] = {
    "forged": (1.0, None, 1.0), "ignored": (2.0, 2.0, 0.5), "ping": (2.0, 2.0, 0.5)
}  # fmt: skip
#: How much longer an honest delivery may take than the baseline's while strangers flood both.
FLOODED = 1.5


def turned_away(book: Book, rounds: int) -> None:
    """Deliveries of 11 KB that start nothing: another's labels, a forged signature, a ping."""
    foreign = payload("workflow_job.queued", repository="octo/demo", labels=["ubuntu-latest"])
    foreign["padding"] = "x" * max(0, 11_000 - len(json.dumps(foreign, separators=(",", ":"))))
    kinds = {
        "forged": request(foreign, "workflow_job", "another secret"),
        "ignored": request(foreign, "workflow_job", SECRET),
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
                    _note_turned_away(book, kind, connections, seen)
            memory = [contestant.memory() / 2**20 for contestant in (one, two)]
            book.note("resident memory after that", "MiB", *memory, "≤ 1", memory[0] <= memory[1])


def _note_turned_away(book: Book, kind: str, connections: int, seen: dict[str, list[Latencies]]) -> None:
    longer, p99_longer, fewer = TARGETS[kind]
    what = f"{kind}, {connections} conn."
    for share, name, times in ((0.5, "p50", longer), (0.99, "p99", p99_longer)):
        one, two = (statistics.median(took.at(share) for took in seen[name]) for name in NAMES)
        met = None if times is None else one <= times * two
        book.note(f"{what}: {name}", "ms", one, two, "" if times is None else f"≤ {times:g}", met)
    one, two = (statistics.median(took.rate for took in seen[name]) for name in NAMES)
    book.note(f"{what}: throughput", "/s", one, two, f"≥ {fewer:g}", one >= fewer * two)


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
    what = "honest deliveries under a flood of forged ones: p99"
    book.note(what, "ms", one, two, f"≤ {FLOODED:g}", one <= FLOODED * two)
