"""How figures are written for people, on the page and at a terminal."""

import time

#: What stands for a figure that nobody knows.
UNKNOWN = "\N{EN DASH}"


def age(seconds: float) -> str:
    """A span of time in its largest unit and the one below that."""
    left = max(0, round(seconds))
    counts: list[tuple[int, str]] = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count or counts:
            counts.append((count, unit))
    return " ".join(f"{count} {unit}" for count, unit in counts[:2] if count) or "0 s"


def money(nano_usd: int) -> str:
    """Dollars with cents; below one dollar, with hundredths of a cent."""
    dollars = nano_usd / 1e9
    return f"${dollars:,.2f}" if dollars >= 1 else f"${dollars:.4f}"


def clock(at: float) -> str:
    """A time, in seconds since the epoch."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))
