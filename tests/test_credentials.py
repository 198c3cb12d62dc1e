"""The App's credentials in one process: fetched by the real component once, kept, and renewed when they must be."""

import asyncio
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from host import credentials
from host.component import Component
from host.credentials import Credentials, NoCredential
from tests.standin import StandinGitHub
from tests.standin.app import APP_ID, KEYS

SETTINGS = {"GITHUB_APP_ID": APP_ID, "GITHUB_APP_PRIVATE_KEY": (KEYS / "app.pkcs1.pem").read_text()}


def scope(repository: str) -> str:
    return json.dumps({"repository": [repository, 77]})


@pytest.fixture
def kept(github: StandinGitHub) -> Credentials:
    github.app.installations = {77: [f"octo/{name}" for name in ("demo", "a", "b", "c")]}
    return Credentials(Component(SETTINGS | {"GITHUB_API_URL": github.url}))


async def test_many_who_want_one_get_the_same(kept: Credentials, github: StandinGitHub) -> None:
    tokens = await asyncio.gather(*(kept.get(scope("octo/demo"), False) for _ in range(5)))
    assert set(tokens) == set(github.app.tokens) and len(tokens) == 5
    assert len(github.app.given) == 1 and github.app.given[0].repositories == ["octo/demo"]


async def test_one_that_github_refused_is_fetched_anew_once(kept: Credentials, github: StandinGitHub) -> None:
    old = await kept.get(scope("octo/demo"), False)
    new = await asyncio.gather(*(kept.get(scope("octo/demo"), True) for _ in range(3)))
    assert len(github.app.given) == 2 and len(set(new)) == 1 and old not in new
    assert await kept.get(scope("octo/demo"), False) == new[0]


async def test_one_is_renewed_when_it_must_be_and_not_before(
    kept: Credentials, github: StandinGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await kept.get(scope("octo/demo"), False)
    now = time.time()
    # Five minutes before an hour is over it goes.
    for later, count in ((54 * 60, 1), (56 * 60, 2)):
        monkeypatch.setattr(credentials, "time", SimpleNamespace(time=lambda later=later: now + later))
        token = await kept.get(scope("octo/demo"), False)
        assert len(github.app.given) == count and (token == first) == (count == 1)


async def test_those_that_were_used_last_are_kept(
    kept: Credentials, github: StandinGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "KEPT", 2)
    for name in ("a", "b", "a", "c"):
        await kept.get(scope(f"octo/{name}"), False)
    assert [given.repositories for given in github.app.given] == [["octo/a"], ["octo/b"], ["octo/c"]]
    await kept.get(scope("octo/a"), False)
    assert len(github.app.given) == 3, "a was used after b"
    await kept.get(scope("octo/b"), False)
    assert len(github.app.given) == 4


async def test_why_there_is_none_is_told(kept: Credentials, github: StandinGitHub) -> None:
    github.app.installations = {}
    with pytest.raises(NoCredential) as refused:
        await kept.get(scope("octo/demo"), False)
    payload: Any = refused.value.args[0]
    assert payload.status == 404 and github.app.given == []


async def test_a_thousand_are_kept_and_no_more(kept: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []

    def fetch(_: Component, wanted: str) -> Any:
        fetched.append(wanted)
        return SimpleNamespace(token=wanted, renew=time.time() * 1000 + 3_600_000)

    monkeypatch.setattr(credentials, "fetch", fetch)
    for number in range(1001):
        await kept.get(str(number), False)
    await kept.get("1", False)
    assert len(fetched) == 1001
    await kept.get("0", False)
    assert len(fetched) == 1002
