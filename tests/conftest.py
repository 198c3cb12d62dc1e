"""The stand-in GitHub, and the fake Modal: one a session, as the modal client reads its environment once."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import canaries
from tests.container import Deployed
from tests.container.cloud import Cloud
from tests.control_plane import ControlPlane
from tests.operator import World
from tests.standin import StandinGitHub

# A shell that starts the tests in the background has SIGINT ignored in all that they start. The processes that they
# end by it must not ignore it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A test that does not say for how long it waits for a response waits long: the machine may be busy. Every default of
# httpx's is this one object.
for part in ("connect", "read", "write", "pool"):
    setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, part, 60.0)


#: Files that take minutes; the others run beside them.
LONG = ("test_setup", "test_container_ends", "test_burst", "test_teardown", "test_snippets", "test_endpoint")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several files run at once, the longest come first: nobody is left waiting for the last of them."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


@pytest.fixture(scope="session")
def session_plane() -> Iterator[ControlPlane]:
    """Serves while the session lasts."""
    with ControlPlane() as plane:
        os.environ.update(plane.environment())
        yield plane


@pytest.fixture(scope="session")
def deployed(session_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """The app, as it was deployed once for all containers."""
    session_plane.reset()
    session_plane.state.secrets["github-secret"] = {"GITHUB_TOKEN": "x", "WEBHOOK_SECRET": "y"}
    return Deployed(session_plane, tmp_path_factory.mktemp("containers"))


@pytest.fixture(scope="module")
def cloud(deployed: Deployed) -> Iterator[Cloud]:
    """The deployed app, in which nothing runs yet; one for all of a file."""
    with Cloud(deployed) as one:
        yield one


@pytest.fixture
def plane(session_plane: ControlPlane) -> Iterator[ControlPlane]:
    """A fake Modal that knows nothing but the secret `github-secret`."""
    session_plane.reset()
    session_plane.state.secrets["github-secret"] = {"GITHUB_TOKEN": "x", "WEBHOOK_SECRET": "y"}
    yield session_plane
    # The stdin is the JIT config's one road, and the stored secret the settings'; all else that crosses is searched.
    for call, message in session_plane.state.requests:
        stored = call == "SecretUpdate" or (call == "SecretGetOrCreate" and message.deployment_name)
        if not call.startswith("SandboxStdinWrite") and not stored:
            canaries.assert_none_in(message.SerializeToString(), f"the call {call}")


@pytest.fixture
def github() -> Iterator[StandinGitHub]:
    """A stand-in GitHub, of which nothing was asked that it has to refuse. `test_described.py` holds it to GitHub."""
    with StandinGitHub() as standin:
        yield standin
        assert standin.violations == []


@pytest.fixture
def world(plane: ControlPlane, github: StandinGitHub, tmp_path: Path) -> Iterator[World]:
    """Where nothing is."""
    plane.state.secrets.clear()
    plane.state.apps.clear()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    one = World(plane, github, tmp_path, port)
    plane.state.deployed = one.deployed
    yield one
    one.stop()
