"""A GitHub so slow that the component's time is up: said in a sentence, not in a traceback."""

import argparse
import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from host import component
from host.operator import explain as told
from host.operator.setup import install, removal
from host.operator.setup.terminal import Terminal
from host.records.store import NoStore
from tests.control_plane import ControlPlane
from tests.processes import SECRET
from tests.standin.server import TOKEN


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The settings that lead to it."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            over.wait(1.0)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        monkeypatch.setattr(component, "COURSE_EPOCHS", 4)
        url = f"http://127.0.0.1:{server.server_port}"
        yield {"GITHUB_API_URL": url, "GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET, "ALLOWED_REPOS": "octo/demo"}
        over.set()
        server.shutdown()


class Nowhere:
    """No place where sandboxes live."""

    store = NoStore()

    async def open(self) -> None:
        """Is open."""

    async def sandboxes(self, job: str) -> Any:
        """None."""
        return []

    def waiting(self) -> list[tuple[str, int]]:
        """None."""
        return []


def test_explain_gives_up_in_words(slow: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert asyncio.run(told.explain(slow, "octo/demo 5", Nowhere(), as_json=False)) == told.UNASKED
    assert "too long" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["setup", "teardown"])
def test_setup_and_teardown_give_up_in_words(
    slow: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    plane: ControlPlane,
    command: str,
) -> None:
    module: Any = install if command == "setup" else removal
    monkeypatch.setattr(module.Cloud, "secret_keys", lambda _: {"WEBHOOK_SECRET"})
    monkeypatch.setattr(module.Record, "load", classmethod(lambda _: module.Record()))
    skip = ["modal", "deploy", "ready", "app"]
    options = argparse.Namespace(url="https://x.example", skip=skip, app=None, yes=True, dry_run=False, wait=0)
    run = (install.Setup if command == "setup" else removal.Teardown)(options, slow, Terminal(assent=True)).run
    assert run() == 1
    assert "too long" in capsys.readouterr().err
