"""What strangers without the webhook secret can do to valid deliveries: floods beside a delivery every 100 ms.

`./build.sh bench strangers` prints how the valid ones fared, and the most memory that the endpoint ever had.
"""

import asyncio
import contextlib
import json
import resource
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.book import Book
from bench.load import request
from tests.processes import SECRET, Jitney
from tests.standin import payload

#: Bytes of the largest body that is read, and characters that take four bytes each once they are text.
LARGEST = 25 * 1024 * 1024
WIDE = "\U0001f68c"
#: GitHub hangs up after 10 s; the answer is to be there before.
PATIENCE = 8.0
#: What `docs/security.md` promises that the endpoint never needs more than.
MEMORY = 400 * 1024 * 1024

Stranger = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Flood:
    """So many strangers at once, each of whom comes again as soon as it is hung up on."""

    name: str
    count: int
    act: Stranger


@dataclass(frozen=True)
class Outcome:
    """What became of the valid deliveries."""

    sent: int
    answered: int
    slowest: float
    peak: int


def head(path: str, length: int, **more: str) -> bytes:
    """A request's head, with nothing that is secret."""
    lines = [f"POST {path} HTTP/1.1", "host: x", f"content-length: {length}", "content-type: application/json"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in more.items()), "", ""]).encode()


async def slow_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Headers and one byte."""
    writer.write(head("/", 20_000) + b"{")
    await reader.read()


async def slow_form(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A sign-in form that never comes."""
    writer.write(head("/status", 100) + b"t")
    await reader.read()


async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer, and then line ends."""
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    while not reader.at_eof():
        writer.write(b"\r\n")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await reader.read(4096)


async def large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The largest body, forged, as fast as it goes, in the characters that take most memory."""
    body = b'"' + WIDE.encode() * ((LARGEST - 2) // 4) + b'"'
    forged = {"x-github-event": "ping", "x-github-delivery": "x", "x-hub-signature-256": "sha256=" + "0" * 64}
    writer.write(head("/", len(body), **forged) + body)
    await writer.drain()
    await reader.read(1)


FLOODS = [
    Flood("slow bodies", 600, slow_body),
    Flood("slow sign-in forms", 700, slow_form),
    Flood("idle connections that send line ends", 1002, idle),
    Flood("forged bodies of 25 MB", 9, large),
]


async def strike(url: str, flood: Flood, valid: int, every: float) -> Outcome:
    """Floods an endpoint, and sends it valid deliveries meanwhile."""
    address = urlsplit(url)

    async def stranger() -> None:
        while True:
            with contextlib.suppress(OSError, EOFError):
                async with _connection(address.hostname, address.port) as (reader, writer):
                    await flood.act(reader, writer)
            await asyncio.sleep(0.1)

    strangers = [asyncio.create_task(stranger()) for _ in range(flood.count)]
    await asyncio.sleep(2)
    body = json.dumps(payload("ping") | {"padding": "x" * 20_000}).encode()
    deliveries = []
    # Each in its own thread, so that none waits for this process's event loop, which plays the strangers.
    with ThreadPoolExecutor(valid) as github:
        for _ in range(valid):
            content = request(body, "ping", SECRET)
            to = (address.hostname or "", address.port or 0)
            deliveries.append(asyncio.get_running_loop().run_in_executor(github, deliver, to, content))
            await asyncio.sleep(every)
        answers = await asyncio.gather(*deliveries)
    for task in strangers:
        task.cancel()
    await asyncio.gather(*strangers, return_exceptions=True)
    return Outcome(len(answers), sum(good for good, _ in answers), max(took for _, took in answers), 0)


def deliver(to: tuple[str, int], content: bytes) -> tuple[bool, float]:
    """Sends a delivery at once; whether it was taken in time, and after how many seconds."""
    began = time.perf_counter()
    status = b""
    with contextlib.suppress(OSError), socket.create_connection(to, PATIENCE) as connection:
        connection.sendall(content)
        while b"\r\n" not in status and (left := began + PATIENCE - time.perf_counter()) > 0:
            connection.settimeout(left)
            if not (more := connection.recv(4096)):
                break
            status += more
    return status.startswith(b"HTTP/1.1 2"), time.perf_counter() - began


@contextlib.asynccontextmanager
async def _connection(
    host: str | None, port: int | None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def suffer(flood: Flood, valid: int = 60, every: float = 0.1, files: int = 1024) -> Outcome:
    """An endpoint of its own, with so many files, and the flood."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    with tempfile.TemporaryDirectory() as home:
        settings = {"STATUS_TOKEN": "status-token-canary-0123456789"}
        with Jitney("http://127.0.0.1:9", Path(home) / "journal.db", files=files, **settings) as jitney:
            fared = asyncio.run(strike(jitney.url, flood, valid, every))
            peak = memory(jitney.process.pid, "VmHWM")
    return Outcome(fared.sent, fared.answered, fared.slowest, peak)


def measure(book: Book) -> None:
    """Each flood, and what the valid deliveries and the memory made of it."""
    for flood in FLOODS:
        fared = suffer(flood)
        what = f"{flood.count} {flood.name}"
        share = 100 * fared.answered / fared.sent
        book.note(f"{what}: valid deliveries answered", "%", share, None, "100", share == 100)
        book.note(f"{what}: slowest answer", "s", fared.slowest, None, f"< {PATIENCE:.0f}", fared.slowest < PATIENCE)
        book.note(f"{what}: most memory", "MiB", fared.peak / 2**20, None, "< 400", fared.peak < MEMORY)


def memory(process: int, kind: str) -> int:
    """A process's resident bytes, or the most that they ever were."""
    return int(Path(f"/proc/{process}/status").read_text().split(f"{kind}:")[1].split()[0]) * 1024
