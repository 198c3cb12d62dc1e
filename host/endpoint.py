"""The webhook: a raw ASGI application that turns requests into deliveries and verdicts into answers.

It measures and moves; it decides nothing. Every answer's words come from the component.
"""

import asyncio
import functools
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wasmtime import Trap, WasmtimeError

from host import VERSION, log
from host.component import Component, Instance
from host.courses import Courses, Defer, NotKept
from host.launcher import Launcher
from host.reading import Reading, Receive, TurnedAway
from host.records import Records
from host.records.store import Store

if TYPE_CHECKING:
    from host.status import StatusPage

#: GitHub sends no payload over 25 MB ("Webhook events and payloads").
BODY_LIMIT = 25 * 1024 * 1024
#: Seconds for an answer to leave: GitHub hangs up after 10.
ANSWER_WITHIN = 7.0
#: Seconds until a course is played again whose ticket could not be kept.
AGAIN_AFTER = 5.0
#: Seconds that the records have at the end: what matters more is kept after them.
FLUSH_WITHIN = 5.0
#: Deliveries that are complete and have no answer yet, bodies that are being read, and the bytes of all bodies until
#: their verdict.
HELD = 512
READ = 512
READ_BYTES = 96 * 1024 * 1024
#: A body above this is read by the component in a thread, one at a time: HMAC over megabytes takes a while, and text
#: takes up to four bytes a character.
INLINE = 64 * 1024

#: What runs in sandboxes.
RUNNER = Path(__file__).resolve().parent.parent / "target" / "jitney-runner"

Send = Callable[[dict[str, Any]], Awaitable[None]]


#: The runner image's `version`, and when it was `built`, in milliseconds since the epoch.
Image = Callable[[], Awaitable[dict[str, Any] | None]]


