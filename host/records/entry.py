"""A sandbox in the ledger: what the component made of its tags, and what has become of it since."""

import time
from dataclasses import asdict, dataclass
from typing import Any

#: What an entry has from its beginning.
NEEDED = {"sandbox", "job", "run", "repository", "runner", "shape", "rate", "started"}


@dataclass(frozen=True, slots=True)
class Life:
    """A sandbox's time, and what a second of it costs; the WIT's `life`."""

    rate: int
    milliseconds: int


@dataclass(slots=True)
class Entry:
    """One sandbox. Times are seconds since the epoch, money is nano-USD."""

    sandbox: str
    job: int
    #: Text where an older ledger kept it.
    run: int | str
    repository: str
    runner: str
    shape: str
    rate: int
    started: float
    #: How long its job had waited when the runner took it.
    queued_s: float | None = None
    ended: float | None = None
    nano_usd: int | None = None
    #: Why it ended, once that was seen.
    cause: str | None = None
    #: Whether its runner only shows a refusal: it is nobody's job.
    refusal: bool = False

    @classmethod
    def of(cls, sandbox: str, made: Any) -> "Entry":
        """The entry that a WIT `entry` says."""
        return cls(
            sandbox, made.job, made.run, made.repository, made.runner, made.shape, made.rate, made.started / 1000,
            refusal=made.refusal,
        )  # fmt: skip

    @classmethod
    def read(cls, kept: Any) -> "Entry | None":
        """An entry that was kept; None where another version kept something else."""
        if not isinstance(kept, dict) or not kept.keys() >= NEEDED:
            return None
        if not all(isinstance(kept[name], int | float) for name in ("rate", "started")):
            return None
        return cls(**{name: value for name, value in kept.items() if name in cls.__dataclass_fields__})

    def kept(self) -> dict[str, Any]:
        """As it is kept: without what is not known yet, or not so."""
        return {name: value for name, value in asdict(self).items() if value is not None and value is not False}

    def life(self, until: float, since: float = 0.0) -> Life:
        """What there is of its life between two times."""
        return Life(self.rate, max(0, round((until - max(since, self.started)) * 1000)))

    def shown(self) -> dict[str, Any]:
        """Once it ended: as the log and the table show it."""
        names = ("sandbox", "repository", "job", "run", "runner", "shape", "queued_s", "cause", "refusal")
        said = {name: value for name in names if (value := getattr(self, name)) is not None and value is not False}
        seconds = round((self.ended or self.started) - self.started, 1)
        return said | {"started": iso(self.started), "seconds": seconds, "usd": round((self.nano_usd or 0) / 1e9, 6)}


def iso(at: float) -> str:
    """A time, as the log writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
