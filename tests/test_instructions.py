"""What the core costs natively, in instructions as callgrind counts them: no clock, the same figure on every run.

Another compiler makes other code, so the figures hold for one; a part that gets 5 % dearer under it fails here. Where
that is meant, or it got cheaper, write the new figure down: the message names it.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.processes import ROOT

COMPILER = "rustc 1.95.0"
#: Instructions for one delivery of 13 kB.
COSTS = {"signature": 711_508, "headers": 1_217, "parse": 133_553, "decide": 845_047}


def instructions(program: Path, part: str, times: int) -> int:
    tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(program), part, str(times)]
    told = subprocess.run(tool, capture_output=True, text=True, check=True).stderr
    found = re.search(r"Collected\s*:\s*(\d+)", told)
    assert found, told
    return int(found[1])


@pytest.fixture(scope="module")
def program() -> Path:
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not here; test_cost.py counts the component's instructions without it")
    version = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout
    if not version.startswith(COMPILER):
        pytest.skip(f"the figures are of {COMPILER}, and this is {version.strip()}")
    build = ["cargo", "build", "--quiet", "--profile", "simulate", "--locked", "-p", "jitney-native"]
    subprocess.run(build, cwd=ROOT, check=True)
    return ROOT / "target" / "simulate" / "count"


@pytest.mark.parametrize("part", COSTS)
def test_a_part_costs_what_it_cost(program: Path, part: str) -> None:
    """The difference of two runs is without the program's start."""
    spent = (instructions(program, part, 60) - instructions(program, part, 10)) // 50
    assert COSTS[part] * 0.95 <= spent <= COSTS[part] * 1.05, f"{part} costs {spent}, not {COSTS[part]}"
