"""What the stand-in GitHub knows: jobs, runners, JIT configs. Runners take jobs as GitHub's do: by labels alone."""

import base64
import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests import canaries

#: Stands in each JIT config where GitHub has the runner's private key; must never be seen elsewhere.
KEY_CANARY = "standin-private-key-canary"


@dataclass
class Job:
    """A workflow job."""

    id: int
    repository: str
    labels: set[str]
    status: str = "queued"
    runner: str | None = None
    seconds: float = 0.05
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    run: int = 0
    conclusion: str | None = None
    started: datetime | None = None
    completed: datetime | None = None

    def shown(self) -> dict[str, Any]:
        """As the REST API shows it."""
        return {
            "id": self.id,
            "run_id": self.run,
            "status": self.status,
            "conclusion": self.conclusion or ("success" if self.status == "completed" else None),
            "labels": sorted(self.labels),
            "runner_name": self.runner,
            "created_at": _dated(self.created),
            "started_at": _dated(self.started or self.created),
            "completed_at": _dated(self.completed),
        }


def _dated(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Runner:
    """A registered runner."""

    id: int
    name: str
    scope: str
    labels: set[str]
    config: str
    job: Job | None = None
    online: bool = False

    def shown(self) -> dict[str, Any]:
        """As the REST API shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "os": "unknown",
            "status": "online" if self.online else "offline",
            "busy": self.job is not None,
            "labels": [{"id": i, "name": label, "type": "custom"} for i, label in enumerate(sorted(self.labels))],
            "runner_group_id": 1,
        }


@dataclass
class State:
    """All of it. `url` is where the stand-in listens; it stands in each config. While `assigns` is false, no runner
    gets a job."""

    url: str = ""
    jobs: dict[int, Job] = field(default_factory=dict)
    runners: dict[int, Runner] = field(default_factory=dict)
    registered: list[str] = field(default_factory=list)
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    assigns: bool = True
    ids: Any = field(default_factory=lambda: itertools.count(1))

    def queue(self, job: int, repository: str, labels: list[str], seconds: float = 0.05) -> Job:
        """A job is queued."""
        names = {label.lower() for label in labels}
        self.jobs[job] = Job(job, repository, names, seconds=seconds, run=job + 1_000_000)
        return self.jobs[job]

    def run(self, run: int, repository: str) -> dict[str, Any]:
        """A run, as the REST API shows it: a push by `octocat` to `main`, but for what `runs` says otherwise."""
        usual = {
            "id": run,
            "event": "push",
            "head_branch": "main",
            "head_repository": {"full_name": repository},
            "repository": {"full_name": repository, "private": False},
            "actor": {"login": "octocat"},
            "triggering_actor": {"login": "octocat"},
        }
        return usual | self.runs.get(run, {})

    def register(self, scope: str, name: str, labels: list[str]) -> Runner | None:
        """Registers a JIT runner; None if its name is taken in that scope."""
        if any(r.scope == scope and r.name.lower() == name.lower() for r in self.runners.values()):
            return None
        number = next(self.ids)
        files = {
            ".runner": {"agentId": str(number), "agentName": name, "serverUrl": self.url},
            ".credentials": {"scheme": "OAuth"},
            ".credentials_rsaparams": {"d": KEY_CANARY},
        }
        encoded = {file: base64.b64encode(json.dumps(content).encode()).decode() for file, content in files.items()}
        config = base64.b64encode(json.dumps(encoded).encode()).decode()
        canaries.note(config, KEY_CANARY)
        runner = Runner(number, name, scope, {label.lower() for label in labels}, config)
        self.runners[number] = runner
        self.registered.append(name)
        return runner

    def session(self, config: str) -> Runner | None:
        """The runner of this config comes online, and takes a job if there is one; None if the config is void."""
        runner = next((r for r in self.runners.values() if r.config == config), None)
        if runner is None:
            return None
        runner.online = True
        for job in self.jobs.values():
            here = job.repository == runner.scope or job.repository.split("/")[0] == runner.scope
            if (
                self.assigns
                and runner.job is None
                and job.status == "queued"
                and here
                and job.labels <= runner.labels
            ):
                job.status, job.runner, runner.job = "in_progress", runner.name, job
                job.started = datetime.now(UTC)
        return runner

    def complete(self, config: str) -> None:
        """The runner's job is over; a JIT runner goes with it."""
        runner = self.session(config)
        if runner is not None and runner.job is not None:
            runner.job.status, runner.job.completed = "completed", datetime.now(UTC)
            del self.runners[runner.id]
