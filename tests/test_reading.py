"""Bodies are bounded in number, in bytes and in time, and it is the slow that give way."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from host import reading
from host.reading import MIB, Reading, TurnedAway

Receive = Callable[[], Any]


class Sender:
    """Sends what it is told to, when it is told to."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def send(self, piece: bytes, more: bool = True) -> None:
        self._pieces.put_nowait({"type": "http.request", "body": piece, "more_body": more})

    def hang_up(self) -> None:
        self._pieces.put_nowait({"type": "http.disconnect"})

    async def receive(self) -> dict[str, Any]:
        return await self._pieces.get()


async def read(places: Reading, sender: Sender, length: int | None = None, keep: asyncio.Event | None = None) -> str:
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    try:
        async with places.body(headers, sender.receive) as body:
            if keep is not None:
                await keep.wait()
            return f"{len(body)} bytes"
    except TurnedAway as fault:
        return str(fault)


async def start(places: Reading, count: int, length: int | None = None) -> list[tuple[Sender, asyncio.Task[str]]]:
    """So many slow ones, in order, each with one byte sent."""
    begun = []
    for _ in range(count):
        sender = Sender()
        sender.send(b"x")
        begun.append((sender, asyncio.create_task(read(places, sender, length))))
        await asyncio.sleep(0)
    return begun


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_when_places_run_out_the_one_that_was_read_for_longest_goes() -> None:
    places = Reading(1000, 3, 10_000)
    slow = await start(places, 5)
    await settle()
    assert [task.done() and task.result() for _, task in slow] == ["busy", "busy", False, False, False]
    for sender, _ in slow:
        sender.send(b"y", more=False)
    assert [await task for _, task in slow[2:]] == ["2 bytes"] * 3


async def test_a_complete_body_takes_no_place_and_its_bytes_count_until_it_is_done_with() -> None:
    places, keep = Reading(1000, 1, 1000), asyncio.Event()
    first, second, third = Sender(), Sender(), Sender()
    first.send(b"x" * 900, more=False)
    kept = asyncio.create_task(read(places, first, keep=keep))
    await settle()
    second.send(b"x" * 200, more=False)
    assert await read(places, second) == "busy"
    third.send(b"x" * 100, more=False)
    assert await read(places, third) == "100 bytes"
    keep.set()
    assert await kept == "900 bytes"
    second.send(b"x" * 1000, more=False)
    assert await read(places, second) == "1000 bytes"


async def test_when_bytes_run_out_the_oldest_that_is_not_complete_gives_its_own_back() -> None:
    places = Reading(1000, 10, 1000)
    old, young = Sender(), Sender()
    old.send(b"x" * 600)
    first = asyncio.create_task(read(places, old))
    await settle()
    young.send(b"x" * 900, more=False)
    assert await read(places, young) == "900 bytes"
    assert await first == "busy"


async def test_few_large_bodies_are_in_memory_at_once_whether_they_say_so_or_not() -> None:
    places = Reading(25 * MIB, 100, 100 * MIB)
    small = await start(places, 3, 20_000)
    said = await start(places, reading.FEW, 2 * MIB)
    await settle()
    unsaid = Sender()
    unsaid.send(b"x" * (MIB + 1))
    task = asyncio.create_task(read(places, unsaid))
    await settle()
    assert said[0][1].done() and said[0][1].result() == "busy"
    assert not any(task.done() for _, task in (*small, *said[1:]))
    keep = asyncio.Event()
    kept = []
    for _ in range(reading.FEW):
        sender = Sender()
        sender.send(b"x" * 2 * MIB, more=False)
        kept.append(asyncio.create_task(read(places, sender, 2 * MIB, keep)))
        await settle()
    last = Sender()
    last.send(b"x" * 2 * MIB, more=False)
    assert await read(places, last, 2 * MIB) == "busy"
    assert await task == "busy" and not any(task.done() for _, task in small)
    keep.set()
    await asyncio.gather(*kept)
    last.send(b"x" * 2 * MIB, more=False)
    assert await read(places, last, 2 * MIB) == f"{2 * MIB} bytes"
    for _, one in (*small, *said):
        one.cancel()


async def test_a_body_has_time_in_proportion_to_what_it_announces(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    timeout = asyncio.timeout

    def note(seconds: float) -> asyncio.Timeout:
        given.append(seconds)
        return timeout(0)

    monkeypatch.setattr(asyncio, "timeout", note)
    places = Reading(25 * MIB, 10, 100 * MIB)
    for length in (None, 1, 20_000, 25 * MIB):
        assert await read(places, Sender(), length) == "truncated"
    assert given[0] == reading.WITHIN and given[1] < given[2] < given[3] < 10
    # The largest has twice the time of one without a length.
    assert given[3] > 2 * given[0]


async def test_what_is_too_long_or_breaks_off_or_lies_is_no_body() -> None:
    places = Reading(10, 10, 100)
    assert await read(places, Sender(), 11) == "too-large"
    headers = [(b"content-length", b"9" * 5000)]
    with pytest.raises(TurnedAway, match="too-large"):
        async with places.body(headers, Sender().receive):
            pass
    long, broken = Sender(), Sender()
    long.send(b"x" * 11, more=False)
    assert await read(places, long, 1) == "too-large"
    broken.send(b"x")
    broken.hang_up()
    assert await read(places, broken, 5) == "truncated"
    fine = Sender()
    fine.send(b"x" * 10, more=False)
    assert await read(Reading(10, 1, 10), fine, 10) == "10 bytes"


async def test_a_body_counts_as_large_when_it_says_so_and_before_it_comes() -> None:
    places, silent = Reading(25 * MIB, 100, 100 * MIB), []
    for _ in range(reading.FEW + 1):
        silent.append(asyncio.create_task(read(places, Sender(), 2 * MIB)))
        await settle()
    assert [task.done() for task in silent] == [True] + [False] * reading.FEW
    assert silent[0].result() == "busy"
    for task in silent[1:]:
        task.cancel()


@pytest.mark.parametrize("is_there_before", [True, False], ids=["it-was-there-before", "it-comes-after"])
async def test_one_that_had_to_go_takes_no_more_though_its_next_piece_is_there(is_there_before: bool) -> None:
    places = Reading(1000, 1, 1000)
    [(slow, first)] = await start(places, 1)
    await settle()
    fast = Sender()
    fast.send(b"x" * 500)
    second = asyncio.create_task(read(places, fast))
    if not is_there_before:
        await asyncio.sleep(0)
    # The rest of the slow body is there before its reader runs again. Its beginning was already dropped: what came of
    # it would be a body that GitHub never signed.
    slow.send(b"y" * 900)
    slow.send(b"y", more=False)
    assert await first == "busy"
    fast.send(b"x" * 500, more=False)
    assert await second == "1000 bytes"


async def test_a_body_whose_time_is_over_at_that_moment_may_have_to_go_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WITHIN", 0.05)
    places, loop = Reading(1000, 1, 1000), asyncio.get_running_loop()
    [(_, late)] = await start(places, 1)
    await settle()
    [body] = places._arriving
    assert body.deadline is not None
    when = body.deadline.when()
    assert when is not None
    ousted: list[bool] = []

    def oust() -> None:
        places._oust(body, reading._Body(large=False))
        ousted.append(body.ousted)

    # Whoever wakes this late finds both at once, in their order.
    loop.call_at(when + 0.001, oust)
    time.sleep(0.1)  # noqa: ASYNC251
    assert await late == "busy" and ousted == [True]
