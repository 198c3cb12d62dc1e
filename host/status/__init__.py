"""The status page and the metrics, for anyone who presents `STATUS_TOKEN`. Anybody else sees a form, or no such page.

Who may see them and what is alarming is the component's to say; `view` gathers the figures, `plots` draws them, and
the templates make them HTML.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, select_autoescape

from host.component import Component
from host.reading import Headers, Reading, Receive, TurnedAway
from host.records import Records
from host.status.failures import Failures
from host.status.view import view

HERE = Path(__file__).parent
#: The longest form that is read, a token, and how many are read at once.
FORM_LIMIT = 4096
FORMS = 16
#: Nothing but this host's own style and script, no frame around it, no form to elsewhere.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HTML = "text/html; charset=utf-8"
TOO_MANY = "Too many sign-ins failed just now. Try again in a few seconds."
ASSETS = {"style.css": "text/css; charset=utf-8", "script.js": "text/javascript; charset=utf-8"}

#: The endpoint's health, with all that its operator may know.
Health = Callable[[], dict[str, Any]]
#: How many courses run, and the tickets that wait.
Queues = Callable[[], tuple[int, list[str]]]


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes
    kind: str = HTML
    more: dict[str, str] = field(default_factory=dict)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Its headers, the careful ones among them."""
        named = {
            "content-type": self.kind,
            "content-length": str(len(self.body)),
            "cache-control": "no-store",
            "content-security-policy": POLICY,
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
        }
        return [(name.encode(), value.encode()) for name, value in (named | self.more).items()]


class StatusPage:
    """One for all of a process."""

    def __init__(
        self, component: Component, records: Records, health: Health, queues: Queues, stay: Callable[[], None]
    ) -> None:
        self._component = component
        self._records = records
        self._health = health
        self._queues = queues
        self._stay = stay
        self._forms = Reading(FORM_LIMIT, FORMS, FORMS * FORM_LIMIT)
        self._failures = Failures(records.metrics.sign_ins_failed)

    async def answer(self, scope: dict[str, Any], receive: Receive) -> Reply:
        """What a request for `/metrics` or for anything below `/status` is answered."""
        headers = dict(scope["headers"])
        # HTTP/2 may bring a header for each cookie (RFC 9113, 8.2.3).
        cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
        presented = [value.decode("latin-1") for value in (headers.get(b"authorization", b""), cookies)]
        admitted = self._ask("may-see", *presented)
        if presented[0] and not admitted and self._ask("is-shown"):
            full = self._failures.full
            await self._failures.answer_late("bearer")
            if full:
                return _form(TOO_MANY, 429)
        match scope["method"], scope["path"]:
            case "GET", "/metrics" if admitted:
                return self._metrics()
            case _, "/metrics":
                return self._no_such_page()
            case _ if not self._ask("is-shown"):
                return self._no_such_page()
            case "GET", "/status" if admitted:
                return await self._page("page.html")
            case "GET", "/status/live" if admitted:
                return await self._page("live.html")
            case "GET", "/status" | "/status/live":
                return _form(None)
            case "POST", "/status":
                return await self._sign_in(scope["headers"], receive)
            case "POST", "/status/leave":
                return _see_other({"set-cookie": self._ask("close-session")})
            case "GET", path if (name := path.removeprefix("/status/")) in ASSETS:
                return Reply(200, (HERE / "assets" / name).read_bytes(), ASSETS[name])
        return self._no_such_page()

    async def _page(self, template: str) -> Reply:
        self._stay()
        shown = await view(self._component, self._records, self._health(), self._queues)
        return Reply(200, _templates().get_template(template).render(shown).encode())

    async def _sign_in(self, headers: Headers, receive: Receive) -> Reply:
        try:
            async with self._forms.body(headers, receive) as body:
                typed = parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0]
        except TurnedAway:
            return _form("That is not a status token.")
        if self._failures.full:
            return _form(TOO_MANY, 429)
        cookie = self._ask("open-session", typed)
        if cookie is None:
            await self._failures.answer_late("form")
            return _form("Wrong token. It is the value of STATUS_TOKEN in jitney's settings.")
        return _see_other({"set-cookie": cookie})

    def _metrics(self) -> Reply:
        self._stay()
        running, waiting = self._queues()
        metrics = self._records.metrics
        metrics.running.set(running)
        metrics.deferred.set(len(waiting))
        metrics.living.set(len(self._records.ledger.living))
        return Reply(200, metrics.text().encode(), "text/plain; version=0.0.4; charset=utf-8")

    def _no_such_page(self) -> Reply:
        told = self._component.intake().call("intake", "turn-away", "", "no-page")
        return Reply(told.status, told.body.encode(), "application/json")

    def _ask(self, function: str, *arguments: Any) -> Any:
        return self._component.intake().call("status", function, *arguments)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(default=True), trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def _form(fault: str | None, status: int = 401) -> Reply:
    body = _templates().get_template("form.html").render(fault=fault).encode()
    return Reply(status, body, more={"www-authenticate": 'Bearer realm="jitney"'})


def _see_other(more: dict[str, str]) -> Reply:
    return Reply(303, b"", more={"location": "/status"} | more)
