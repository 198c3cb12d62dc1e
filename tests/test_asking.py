"""What the component makes of a GitHub that is silent, stalls, or says too much: its waits and its answers end."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from wasmtime import Engine
from wasmtime.component import Component as Artifact
from wasmtime.component import Linker, Variant

from host import component
from host.component import Component, Loaded
from host.conversation import runner_release
from host.linking import linked
from tests.standin.server import TOKEN

MOST = 4 << 20
#: Far longer than any of the waits, and far shorter than no bound.
PATIENCE = 90
HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


def answer(length: int) -> bytes:
    """An answer with a body of so many bytes, in which no release is named."""
    body = b'"' + b"x" * (length - 2) + b'"'
    return f"{HEAD}content-length: {length}\r\n\r\n".encode() + body


def endless(length: int) -> bytes:
    """An answer that does not say how long it is."""
    return f"{HEAD}connection: close\r\n\r\n".encode() + b" " * length


#: What GitHub sends, and for how many seconds it pauses; then it says no more and does not hang up.
SAID: dict[str, list[bytes | float]] = {
    "no-connection": [],
    "a-late-connection": [answer(1000)],
    "no-answer": [],
    "half-an-answer": [answer(1000)[:-500]],
    "a-late-answer": [3.0, answer(1000)],
    "an-answer-with-a-pause": [answer(1000)[:-500], 2.0, answer(1000)[-500:]],
    "as-much-as-is-read": [answer(MOST)],
    "more-than-is-read": [answer(MOST + 1)],
    "without-end": [endless(MOST + 1)],
}
#: Where GitHub takes no connection at first: after how many seconds it does.
FULL = {"no-connection": PATIENCE, "a-late-connection": 2.0}
BECOMES = {
    "no-connection": "Unreachable",
    "a-late-connection": "cannot be read",
    "no-answer": "TimedOut",
    "half-an-answer": "Broken",
    "a-late-answer": "cannot be read",
    "an-answer-with-a-pause": "cannot be read",
    "as-much-as-is-read": "cannot be read",
    "more-than-is-read": "TooLarge",
    "without-end": "TooLarge",
}

#: What WASI-HTTP says in place of an answer.
INSTEAD = {
    "DNS-timeout": "Unreachable",
    "destination-not-found": "Unreachable",
    "connection-refused": "Unreachable",
    "TLS-certificate-error": "Unreachable",
    "connection-read-timeout": "TimedOut",
    "HTTP-response-timeout": "TimedOut",
    "HTTP-request-denied": "Denied",
    "destination-IP-prohibited": "Denied",
    "connection-terminated": "Broken",
    "HTTP-protocol-error": "Broken",
}


def serve(
    listening: socket.socket, said: list[bytes | float], over: threading.Event, crowd: ExitStack, full: float
) -> None:
    """The first connection that asks for anything, whatever that is, when there is room for it."""
    if over.wait(full):
        return
    crowd.close()
    with suppress(OSError):
        while not (connection := listening.accept()[0]).recv(65536):
            connection.close()
        with connection:
            for piece in said:
                if isinstance(piece, float):
                    over.wait(piece)
                else:
                    connection.sendall(piece)
            over.wait()


def crowded(listening: socket.socket) -> ExitStack:
    """Fills the queue of those who wait to be accepted: whoever comes next gets no connection."""
    crowd = ExitStack()
    for _ in range(4):
        one = crowd.enter_context(socket.socket())
        one.setblocking(False)
        with suppress(BlockingIOError):
            one.connect(listening.getsockname())
    return crowd


def ask(loaded: Loaded, port: int) -> str:
    """Why there is no release."""
    settings = {"GITHUB_API_URL": f"http://127.0.0.1:{port}", "GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": "x" * 20}
    with pytest.raises(LookupError) as raised:
        runner_release(Component(settings, loaded))
    return str(raised.value)


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return Loaded()


@pytest.fixture(scope="module")
def asked(loaded: Loaded) -> Iterator[dict[str, Future[str]]]:
    """All of them asked at once, for the waits are real ones."""
    over = threading.Event()
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(len(SAID)))
        stack.callback(over.set)
        futures: dict[str, Future[str]] = {}
        for name, said in SAID.items():
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0 if name in FULL else 1))
            crowd = stack.enter_context(crowded(listening) if name in FULL else ExitStack())
            told = (listening, said, over, crowd, FULL.get(name, 0.0))
            # Whom nobody asks would wait for ever, and is not waited for.
            threading.Thread(target=serve, args=told, daemon=True).start()
            futures[name] = pool.submit(ask, loaded, listening.getsockname()[1])
        yield futures


@pytest.mark.parametrize("name", SAID)
def test_whatever_github_does_a_request_ends_and_says_how(name: str, asked: dict[str, Any]) -> None:
    assert BECOMES[name] in asked[name].result(PATIENCE)


@pytest.mark.parametrize("said", INSTEAD)
def test_why_there_is_no_answer_is_told_apart(said: str, loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a job waits for a GitHub that is out of reach, and not for a machine that lets no request out."""

    def refusing(engine: Engine, artifact: Artifact, http: bool) -> Linker:
        linker = linked(engine, artifact, http)
        [name] = [name for name in artifact.type.imports(engine) if name.startswith("wasi:http/outgoing-handler@")]
        linker.allow_shadowing = True
        with linker.root() as root, root.add_instance(name) as instance:
            instance.add_func("handle", lambda *_: Variant(said))
        return linker

    monkeypatch.setattr(component, "linked", refusing)
    assert ask(loaded, 9).endswith(f": {INSTEAD[said]}")
