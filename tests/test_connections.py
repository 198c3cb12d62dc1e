"""Every state of a connection to `serve` has an end, and a process without files goes on when it has some again."""

import asyncio
import contextlib
import resource
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn

from host import connections, serve
from tests.processes import SECRET, Jitney, eventually
from tests.standin import deliver, payload

REQUEST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers at once, without waiting for the body."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines that a test can wait for; uvicorn's own timer does not help."""
    for name, seconds in (("HEAD_WITHIN", 0.3), ("ANSWERED_WITHIN", 0.6), ("IDLE", 0.3), ("YOUNG", 0.0)):
        monkeypatch.setattr(connections, name, seconds)
    monkeypatch.setattr(serve.Server, "capture_signals", contextlib.nullcontext)


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[int]:
    """The server around another application; its port."""
    config = uvicorn.Config(app, lifespan="off", log_level="warning", timeout_keep_alive=3600)
    server = serve.Server(config)
    listening = serve.bind("127.0.0.1", 0)
    port = listening[0].getsockname()[1]
    task = asyncio.create_task(server.serve(listening))
    yield port
    server.should_exit = True
    await task


async def ends(streams: Streams, trickle: bytes = b"") -> bool:
    """Whether the other side hangs up, though it is sent something all the time."""
    reader, writer = streams
    async with asyncio.timeout(60):
        while True:
            try:
                if trickle:
                    writer.write(trickle)
                async with asyncio.timeout(0.05):
                    if not await reader.read(65536):
                        return True
            except TimeoutError:
                continue
            except OSError:
                return True


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"", b""),
        (b"", b"\r\n"),
        (b"POST / HTTP/1.1\r\n", b"x: y\r\n"),
        (b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b""),
        (b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"\r\n"),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n", b"x"),
        (b"GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\n", b"x: y\r\n"),
    ],
    ids=["nothing", "line-ends", "a-head", "idle", "idle-line-ends", "a-body-after-its-answer", "a-second-head"],
)
async def test_who_completes_nothing_is_hung_up_on(
    first: bytes, then: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ANSWERED_WITHIN", 3600.0)
    async with serving(echo) as port:
        streams = await asyncio.open_connection("127.0.0.1", port)
        streams[1].write(first)
        assert await ends(streams, then)
        streams[1].close()


async def test_a_body_or_an_answer_that_takes_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_WITHIN", 3600.0)
    over = asyncio.Event()

    async def patient(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "POST":
            while (await receive())["type"] != "http.disconnect":
                pass
        else:
            large = 64 * 1024 * 1024
            start = {"status": 200, "headers": [(b"content-length", str(large).encode())]}
            await send({"type": "http.response.start"} | start)
            for _ in range(64):
                await send({"type": "http.response.body", "body": b"x" * (1024 * 1024), "more_body": True})
        over.set()

    async with serving(patient) as port:
        slow = await asyncio.open_connection("127.0.0.1", port)
        slow[1].write(REQUEST.replace(b"3", b"1000000"))
        assert await ends(slow, b"x")
        async with asyncio.timeout(60):
            await over.wait()
            over.clear()
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            await over.wait()
        slow[1].close()
        writer.close()


async def test_when_places_run_out_the_slowest_goes_and_not_one_that_waits_for_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "MOST", 3)
    for name in ("HEAD_WITHIN", "ANSWERED_WITHIN", "IDLE"):
        monkeypatch.setattr(connections, name, 60.0)
    asked, answer = asyncio.Event(), asyncio.Event()

    async def waiting(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        asked.set()
        await answer.wait()
        await echo(scope, receive, send)

    async with serving(waiting) as port:
        at_work = await asyncio.open_connection("127.0.0.1", port)
        at_work[1].write(REQUEST + b"abc")
        await asked.wait()
        slow = []
        for _ in range(4):
            slow.append(await asyncio.open_connection("127.0.0.1", port))
            slow[-1][1].write(b"POST")
            await asyncio.sleep(0.1)
        assert await ends(slow[0]) and await ends(slow[1])
        answer.set()
        assert (await at_work[0].readline()).startswith(b"HTTP/1.1 200")
        for _, writer in (at_work, *slow):
            writer.close()


class Peer:
    """A connection that owes its request, and may have sent it already."""

    def __init__(self, everyone: connections.Connections, sent: bool) -> None:
        self.sent = sent
        self.gone = False
        everyone.open.add(self)  # type: ignore[arg-type]
        everyone.owing[self] = 0.0  # type: ignore[index]

    def has_sent(self) -> bool:
        return self.sent

    def hang_up(self) -> None:
        self.gone = True


def test_one_whose_request_waits_to_be_read_is_not_what_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 2)
    everyone = connections.Connections()
    quick, slow = Peer(everyone, True), Peer(everyone, False)
    assert everyone.room(0) and slow.gone and not quick.gone
    monkeypatch.setattr(connections, "YOUNG", 60.0)
    everyone.owing.clear()
    young = Peer(everyone, False)
    everyone.owing[young] = time.monotonic()  # type: ignore[index]
    assert not everyone.room(0) and not young.gone


def test_a_process_without_files_says_so_and_serves_again_when_it_has_some(tmp_path: Path) -> None:
    with Jitney("http://127.0.0.1:9", tmp_path / "journal.db") as jitney:
        address, process = urlsplit(jitney.url), jitney.process.pid
        _, hard = resource.prlimit(process, resource.RLIMIT_NOFILE)
        files = max(int(file.name) for file in Path(f"/proc/{process}/fd").iterdir()) + 10
        resource.prlimit(process, resource.RLIMIT_NOFILE, (files, hard))
        held = [socket.create_connection((address.hostname, address.port)) for _ in range(100)]
        assert eventually(lambda: jitney.logged("accept-failed"))[0]["error"] == "EMFILE"
        for one in held:
            one.close()

        def serves() -> bool:
            # It may still be at those that were just closed.
            with contextlib.suppress(httpx.TransportError):
                return deliver(jitney.url, SECRET, payload("ping"), event="ping").status_code == 200
            return False

        assert eventually(serves)
        assert httpx.get(jitney.url).status_code == 200
