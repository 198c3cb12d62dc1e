"""The endpoint on this machine: uvicorn in front, the journal behind, until SIGTERM."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import uvicorn

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
                "you are not signed in to Modal; run `.venv/bin/modal setup`, or add --launcher local"
            ) from error
        except (client.Error, TimeoutError) as error:
            raise Unlaunchable(
                f"Modal cannot be asked ({type(error).__name__}); check that this machine has a network"
            ) from error
    from host.local.launcher import LocalLauncher

    return LocalLauncher()
