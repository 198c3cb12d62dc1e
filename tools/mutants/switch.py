"""Which mutant is switched on. Laid into the copy of `host` as `host/planted.py`, where FOLDER is filled in."""

from pathlib import Path

FOLDER = Path("@FOLDER@")


def _active() -> int:
    try:
        return int((FOLDER / "active").read_text())
    except (OSError, ValueError):
        return 0


ACTIVE = _active()
REACHING = (FOLDER / "reached").exists()
_seen: set[tuple[int, str]] = set()


def on(mutant: int) -> bool:
    """Whether this one is. Where reach is asked for, writes down who could be, and during which test."""
    if REACHING:
        try:
            test = (FOLDER / "test").read_text()
        except OSError:
            test = ""
        if (mutant, test) not in _seen:
            _seen.add((mutant, test))
            with (FOLDER / "reached").open("a") as file:
                file.write(f"{mutant}\t{test}\n")
    return mutant == ACTIVE
