"""Plain SVG: bars for the comparison, lines for the growth. Nothing to install, and a diff shows what changed."""

from collections.abc import Sequence
from math import log10
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, BOTTOM = 640, 300, 70, 40
STYLE = (
    "<style>text{font:12px sans-serif;fill:#333}.axis{stroke:#999;fill:none}.jitney{fill:#2a6fdb;stroke:#2a6fdb}"
    ".baseline{fill:#b9b9b9;stroke:#b9b9b9}.line{fill:none;stroke-width:2}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}svg{background:#111}}</style>"
)


def _frame(title: str, content: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">'
        f'{STYLE}<text x="{LEFT}" y="18">{escape(title)}</text>{content}</svg>\n'
    )


def bars(file: Path, title: str, groups: Sequence[tuple[str, float, float]]) -> None:
    """Pairs of bars: a name, jitney's figure, the baseline's; in the same unit."""
    top = max(max(one, other) for _, one, other in groups)
    step = (HEIGHT - 70) / len(groups)
    rows = []
    for row, (name, one, other) in enumerate(groups):
        y = 32 + row * step
        for offset, kind, value in ((0.0, "jitney", one), (0.42, "baseline", other)):
            length = (WIDTH - 290) * value / top
            at = y + offset * step
            rows.append(
                f'<rect class="{kind}" x="200" y="{at:.1f}" width="{length:.1f}" height="{step * 0.38:.1f}"/>'
                f'<text x="{206 + length:.1f}" y="{at + step * 0.28:.1f}">{value:.3g}</text>'
            )
        rows.append(f'<text x="8" y="{y + step * 0.45:.1f}">{escape(name)}</text>')
    legend = '<text x="200" y="292">upper bar: jitney, lower bar: baseline</text>'
    file.write_text(_frame(title, "".join(rows) + legend))


def lines(file: Path, title: str, unit: str, points: Sequence[tuple[float, float]]) -> None:
    """One line, both axes logarithmic: linear growth is a straight line of slope 1."""
    xs, ys = [log10(x) for x, _ in points], [log10(y) for _, y in points]
    low, high = min(ys), max(max(ys), min(ys) + 1)
    across, up = (WIDTH - LEFT - 30) / (max(xs) - min(xs)), (HEIGHT - BOTTOM - 40) / (high - low)
    place = [(LEFT + (x - min(xs)) * across, HEIGHT - BOTTOM - (y - low) * up) for x, y in zip(xs, ys, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in place)
    marks = "".join(
        f'<circle class="jitney" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
        f'<text x="{x - 12:.1f}" y="{HEIGHT - BOTTOM + 16}">{size:g}</text>'
        f'<text x="{x - 14:.1f}" y="{y - 8:.1f}">{value:.3g}</text>'
        for (x, y), (size, value) in zip(place, points, strict=True)
    )
    axes = (
        f'<path class="axis" d="M{LEFT} 30V{HEIGHT - BOTTOM}H{WIDTH - 20}"/><text x="8" y="36">{escape(unit)}</text>'
    )
    file.write_text(_frame(title, axes + f'<polyline class="line jitney" points="{path}"/>' + marks))
