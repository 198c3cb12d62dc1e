"""The Modal launcher: the real modal client and the real component, against a fake Modal and the stand-in GitHub."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import modal
import pytest
from grpclib import Status
from modal_proto import api_pb2 as api

from host.component import Component, Loaded
from host.courses import Courses
from host.health import Health
from host.house import House
from host.launcher import APP, AtCapacity, Machine, NameTaken, Start
from host.modal import image
from host.modal.launcher import ModalLauncher
from host.records import Records
from host.waiting import Waiting
from tests.control_plane import ControlPlane, FakeSandbox
from tests.kept import KeptInMemory
from tests.ledgers import entry
from tests.processes import SECRET
from tests.standin import StandinGitHub
from tests.standin.deliveries import payload, sign
from tests.standin.server import TOKEN
from tests.standin.state import KEY_CANARY

LABELS = ["self-hosted", "modal"]
LOADED = Loaded()


async def last() -> bool:
    """No other process began."""
    return True


class Wired:
    """A launcher whose images are there, unless a test takes them away; `built` counts requests to build them."""

    def __init__(self, plane: ControlPlane, app: modal.App) -> None:
        self.plane = plane
        self.app = app
        self.built = 0
        self.launcher = ModalLauncher(app, self._build)

    async def _build(self) -> None:
        self.built += 1

    async def launch(self, github: StandinGitHub, job: int, *labels: str, **settings: str) -> tuple[Any, list[Any]]:
        """Decides on a queued delivery and plays its course: its answer, and the tickets that were deferred."""
        told = {"WEBHOOK_SECRET": SECRET, "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": github.url} | settings
        component = Component(told, LOADED)
        names = [*LABELS, *labels]
        github.state.queue(job, "octo/demo", names)
        body = json.dumps(payload("workflow_job.queued", id=job, repository="octo/demo", labels=names))
        head = f"x-github-event: workflow_job\nx-hub-signature-256: {sign(SECRET, body.encode())}"
        verdict = component.intake().call("intake", "decide", head, body)
        assert verdict.tag == "launch", verdict.payload.body
        deferred: list[Any] = []

        class Noted(Waiting):
            async def defer(self, ticket: str, delay: float, entry: Any = None, **_: Any) -> None:
                deferred.append((json.loads(ticket), delay))

        house = House(component)
        courses = Courses(component, self.launcher, house, Noted(KeptInMemory(), house, Health(component), last))
        answer = await courses.open(verdict.payload.ticket, verdict.payload.resumption)
        await courses.close(0)
        return answer, deferred


@pytest.fixture
async def wired(plane: ControlPlane) -> AsyncIterator[Wired]:
    plane.state.published[f"main/{image.published(None)}:latest"] = "im-runner"
    app = await modal.App.lookup.aio(APP, create_if_missing=True)
    yield Wired(plane, app)


def order(name: str = "job-1", *, limit: int = 100, gpu: str | None = None, docker: bool = False) -> Start:
    """A sandbox to be started."""
    machine = Machine(cpu=2.0, memory=8192, gpu=gpu, image=None, timeout=3600, docker=docker)
    return Start(name, {"job": name.removeprefix("job-"), "nonce": "n"}, machine, {"JITNEY_DOCKER": "0"}, limit)


async def test_a_queued_job_gets_one_sandbox_of_its_own(wired: Wired, github: StandinGitHub) -> None:
    answer, deferred = await wired.launch(github, 7, "cpu=4", "memory=16", "timeout=2h")
    assert answer.status == 201 and deferred == []
    said = json.loads(answer.body)
    (sandbox,) = wired.plane.state.living()
    (runner,) = github.state.runners.values()
    assert sandbox.name == said["sandbox"] == "job-7"
    assert said["runner"] == runner.name
    nonce = runner.name.rsplit("-", 1)[1]
    assert sandbox.tags == {
        "job": "7", "run": sandbox.tags["run"], "owner": "octo", "repository": "demo", "nonce": nonce,
        "runner": runner.name, "runner_id": str(runner.id), "shape": "4cpu-16GiB", "started": sandbox.tags["started"],
        "rate": str(4 * 39_420 + 16 * 6_720),
    }  # fmt: skip
    assert abs(int(sandbox.tags["started"]) / 1000 - sandbox.created) < 60
    shape = sandbox.definition
    assert (shape.resources.milli_cpu, shape.resources.milli_cpu_max) == (4000, 4000)
    assert (shape.resources.memory_mb, shape.resources.memory_mb_max) == (16384, 16384)
    assert shape.timeout_secs == 7200 and not shape.idle_timeout_secs
    assert list(shape.entrypoint_args) == [image.ENTRYPOINT] and shape.image_id == "im-runner"
    assert shape.readiness_probe.exec_command.argv[-1] == image.READING
    assert not shape.secret_ids and set(sandbox.environment) == {
        "JITNEY_HAND_OVER_WITHIN", "JITNEY_START_WITHIN", "JITNEY_END_WITHIN", "JITNEY_DOCKER", "JITNEY_VETTING",
    }  # fmt: skip
    assert sandbox.stdin == runner.config.encode() + b"\n" and sandbox.eof


async def test_no_credential_ever_crosses_and_the_config_crosses_once(wired: Wired, github: StandinGitHub) -> None:
    await wired.launch(github, 8)
    crossed = wired.plane.state.everything()
    assert TOKEN.encode() not in crossed and SECRET.encode() not in crossed
    (runner,) = github.state.runners.values()
    assert crossed.count(runner.config.encode()) == 1
    writes = wired.plane.state.received("SandboxStdinWriteV2")
    assert [(write.offset, write.eof) for write in writes] == [(0, True)]
    assert KEY_CANARY.encode() not in crossed


async def test_ten_starts_of_one_name_make_one_sandbox(wired: Wired) -> None:
    tries = await asyncio.gather(*(wired.launcher.start(order()) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(tried, str) for tried in tries) == 1
    assert sum(isinstance(tried, NameTaken) for tried in tries) == 9
    assert len(wired.plane.state.living()) == 1


async def test_at_the_limit_no_more_are_started_until_one_ends(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.modal.launcher.LIST_EVERY", 0.0)
    monkeypatch.setattr("host.modal.launcher.LISTING_LAG", 0.0)
    tries = await asyncio.gather(
        *(wired.launcher.start(order(f"job-{n}", limit=3)) for n in range(6)), return_exceptions=True
    )
    assert sum(isinstance(tried, AtCapacity) for tried in tries) == 3
    wired.plane.state.living()[0].ended = True
    await wired.launcher.start(order("job-9", limit=3))
    assert len(wired.plane.state.living()) == 3


async def test_what_other_containers_started_counts_too(wired: Wired) -> None:
    await wired.launcher.start(order("job-1", limit=1))
    again = Wired(wired.plane, wired.app)
    with pytest.raises(AtCapacity):
        await again.launcher.start(order("job-2", limit=1))


async def test_a_missing_image_is_asked_for_once_and_the_job_waits(wired: Wired, github: StandinGitHub) -> None:
    wired.plane.state.published.clear()
    for job in (11, 12):
        answer, deferred = await wired.launch(github, job)
        assert answer.status == 202 and deferred[0][0]["job"] == job
    assert wired.built == 1 and github.state.runners == {}


async def test_a_create_that_took_effect_unseen_is_found_by_its_nonce(wired: Wired, github: StandinGitHub) -> None:
    wired.plane.state.fail("SandboxCreateV2", Status.UNAVAILABLE, after=True)
    answer, _ = await wired.launch(github, 13)
    created = wired.plane.state.received("SandboxCreateV2")
    assert len(created) > 1, "the client tries again, and is told that the name is taken"
    (sandbox,) = wired.plane.state.living()
    if answer.status == 201:
        assert sandbox.eof
    else:
        assert json.loads(answer.body)["outcome"] in {"duplicate", "deferred"}


async def test_a_modal_that_is_at_its_limits_defers_the_job(wired: Wired, github: StandinGitHub) -> None:
    wired.plane.state.fail("SandboxCreateV2", Status.RESOURCE_EXHAUSTED)
    answer, deferred = await wired.launch(github, 14)
    assert answer.status == 202 and "sandbox-not-started" in answer.body and len(deferred) == 1
    assert github.mints() == 0 and wired.plane.state.living() == []


@pytest.mark.parametrize("gpu", [None, "A10G"])
async def test_a_hand_over_that_fails_on_the_way_is_done_again(wired: Wired, gpu: str | None) -> None:
    call = "SandboxStdinWriteV2" if gpu is None else "SandboxStdinWrite"
    sandbox = await wired.launcher.start(order(gpu=gpu))
    wired.plane.state.fail(call, Status.FAILED_PRECONDITION if gpu is None else Status.UNAVAILABLE, times=0)
    wired.plane.state.fail(call, Status.UNAVAILABLE, times=5)
    await wired.launcher.hand_over(sandbox, "the config", {"job": "1"})
    found = wired.plane.state.sandbox(sandbox)
    assert found.stdin == b"the config\n" and found.eof and found.tags == {"job": "1"}


async def test_nothing_is_written_before_the_sandbox_reads(wired: Wired) -> None:
    wired.plane.state.boots = False
    sandbox = await wired.launcher.start(order())
    handing = asyncio.create_task(wired.launcher.hand_over(sandbox, "the config", {}))
    await eventually(lambda: wired.plane.state.received("SandboxWaitUntilReady"))
    assert wired.plane.state.sandbox(sandbox).stdin == b""
    wired.plane.state.sandbox(sandbox).ready = True
    await handing
    assert wired.plane.state.sandbox(sandbox).stdin == b"the config\n"


async def test_a_sandbox_that_died_fails_its_launch_and_leaves_nothing(wired: Wired, github: StandinGitHub) -> None:
    class Mortal(ModalLauncher):
        """Kills what it starts, as a machine would."""

        async def start(self, order: Start) -> str:
            sandbox = await super().start(order)
            wired.plane.state.sandbox(sandbox).ended = True
            return sandbox

    wired.launcher = Mortal(wired.app, wired._build)
    answer, deferred = await wired.launch(github, 15)
    assert answer.status == 202 and "hand-over-failed" in answer.body
    assert deferred[0][0]["starts"] == 1
    assert github.state.runners == {} and wired.plane.state.living() == []


async def test_a_gpu_goes_to_the_older_kind_as_modal_spells_it(wired: Wired, github: StandinGitHub) -> None:
    answer, _ = await wired.launch(github, 16, "gpu=h100:2", ALLOWED_GPUS="H100:4")
    assert answer.status == 201
    (sandbox,) = wired.plane.state.living()
    gpu = sandbox.definition.resources.gpu_config
    assert (gpu.gpu_type, gpu.count) == ("H100", 2)
    assert wired.plane.state.received("SandboxCreate") and sandbox.eof
    assert TOKEN not in json.dumps(sandbox.environment)


async def test_a_profile_s_region_cache_and_domains_are_modal_s(wired: Wired, github: StandinGitHub) -> None:
    """What a job may reach always includes what its runner needs; a cache is its repository's own."""
    profile = {
        "region": ["us-east", "us-west"],
        "cache": True,
        "outbound_domains": ["Packages.Example.com", "*.example.org"],
    }
    answer, _ = await wired.launch(github, 22, "Near", RUNNER_PROFILES=json.dumps({"near": profile}))
    assert answer.status == 201
    (sandbox,) = wired.plane.state.living()
    shape = sandbox.definition
    assert list(shape.scheduler_placement.regions) == ["us-east", "us-west"]
    reach = list(shape.network_access.allowed_domains)
    assert {"packages.example.com", "*.example.org", "github.com", "*.actions.githubusercontent.com"} <= set(reach)
    (mount,) = shape.volume_mounts
    [asked] = wired.plane.state.received("VolumeGetOrCreate")
    assert mount.mount_path == "/opt/jitney-cache" and not mount.read_only
    assert asked.deployment_name.startswith("jitney-cache-demo-") and len(asked.deployment_name) <= 64
    assert sandbox.environment["RUNNER_TOOL_CACHE"] == "/opt/jitney-cache/tools"


