"""The benchmark's rows, and its tables."""

from collections.abc import Iterable
from typing import Any

from rich.table import Table

#: What a user waits and pays for; what jitney's own containers cost, in full; and the pieces that it is made of.
MATTERS, IDLE, SMALL = "what matters", "idle", "in the small"


class Book:
    """The rows of the tables: what, jitney, baseline, their ratio, and the target. `part` is where the next ones
    belong."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.part = MATTERS

    def note(
        self, what: str, unit: str, jitney: float, baseline: float | None, target: str, met: bool | None
    ) -> None:
        """One row."""
        ratio = None if not baseline else round(jitney / baseline, 3)
        self.rows.append(
            {"part": self.part, "what": what, "unit": unit, "jitney": jitney, "baseline": baseline, "ratio": ratio,
             "target": target, "met": met}
        )  # fmt: skip

    def table(self) -> Table:
        """For people."""
        table = Table("what", "jitney", "baseline", "ratio", "target", "met")
        for part in (MATTERS, IDLE, SMALL):
            rows = [row for row in self.rows if row["part"] == part]
            for row in rows:
                met = {True: "yes", False: "NO", None: ""}[row["met"]]
                table.add_row(row["what"], *cells(row), row["target"], met, end_section=row is rows[-1])
        return table


def cells(row: dict[str, Any]) -> tuple[str, str, str]:
    """A row's figures: jitney's, the baseline's, and their ratio."""
    other = "" if row["baseline"] is None else figure(row["baseline"])
    ratio = "" if row["ratio"] is None else figure(row["ratio"])
    return f"{figure(row['jitney'])} {row['unit']}".strip(), other, ratio


def figure(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def markdown(rows: Iterable[dict[str, Any]]) -> str:
    """A table for a page. The baseline has its columns where it was measured."""
    rows = list(rows)
    compared = any(row["baseline"] is not None for row in rows)
    judged = any(row["target"] for row in rows)
    heads = ["What", "jitney", *["Baseline", "Ratio"] * compared, *["Target", "Met"] * judged]
    lines = [heads, ["---"] * len(heads)]
    for row in rows:
        jitney, other, ratio = cells(row)
        met = {True: "yes", False: "**no**", None: ""}[row["met"]]
        lines.append([row["what"], jitney, *[other, ratio] * compared, *[row["target"], met] * judged])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
