"""How time and memory grow with what jitney is given: each point in a process of its own, so that no memory that an
earlier one left behind hides what a later one needs."""

import json
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from wasmtime.component import Record, Variant

from bench import plots
from bench.book import Book
from bench.inside import LABELS, RESULTS, content
from bench.ruling import Ruling
from host.component import Component, Course, Loaded
from tests.processes import SECRET
from tests.standin import StandinGitHub, payload
from tests.standin.deliveries import sign
from tests.standin.server import TOKEN

#: Milliseconds, and bytes above what the process had before.
Point = tuple[float, int]
#: The kernel hands out memory by the page, and the figures are of its counting: below this there is no difference.
NOISE = 256 * 1024
TOLD = {"WEBHOOK_SECRET": SECRET, "ALLOWED_REPOS": "octo/demo"}


def growth(book: Book) -> None:
    """Each thing that may be large: a plot of the time and one of the memory, and how both grew from the smallest to
    the largest."""
    kinds: tuple[tuple[str, str, str, Callable[[int], Point], list[int]], ...] = (
        ("payload", "payload, 16 KiB to 24 MiB", "decide against payload size (KiB)", of_payload,
         [16, 64, 256, 1024, 4096, 24 * 1024]),
        ("allowlist", "ALLOWED_REPOS, 1 to 10,000", "decide against entries of ALLOWED_REPOS", of_allowlist,
         [1, 10, 100, 1000, 10_000]),
        ("labels", "a job's labels, 1 to 100", "decide against a job's labels", of_labels, [1, 10, 100]),
        ("sandboxes", "live sandboxes in a sweep, 1 to 1,000", "a sweep against live sandboxes", of_sandboxes,
         [1, 10, 100, 1000]),
        ("repositories", "repositories in a sweep, 1 to 1,000", "a sweep against repositories", of_repositories,
         [1, 10, 100, 1000]),
    )  # fmt: skip
    for name, what, title, measured, sizes in kinds:
        points = [alone(measured, size) for size in sizes]
        times = [(float(size), ms) for size, (ms, _) in zip(sizes, points, strict=True)]
        memory = [(float(size), max(NOISE, extra) / 2**20) for size, (_, extra) in zip(sizes, points, strict=True)]
        plots.lines(RESULTS / f"growth-{name}.svg", title, "ms", times)
        plots.lines(RESULTS / f"growth-{name}-memory.svg", f"{title}: memory", "MiB", memory)
        for kind, line in (("time", times), ("memory", memory)):
            (x0, y0), (x1, y1) = line[0], line[-1]
            more = (y1 / y0) / (x1 / x0)
            book.note(f"growth with {what}: {kind} over size", "x", more, None, "≤ 1", more <= 1)
        book.note(f"growth with {what}: memory at the largest", "MiB", memory[-1][1], None, "", None)


def alone(measured: Callable[[int], Point], size: int) -> Point:
    """A point, measured in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(measured, size).result()


def needed(work: Callable[[], Any]) -> Point:
    """How long it takes and how much more memory the process has meanwhile, at its height."""
    # Makes the height the present size (proc(5), clear_refs).
    Path("/proc/self/clear_refs").write_text("5")
    before = _memory("VmRSS")
    began = time.perf_counter()
    work()
    ms = (time.perf_counter() - began) * 1000
    return ms, _memory("VmHWM") - before


def _memory(kind: str) -> int:
    return int(Path("/proc/self/status").read_text().split(f"{kind}:")[1].split()[0]) * 1024


def of_payload(kib: int) -> Point:
    """`decide` on a payload of so many KiB."""
    return decided(TOLD, content(1) | {"padding": "x" * (kib * 1024)})


def of_allowlist(entries: int) -> Point:
    """`decide` with so many repositories that are allowed."""
    names = [*(f"octo/repository-{number}" for number in range(entries - 1)), "octo/demo"]
    return decided(TOLD | {"ALLOWED_REPOS": ",".join(names)}, content(1))


def of_labels(count: int) -> Point:
    """`decide` on a job with so many labels."""
    labels = [*LABELS, *(f"label-{number}" for number in range(count - 1))]
    return decided(TOLD, payload("workflow_job.queued", repository="octo/demo", labels=labels))


def decided(settings: dict[str, str], made: dict[str, Any]) -> Point:
    """`decide` in a fresh instance: the quickest of some, and the memory of the first."""
    body = json.dumps(made, separators=(",", ":"))
    head = f"x-github-event: workflow_job\nx-hub-signature-256: {sign(SECRET, body.encode())}"
    component = Component(settings, Loaded())
    small = json.dumps(payload("ping"))
    component.intake().call("intake", "decide", "x-github-event: ping", small)

    def decide() -> None:
        component.intake().call("intake", "decide", head, body)

    points = [needed(decide) for _ in range(5)]
    return min(ms for ms, _ in points), points[0][1]


def of_sandboxes(count: int) -> Point:
    """A sweep of one repository over so many sandboxes that live."""
    return swept(1, count)


def of_repositories(count: int) -> Point:
    """A sweep of so many repositories."""
    return swept(count, 1)


def swept(repositories: int, sandboxes: int) -> Point:
    """A whole sweep, GitHub's answers included."""
    names = [f"octo/repository-{number}" for number in range(repositories)]
    with StandinGitHub() as github:
        told = {"GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": github.url, "ALLOWED_REPOS": ",".join(names)}
        component = Component(told, Loaded())
        live = [_live(number, names[number % repositories]) for number in range(sandboxes)]
        return needed(lambda: play(component, live))


def play(component: Component, live: list[Record]) -> None:
    """A sweep, from its opening to its end."""
    ruling = Ruling(component)
    course = Course(component, "sweep", [])
    outcome = Variant("opened")
    for _ in range(100_000):
        command = course.next(outcome)
        if command.tag in ("finish", "defer"):
            return
        outcome = Variant("found", live) if command.tag == "find-all" else Variant("done")
        if command.tag == "consult":
            outcome = ruling.answer(command)
    raise RuntimeError("the sweep does not end")


def _live(number: int, repository: str) -> Record:
    """A sandbox as a launcher reports it."""
    owner, name = repository.split("/")
    found = Record()
    tags = {
        "job": str(number + 1),
        "run": str(number + 1),
        "nonce": f"{number:08x}",
        "owner": owner,
        "repository": name,
    }
    for field, value in (("id", f"sb-{number}"), ("name", f"job-{number + 1}"), ("tags", list(tags.items()))):
        setattr(found, field, value)
    return found
