"""Sandboxes on this machine behave as Modal's do: names, limits, ends, and what is passed on to them."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from host import serve
from host.launcher import AtCapacity, Machine, NameTaken, Start
from host.local import launcher
from host.local.launcher import LocalLauncher
from tests.test_waiting import eventually

#: Writes what it was told and where it is, and ends with the status that it is handed.
RUNNER = """
env >env.txt
pwd >"$WROTE.new" && mv "$WROTE.new" "$WROTE"
read -r line
echo "was told $line"
exit "$line"
"""


def order(name: str, limit: int = 100, timeout: int = 3600, **environment: str) -> Start:
    machine = Machine(cpu=1.0, memory=1024, gpu=None, image=None, timeout=timeout, docker=False)
    return Start(name, {"job": name.removeprefix("job-")}, machine, environment, limit)


class Ends(list[tuple[str, int, str]]):
    """The ends that were told."""

    def __call__(self, sandbox: str, status: int, said: str) -> None:
        self.append((sandbox, status, said))


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[LocalLauncher]:
    script = tmp_path / "runner.sh"
    script.write_text(RUNNER)
    given = {"JITNEY_LOCAL_RUNNER": f"bash '{script}'", "WEBHOOK_SECRET": "x", "LANG": "C"}
    one = LocalLauncher(given | {"PATH": os.environ["PATH"]})
    one.on_end = Ends()
    yield one
    await one.close()


def ends(local: LocalLauncher) -> Ends:
    assert isinstance(local.on_end, Ends)
    return local.on_end


def environment_in(home: Path) -> dict[str, str]:
    """What the runner saw."""
    return dict(line.split("=", 1) for line in (home / "env.txt").read_text().splitlines())


def are_left(folder: Path) -> list[Path]:
    """What is in a folder, if it is there."""
    return list(folder.iterdir()) if folder.exists() else []


def unheard(process: int) -> None:
    """Returns when it has ended: no task runs meanwhile, so nobody was told. (A thread may have reaped it.)"""
    with suppress(FileNotFoundError, ProcessLookupError):
        while ") Z " not in Path(f"/proc/{process}/stat").read_text():
            time.sleep(0.01)


async def lived(local: LocalLauncher, sandbox: str, status: int = 0) -> None:
    await local.hand_over(sandbox, str(status), {"job": "1"})
    assert await local.watch(sandbox, 30.0) == status


async def test_what_lives_is_found_by_name_and_by_job(local: LocalLauncher) -> None:
    first, second = [await local.start(order(name)) for name in ("job-1", "job-2")]
    assert [one.id for one in await local.find_name("job-1")] == [first]
    assert [one.id for one in await local.find_job("2")] == [second]
    assert await local.find_name("job-3") == [] == await local.find_job("3")
    assert {one.id for one in await local.find_all()} == {first, second}
    await local.hand_over(first, "0", {"job": "1", "runner": "r"})
    assert (await local.find_all())[0].tags in ({"job": "1", "runner": "r"}, {"job": "2"})


async def test_a_runner_sees_its_orders_and_nothing_of_the_host_s(local: LocalLauncher, tmp_path: Path) -> None:
    wrote = tmp_path / "where"
    sandbox = await local.start(order("job-1", WROTE=str(wrote)))
    await eventually(wrote.exists)
    home = Path(wrote.read_text().strip())
    assert home.name.startswith("job-1-"), "whoever looks for it finds it by its job"
    told = environment_in(home)
    assert told["JITNEY_SANDBOX"] == "job-1" and json.loads(told["JITNEY_TAGS"]) == {"job": "1"}
    assert told["LANG"] == "C" and "WEBHOOK_SECRET" not in told and "JITNEY_LOCAL_RUNNER" not in told
    await lived(local, sandbox, 7)
    assert ends(local) == [(sandbox, 7, "was told 7\n")] and are_left(home) == []


async def test_a_name_that_lives_or_lived_a_moment_ago_is_taken(
    local: LocalLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = await asyncio.gather(*(local.start(order("job-1")) for _ in range(3)), return_exceptions=True)
    (sandbox,) = [one for one in tries if isinstance(one, str)]
    assert sum(isinstance(one, NameTaken) for one in tries) == 2
    await lived(local, sandbox)
    with pytest.raises(NameTaken):
        await local.start(order("job-1"))
    later = time.monotonic() + 601
    monkeypatch.setattr(launcher, "time", SimpleNamespace(monotonic=lambda: later))
    assert await local.start(order("job-1"))


async def test_the_name_of_what_was_ended_is_free(local: LocalLauncher) -> None:
    sandbox = await local.start(order("job-1"))
    await local.terminate(sandbox)
    await local.terminate(sandbox)
    assert await local.find_all() == [] and await local.start(order("job-1"))
    with pytest.raises(ProcessLookupError):
        await local.hand_over(sandbox, "0", {})


async def test_as_many_live_as_may(local: LocalLauncher) -> None:
    first = await local.start(order("job-1", limit=1))
    with pytest.raises(AtCapacity, match=r"^1$"):
        await local.start(order("job-2", limit=1))
    await lived(local, first)
    assert await local.start(order("job-2", limit=1))


async def test_a_job_that_outlives_its_time_is_ended(local: LocalLauncher) -> None:
    sandbox = await local.start(order("job-1", timeout=1))
    assert await local.watch(sandbox, 0.0) is None
    status = await local.watch(sandbox, 30.0)
    assert status not in (None, 0) and ends(local)[0][:2] == (sandbox, status)
    assert await local.find_all() == []


async def test_whoever_does_not_heed_sigterm_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert launcher.GRACE < serve.GRACE, "it has to fit into what the process has"
    monkeypatch.setattr(launcher, "GRACE", 0.2)
    script, deaf = tmp_path / "runner.sh", tmp_path / "deaf"
    script.write_text(f"trap '' TERM\ntouch {deaf}\nwhile :; do sleep 1; done\n")
    local = LocalLauncher({"JITNEY_LOCAL_RUNNER": f"bash {script}", "PATH": os.environ["PATH"]})
    local.on_end = Ends()
    sandbox = await local.start(order("job-1"))
    await eventually(deaf.exists)
    async with asyncio.timeout(30):
        await local.close()
    assert ends(local) == [(sandbox, -9, "")]


async def test_a_job_that_ends_while_all_are_ended_is_told_of_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = tmp_path / "homes"
    homes.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(homes))
    local = LocalLauncher({"JITNEY_LOCAL_RUNNER": "bash -c 'exit 3'", "PATH": os.environ["PATH"]})
    local.on_end = Ends()
    sandbox = await local.start(order("job-1"))
    unheard(int(sandbox.rpartition("-")[2]))
    async with asyncio.timeout(60):
        await local.close()
    assert ends(local) == [(sandbox, 3, "")] and are_left(homes) == []


async def test_few_of_those_that_ended_are_remembered(local: LocalLauncher, monkeypatch: pytest.MonkeyPatch) -> None:
    assert launcher.REMEMBERED <= 1000
    monkeypatch.setattr(launcher, "REMEMBERED", 1)
    first, second = [await local.start(order(name)) for name in ("job-1", "job-2")]
    await lived(local, first)
    await lived(local, second)
    assert await local.watch(first, 0.0) is None and await local.watch(second, 0.0) == 0


async def test_a_command_that_there_is_none_of_fails_and_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    local = LocalLauncher({"JITNEY_LOCAL_RUNNER": str(tmp_path / "nothing")})
    with pytest.raises(FileNotFoundError):
        await local.start(order("job-1"))
    assert are_left(tmp_path) == [] == await local.find_all()


def test_without_a_runner_of_one_s_own_the_stand_in_is_started() -> None:
    local = LocalLauncher({"PATH": os.environ["PATH"]})
    assert local._command[-1] == str(launcher.STANDIN_RUNNER) and Path(local._command[-1]).exists()
