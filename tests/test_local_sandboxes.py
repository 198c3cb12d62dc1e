"""Sandboxes on this machine do not outlive `serve`, which alone would end them."""

import os
import signal
from pathlib import Path

from tests.processes import SECRET, Jitney, eventually
from tests.standin import StandinGitHub, deliver, payload


def lives(process: int) -> bool:
    """Whether there is a process of this number that is no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


def test_sigterm_ends_a_runner_at_work_and_all_that_it_started(github: StandinGitHub, tmp_path: Path) -> None:
    script = tmp_path / "runner.sh"
    started = tmp_path / "started"
    script.write_text(f"read -r _\nsleep 1000 &\necho $$ $! >{started}.new\nmv {started}.new {started}\nwait\n")
    labels = ["self-hosted", "modal"]
    github.state.queue(91, "octo/demo", labels)
    with Jitney(github.url, tmp_path / "j.db", JITNEY_LOCAL_RUNNER=f"bash {script}") as jitney:
        job = payload("workflow_job.queued", id=91, repository="octo/demo", labels=labels)
        assert deliver(jitney.url, SECRET, job).status_code == 201
        eventually(started.exists)
        processes = [int(number) for number in started.read_text().split()]
        assert all(lives(process) for process in processes)
        jitney.process.send_signal(signal.SIGTERM)
        assert jitney.process.wait(60) == 0
        left = [process for process in processes if lives(process)]
        for process in left:
            os.kill(process, signal.SIGKILL)
        assert left == []
