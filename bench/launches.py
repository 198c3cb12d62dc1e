"""What a job waits for: from its delivery to the config in its sandbox, alone and in a burst."""

import os
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.book import Book
from bench.contestants import BOOT, NAMES, RUNNER, Contestant
from bench.inside import content
from bench.load import request, send
from tests.processes import SECRET
from tests.standin import StandinGitHub, deliver

#: Seconds that GitHub takes for an answer.
MINT = 0.3
#: Seconds between two launches of one contestant: twice as many a minute would reach `MINTS_PER_MINUTE`.
PACE = 0.5


def launched(book: Book, jobs: int) -> None:
    """From the delivery to the config read by a sandbox that boots in a second, while GitHub takes 0.3 s; a job every
    half second."""
    waits: dict[str, list[float]] = {name: [] for name in NAMES}
    with StandinGitHub(latency=MINT) as github, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        with (
            Contestant("jitney", github.url, Path(home)) as one,
            Contestant("baseline", github.url, Path(home)) as two,
            ThreadPoolExecutor(32) as others,
        ):

            def launch(contestant: Contestant, job: int) -> None:
                began = time.time()
                deliver(contestant.url, SECRET, content(job))
                waits[contestant.name].append(handed_over(Path(home), job) - began)

            begun = []
            for job in range(1, jobs + 1):
                for number, contestant in ((job, one), (job + jobs, two)):
                    begun.append(others.submit(launch, contestant, number))
                    time.sleep(PACE / 2)
            for one_launch in begun:
                one_launch.result()
    longer = max(MINT, BOOT)
    for share, name, target in ((0.5, "p50", 1.1), (0.95, "p95", 1.2)):
        one_, two_ = (sorted(waits[each])[int(share * (jobs - 1))] for each in NAMES)
        what = f"queued to config read, {jobs} launches: {name}"
        book.note(what, "s", one_, two_, f"≤ {target:g} x {longer:g} s", one_ <= target * longer)


def handed_over(home: Path, job: int) -> float:
    """When a sandbox read its config."""
    while True:
        file = home / f"job-{job}"
        if file.exists() and (text := file.read_text()):
            return float(text)
        time.sleep(0.005)


def no_waits(book: Book, jobs: int) -> None:
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
