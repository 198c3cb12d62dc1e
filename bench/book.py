"""The benchmark's table."""

from typing import Any

from rich.table import Table


class Book:
    """The rows of the table: what, jitney, baseline, their ratio, and the target."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def note(
        self, what: str, unit: str, jitney: float, baseline: float | None, target: str, met: bool | None
    ) -> None:
        """One row."""
        ratio = None if not baseline else round(jitney / baseline, 3)
        self.rows.append(
            {"what": what, "unit": unit, "jitney": jitney, "baseline": baseline, "ratio": ratio,
             "target": target, "met": met}
        )  # fmt: skip

    def table(self) -> Table:
        """For people."""
        table = Table("what", "jitney", "baseline", "ratio", "target", "met")
        for row in self.rows:
            other = "" if row["baseline"] is None else f"{row['baseline']:.4g}"
            met = {True: "yes", False: "NO", None: ""}[row["met"]]
            ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
            table.add_row(row["what"], f"{row['jitney']:.4g} {row['unit']}", other, ratio, row["target"], met)
        return table
