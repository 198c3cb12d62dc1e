"""The listener: it accepts while there is room and files, rests while there is not, and closes without a trace."""

import asyncio
import errno
import os
import socket
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from host import connections
from host.connections import Bounded, Connections, Listener
from tests.test_connection_states import Party


async def listen(everyone: Connections) -> tuple[Listener, list[Bounded]]:
    """A listener on a free port, and the connections that it opens."""
    opened: list[Bounded] = []
    config = uvicorn.Config(Party._answer, lifespan="off", log_level="critical")
    config.load()

    def make() -> Bounded:
        opened.append(Bounded(everyone, config=config, server_state=ServerState(), app_state={}))
        return opened[-1]

    return Listener(socket.create_server(("127.0.0.1", 0)), everyone, make), opened


async def until(what: Any) -> None:
    async with asyncio.timeout(10):
        while not what():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_listener_opens_what_there_is_room_for_and_the_rest_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 2)
    everyone = Connections()
    listener, opened = await listen(everyone)
    ours = [socket.create_connection(listener.address) for _ in range(3)]
    await until(lambda: len(everyone.open) == 2)
    await asyncio.sleep(0.2)
    assert len(opened) == 2 and not listener._opening
    theirs = opened[0].transport.get_extra_info("socket")
    assert theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) and not os.get_blocking(theirs.fileno())
    ours[0].close()
    await until(lambda: len(opened) == 3)
    listener.close()
    await listener.wait_closed()
    for one in ours:
        one.close()
    await until(lambda: not everyone.open)
    with pytest.raises(OSError):
        socket.create_connection(listener.address)


async def test_a_listener_that_is_closed_while_it_waits_does_not_begin_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 1)
    everyone = Connections()
    listener, opened = await listen(everyone)
    ours = [socket.create_connection(listener.address) for _ in range(2)]
    await until(lambda: listener._rest is not None)
    rest, number = listener._rest, listener._socket.fileno()
    assert not asyncio.get_running_loop().remove_reader(number), "meanwhile nobody asks the kernel"
    listener.close()
    assert rest is not None and rest.cancelled()
    for one in ours:
        one.close()
    await until(lambda: not everyone.open)
    assert len(opened) == 1


async def test_a_connection_that_cannot_be_opened_is_closed_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    listener, _ = await listen(Connections())

    def fails() -> Bounded:
        raise OSError("no")

    listener._make = fails
    ours = socket.create_connection(listener.address)
    ours.settimeout(10)
    assert await asyncio.to_thread(ours.recv, 1) == b""
    assert "accept-failed" in capsys.readouterr().out
    ours.close()
    listener.close()
    await listener.wait_closed()


async def test_what_was_accepted_last_is_open_when_a_listener_is_closed() -> None:
    everyone = Connections()
    listener, opened = await listen(everyone)
    ours = socket.create_connection(listener.address)
    number = listener._socket.fileno()
    listener._accept()
    assert len(listener._opening) == 1
    listener.close()
    await listener.wait_closed()
    assert len(everyone.open) == len(opened) == 1
    assert not asyncio.get_running_loop().remove_reader(number)
    ours.close()
    await until(lambda: not everyone.open)


async def test_one_that_cannot_be_opened_keeps_no_listener_from_closing() -> None:
    listener, _ = await listen(Connections())

    async def fails() -> None:
        raise RuntimeError

    listener._opening.add(asyncio.create_task(fails()))
    listener.close()
    await listener.wait_closed()


class Failing:
    """A socket that accepts nobody for this reason."""

    def __init__(self, real: socket.socket, number: int) -> None:
        self._real, self._number = real, number

    def accept(self) -> Any:
        raise OSError(self._number, "no")

    def fileno(self) -> int:
        return self._real.fileno()

    def close(self) -> None:
        self._real.close()


async def test_who_has_no_file_left_rests_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    listener, _ = await listen(Connections())
    real = listener._socket
    listener._socket = Failing(real, errno.EMFILE)  # type: ignore[assignment]
    listener._accept()
    assert listener._rest is not None and "EMFILE" in capsys.readouterr().out
    left = listener._rest.when() - asyncio.get_running_loop().time()
    assert abs(left - connections.NO_FILE) < abs(left - connections.NO_PLACE)
    listener._rest.cancel()
    listener._socket = Failing(real, errno.EINVAL)  # type: ignore[assignment]
    with pytest.raises(OSError, match="no"):
        listener._accept()
    listener.close()
