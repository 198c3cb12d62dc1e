"""Ledgers in a time that a test sets, of sandboxes that cost a dollar a second, and what is told them."""

from functools import cache
from types import SimpleNamespace
from typing import Any

from wasmtime.component import Variant

from host.component import Component
from host.records.ledger import Ledger

DAY = 86400.0
NOON = 1_800_014_400.0
DOLLAR = 1_000_000_000


class Clock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@cache
def component() -> Component:
    """The component, told no setting: a ledger asks for none."""
    return Component({})


def ledger_of(store: Any, clock: Clock) -> Ledger:
    """A ledger of this time, kept there."""
    return Ledger(component(), store, clock=clock)


def tags(job: int, rate: int = DOLLAR, repository: str = "demo") -> dict[str, str]:
    """A sandbox's, that was started at noon."""
    return {
        "job": str(job), "run": "7", "owner": "octo", "repository": repository, "shape": "2cpu-8GiB",
        "rate": str(rate), "started": str(int(NOON * 1000)),
    }  # fmt: skip


def entry(job: int, **changed: str) -> Any:
    """What `start` says of such a sandbox: a WIT `entry`."""
    (made,) = component().entries([("", list((tags(job) | changed).items()))])
    return made


def runner(job: int) -> str:
    """The name of the runner that is meant for a job."""
    return f"jitney-{job}-abcdefgh"


def running(meant_for: int, job: int, queued: int) -> Variant:
    """A runner took a job that waited so many milliseconds: the WIT's `news`."""
    told = SimpleNamespace(runner=runner(meant_for), repository="octo/demo", run=7, job=job, queued=queued)
    return Variant("running", told)


def over(meant_for: int, at: float) -> Variant:
    """A runner's job was over at that time."""
    return Variant("over", SimpleNamespace(runner=runner(meant_for), at=round(at * 1000)))
