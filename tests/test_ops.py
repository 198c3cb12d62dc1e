"""The dashboard and the alerts ask for metrics that there are, and the alerts do what promtool says of them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from host.records.metrics import Metrics

ROOT = Path(__file__).parent.parent
OPS = ROOT / "ops"
PARTS = {"counter": [""], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}


def exported() -> set[str]:
    """The names under which Prometheus keeps what `GET /metrics` shows."""
    kinds = [line.split()[2:4] for line in Metrics().text().splitlines() if line.startswith("# TYPE")]
    return {name + part for name, kind in kinds for part in PARTS[kind]}


@pytest.mark.parametrize("file", ["grafana-dashboard.json", "alerts.yml"])
def test_every_metric_that_is_asked_for_is_exported(file: str) -> None:
    asked = set(re.findall(r"\bjitney_[a-z_]+", (OPS / file).read_text()))
    assert len(asked) > 4
    assert asked <= exported()


def test_every_panel_of_the_dashboard_says_what_it_shows_and_none_covers_another() -> None:
    panels = json.loads((OPS / "grafana-dashboard.json").read_text())["panels"]
    covered: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert panel["title"] and panel["description"] and panel["targets"]
        assert not covered & cells, panel["title"]
        covered |= cells


def test_every_alert_leads_to_a_page_that_is_there() -> None:
    rules = (OPS / "alerts.yml").read_text()
    pages = re.findall(r"runbook: (\S+)", rules)
    assert len(pages) == rules.count("- alert:")
    for page in pages:
        file, _, section = page.strip('"').partition("#")
        heads = re.findall(r"^#+ (.*)$", (ROOT / file).read_text(), re.MULTILINE)
        assert not section or section in {head.lower().replace(" ", "-") for head in heads}, page


def test_the_alerts_fire_when_they_should_and_not_otherwise() -> None:
    promtool = shutil.which("promtool") or shutil.which(str(ROOT / ".tools/bin/promtool"))
    if promtool is None:
        pytest.skip("no promtool; ./build.sh lint gets it where there is apt-get")
    for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]):
        done = subprocess.run([promtool, *command], cwd=OPS, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
