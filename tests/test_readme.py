"""The README keeps its word: its settings are those that the component reads, its commands are there."""

import re
import subprocess
import sys
from pathlib import Path

from host.component import Component
from tests.processes import ROOT, SECRET, Jitney, eventually
from tests.standin import StandinGitHub, deliver, payload

README = (ROOT / "README.md").read_text()


def test_the_settings_table_names_every_setting_and_no_other() -> None:
    table = README.split("## Settings")[1].split("## ")[0]
    named = re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE)
    declared = [setting.name for setting in Component({}).declared()]
    assert sorted(named) == sorted(declared)


def test_every_command_of_build_sh_that_it_names_exists() -> None:
    usage = subprocess.run([ROOT / "build.sh", "help"], capture_output=True, text=True, check=True).stdout
    named = set(re.findall(r"\./build\.sh ([a-z]+)", README))
    assert named >= {"demo", "test", "serve", "replay"}
    assert named <= set(re.findall(r"^  ([a-z]+) ", usage, re.MULTILINE))


def test_an_unknown_command_is_an_error_that_shows_the_others() -> None:
    told = subprocess.run([ROOT / "build.sh", "frob"], capture_output=True, text=True, check=False)
    assert told.returncode == 2 and "usage: ./build.sh" in told.stderr


def test_the_demonstration_ends_well() -> None:
    told = subprocess.run([sys.executable, "-m", "tests.demo"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    for stage in ("decided", "sandbox started", "runner registered", "config handed over", "job done", "cleaned up"):
        assert stage in told.stdout


def test_a_deferred_job_survives_kill_9(tmp_path: Path) -> None:
    """What `.jitney/journal.db` is for."""
    journal = tmp_path / "journal.db"
    with StandinGitHub() as github:
        github.state.queue(71, "octo/demo", ["self-hosted", "modal"])
        github.faults.append((429, {"retry-after": "6"}))
        job = payload("workflow_job.queued", id=71, repository="octo/demo", labels=["self-hosted", "modal"])
        with Jitney(github.url, journal) as jitney:
            assert deliver(jitney.url, SECRET, job).status_code == 202
            jitney.process.kill()
        with Jitney(github.url, journal):
            eventually(lambda: github.state.jobs[71].status == "completed", 40)
