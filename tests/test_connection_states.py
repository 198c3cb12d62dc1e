"""A connection's states one by one, over a transport that only writes down what becomes of it."""

import asyncio
import resource
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from host import connections
from host.connections import Bounded, Connections

HEAD = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n"
REQUEST = HEAD + b"\r\nabc"
DEADLINES = {
    "head": connections.HEAD_WITHIN, "answer": connections.ANSWERED_WITHIN, "idle": connections.IDLE,
}  # fmt: skip


class Wire(asyncio.Transport):
    """The other side of a connection."""

    def __init__(self) -> None:
        super().__init__()
        self.near, self.far = socket.socketpair()
        self.written = b""
        self.aborted = self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"socket": self.near, "peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)}.get(name, default)

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.aborted or self.closed

    def pause_reading(self) -> None:
        """Nothing comes by itself."""

    def resume_reading(self) -> None:
        """Nothing comes by itself."""


class Noting:
    """The loop, which notes what each deadline was set to: a machine that is busy may be late for it."""

    def __init__(self) -> None:
        self.loop, self.set = asyncio.get_running_loop(), dict[int, float]()

    def call_later(self, seconds: float, *what: Any) -> asyncio.TimerHandle:
        handle = self.loop.call_later(seconds, *what)
        self.set[id(handle)] = seconds
        return handle

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loop, name)


