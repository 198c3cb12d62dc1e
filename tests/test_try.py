"""`try`, as an operator runs it: one runner comes online and is gone again, and nothing else happens."""

import json
import threading
import time

import pytest

from host.modal import image
from tests.operator import World


def come_online(world: World, over: threading.Event) -> None:
    """What Modal's machines do: whoever got a config connects with it."""
    while not over.wait(0.02):
        for sandbox in list(world.plane.state.sandboxes.values()):
            if sandbox.eof and not sandbox.ended:
                world.github.state.session(bytes(sandbox.stdin).decode().strip())


@pytest.fixture
def deployed(world: World) -> World:
    """Set up, and its runner image built."""
    assert world.setup("--skip", "doctor").status == 0
    name = image.published(None)
    world.plane.state.published |= {f"main/{name}:latest": "im-1", name: "im-1"}
    world.changed()
    return world


def test_one_runner_comes_online_at_modal_and_is_removed(deployed: World) -> None:
    deployed.github.state.queue(5, "octo/demo", ["self-hosted", "modal"])
    over = threading.Event()
    machines = threading.Thread(target=come_online, args=(deployed, over))
    machines.start()
    ran = deployed.run("try", "--yes")
    over.set()
    machines.join()
    assert ran.status == 0, ran.out + ran.err
    stages = ["sandbox started", "runner registered", "handed over", "online at GitHub", "removed", "sandbox ended"]
    places = [ran.out.index(stage) for stage in stages]
    assert places == sorted(places) and "in all; the sandbox cost $0.000" in ran.out
    [sandbox] = deployed.plane.state.sandboxes.values()
    assert sandbox.ended and sandbox.name.startswith("try-") and list(sandbox.tags) == ["trial"]
    assert deployed.github.state.runners == {} and deployed.github.violations == []
    [name] = deployed.github.state.registered
    assert name.startswith("jitney-try-") and deployed.github.state.jobs[5].status == "queued"


def test_without_a_terminal_or_a_deploy_nothing_is_started(world: World) -> None:
    ran = world.run("try", "--yes")
    assert ran.status == 1 and "is not deployed" in ran.err and world.github.requests == [], ran.out + ran.err
    assert world.setup("--skip", "doctor").status == 0
    world.changed()
    ran = world.run("try")
    assert ran.status == 1 and "--yes" in ran.err and world.changed() == []


def test_a_token_that_may_not_register_is_named_and_no_sandbox_is_left(deployed: World) -> None:
    deployed.github.faults.append((403, {}))
    ran = deployed.run("try", "--yes")
    assert ran.status == 1 and "Administration: Read and write" in ran.err, ran.out + ran.err
    assert all(sandbox.ended for sandbox in deployed.plane.state.sandboxes.values())
    assert deployed.github.state.runners == {}


def test_here_with_a_process_and_json_for_programs(world: World) -> None:
    began = time.monotonic()
    ran = world.run("try", "--yes", "--json", "--launcher", "local")
    assert ran.status == 0, ran.out + ran.err
    told = json.loads(ran.out)
    assert told["ok"] and told["faults"] == [] and 0 < told["usd"] < 0.01
    took = [stage["ms"] for stage in told["stages"]]
    assert len(took) == 6 and 0 < sum(took) / 1000 <= time.monotonic() - began
    assert world.github.state.runners == {}


def test_a_repository_that_is_not_allowed_is_refused(world: World) -> None:
    for named, said in (("octo/other", "ALLOWED_REPOS does not allow"), ("x", "write it as OWNER/REPO")):
        ran = world.run("try", "--yes", "--launcher", "local", "--repository", named)
        assert ran.status == 1 and said in ran.err and world.github.requests == []
