"""An operator's commands make instances of three kinds, and none of them holds all secrets at once."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from host.commands import setup, teardown
from host.component import Component, Instance
from host.operator.doctor import examine
from tests.control_plane import ControlPlane
from tests.processes import SECRET
from tests.standin import StandinGitHub
from tests.standin.app import APP_ID, KEYS
from tests.standin.hooks import Hook
from tests.standin.server import TOKEN

URL = "https://acme--jitney.modal.run"
KEY = (KEYS / "app.pkcs1.pem").read_text()
CREDENTIALS = {
    "token": {"GITHUB_TOKEN": TOKEN},
    "app": {"GITHUB_APP_ID": APP_ID, "GITHUB_APP_PRIVATE_KEY": KEY},
}
SECRETS = {"GITHUB_TOKEN", "GITHUB_APP_PRIVATE_KEY", "WEBHOOK_SECRET"}
#: With neither the Modal secret nor an endpoint, which would take minutes and shows nothing of instances.
SKIPPED = [word for step in ("modal", "deploy", "ready", "ping") for word in ("--skip", step)]


@dataclass
class Seen:
    """What every instance was told by its environment, and what in which call."""

    held: list[set[str]] = field(default_factory=list)
    told: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    seen = Seen()
    store, call = Component.store, Instance.call

    def noted_store(self: Component, environment: list[tuple[str, str]], *rest: Any) -> Any:
        seen.held.append({name for name, _ in environment} & SECRETS)
        return store(self, environment, *rest)

    def noted_call(self: Instance, interface: str, function: str, *arguments: Any) -> Any:
        seen.told.append((function, arguments))
        return call(self, interface, function, *arguments)

    monkeypatch.setattr(Component, "store", noted_store)
    monkeypatch.setattr(Instance, "call", noted_call)
    return seen


@pytest.fixture(params=CREDENTIALS)
def settings(
    request: pytest.FixtureRequest, github: StandinGitHub, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Those of the environment too, as the command lines read them."""
    github.app.installations = {77: ["octo/demo"]}
    if request.param == "app":
        github.hooks.all.append(Hook("app/hook", 5, "https://example.com", ""))
    told = {"GITHUB_API_URL": github.url, "ALLOWED_REPOS": "octo/demo", "WEBHOOK_SECRET": SECRET}
    told |= CREDENTIALS[request.param]
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return told


def test_no_instance_holds_two_secrets(settings: dict[str, str], seen: Seen, plane: ControlPlane) -> None:
    found = examine(settings)
    assert {"credential"} <= {one.what for one in found if one.level == "ok"}, found
    plane.state.secrets.clear()
    setup.run(setup.parser().parse_args(["--yes", "--url", URL, *SKIPPED]))
    teardown.run(teardown.parser().parse_args(["--yes", "--url", URL]))
    assert {"[static]errand.hooks", "[static]errand.remove-registrations"} <= {function for function, _ in seen.told}
    assert all(len(held) <= 1 for held in seen.held), seen.held
    # Each of them was held at all, or the test sees nothing.
    assert set().union(*seen.held) == SECRETS & settings.keys()


def test_the_webhook_secret_is_told_where_a_webhook_is_given_it(
    settings: dict[str, str], seen: Seen, plane: ControlPlane, github: StandinGitHub
) -> None:
    plane.state.secrets.clear()
    setup.run(setup.parser().parse_args(["--yes", "--url", URL, *SKIPPED]))
    told = [(function, arguments[1]) for function, arguments in seen.told if SECRET in arguments]
    assert told == [("[static]errand.hooks", "mend")]
    assert [hook.secret for hook in github.hooks.all] == [SECRET]
