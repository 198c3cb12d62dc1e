"""What jitney's own containers cost in a month: how long each lives, by a run of the real one, times Modal's prices.

The containers are those of `tests/container`: the app as it is deployed, in Modal's own runtime. Modal bills the
greater of what a container asks for and what it uses. What is reckoned here is more than that: all that it asks for
as long as it lives, and on top of it each second of CPU; its memory at its height.
"""

import os
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.book import Book
from tests.container import Deployed, Running
from tests.container.cloud import Cloud
from tests.container.gateway import LABELS
from tests.container.running import PATIENCE
from tests.control_plane import ControlPlane
from tests.control_plane.calls import Call
from tests.processes import SECRET, eventually
from tests.standin.hooks import Hook

#: Dollars a second of a function's physical core and of its GiB, and the smallest container: `docs/cost.md` has the
#: sources.
CORE, GIB = 0.0000131, 0.00000222
CORES, MIB = 0.125, 128
#: Seconds until a container runs at all (Modal's guide, "Cold start performance": about one), of an answer of
#: GitHub's, and of a call of Modal's, a Dict's among them ("a few dozen ms").
BOOT, GITHUB, MODAL = 1.0, 0.3, 0.03
#: Seconds for which a container that launched is held (`WATCHED` in src/course/launch/mod.rs).
WATCHED = 90
MONTH = 30 * 24 * 3600
TICKS = MONTH // 180
NIGHTS = 30
#: A small team's month: jobs of its own, and deliveries of other jobs that jitney ignores.
JOBS, IGNORED = 1000, 3000
REPOSITORIES = 10
URL = "https://example--jitney.modal.run"
#: What a container asks beside its work, which nothing waits for.
POLLS = ("FunctionGetInputs", "ContainerHeartbeat", "ContainerHello", "FunctionPutOutputs", "SandboxWaitV2")


@dataclass(frozen=True)
class Life:
    """What a container needs, to the end of the window after its last call: seconds, CPU seconds, MiB. It is `done`
    with its call after so many seconds."""

    seconds: float
    done: float
    cpu: float
    memory: float

    def cost(self, times: int) -> float:
        """Dollars."""
        memory = max(MIB, self.memory) / 1024
        return times * (self.seconds * (CORES * CORE + memory * GIB) + self.cpu * CORE)


class Meter:
    """Put to a container when it starts, or is restored, and read when it ended."""

    def __init__(self, cloud: Cloud, running: Running) -> None:
        self._cloud, self._running = cloud, running
        self._calls = len(cloud.state.requests)
        self._began = time.perf_counter()
        self._children = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._before = _cpu(running.process.pid)
        self._height = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        status = Path(f"/proc/{self._running.process.pid}/status")
        while self._running.process.poll() is None:
            for line in _read(status).splitlines():
                if line.startswith("VmHWM:"):
                    self._height = int(line.split()[1])
            time.sleep(0.02)

    def done(self) -> None:
        """Its call has its result."""
        self._done = time.perf_counter() - self._began

    def life(self) -> Life:
        """All of it, once the container ended."""
        seconds = time.perf_counter() - self._began
        asked = [call for call, _ in self._cloud.state.requests[self._calls :] if call not in POLLS]
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - self._children.ru_utime - self._children.ru_stime - self._before
        return Life(BOOT + seconds + MODAL * len(asked), self._done, cpu, self._height / 1024)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def _cpu(process: int) -> float:
    """The CPU seconds that a process has had."""
    fields = _read(Path(f"/proc/{process}/stat")).rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def once(cloud: Cloud, name: str) -> Life:
    """A container of a function that is called once, restored from its memory snapshot where it has one."""
    restored = cloud.deployed.restores(name)
    with cloud.run(name, snapshot=restored, ends=True) as container:
        if restored:
            container.checkpoint()
        # It is its call that wakes it.
        woken_by = cloud.gateway.call(name)
        meter = Meter(cloud, container)
        if restored:
            container.restore()
        well(cloud, woken_by)
        meter.done()
        container.wait()
        return meter.life()


def served(cloud: Cloud, call: Callable[[], Call]) -> Life:
    """A container of the webhook, restored from its memory snapshot, that serves this, and stays as long as it has
    itself held, before its window."""
    cloud.ended_well()
    with cloud.run(snapshot=True, ends=True) as container:
        container.checkpoint()
        woken_by = call()
        meter = Meter(cloud, container)
        container.restore()
        well(cloud, woken_by)
        meter.done()
        container.process.wait(WATCHED + PATIENCE)
        return meter.life()