class Party:
    """A connection, and an application that answers when it is told to."""

    def __init__(self, everyone: Connections | None = None) -> None:
        self.everyone = everyone or Connections()
        #: Whether the application reads a body to its end before it answers.
        self.reads = False
        self.wire, self.answers = Wire(), asyncio.Semaphore(0)
        config = uvicorn.Config(self._answer, lifespan="off", log_level="critical", interface="asgi3")
        config.load()
        self.loop = Noting()
        self.one = Bounded(self.everyone, config=config, server_state=ServerState(), app_state={}, _loop=self.loop)
        self.one.connection_made(self.wire)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        await self.answers.acquire()
        while self.reads and (await receive())["more_body"]:
            """Goes on with the body."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def answer(self) -> None:
        count = self.wire.written.count(b"\r\n\r\nok")
        self.answers.release()
        async with asyncio.timeout(60):
            while self.wire.written.count(b"\r\n\r\nok") == count:  # noqa: ASYNC110
                await asyncio.sleep(0)
        for _ in range(3):
            await asyncio.sleep(0)

    @property
    def owes(self) -> bool:
        """Whether a request is owed."""
        return self.one in self.everyone.owing

    @property
    def deadline(self) -> str | None:
        """Which it is under."""
        handle = self.one._deadline
        assert handle is not None
        named = {seconds: name for name, seconds in DEADLINES.items()}
        return None if handle.cancelled() else named[self.loop.set[id(handle)]]

    def end(self) -> None:
        for one in (self.wire.near, self.wire.far):
            one.close()


@pytest.fixture
async def party() -> AsyncIterator[Party]:
    one = Party()
    yield one
    one.end()


async def test_each_state_has_its_deadline_and_says_who_owes(party: Party) -> None:
    one = party.one
    assert (party.deadline, party.owes, one in party.everyone.open) == ("head", True, True)
    first = one._deadline
    one.data_received(HEAD)
    assert first is not None and one._deadline is not None and party.owes and party.deadline == "head"
    begun = one._deadline
    one.data_received(b"x: y\r\n")
    assert one._deadline is begun and first.cancelled(), "what completes nothing moves no deadline"
    one.data_received(b"\r\na")
    assert (party.deadline, party.owes) == ("answer", True) and begun.cancelled()
    one.data_received(b"bc")
    assert (party.deadline, party.owes) == ("answer", False)
    await party.answer()
    assert (party.deadline, party.owes) == ("idle", True)
    one.data_received(b"\r\n")
    assert party.deadline == "idle"
    one.data_received(HEAD)
    assert (party.deadline, party.owes) == ("head", True)
    one.data_received(b"\r\nabc")
    assert (party.deadline, party.owes) == ("answer", False)
    await party.answer()
    assert (party.deadline, party.owes) == ("idle", True)
    last = one._deadline
    one.connection_lost(None)
    assert last.cancelled() and not party.owes and one not in party.everyone.open


async def test_a_request_that_is_there_already_is_answered_next_and_owes_nothing(party: Party) -> None:
    party.reads = True
    party.one.data_received(REQUEST + REQUEST)
    await party.answer()
    assert (party.deadline, party.owes) == ("answer", False)
    await party.answer()
    assert (party.deadline, party.owes) == ("idle", True)
    party.one.connection_lost(None)


async def test_who_is_answered_before_its_body_is_complete_owes_it_since_it_came(party: Party) -> None:
    since = party.everyone.owing[party.one]
    party.one.data_received(HEAD + b"\r\na")
    await party.answer()
    assert party.everyone.owing[party.one] == since
    party.one.data_received(b"bc")
    assert not party.owes
    party.one.data_received(HEAD)
    assert party.owes, "and the next one"
    party.one.connection_lost(None)


async def test_who_sends_nothing_but_line_ends_is_hung_up_on(party: Party) -> None:
    party.one.data_received(b"\r\n" * (connections.HEAD_LIMIT // 2))
    assert not party.wire.aborted
    party.one.data_received(b"\r\n")
    assert party.wire.aborted


async def test_a_head_is_bounded_and_a_body_and_the_next_head_are_counted_anew(party: Party) -> None:
    filler = b"x: " + b"y" * 1000 + b"\r\n"
    body = b"z" * connections.HEAD_LIMIT
    for _ in range(2):
        party.one.data_received(b"POST / HTTP/1.1\r\nhost: x\r\n" + filler * 40)
        party.one.data_received(f"content-length: {len(body)}\r\n\r\n".encode() + body[:1000])
        party.one.data_received(body[1000:])
        assert not party.wire.aborted
        await party.answer()
    party.one.data_received(b"POST / HTTP/1.1\r\nhost: x\r\n")
    for _ in range(65):
        assert not party.wire.aborted
        party.one.data_received(filler)
    party.one.data_received(filler)
    assert party.wire.aborted and not party.owes and party.one not in party.everyone.open


async def test_whose_connection_is_gone_before_its_answer_owes_nothing(party: Party) -> None:
    party.one.data_received(REQUEST)
    await asyncio.sleep(0)
    party.one.hang_up()
    party.answers.release()
    for _ in range(10):
        await asyncio.sleep(0)
    assert party.wire.aborted and not party.owes
    party.one.connection_lost(None)


async def test_whether_something_waits_to_be_read_is_the_kernel_s_word(party: Party) -> None:
    assert party.one.has_sent() is False
    party.wire.far.send(b"POST")
    assert party.one.has_sent() is True
    party.one.connection_lost(None)


def test_half_of_the_files_are_for_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (101, 5000))
    everyone = Connections()
    assert everyone.room(49) and not everyone.room(50)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1 << 20, 1 << 20))
    everyone = Connections()
    assert everyone.room(connections.MOST - 1) and not everyone.room(connections.MOST)


async def test_room_is_made_of_the_slowest_that_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 2)
    everyone = Connections()
    quick, slow = Party(everyone), Party(everyone)
    assert not everyone.room(0), "both are young"
    assert connections.YOUNG < connections.HEAD_WITHIN and max(connections.NO_PLACE, connections.NO_FILE) < 1
    for one in (quick, slow):
        everyone.owing[one.one] = time.monotonic() - connections.YOUNG - 1
    quick.wire.far.send(b"POST")
    assert everyone.room(0)
    assert slow.wire.aborted and not quick.wire.aborted
    assert len(everyone.open) == 1 and list(everyone.owing) == [quick.one]
    assert time.monotonic() - everyone.owing[quick.one] < connections.YOUNG, "it waits for this process"
    for one in (quick, slow):
        one.one.connection_lost(None)
        one.end()