async def test_a_fork_s_run_has_no_cache_and_a_plain_job_asks_for_nothing_more(
    wired: Wired, github: StandinGitHub
) -> None:
    run = payload("workflow_job.queued")["workflow_job"]["run_id"]
    github.state.runs[run] = {"head_repository": {"full_name": "mallory/demo"}}
    settings = {"RUNNER_PROFILES": '{"cached":{"cache":true}}', "ALLOW_FORKS": "yes"}
    assert (await wired.launch(github, 23, "cached", **settings))[0].status == 201
    (sandbox,) = wired.plane.state.living()
    assert not sandbox.definition.volume_mounts and "PIP_CACHE_DIR" not in sandbox.environment
    assert sandbox.definition.network_access.network_access_type == api.NetworkAccess.OPEN
    assert not sandbox.definition.scheduler_placement.regions


def told(wired: Wired) -> list[tuple[str, int, str]]:
    """What the launcher tells of ends from now on."""
    ends: list[tuple[str, int, str]] = []
    wired.launcher.on_end = lambda *end: ends.append(end)
    return ends


async def test_a_watched_sandbox_s_end_and_status_are_seen_once(wired: Wired) -> None:
    sandbox, ends = await wired.launcher.start(order("job-24")), told(wired)
    assert await wired.launcher.watch(sandbox, 0.3) is None
    await wired.launcher.see_end(sandbox)
    assert ends == []
    wired.plane.state.sandbox(sandbox).exit = 7
    wired.plane.state.sandbox(sandbox).ended = True
    assert await wired.launcher.watch(sandbox, 5) == 7
    await wired.launcher.see_end(sandbox)
    assert ends == [(sandbox, 7, "")]


