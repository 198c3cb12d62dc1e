"""The status page's plots, as inline SVG: launches by hour, and how long jobs waited. Each says what it shows."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from host.records.metrics import WAITS

#: Hours that are shown, and the drawing's measures.
HOURS = 24
WIDTH, HEIGHT = 720, 180
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 12, 24


@dataclass(frozen=True)
class Plot:
    """A drawing, what it says in a sentence, and its figures for who reads them instead."""

    svg: Markup
    words: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def launches(hours: dict[str, dict[str, Any]], now: float) -> Plot:
    """Sandboxes started, by hour."""
    counts = [(hour, hours.get(hour, {}).get("launched", 0)) for hour in _hours(now)]
    most = max(count for _, count in counts)
    top = _ceiling(most)
    step = (WIDTH - LEFT - RIGHT) / HOURS
    bars = [
        f'<rect class="bar" x="{LEFT + i * step + 2:.1f}" y="{_y(count, top):.1f}" width="{step - 4:.1f}" '
        f'height="{HEIGHT - BOTTOM - _y(count, top):.1f}"><title>{escape(_label(hour))} UTC: {count}</title></rect>'
        for i, (hour, count) in enumerate(counts)
        if count
    ]
    words = f"{sum(count for _, count in counts)} sandboxes were started in the last 24 hours, {most} in the busiest."
    rows = [(_label(hour), str(count)) for hour, count in counts if count]
    return Plot(_svg(words, counts, top, "", bars), words, ("Hour (UTC)", "Started"), rows)


def waits(hours: dict[str, dict[str, Any]], now: float) -> Plot:
    """How long jobs waited from creation to start, by hour: the median, and the 90th percentile."""
    points = []
    for hour in _hours(now):
        counts = hours.get(hour, {}).get("waits", [])
        if any(counts):
            points.append((hour, quantile(counts, 0.5), quantile(counts, 0.9)))
    top = _ceiling(max((high for _, _, high in points), default=0))
    places = {hour: i for i, hour in enumerate(_hours(now))}
    step = (WIDTH - LEFT - RIGHT) / HOURS
    marks = []
    for hour, median, high in points:
        x = LEFT + (places[hour] + 0.5) * step
        said = f"{_label(hour)} UTC: median {median} s, 90th percentile {high} s"
        marks.append(
            f'<g><title>{escape(said)}</title><line class="spread" x1="{x:.1f}" x2="{x:.1f}" '
            f'y1="{_y(median, top):.1f}" y2="{_y(high, top):.1f}"/>'
            f'<circle class="high" cx="{x:.1f}" cy="{_y(high, top):.1f}" r="3"/>'
            f'<circle class="median" cx="{x:.1f}" cy="{_y(median, top):.1f}" r="4"/></g>'
        )
    last = points[-1] if points else None
    words = (
        f"In the last hour with jobs, the median wait for a runner was up to {last[1]} s, the 90th percentile up to "
        f"{last[2]} s." if last else "No job has started on a runner in the last 24 hours."
    )  # fmt: skip
    rows = [(_label(hour), f"{median} s", f"{high} s") for hour, median, high in points]
    columns = ("Hour (UTC)", "Median", "90th percentile")
    return Plot(_svg(words, [(hour, 0) for hour in places], top, " s", marks), words, columns, rows)


def quantile(counts: list[int], share: float) -> int:
    """The upper bound, in seconds, of the bucket that this share of the jobs falls into."""
    left = share * sum(counts)
    for bound, count in zip(WAITS, counts, strict=True):
        left -= count
        if left <= 0:
            return bound
    return WAITS[-1]


def _hours(now: float) -> list[str]:
    return [time.strftime("%Y-%m-%dT%H", time.gmtime(now - 3600 * back)) for back in reversed(range(HOURS))]


def _label(hour: str) -> str:
    return f"{hour[-2:]}:00"


def _ceiling(most: int) -> int:
    """A round number not below `most`."""
    scale = 1
    while True:
        for step in (1, 2, 5):
            if step * scale >= max(most, 4):
                return step * scale
        scale *= 10


def _y(value: float, top: int) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(value, top) / top


def _svg(words: str, hours: list[tuple[str, int]], top: int, unit: str, marks: list[str]) -> Markup:
    step = (WIDTH - LEFT - RIGHT) / HOURS
    grid = [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(value, top):.1f}" y2="{_y(value, top):.1f}"/>'
        f'<text class="axis" x="{LEFT - 6}" y="{_y(value, top) + 4:.1f}" text-anchor="end">{value:g}{unit}</text>'
        for value in (0, top / 2, top)
    ]
    ticks = [
        f'<text class="axis" x="{LEFT + (i + 0.5) * step:.1f}" y="{HEIGHT - 6}" text-anchor="middle">'
        f"{escape(hour[-2:])}</text>"
        for i, (hour, _) in enumerate(hours)
        if i % 3 == 0
    ]
    inside = "".join([*grid, *ticks, *marks])
    # Every part is a number or was escaped above.
    return Markup(f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(words)}">{inside}</svg>')
