"""Prometheus metrics out of the component's replies: one name for one thing.

`observe` is told every reply of a delivery, a course and a sweep; what its words mean is the component's.
"""

from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

#: Seconds: from a decision to a GPU's boot.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600, 1800)
#: Seconds that a job waits for its runner: a sandbox's boot, a limit of GitHub's, a budget that is spent.
WAITS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600, 86400)
#: What a sweep counts, and what it measures: a metric's name for each, and the WIT's name in `tally`.
COUNTED = {
    "requests": "requests", "opened": "opened", "redelivered": "redelivered", "deleted": "deleted", "ended": "ended",
    "unreadable": "unreadable", "hooks_hidden": "hooks-hidden",
}  # fmt: skip
MEASURED = {
    "queued": "queued", "oldest_queued_s": "oldest-queued", "quota_remaining": "quota",
    "repositories": "repositories",
}  # fmt: skip

# Counters that start over are seen without a series that says when.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._children: dict[tuple[Any, tuple[str, ...]], Any] = {}
        self._lines = {
            "delivery": Counter(
                "jitney_deliveries",
                "Deliveries by outcome and reason.",
                ["outcome", "reason"],
                registry=self._registry,
            ),
            "course": Counter(
                "jitney_courses", "Courses by outcome and reason.", ["outcome", "reason"], registry=self._registry
            ),
            "watch": Counter(
                "jitney_watches", "Watched sandboxes by reason.", ["outcome", "reason"], registry=self._registry
            ),
        }
        self._stages = Histogram(
            "jitney_stage_seconds", "What each stage of a delivery, a course or a sandbox took.", ["event", "stage"],
            buckets=BUCKETS, registry=self._registry,
        )  # fmt: skip
        self._swept = Counter(
            "jitney_sweep_findings", "What sweeps found and did.", ["finding"], registry=self._registry
        )
        self._gauges = {
            name: Gauge(
                f"jitney_{name}", f"What the last sweep saw: {name.replace('_', ' ')}.", registry=self._registry
            )
            for name in MEASURED
        }
        self.queued = Histogram(
            "jitney_queued_seconds", "From a job's creation to its start on a runner of ours.",
            buckets=WAITS, registry=self._registry,
        )  # fmt: skip
        self._cost = {
            name: Counter(
                f"jitney_{name}", f"{what} of sandboxes that ended.", ["repository"], registry=self._registry
            )
            for name, what in (("cost_usd", "Cost"), ("sandbox_seconds", "Life"))
        }
        self._failures = Counter(
            "jitney_component_failures", "Deliveries, courses and sweeps in which the component itself failed.",
            ["where"], registry=self._registry,
        )  # fmt: skip
        self._ends = Counter(
            "jitney_sandbox_ends", "Sandboxes that were seen to end, by cause.", ["cause"], registry=self._registry
        )
        self.sign_ins_failed = Counter(
            "jitney_sign_ins_failed", "Wrong status tokens, typed into the form or sent in a header.", ["by"],
            registry=self._registry,
        )  # fmt: skip
        for by in ("form", "bearer"):
            self.sign_ins_failed.labels(by)
        for where in ("delivery", "course", "sweep"):
            self._failures.labels(where)
        self.living = Gauge("jitney_sandboxes_living", "Sandboxes that live.", registry=self._registry)
        self.running = Gauge("jitney_courses_running", "Courses that run.", registry=self._registry)
        self.deferred = Gauge(
            "jitney_tickets_waiting", "Deferred tickets that this process waits with.", registry=self._registry
        )
        self.image_built = Gauge(
            "jitney_runner_image_built_seconds", "When the runner image was built.", registry=self._registry
        )

    def observe(self, event: str, reply: Any, ms: dict[str, float]) -> None:
        """Counts one WIT `reply`, and what its stages took."""
        if event not in self._lines:
            return
        self._child(self._lines[event], reply.outcome, reply.reason).inc()
        tally = reply.news.payload if reply.news is not None and reply.news.tag == "swept" else None
        stages = event if tally is None else "sweep"
        for stage, spent in ms.items():
            self._child(self._stages, stages, stage).observe(spent / 1000)
        if tally is not None:
            self._tally(tally)

    def _child(self, family: Any, *labels: str) -> Any:
        """A family's metric with these labels, which are the component's: few, and looked up at every delivery."""
        key = (family, labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = family.labels(*labels)
        return child

    def _tally(self, tally: Any) -> None:
        for name, counted in COUNTED.items():
            self._swept.labels(name).inc(getattr(tally, counted))
        for name, measured in MEASURED.items():
            if (value := getattr(tally, measured)) is not None:
                self._gauges[name].set(value)

    def cost(self, repository: str, seconds: float, usd: float) -> None:
        """A sandbox ended."""
        self._cost["cost_usd"].labels(repository).inc(usd)
        self._cost["sandbox_seconds"].labels(repository).inc(seconds)

    def failed(self, where: str) -> None:
        """The component itself failed."""
        self._failures.labels(where).inc()

    def ended(self, cause: str, stages: dict[str, float]) -> None:
        """A sandbox was seen to end, and what the stages of the way to its job's first step took, in seconds."""
        self._ends.labels(cause).inc()
        for stage, took in stages.items():
            self._child(self._stages, "sandbox", stage).observe(took)

    def text(self) -> str:
        """All of it, in Prometheus's text form."""
        return generate_latest(self._registry).decode()