async def test_what_a_sandbox_said_of_its_end_is_read_whoever_looks(wired: Wired) -> None:
    said = 'Listening for Jobs\n{"event":"sandbox-ended","cause":"refused","exit":0,"job_s":2.5}\n'
    ends, sandboxes = told(wired), [await wired.launcher.start(order(f"job-{job}")) for job in (25, 26, 27)]
    for sandbox in sandboxes:
        wired.plane.state.sandbox(sandbox).output = said
    first, second, third = sandboxes
    for sandbox in (first, second):
        wired.plane.state.sandbox(sandbox).exit, wired.plane.state.sandbox(sandbox).ended = 0, True
    assert await wired.launcher.watch(first, 5) == 0
    assert ends == [(first, 0, said)]
    wired.plane.state.fail("AppFetchLogs", Status.PERMISSION_DENIED)
    await wired.launcher.see_end(second)
    assert ends[1:] == [(second, 0, "")]
    wired.plane.state.faults.clear()
    await wired.launcher.terminate(third)
    await eventually(lambda: len(ends) == 3)
    assert ends[2][0] == third and ends[2][2] == said


async def test_a_sweep_learns_why_a_sandbox_ended_that_nobody_watched(wired: Wired, github: StandinGitHub) -> None:
    told = {"GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": github.url, "ALLOWED_REPOS": "octo/demo"}
    component = Component(told, LOADED)
    records = Records(component)

    house = House(component)
    waiting = Waiting(KeptInMemory(), house, Health(component), last)
    courses = Courses(component, wired.launcher, house, waiting, records)
    sandbox = await wired.launcher.start(order("job-28"))
    records.ledger.opened(sandbox, entry(28))
    ended = wired.plane.state.sandbox(sandbox)
    ended.output = '{"event":"sandbox-ended","cause":"out-of-memory","exit":137}\n'
    ended.exit, ended.ended = 137, True
    records.ledger.closed(sandbox)
    assert [one.cause for one in records.ledger.ended] == [None]
    await courses.sweep([])
    await eventually(lambda: [one.cause for one in records.ledger.ended] == ["out-of-memory"])
    await courses.close(0)


