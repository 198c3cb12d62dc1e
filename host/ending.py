"""How a sandbox ended: the line of JSON that its binary writes last, or else what its exit status says.

The words are the binary's (`runner/src/ending.rs`). A job is root in its sandbox and could write such a line too, so
nothing is decided by it, and nothing of it is passed on but words and figures that are known.
"""

import json
from dataclasses import dataclass, field
from typing import Any

#: How much of a sandbox's output is looked through, from its end.
TAIL = 16 * 1024
# fmt: off
CAUSES = frozenset({
    "done", "bad-input", "no-docker", "no-job", "deprecated", "refused", "timed-out", "out-of-memory", "killed",
    "failed",
})
# fmt: on
FIGURES = ("listening_s", "job_s", "ended_s", "cpu_s", "peak_memory", "oom_kills")
#: No figure is as much as this.
MOST = 1e18
#: The binary's own statuses, then those that Modal gives.
BY_STATUS = {
    0: "done", 7: "deprecated", 64: "bad-input", 65: "no-job", 66: "no-docker", 124: "timed-out", 137: "killed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known of a sandbox that ended."""

    exit: int
    cause: str
    figures: dict[str, float] = field(default_factory=dict)


def read(output: str, status: int) -> Ending:
    """The last line that says how it ended, of the end of its output."""
    for line in reversed(output[-TAIL:].splitlines()):
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(told, dict) and told.get("event") == "sandbox-ended" and str(told.get("cause")) in CAUSES:
            return Ending(status, told["cause"], {name: told[name] for name in FIGURES if _is_number(told.get(name))})
    return Ending(status, "killed" if status < 0 else BY_STATUS.get(status, "failed"))


def _is_number(value: Any) -> bool:
    """JSON's `true` is an int to Python, which reads `NaN` and `1e999` too."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < MOST
