"""What keeps tickets fails under a host: a full disk, a locked journal, a damaged one, two hosts on one."""

import contextlib
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from host.local.database import Database
from tests.processes import ROOT, SECRET, Jitney, eventually
from tests.standin import StandinGitHub, deliver, payload

LABELS = ["self-hosted", "modal"]
Fault = Callable[[Jitney, Path], contextlib.AbstractContextManager[None]]


@contextlib.contextmanager
def full_disk(jitney: Jitney, journal: Path) -> Iterator[None]:
    """No file of its may grow: every write fails as on a full disk."""
    before = resource.prlimit(jitney.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    yield
    resource.prlimit(jitney.process.pid, resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def locked(jitney: Jitney, journal: Path) -> Iterator[None]:
    """Somebody else writes to the journal, and does not end."""
    with contextlib.closing(sqlite3.connect(journal, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def kept(journal: Path) -> list[Any]:
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as database:
        return database.execute("SELECT ticket FROM tickets").fetchall()


def health(jitney: Jitney) -> dict[str, Any]:
    return dict(httpx.get(f"{jitney.url}/").json())


def queued(job: int) -> dict[str, Any]:
    """The delivery of a job that no other job's runner takes."""
    return payload("workflow_job.queued", id=job, repository="octo/demo", labels=[*LABELS, f"id={job}"])


def defers(github: StandinGitHub, jitney: Jitney, job: int) -> tuple[int, str]:
    """A delivery of a job that GitHub's limit has wait: its status, and its reason."""
    github.state.queue(job, "octo/demo", [*LABELS, f"id={job}"])
    answer = deliver(jitney.url, SECRET, queued(job))
    return answer.status_code, answer.json()["reason"].split(":")[0]


def is_done(github: StandinGitHub, job: int) -> Callable[[], bool]:
    return lambda: github.state.jobs[job].status == "completed"


@pytest.mark.parametrize("fault", [full_disk, locked])
def test_what_cannot_be_kept_is_answered_503_and_all_goes_on_afterwards(
    github: StandinGitHub, tmp_path: Path, fault: Fault
) -> None:
    journal = tmp_path / "j.db"
    with Jitney(github.url, journal) as jitney:
        github.faults.append((429, {"retry-after": "10"}))
        assert defers(github, jitney, 1)[0] == 202
        assert len(kept(journal)) == 1
        with fault(jitney, journal):
            assert defers(github, jitney, 2) == (503, "not-kept")
            said = health(jitney)
            assert not said["ready"] and "jobs that wait" in said["problems"][0]["fault"]
            # What was kept is taken up all the same, as often as it has to be.
            eventually(is_done(github, 1))
            assert not health(jitney)["ready"]
        eventually(lambda: health(jitney)["ready"])
        eventually(lambda: not kept(journal))
        # The course that was answered 503 may have gone on.
        assert deliver(jitney.url, SECRET, queued(2)).status_code in (200, 201)
        eventually(is_done(github, 2))
    assert github.mints() == 3


def test_a_damaged_journal_is_moved_aside_and_a_sweep_finds_what_it_held(
    github: StandinGitHub, tmp_path: Path
) -> None:
    journal = tmp_path / "j.db"
    github.state.queue(1, "octo/demo", LABELS).created = datetime.now(UTC) - timedelta(minutes=10)
    journal.write_bytes(b"no database, but as long as the header of one is, and longer" * 100)
    with Jitney(github.url, journal, ALLOWED_REPOS="octo/demo") as jitney:
        (line,) = jitney.logged("journal-damaged")
        assert Path(line["moved_to"]).read_bytes().startswith(b"no database") and line["level"] == "error"
        assert health(jitney)["ready"]
        # It sweeps every hour; this is the sweep after a process that did not end as it should.
        eventually(is_done(github, 1))
        assert len(jitney.logged("course")) == 2


def test_a_journal_that_is_damaged_while_it_serves_is_begun_anew(tmp_path: Path) -> None:
    journal = tmp_path / "j.db"
    database = Database(journal, mend=True)
    for number in range(500):
        database.execute("INSERT INTO kept VALUES (?, ?)", (f"name {number}", "x" * 200))
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # Another connection's write has this one read the file anew.
    with contextlib.closing(sqlite3.connect(journal, isolation_level=None)) as other:
        other.execute("INSERT INTO kept VALUES ('another', '1')")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with journal.open("r+b") as file:
        file.seek(4096)
        file.write(b"damage " * ((journal.stat().st_size - 4096) // 7))
    database.execute("INSERT OR REPLACE INTO kept VALUES ('name 7', '2')")
    assert database.execute("SELECT * FROM kept") == [("name 7", "2")]
    database.close()
    assert [one for one in tmp_path.iterdir() if ".damaged-" in one.name]


def test_two_hosts_on_one_journal_are_refused_and_a_killed_one_holds_nothing(
    github: StandinGitHub, tmp_path: Path
) -> None:
    journal = tmp_path / "j.db"
    with Jitney(github.url, journal) as jitney:
        command = [
            sys.executable,
            "-m",
            "host",
            "serve",
            "--port",
            "0",
            "--launcher",
            "local",
            "--journal",
            str(journal),
        ]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == 1 and second.stdout == ""
        assert f"in use by process {jitney.process.pid}" in second.stderr and "--journal" in second.stderr
        jitney.process.send_signal(signal.SIGKILL)
        jitney.process.wait(10)
    with Jitney(github.url, journal) as jitney:
        assert health(jitney)["ready"]


def test_tickets_of_an_older_version_s_journal_are_taken_over(github: StandinGitHub, tmp_path: Path) -> None:
    journal = tmp_path / "j.db"
    github.state.queue(7, "octo/demo", LABELS)
    ticket = (
        '{"purpose":"launch","delivery":"d-1","repository":"octo/demo","job":7,"run":1000007,'
        '"labels":["self-hosted","modal"],"created":null,"runner":null,"deferrals":1}'
    )
    with contextlib.closing(sqlite3.connect(journal, isolation_level=None)) as database:
        database.execute("CREATE TABLE deferred (id INTEGER PRIMARY KEY, ticket TEXT NOT NULL, due REAL NOT NULL)")
        database.execute("INSERT INTO deferred (ticket, due) VALUES (?, 0)", (ticket,))
    with Jitney(github.url, journal) as jitney:
        eventually(is_done(github, 7))
        eventually(lambda: not kept(journal))
        assert jitney.logged("course")[0]["outcome"] == "launched"


def test_what_a_house_knows_outlives_its_process(github: StandinGitHub, tmp_path: Path) -> None:
    """A delivery of a job that was over is answered without a request, by the next process too."""
    old = payload(
        "workflow_job.queued", id=5, repository="octo/demo", labels=LABELS, created_at="2025-01-01T00:00:00Z"
    )
    github.state.queue(5, "octo/demo", LABELS).status = "completed"
    for asked in (1, 0):
        with Jitney(github.url, tmp_path / "j.db") as jitney:
            before = len(github.requests)
            assert deliver(jitney.url, SECRET, old).json()["outcome"] == "ignored"
            assert sum("/jobs/5" in path for _, path in github.requests[before:]) == asked