async def test_docker_gets_a_virtual_machine(wired: Wired, github: StandinGitHub) -> None:
    await wired.launch(github, 17, "docker")
    (sandbox,) = wired.plane.state.living()
    assert sandbox.definition.runtime == "vm" and sandbox.environment["JITNEY_DOCKER"] == "1"


async def test_what_lives_is_found_by_name_and_by_job_and_ended_twice_without_harm(wired: Wired) -> None:
    sandbox = await wired.launcher.start(order("job-18"))
    another = await wired.launcher.start(order("job-19"))
    (by_name,) = await wired.launcher.find_name("job-18")
    (by_job,) = await wired.launcher.find_job("18")
    assert by_name.id == by_job.id == sandbox and by_job.tags["nonce"] == "n"
    assert {one.id for one in await wired.launcher.find_all()} == {sandbox, another}
    for _ in range(2):
        await wired.launcher.terminate(sandbox)
    assert await wired.launcher.find_name("job-18") == [] == await wired.launcher.find_job("18")
    assert isinstance(wired.plane.state.sandbox(sandbox), FakeSandbox)


async def eventually(what: Callable[[], Any] | Callable[[], Awaitable[Any]]) -> None:
    """Waits until it is so."""
    for _ in range(3000):
        if what():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to pass in time")


def test_the_tests_speak_to_the_fake_modal_alone(plane: ControlPlane) -> None:
    assert os.environ["MODAL_SERVER_URL"] == plane.url
