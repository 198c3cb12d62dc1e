"""The demo says what is real in it, shows what it measured, and ends with what to do next."""

import re
import subprocess
import sys

from tests.processes import ROOT


def test_the_demo_says_what_is_a_stand_in_and_what_comes_next() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.demo"], cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    last = ran.stdout.strip().splitlines()[-2:]
    assert last[0].startswith("Demo passed.") and "GitHub was a stand-in and the sandbox a local process" in last[0]
    assert last[1].startswith("Next: `./jitney setup`")
    assert "verified" not in ran.stdout and ran.stdout.count("stand-in") >= 4
    times = {
        name.strip(): float(ms) for name, ms in re.findall(r"\u2502 ([a-z ]+?) +\u2502 +([\d.]+) \u2502", ran.stdout)
    }
    parts = ("decided", "sandbox started", "runner registered", "config handed over")
    assert times["delivery answered"] >= max(times[part] for part in parts) and all(times[part] > 0 for part in parts)