def well(cloud: Cloud, call: Call) -> None:
    """Waits for a call's end."""
    eventually(lambda: call.result, PATIENCE)
    if call.result.status != 1:
        raise RuntimeError(call.result.exception)


def sweep(cloud: Cloud) -> Life:
    """The webhook's container that a tick woke, in which a sweep finds nothing."""
    return served(cloud, lambda: cloud.gateway.call("Jitney.*", method="sweep"))


def measure(book: Book, rounds: int) -> None:
    """Each kind of container, and what they add up to."""
    with ControlPlane() as plane, tempfile.TemporaryDirectory() as home:
        plane.state.secrets["github-secret"] = {"GITHUB_TOKEN": "x", "WEBHOOK_SECRET": "y"}
        deployed = Deployed(plane, Path(home))
        with cloud_of(deployed, 1) as cloud:
            # The first has no listing that GitHub could call unchanged.
            sweep(cloud)
            tick = median([once(cloud, "tick") for _ in range(rounds)])
            swept = median([sweep(cloud) for _ in range(rounds)])
            night = once(cloud, "refresh_runner_image")
            foreign = median([served(cloud, lambda: delivery(cloud, 9, labels=["other"])) for _ in range(rounds)])
            cloud.github.state.queue(8, "octo/demo", LABELS)
            launch = served(cloud, lambda: delivery(cloud, 8))
            over = served(cloud, lambda: delivery(cloud, 8, "completed"))
        with cloud_of(deployed, REPOSITORIES) as cloud:
            sweep(cloud)
            many = median([sweep(cloud) for _ in range(rounds)])
    for name, life in (
        ("a tick", tick), ("a sweep that finds nothing", swept),
        (f"the same of {REPOSITORIES} repositories", many), ("a launch", launch), ("an ignored delivery", foreign),
    ):  # fmt: skip
        book.note(f"container of {name}: lives", "s", life.seconds, None, "", None)
        book.note(f"container of {name}: CPU", "s", life.cpu, None, "", None)
        book.note(f"container of {name}: memory", "MiB", life.memory, None, "", None)
    what = "container of a sweep that finds nothing: done with it"
    book.note(what, "s", swept.done, None, "≤ 2", swept.done <= 2)
    idle = tick.cost(TICKS) + swept.cost(TICKS) + night.cost(NIGHTS)
    book.note("a month: its ticks", "$", tick.cost(TICKS), None, "", None)
    book.note("a month: its sweeps", "$", swept.cost(TICKS), None, "", None)
    book.note("a month: its nights, without an image to build", "$", night.cost(NIGHTS), None, "", None)
    book.note("idle month", "$", idle, None, "≤ 0.50", idle <= 0.50)
    more = (many.cost(TICKS) - swept.cost(TICKS)) / (REPOSITORIES - 1)
    book.note("idle month: each further repository", "$", more, None, "", None)
    busy = idle + launch.cost(JOBS) + over.cost(JOBS) + foreign.cost(IGNORED)
    what = f"busy month, {JOBS:,} jobs and {IGNORED:,} ignored deliveries, none near another"
    book.note(what, "$", busy, None, "", None)
    awake = Life(MONTH, 0, 0, swept.memory).cost(1)
    book.note("a month in which Prometheus keeps it awake", "$", awake + tick.cost(TICKS), None, "", None)


def delivery(cloud: Cloud, job: int, action: str = "queued", **changes: object) -> Call:
    """A delivery about a job."""
    return cloud.gateway.deliver(job, action=action, **changes)


def cloud_of(deployed: Deployed, repositories: int) -> Cloud:
    """Modal and GitHub, where so many repositories with a webhook have nothing to do."""
    names = ["octo/demo", *(f"octo/demo-{number}" for number in range(1, repositories))]
    cloud = Cloud(deployed, ALLOWED_REPOS=",".join(names), WEBHOOK_URL=URL)
    cloud.github.latency = GITHUB
    for number, name in enumerate(names, 1):
        cloud.github.hooks.all.append(Hook(f"repos/{name}/hooks", number, URL, SECRET))
    return cloud


def median(lives: list[Life]) -> Life:
    """Of each figure."""
    return Life(
        *(statistics.median(getattr(one, name) for one in lives) for name in ("seconds", "done", "cpu", "memory"))
    )
