"""Connections to `serve`: how many there are, and how long each may owe something. Accepted here and not by the event
loop, which gives up listening for good when the process has no file left.

On Modal its own proxy does all this.
"""

import asyncio
import errno
import resource
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from host.log import logger

#: Seconds, and bytes, in which a request's line and headers must come.
HEAD_WITHIN = 10.0
HEAD_LIMIT = 64 * 1024
#: Seconds from complete headers to the end of the answer, of which the endpoint needs some 17 at most.
ANSWERED_WITHIN = 30.0
#: Seconds that a connection stays open for another request, whatever comes that is none.
IDLE = 15.0
#: Connections at once; never more than half of the files that the process may have, for courses need files too.
MOST = 1024
#: Seconds that a connection has for its request before a newer one may take its place.
YOUNG = 1.0
#: Seconds until accepting is tried again: where there is no place, and where there is no file.
NO_PLACE = 0.05
NO_FILE = 0.5
OUT_OF = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Connections:
    """All that are open."""

    def __init__(self) -> None:
        self._most = min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
        self.open: set[Bounded] = set()
        #: Those that owe a request, and since when, the oldest first.
        self.owing: dict[Bounded, float] = {}

    def room(self, opening: int) -> bool:
        """Whether there is a place for one more beside `opening`; makes one if somebody was slow."""
        if len(self.open) + opening < self._most:
            return True
        for slow, since in list(self.owing.items()):
            if time.monotonic() - since < YOUNG:
                break
            if not slow.has_sent():
                slow.hang_up()
                return True
            # It is this process that is slow.
            del self.owing[slow]
            self.owing[slow] = time.monotonic()
        return False


class Bounded(HttpToolsProtocol):
    """A connection that owes something by a deadline in whatever state it is: a request, its answer's end, or another
    request. Bytes that complete nothing move no deadline."""

    _deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _head = 0
    _complete = False

    def __init__(self, connections: Connections, **told: Any) -> None:
        super().__init__(**told)
        self._all = connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """From here on a request is owed."""
        super().connection_made(transport)
        self._all.open.add(self)
        self._all.owing[self] = time.monotonic()
        self._within(HEAD_WITHIN)

    def on_message_begin(self) -> None:
        """Another request on the same connection."""
        super().on_message_begin()
        self._in_head, self._head, self._complete = True, 0, False
        self._all.owing.setdefault(self, time.monotonic())
        self._within(HEAD_WITHIN)

    def data_received(self, data: bytes) -> None:
        """Counts what comes before a request's headers are complete."""
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > HEAD_LIMIT:
            self.hang_up()

    def on_headers_complete(self) -> None:
        """The endpoint bounds the body, and what its answer takes."""
        self._in_head = False
        self._within(ANSWERED_WITHIN)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Now an answer is owed to the other side."""
        self._complete = True
        self._all.owing.pop(self, None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Another request may come; one that is there already is being answered from here on."""
        begun = bool(self.pipeline)
        super().on_response_complete()
        self._within(ANSWERED_WITHIN if begun else IDLE)
        if self._complete and not begun and self in self._all.open:
            self._all.owing[self] = time.monotonic()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is owed."""
        self._all.open.discard(self)
        self._all.owing.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def has_sent(self) -> bool:
        """Whether something of it waits to be read."""
        waiting = select.poll()
        waiting.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(waiting.poll(0))

    def hang_up(self) -> None:
        """At once: what was not read by now need not be sent."""
        self._all.open.discard(self)
        self._all.owing.pop(self, None)
        self.transport.abort()

    def _within(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.hang_up)


class Listener:
    """Accepts connections on one socket for as long as there is room; the others wait in the kernel's queue."""

    def __init__(self, listening: socket.socket, connections: Connections, make: Callable[[], Bounded]) -> None:
        self.address = listening.getsockname()
        self._socket = listening
        self._socket.setblocking(False)
        self._connections = connections
        self._make = make
        self._opening: set[asyncio.Task[Any]] = set()
        self._rest: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._accept)

    def close(self) -> None:
        """Accepts no more."""
        if self._rest is not None:
            self._rest.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()

    async def wait_closed(self) -> None:
        """What was accepted last is open by then."""
        await asyncio.gather(*self._opening, return_exceptions=True)

    def _accept(self) -> None:
        while True:
            if not self._connections.room(len(self._opening)):
                return self._pause(NO_PLACE)
            try:
                accepted, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return None
            except OSError as error:
                if error.errno not in OUT_OF:
                    raise
                logger().error(
                    "accept-failed", error=errno.errorcode[error.errno or 0], connections=len(self._connections.open)
                )
                return self._pause(NO_FILE)
            task = self._loop.create_task(self._open(accepted))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, accepted: socket.socket) -> None:
        try:
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(self._make, accepted)
        except OSError as error:
            logger().error("accept-failed", error=type(error).__name__, connections=len(self._connections.open))
            accepted.close()

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._socket)
        self._rest = self._loop.call_later(seconds, self._loop.add_reader, self._socket, self._accept)
