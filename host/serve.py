"""The endpoint on this machine: uvicorn in front, the journal behind, until SIGTERM."""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from host.component import Component
from host.endpoint import Endpoint
from host.launcher import Launcher
from host.local.journal import Journal
from host.log import logger
from host.records.store import LocalStore

#: Seconds that courses have to end after SIGTERM.
GRACE = 8.0
#: Seconds, and bytes, in which a request's line and headers must come.
HEAD_WITHIN = 10.0
HEAD_LIMIT = 64 * 1024
#: Seconds between two looks at the journal.
LOOK = 0.25


class Unlaunchable(Exception):
    """There is nothing to start sandboxes with; the message says why, and what to do."""


class Bounded(HttpToolsProtocol):
    """A connection whose request line and headers come in time and are of a sensible size, or which is closed."""

    _deadline: asyncio.TimerHandle | None = None
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection that says nothing is closed too."""
        super().connection_made(transport)
        self._expect()

    def on_message_begin(self) -> None:
        """Another request on the same connection."""
        super().on_message_begin()
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Counts what comes before a request's headers are complete."""
        if self._deadline is not None:
            self._head += len(data)
        super().data_received(data)
        if self._deadline is not None and self._head > HEAD_LIMIT:
            self.transport.close()

    def on_headers_complete(self) -> None:
        """From here the endpoint has its own limits."""
        self._arrived()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is expected."""
        self._arrived()
        super().connection_lost(exc)

    def _expect(self) -> None:
        self._arrived()
        self._deadline = self.loop.call_later(HEAD_WITHIN, self.transport.close)

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline, self._head = None, 0


class Server(uvicorn.Server):
    """uvicorn, with its signals in our hands and its address on standard output."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends on SIGTERM and SIGINT without dying of them."""
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self.handle_exit, sign, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Says where it listens once it does."""
        await super().startup(sockets)
        for server in self.servers:
            for listener in server.sockets:
                host, port = listener.getsockname()[:2]
                shown = f"[{host}]" if ":" in host else host
                print(f"listening on http://{shown}:{port}", flush=True)


async def serve(host: str, port: int, launcher: str, journal_path: Path, sweep_every: float) -> None:
    """Serves until told to stop."""
    journal = Journal(journal_path)
    sandboxes = await _launcher(launcher)
    endpoint = Endpoint(Component(os.environ), sandboxes, journal.defer, store=LocalStore(journal_path))
    config = uvicorn.Config(
        endpoint, host=host, port=port, log_level="warning", access_log=False, lifespan="off", http=Bounded,
        timeout_keep_alive=15, timeout_graceful_shutdown=10, server_header=False,
    )  # fmt: skip
    chores = [asyncio.create_task(_take_up(journal, endpoint)), asyncio.create_task(_sweep(endpoint, sweep_every))]
    await Server(config).serve()
    for chore in chores:
        chore.cancel()
    for ticket in await endpoint.close(GRACE):
        await journal.defer(ticket, 0)
    await sandboxes.close()
    journal.close()
    logger().info("stopped")


async def _take_up(journal: Journal, endpoint: Endpoint) -> None:
    """Takes up deferred tickets. Each stays in the journal until its course is over."""
    at_work: dict[int, asyncio.Task[object]] = {}
    while True:
        for entry, ticket, due in journal.entries():
            if entry not in at_work:
                at_work[entry] = asyncio.create_task(endpoint.resume(ticket, due))
        for entry, task in list(at_work.items()):
            if task.done():
                journal.drop(entry)
                del at_work[entry]
        await asyncio.sleep(LOOK)


async def _sweep(endpoint: Endpoint, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        await endpoint.sweep()


async def _launcher(kind: str) -> Launcher:
    if kind == "modal":
        from host.modal import client

        try:
            return await client.launcher()
        except client.AuthError as error:
            raise Unlaunchable(
                "Modal does not know us; sign in with `modal setup`, or add --launcher local"
            ) from error
        except (client.Error, TimeoutError) as error:
            raise Unlaunchable(
                f"Modal cannot be asked ({type(error).__name__}); does this machine reach it?"
            ) from error
    from host.local.launcher import LocalLauncher

    return LocalLauncher()


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("it is to be a number up to 65535")
    return int(text)


def command(arguments: list[str]) -> int:
    """`python -m host serve`."""
    parser = argparse.ArgumentParser(
        prog="./build.sh serve", description="Serves the endpoint on this machine until SIGTERM.",
        epilog="example:\n  WEBHOOK_SECRET=… GITHUB_TOKEN=… ./build.sh serve --port 8080 --launcher local",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=8080, help="0 for any free one")
    parser.add_argument("--launcher", choices=["modal", "local"], default="modal")
    parser.add_argument(
        "--journal", type=Path, default=Path(".jitney/journal.db"), help="where deferred jobs are kept"
    )
    parser.add_argument("--sweep-every", type=float, default=180, metavar="SECONDS", help="180 unless told otherwise")
    options = parser.parse_args(arguments)
    try:
        uvloop.run(serve(options.host, options.port, options.launcher, options.journal, options.sweep_every))
    except Unlaunchable as fault:
        print(f"jitney: {fault}", file=sys.stderr)
        return 1
    return 0
