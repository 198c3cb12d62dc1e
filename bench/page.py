"""Writes the tables of docs/performance.md and docs/cost.md from bench/results/results.json: `python -m bench.page`.

`./build.sh bench` does so after a whole run, and a test holds the pages to the results.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.book import IDLE, MATTERS, SMALL, markdown

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "bench" / "results" / "results.json"
Row = dict[str, Any]


def _matters(row: Row) -> bool:
    """What an idle and a busy month cost belongs to what matters; what they are made of is for the page on costs."""
    return row["part"] == MATTERS or (row["part"] == IDLE and row["what"].startswith(("idle month", "busy month")))


#: Which rows stand in which table of which page.
TABLES: dict[tuple[str, str], Callable[[Row], bool]] = {
    ("performance", "what matters"): _matters,
    ("performance", "in the small"): lambda row: row["part"] == SMALL,
    ("cost", "containers"): lambda row: row["part"] == IDLE,
}


def pages(results: dict[str, Any]) -> dict[Path, str]:
    """Each page as the results have it."""
    texts: dict[Path, str] = {}
    for (name, table), belongs in TABLES.items():
        page = ROOT / "docs" / f"{name}.md"
        text = texts.get(page) or page.read_text()
        rows = [row for row in results["rows"] if belongs(row)]
        about = results["about"]
        later: dict[str, list[str]] = {}
        for part, date in about.get("later", {}).items():
            later.setdefault(date, []).append(part)
        since = "".join(f"; of {date}: {', '.join(sorted(parts))}" for date, parts in sorted(later.items()))
        said = f"The run of {about['date']}{since}; on {about['cores']} cores:"
        begin, end = f"<!-- bench: {table} -->", f"<!-- end of bench: {table} -->"
        if begin not in text or end not in text:
            raise SystemExit(f"{page} has no place for the table `{table}`")
        made = f"{begin}\n{said}\n\n{markdown(rows)}\n{end}"
        texts[page] = re.sub(f"{begin}.*?{end}", lambda _, made=made: made, text, flags=re.DOTALL)
    return texts


def write() -> None:
    """Writes them."""
    for page, text in pages(json.loads(RESULTS.read_text())).items():
        page.write_text(text)


if __name__ == "__main__":
    sys.exit(write())
