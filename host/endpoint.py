"""The webhook: a raw ASGI application that turns requests into deliveries and verdicts into answers.

It measures and moves; it decides nothing. Every answer's words come from the component.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from wasmtime import Trap, WasmtimeError

from host import log
from host.awake import Awake, Call
from host.chores import Chores
from host.component import Component
from host.courses import Courses
from host.health import Health
from host.house import House
from host.intake import Intake
from host.launcher import Launcher
from host.reading import Reading, Receive, TurnedAway
from host.records import Records
from host.records.store import NoStore, Store
from host.succession import Succession
from host.tickets import Tickets
from host.waiting import NotKept, Waiting

if TYPE_CHECKING:
    from host.status import StatusPage

#: GitHub sends no payload over 25 MB ("Webhook events and payloads").
BODY_LIMIT = 25 * 1024 * 1024
#: Seconds for an answer to leave: GitHub hangs up after 10.
ANSWER_WITHIN = 7.0
#: Seconds for which one call holds this process awake, and for which the process stays that somebody watches: a
#: Prometheus that comes every half minute finds the same counters.
HELD_AWAKE = 3600.0
WATCHED = 60.0
#: Seconds in which what no call waits for is over, nearly always: a sweep, and showing a refusal.
BESIDE_WITHIN = 30.0
#: Seconds that the records have at the end: what matters more is kept after them.
FLUSH_WITHIN = 5.0
#: Deliveries that are complete and have no answer yet, bodies that are being read, and the bytes of all bodies until
#: their verdict.
HELD = 512
READ = 512
READ_BYTES = 96 * 1024 * 1024

Send = Callable[[dict[str, Any]], Awaitable[None]]


#: The runner image's `version`, and when it was `built`, in milliseconds since the epoch.
Image = Callable[[], Awaitable[dict[str, Any] | None]]


class Endpoint:
    """The ASGI application."""

    def __init__(
        self,
        component: Component,
        launcher: Launcher,
        tickets: Tickets,
        image: Image | None = None,
        store: Store | None = None,
        wake: Call | None = None,
    ) -> None:
        self._component = component
        self._image = image
        self._records = Records(component, store)
        self._metrics = self._records.metrics
        self._health = Health(component)
        self._unready = self._health.unready
        self._house = House(component, store)
        self._house.on_ill = partial(self._health.ill, "house")
        self._house.on_well = partial(self._health.well, "house")
        self._succession = Succession(store or NoStore(), self._house)
        self._awake = Awake(wake)
        self._waiting = Waiting(tickets, self._house, self._health, self._succession.is_last, self._awake)
        self._courses = Courses(component, launcher, self._house, self._waiting, self._records)
        self._chores = Chores(self._health)
        self._begun = False
        self._sweeping = False
        self._page: StatusPage | None = None
        self._intake = Intake(component)
        self._held = 0
        self._reading = Reading(BODY_LIMIT, READ, READ_BYTES)
        self._closing = False

    def begin(self, sweep_every: float | None = None) -> None:
        """Begins what is done beside deliveries: tickets that are kept are taken up, and where the last process was
        killed, or swept long ago, a sweep finds what it left; and one comes every so many seconds, where nobody else
        sees to that."""
        self._chores.begin("taking-up", self._take_up)
        if sweep_every is not None:
            self._chores.begin("sweeping", partial(self._sweep_again, sweep_every))

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await _lifespan(receive, send)
        if scope["type"] != "http":
            return None
        is_look = scope["method"] in ("GET", "HEAD")
        if is_look and scope["path"] == "/":
            return await _respond(send, 200, json.dumps(self._health.report))
        if scope["path"] in ("/metrics", "/status") or scope["path"].startswith("/status/"):
            return await self._show(scope, receive, send)
        if is_look:
            answer = self._intake.turn_away("", "no-page")
            return await _respond(send, answer.status, answer.body)
        began = time.perf_counter()
        answer, ms = await self._delivery(scope, receive)
        ms["total"] = _ms(began)
        log.tell("delivery", answer, ms, status=answer.status)
        self._records.observe("delivery", answer, ms)
        await _respond(send, answer.status, answer.body)
        self._intake.prepare()
        return None

    async def _show(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """The status page and the metrics, which need not be quick."""
        if self._page is None:
            from host.status import StatusPage

            self._page = StatusPage(
                self._component, self._records, self._health.told, self._queues, partial(self._awake.stay, WATCHED)
            )
        reply = await self._page.answer(scope, receive)
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers()})
        await send({"type": "http.response.body", "body": reply.body})

    def _queues(self) -> tuple[int, list[str]]:
        """How many courses run, and the tickets that wait."""
        return len(self._courses.running), self._waiting.waiting

    async def resume(self, ticket: str | None = None, due: float = 0.0) -> None:
        """Holds this process awake while it is at something, or tickets are kept, whoever kept them. It takes them up
        by itself. A ticket that comes with it, due in seconds since the epoch, is kept first."""
        if ticket is not None:
            await self._waiting.defer(ticket, max(0.0, due - time.time()))
        await self._look_for_tickets()
        await self._awake.hold(HELD_AWAKE)

    async def sweep(self) -> None:
        """Brings jobs, sandboxes and registrations into line, unless that is being done."""
        if self._sweeping:
            return
        self._sweeping = True
        try:
            await self._remember()
            await self._look_for_tickets()
            await self._look_at_image()
            if self._unready is not None:
                return
            if await self._courses.sweep(self._waiting.waiting + self._courses.running):
                self._health.well("sweeping")
                await self._succession.swept()
            else:
                self._health.ill("sweeping")
        except Exception:
            self._health.ill("sweeping")
            raise
        finally:
            self._sweeping = False

    async def _take_up(self) -> None:
        if not self._begun:
            await self._remember()
            due = await self._succession.begin()
            self._begun = True
            if due is not None:
                self._awake.stay(due + BESIDE_WITHIN)
                self._chores.begin("sweeping", partial(self._sweep_in, due))
        await self._look_for_tickets()
        await self._waiting.run(self._courses.resume)

    async def _sweep_in(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.sweep()

    async def _sweep_again(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            await self.sweep()

    async def _remember(self) -> None:
        """The house remembers. Where that cannot be read it asks GitHub instead, and it is read later."""
        try:
            await self._house.ready()
        except Exception as error:
            log.logger().warning("not-read", error=type(error).__name__)

    async def _look_for_tickets(self) -> None:
        try:
            await self._waiting.read()
        except Exception as error:
            log.logger().error("tickets-not-read", error=type(error).__name__)
            # It is tried again; what is kept there is not known yet.
            self._awake.stay(BESIDE_WITHIN)
            self._health.ill("tickets")

    async def _look_at_image(self) -> None:
        try:
            built = await self._image() if self._image else None
        except Exception as error:
            log.logger().warning("not-read", error=type(error).__name__)
            return
        if built is not None:
            alarms = await asyncio.to_thread(self._component.alarms, built["version"], built["built"])
            self._health.report["runner_image"] = built | {"alarms": alarms}
            self._metrics.image_built.set(built["built"] / 1000)
            for alarm in alarms:
                log.logger().warning("runner-image", alarm=alarm, **built)

    async def close(self, grace: float) -> list[str]:
        """Takes no more deliveries, lets courses end for `grace` seconds, and keeps the tickets of the rest that are
        not kept yet, each by itself; those tickets."""
        self._closing = True
        self._waiting.stop()
        left = await self._courses.close(grace)
        await self._chores.end()
        is_well = await self._waiting.close(left)
        try:
            async with asyncio.timeout(FLUSH_WITHIN):
                await self._house.flush()
                if is_well:
                    await self._succession.end()
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
            return self._intake.turn_away(head, str(fault)), {}
        if verdict is None:
            return self._intake.turn_away(head, "broken"), ms
        if verdict.tag in ("unread", "reply"):
            return verdict.payload, ms
        if verdict.tag == "refuse":
            self._awake.stay(BESIDE_WITHIN)
            self._courses.open(verdict.payload.ticket, verdict.payload.resumption)
            return verdict.payload.waiting, ms
        self._held += 1
        try:
            return await self._play(verdict.payload), ms
        except NotKept:
            return self._intake.turn_away(head, "unkept"), ms
        finally:
            self._held -= 1

    async def _decide(self, head: str, body: bytearray) -> Any:
        try:
            return await self._intake.decide(head, body)
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
            await self._courses.keep(course)
            return opening.waiting
        if isinstance(course.result(), NotKept):
            raise course.result()
        return course.result() or opening.waiting


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


def _ms(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)
