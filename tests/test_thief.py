"""From end to end: a job that jitney refuses takes the runner of one that it admitted, and runs no step on it."""

import json
import sys
from pathlib import Path

import httpx

from tests.processes import ROOT, SECRET, Jitney, eventually
from tests.sandbox import BINARY, PUSH, STUBBORN
from tests.standin import StandinGitHub, deliver, payload

TOKEN = "status-token-canary-0123456789"
LABELS = ["self-hosted", "modal"]
#: Of a branch that nobody admits.
THIEF = {"github": PUSH["github"] | {"GITHUB_REPOSITORY": "octo/demo", "GITHUB_REF": "refs/heads/evil"}}


def test_a_refused_job_that_takes_an_admitted_one_s_runner_runs_no_step(
    github: StandinGitHub, tmp_path: Path
) -> None:
    home = tmp_path / "runner"
    (home / "bin").mkdir(parents=True)
    (home / "plan.json").write_text(json.dumps(PUSH | THIEF | {"steps": STUBBORN}))
    listener = home / "bin" / "Runner.Listener"
    listener.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {ROOT}/tests/actions_runner.py "$@"\n')
    listener.chmod(0o755)
    script = tmp_path / "sandbox.sh"
    script.write_text(f"export JITNEY_STATE={tmp_path}/state JITNEY_RUNNER_HOME={home}\nexec {BINARY}\n")
    rules = {"ALLOWED_BRANCHES": "main", "STATUS_TOKEN": TOKEN, "JITNEY_LOCAL_RUNNER": f"sh {script}"}
    github.state.queue(91, "octo/demo", LABELS)
    with Jitney(github.url, tmp_path / "j.db", **rules) as jitney:
        job = payload("workflow_job.queued", id=91, repository="octo/demo", labels=LABELS)
        github.state.runs[job["workflow_job"]["run_id"]] = {"head_branch": "main"}
        assert deliver(jitney.url, SECRET, job).status_code == 201
        [ended] = eventually(lambda: jitney.logged("sandbox-ended"))
        shown = httpx.get(f"{jitney.url}/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
    assert (ended["cause"], ended["exit"]) == ("refused", 0) and ended["job_s"] > 0
    assert 'jitney_sandbox_ends_total{cause="refused"} 1.0' in shown.splitlines()
    told = json.loads((home / "completed.json").read_text())
    assert (told["by"], told["result"], told["ran"]) == ("worker", "Failed", [])
    assert told["annotations"][0].startswith("::error title=jitney::branch-not-allowed: ")
