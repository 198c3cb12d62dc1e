"""The rows that are kept of mutants: file, mutant, verdict and who noticed it, with tabs between them."""

from dataclasses import dataclass
from pathlib import Path

HEAD = "# Written by `./build.sh mutants`: file, mutant, verdict, who noticed it first.\n"


@dataclass
class Row:
    """One mutant."""

    file: str
    name: str
    verdict: str = "not-run"
    by: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has noticed it yet."""
        return self.verdict in ("not-run", "survived")


def read(path: Path) -> dict[tuple[str, str], Row]:
    """What is kept, by file and mutant."""
    lines = path.read_text().splitlines() if path.exists() else []
    rows = [Row(*line.split("\t")) for line in lines if line and not line.startswith("#")]
    return {(row.file, row.name): row for row in rows}


def write(path: Path, rows: list[Row]) -> None:
    """Keeps them."""
    path.write_text(HEAD + "".join(f"{row.file}\t{row.name}\t{row.verdict}\t{row.by}\n" for row in rows))


def excused(path: Path) -> set[tuple[str, str]]:
    """The mutants that have an excuse, by file and name."""
    lines = [line.split("\t") for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {(file, name) for file, name, _ in lines}