class Endpoint:
    """The ASGI application."""

    def __init__(
        self,
        component: Component,
        launcher: Launcher,
        defer: Defer,
        image: Image | None = None,
        store: Store | None = None,
    ) -> None:
        self._component = component
        self._image = image
        self._records = Records(component, store)
        self._metrics = self._records.metrics
        self._courses = Courses(component, launcher, defer, self._records)
        self._page: StatusPage | None = None
        checked = component.check()
        self._unready = next((part.unready for part in checked if part.unready), None)
        self._health = _health(component, self._unready, *(json.loads(part.report) for part in checked))
        self._spare: Instance | None = component.intake()
        self._held = 0
        self._reading = Reading(BODY_LIMIT, READ, READ_BYTES)
        self._slow = asyncio.Lock()
        self._waiting: list[str] = []
        self._closing = False
        for found in self._health["problems"]:
            log.logger().error("settings", **found)
        for found in self._health["warnings"]:
            log.logger().warning("settings", **found)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await _lifespan(receive, send)
        if scope["type"] != "http":
            return None
        if scope["method"] == "GET" and scope["path"] == "/":
            return await _respond(send, 200, json.dumps(self._health))
        if scope["path"] in ("/metrics", "/status") or scope["path"].startswith("/status/"):
            return await self._show(scope, receive, send)
        began = time.perf_counter()
        answer, ms = await self._delivery(scope, receive)
        ms["total"] = _ms(began)
        log.tell("delivery", answer, ms, status=answer.status)
        self._records.observe("delivery", answer, ms)
        await _respond(send, answer.status, answer.body)
        if self._spare is None:
            self._spare = self._component.intake()
        return None

    async def _show(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """The status page and the metrics, which need not be quick."""
        if self._page is None:
            from host.status import StatusPage

            self._page = StatusPage(self._component, self._records, self._health, self._queues)
        reply = await self._page.answer(scope, receive)
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers()})
        await send({"type": "http.response.body", "body": reply.body})

    def _queues(self) -> tuple[int, list[str]]:
        """How many courses run, and the tickets that wait."""
        return len(self._courses.running), list(self._waiting)

    async def resume(self, ticket: str, due: float = 0.0) -> None:
        """Plays a deferred ticket's course to its end, once it is due, in seconds since the epoch."""
        if not self._courses.may_wait(ticket):
            return
        self._waiting.append(ticket)
        try:
            await asyncio.sleep(max(0.0, due - time.time()))
        finally:
            self._waiting.remove(ticket)
        # What has to wait again and could not be kept is kept by the one who waits for this.
        while True:
            if await self._courses.resume(ticket):
                return
            await asyncio.sleep(AGAIN_AFTER)

    async def sweep(self) -> None:
        """Brings jobs, sandboxes and registrations into line."""
        await self._look_at_image()
        if self._unready is None:
            await self._courses.sweep(self._waiting + self._courses.running)

    async def _look_at_image(self) -> None:
        built = await self._image() if self._image else None
        if built is not None:
            alarms = await asyncio.to_thread(self._component.alarms, built["version"], built["built"])
            self._health["runner_image"] = built | {"alarms": alarms}
            self._metrics.image_built.set(built["built"] / 1000)
            for alarm in alarms:
                log.logger().warning("runner-image", alarm=alarm, **built)

    async def close(self, grace: float) -> list[str]:
        """Takes no more deliveries, lets courses end for `grace` seconds, and keeps the tickets of the rest, each by
        itself; those tickets."""
        self._closing = True
        left = await self._courses.close(grace)
        await asyncio.gather(*(self._courses.keep(ticket, 0.0) for ticket in left), return_exceptions=True)
        try:
            async with asyncio.timeout(FLUSH_WITHIN):
                await self._records.flush()
        except TimeoutError:
            log.logger().warning("not-kept", error="TimeoutError")
        await self._courses.settle()
        return left

    async def _delivery(self, scope: dict[str, Any], receive: Receive) -> tuple[Any, dict[str, float]]:
        head = ""
        try:
            head = _head(scope)
            if scope["method"] != "POST":
                raise TurnedAway("method")
            if self._closing:
                raise TurnedAway("busy")
            async with self._reading.body(scope["headers"], receive) as body:
                if self._held >= HELD:
                    raise TurnedAway("busy")
                if self._unready is not None:
                    return self._unready, {}
                began = time.perf_counter()
                verdict = await self._decide(head, body)
                ms = {"decide": _ms(began)}
        except TurnedAway as fault:
            return self._component.intake().call("intake", "turn-away", head, str(fault)), {}
        if verdict is None:
            return self._component.intake().call("intake", "turn-away", head, "broken"), ms
        if verdict.tag == "reply":
            return verdict.payload, ms
        if verdict.tag == "refuse":
            self._courses.open(verdict.payload.ticket, verdict.payload.resumption)
            return verdict.payload.waiting, ms
        self._held += 1
        try:
            return await self._play(verdict.payload), ms
        except NotKept:
            return self._component.intake().call("intake", "turn-away", head, "unkept"), ms
        finally:
            self._held -= 1

    async def _decide(self, head: str, body: bytearray) -> Any:
        try:
            if len(body) <= INLINE:
                instance, self._spare = self._spare or self._component.intake(), None
                return _decide(instance, head, body)
            async with self._slow:
                return await asyncio.to_thread(_decide, self._component.intake(), head, body)
        except UnicodeDecodeError:
            raise TurnedAway("not-text") from None
        except (Trap, WasmtimeError) as error:
            self._metrics.failed("delivery")
            log.logger().error("component-failed", error=type(error).__name__)
            return None

    async def _play(self, opening: Any) -> Any:
        """The course's answer, or the one that says that it goes on, whichever comes in time. A course that goes
        on is kept like a deferred one, so that it outlives this process."""
        course = self._courses.open(opening.ticket, opening.resumption)
        done, _ = await asyncio.wait({course}, timeout=ANSWER_WITHIN)
        if not done:
            await self._courses.keep(opening.resumption, 0.0)
            return opening.waiting
        if isinstance(course.result(), NotKept):
            raise course.result()
        return course.result() or opening.waiting


def _decide(instance: Instance, head: str, body: bytearray) -> Any:
    return instance.call("intake", "decide", head, body.decode())


def _head(scope: dict[str, Any]) -> str:
    try:
        lines = [f"{name.decode('ascii')}: {value.decode()}" for name, value in scope["headers"]]
    except UnicodeDecodeError:
        raise TurnedAway("not-text") from None
    return "\n".join(lines)


async def _respond(send: Send, status: int, body: str, kind: bytes = b"application/json") -> None:
    content = body.encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _health(component: Component, unready: Any, *reports: dict[str, Any]) -> dict[str, Any]:
    warnings = {json.dumps(found): found for report in reports for found in report["warnings"]}
    problems = {json.dumps(found): found for report in reports for found in report["problems"]}
    return {
        "name": "jitney",
        "version": VERSION,
        "ready": unready is None,
        "component": component.sha256,
        "runner": _runner_sha256(),
        "problems": list(problems.values()),
        "warnings": list(warnings.values()),
    }


@functools.cache
def _runner_sha256() -> str | None:
    """Of the binary that runs in sandboxes; None if it was not built."""
    return hashlib.sha256(RUNNER.read_bytes()).hexdigest() if RUNNER.exists() else None


def _ms(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)
