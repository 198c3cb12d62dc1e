"""A pytest plugin: tells the processes under test which test it is, and writes down how long each took that passed.

The folder is in JITNEY_MUTANTS.
"""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ["JITNEY_MUTANTS"])
_took: dict[str, float] = {}
_failed: set[str] = set()


def pytest_runtest_logstart(nodeid: str) -> None:
    (FOLDER / "test").write_text(nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _took[report.nodeid] = _took.get(report.nodeid, 0.0) + report.duration
    if report.outcome != "passed":
        _failed.add(report.nodeid)
    if report.when == "teardown" and report.nodeid not in _failed:
        with (FOLDER / "tests").open("a") as file:
            file.write(f"{_took[report.nodeid]:.3f}\t{report.nodeid}\n")
