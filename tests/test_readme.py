"""The README keeps its word: it is short, its order works, its commands are there, and what it promises happens."""

import re
import subprocess
from pathlib import Path

from host.component import Component
from tests.processes import ROOT, SECRET, Jitney, eventually
from tests.standin import StandinGitHub, deliver, payload

README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "docs" / "settings.md").read_text()


def test_it_is_read_in_five_minutes() -> None:
    assert 700 <= len(README.split()) <= 900


def test_the_settings_table_names_every_setting_and_no_other() -> None:
    named = re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS, re.MULTILINE)
    declared = [setting.name for setting in Component({}).declared()]
    assert sorted(named) == sorted(declared)


def test_nothing_uses_what_is_not_there_yet() -> None:
    """Modal's client is in .venv once something was built, and on no stranger's PATH."""
    for page in ("README.md", "docs/install-by-hand.md"):
        blocks = re.findall(r"^ *```bash\n(.*?)^ *```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
        lines = [line.strip() for block in blocks for line in block.splitlines()]
        modal = [at for at, line in enumerate(lines) if re.match(r"(\.venv/bin/)?modal ", line)]
        assert modal and all(lines[at].startswith(".venv/bin/") for at in modal), page
        assert any(line.startswith("./build.sh") for line in lines[: modal[0]]), page


def test_every_page_of_docs_can_be_reached_from_it() -> None:
    reached, left = set(), [ROOT / "README.md"]
    while left:
        page = left.pop()
        if page in reached:
            continue
        reached.add(page)
        text = page.read_text()
        links = re.findall(r"\]\(([\w./-]+)\)", text) + re.findall(r"`(docs/[\w-]+\.md)`", text)
        for link in links:
            there = ROOT / link if link.startswith("docs/") else page.parent / link
            assert there.exists(), f"{page.name}: {link}"
            left += [there.resolve()] if there.suffix == ".md" else []
    assert set((ROOT / "docs").glob("*.md")) <= reached


def test_the_demonstration_ends_well() -> None:
    told = subprocess.run(["./jitney", "demo"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stderr == "" and "Next: `./jitney setup`" in told.stdout


def test_the_signed_delivery_that_it_shows_is_verified(github: StandinGitHub, tmp_path: Path) -> None:
    """Its very lines, against an endpoint on another port, and with a secret that is not the endpoint's."""
    (secret,) = set(re.findall(r"^export WEBHOOK_SECRET=(\S+)", README, re.MULTILINE))
    (lines,) = re.findall(r"```bash\n(export WEBHOOK_SECRET=\S+ JOB=.*?)```", README, re.DOTALL)
    (token,) = re.findall(r"GITHUB_TOKEN=(\w+)$", README, re.MULTILINE)
    with Jitney(github.url, tmp_path / "journal.db", WEBHOOK_SECRET=secret, GITHUB_TOKEN=token) as jitney:

        def answer(script: str) -> str:
            script = script.replace("http://127.0.0.1:8080", jitney.url)
            ran = subprocess.run(["bash", "-euc", script], cwd=ROOT, capture_output=True, text=True, check=True)
            return ran.stdout

        assert "labels-not-ours" in answer(lines) and "`labels-not-ours`" in README
        assert "signature-mismatch" in answer(lines.replace(secret, "another"))


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
            eventually(lambda: github.state.jobs[71].status == "completed")
