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

from host.component import Component
from host.connections import Bounded, Connections, Listener
from host.endpoint import Endpoint
from host.launcher import Launcher
from host.local.database import Database, InUse, Lock, Unusable
from host.local.journal import Journal
from host.log import logger
from host.records.store import LocalStore

#: Seconds that courses have to end after SIGTERM.
GRACE = 8.0
#: Connections that the kernel keeps until they are accepted.
BACKLOG = 2048


class Unlaunchable(Exception):
    """There is nothing to start sandboxes with; the message says why, and what to do."""


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
        await self.lifespan.startup()
        connections = Connections()

        def connection() -> Bounded:
            return Bounded(
                connections, config=self.config, server_state=self.server_state, app_state=self.lifespan.state
            )

        listeners = [Listener(one, connections, connection) for one in sockets or []]
        self.servers = listeners  # type: ignore[assignment]
        self.started = True
        for listener in listeners:
            host, port = listener.address[:2]
            shown = f"[{host}]" if ":" in host else host
            print(f"listening on http://{shown}:{port}", flush=True)


def bind(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address that `host` has."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        addresses = dict.fromkeys((family, address) for family, _, _, _, address in found)
        return [socket.create_server(address[:2], family=family, backlog=BACKLOG) for family, address in addresses]
    except OSError as error:
        raise Unlaunchable(f"cannot listen on {host} port {port}: {error.strerror}") from error


async def serve(host: str, port: int, launcher: str, journal_path: Path, sweep_every: float) -> None:
    """Serves until told to stop."""
    listening = bind(host, port)
    try:
        lock = Lock(journal_path)
        journal = Database(journal_path, mend=True)
    except (InUse, Unusable) as fault:
        raise Unlaunchable(str(fault)) from fault
    sandboxes = await _launcher(launcher)
    endpoint = Endpoint(Component(os.environ), sandboxes, Journal(journal), store=LocalStore(journal))
    config = uvicorn.Config(
        endpoint, log_level="warning", access_log=False, lifespan="off", timeout_keep_alive=15,
        timeout_graceful_shutdown=10, server_header=False,
    )  # fmt: skip
    endpoint.begin(sweep_every)
    await Server(config).serve(listening)
    await endpoint.close(GRACE)
    await sandboxes.close()
    journal.close()
    lock.release()
    logger().info("stopped")


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
