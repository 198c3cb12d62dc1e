"""A client that is light enough not to be what is measured: prepared bytes over kept connections."""

import asyncio
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvloop

from tests.standin.deliveries import sign


@dataclass
class Latencies:
    """Seconds, sorted, and how long all of them took together."""

    each: list[float]
    span: float
    statuses: dict[int, int]

    def at(self, share: float) -> float:
        """A percentile, in milliseconds."""
        return self.each[min(len(self.each) - 1, int(share * len(self.each)))] * 1000

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.each) / self.span


def request(content: object, event: str, secret: str) -> bytes:
    """A delivery as GitHub sends it, as bytes, with a GUID of its own: one that has a course gets no second one."""
    body = content if isinstance(content, bytes) else json.dumps(content, separators=(",", ":")).encode()
    head = (
        "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        "user-agent: GitHub-Hookshot/abcdef0\r\naccept: */*\r\n"
        f"x-github-event: {event}\r\nx-github-delivery: {uuid.uuid4()}\r\nx-github-hook-id: 1\r\n"
        f"x-hub-signature-256: {sign(secret, body)}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(url: str, requests: Sequence[bytes], count: int, connections: int) -> Latencies:
    """Sends `count` requests in turn over so many connections, each waiting for its answer.

    Where there are several, the first of each is not counted: while a server still accepts, it lets some wait for
    many turns, which is a matter of its event loop and was all of the 99th percentile.
    """
    return uvloop.run(_send(url, requests, count, connections))


async def _send(url: str, requests: Sequence[bytes], count: int, connections: int) -> Latencies:
    address = urlsplit(url)
    each: list[float] = []
    statuses: dict[int, int] = {}
    # A burst of jobs has one request a connection, and each of them counts.
    warms = 1 < connections < count
    left = iter(range(count + connections * warms))

    async def one() -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        counts = not warms
        for number in left:
            began = time.perf_counter()
            writer.write(requests[number % len(requests)])
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            if counts:
                each.append(time.perf_counter() - began)
            counts = True
            status = int(head[9:12])
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return Latencies(sorted(each), time.perf_counter() - began, statuses)
