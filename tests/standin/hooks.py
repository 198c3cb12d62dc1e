"""The stand-in GitHub's webhooks: made, mended, pinged, removed; their deliveries, and delivering again.

As "Webhooks" of GitHub's REST docs has it: an update of a webhook replaces all of `config`, the secret with it; an
update of a webhook's configuration keeps what it is not sent.
"""

import itertools
import json
import re
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.standin.deliveries import deliver, payload

PATH = re.compile(
    r"/(?P<home>repos/[^/]+/[^/]+/hooks|orgs/[^/]+/hooks|app/hook)(?:/(?P<hook>\d+))?"
    r"(?P<rest>/deliveries(?:/(?P<attempt>\d+)(?P<again>/attempts)?)?|/config|/pings)?"
)
Told = tuple[int, Any, dict[str, str]]
MISSING: Told = 404, {"message": "Not Found"}, {}


@dataclass
class Attempt:
    """One attempt to deliver."""

    id: int
    guid: str
    at: datetime
    status_code: int
    event: str
    redelivery: bool
    content: dict[str, Any]
    #: What the endpoint answered with, as text; none where it was not reached.
    answer: str | None = None

    def detail(self) -> dict[str, Any]:
        """As the REST API shows it by its id: an answer in JSON stands there as text."""
        headers = {"X-GitHub-Delivery": self.guid, "X-GitHub-Event": self.event}
        response = {"headers": {} if self.answer is not None else None, "payload": self.answer}
        return self.shown() | {"request": {"headers": headers, "payload": self.content}, "response": response}

    def shown(self) -> dict[str, Any]:
        """As the REST API lists it."""
        return {
            "id": self.id,
            "guid": self.guid,
            "delivered_at": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "redelivery": self.redelivery,
            "status": "OK" if 200 <= self.status_code < 300 else "failed to connect to host",
            "status_code": self.status_code,
            "event": self.event,
            "action": self.content.get("action"),
        }


@dataclass
class Hook:
    """A webhook. `home` is its path's beginning, as `repos/octo/demo/hooks`."""

    home: str
    id: int
    url: str
    secret: str
    page: int = 100
    active: bool = True
    events: list[str] = field(default_factory=lambda: ["workflow_job"])
    content_type: str = "json"
    attempts: list[Attempt] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1000))

    def shown(self) -> dict[str, Any]:
        """As the REST API lists it."""
        return {"id": self.id, "active": self.active, "events": self.events, "config": self.config()}

    def config(self) -> dict[str, str]:
        """As the REST API shows it: never the secret."""
        config = {"url": self.url, "content_type": self.content_type, "insecure_ssl": "0"}
        return config | ({"secret": "********"} if self.secret else {})

    def configure(self, config: dict[str, str], whole: bool) -> None:
        """Takes a `config`; what the `whole` one lacks is gone."""
        self.url = config.get("url", "" if whole else self.url)
        self.content_type = config.get("content_type", "form" if whole else self.content_type)
        self.secret = config.get("secret", "" if whole else self.secret)

    def failed(self, guid: str, content: dict[str, Any], status_code: int, at: datetime) -> None:
        """A delivery that did not go well, some time ago."""
        self._note(guid, content, status_code, at, redelivery=False)

    def send(self, guid: str, content: dict[str, Any]) -> Any:
        """Delivers, and keeps it in the log; the answer."""
        answer = deliver(self.url, self.secret, content, guid=guid)
        self._note(guid, content, answer.status_code, datetime.now(UTC), redelivery=False, answer=answer.text)
        return answer

    def _note(
        self, guid: str, content: dict[str, Any], status_code: int, at: datetime, redelivery: bool,
        event: str = "workflow_job", answer: str | None = None,
    ) -> None:  # fmt: skip
        attempt = Attempt(next(self.numbers), guid, at, status_code, event, redelivery, content, answer)
        self.attempts.insert(0, attempt)

    def ping(self) -> None:
        """Delivers a ping, whether it is active or not."""
        self._deliver(str(uuid.uuid4()), payload("ping"), "ping", redelivery=False)

    def again(self, attempt: Attempt) -> None:
        """Delivers again, under the same GUID."""
        self._deliver(attempt.guid, attempt.content, attempt.event, redelivery=True)

    def _deliver(self, guid: str, content: dict[str, Any], event: str, redelivery: bool) -> None:
        try:
            status = deliver(self.url, self.secret, content, guid=guid, event=event).status_code
        except httpx.HTTPError:
            status = 0
        self._note(guid, content, status, datetime.now(UTC), redelivery, event)


@dataclass
class Hooks:
    """All of them. The homes in `forbidden` are such as the token may not manage."""

    all: list[Hook] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def handle(self, method: str, path: str, query: dict[str, list[str]], body: bytes = b"") -> Told | None:
        """Answers what is asked about webhooks; None if it is something else."""
        found = PATH.fullmatch(path)
        if found is None:
            return None
        home, rest = found["home"], found["rest"] or ""
        if home in self.forbidden:
            wanted = {"x-accepted-github-permissions": "repository_hooks=write"}
            return 403, {"message": "Resource not accessible by personal access token"}, wanted
        here = [hook for hook in self.all if hook.home == home]
        if found["hook"] is None and home != "app/hook":
            return self._home(method, home, here, json.loads(body or b"{}"))
        hook = next((hook for hook in here if found["hook"] is None or hook.id == int(found["hook"])), None)
        if hook is None:
            return MISSING
        if found["attempt"] is not None:
            attempt = next((one for one in hook.attempts if one.id == int(found["attempt"])), None)
            if attempt is not None and method == "GET" and not found["again"]:
                return 200, attempt.detail(), {}
            if attempt is None or method != "POST" or not found["again"]:
                return MISSING
            threading.Thread(target=hook.again, args=(attempt,), daemon=True).start()
            return 202, {}, {}
        return self._one(method, hook, rest, path, query, json.loads(body or b"{}"))

    def _home(self, method: str, home: str, here: list[Hook], asked: dict[str, Any]) -> Told:
        if method == "GET":
            return 200, [hook.shown() for hook in here], {}
        if method != "POST":
            return MISSING
        config = asked["config"]
        if asked.get("name", "web") != "web" or not config.get("url"):
            return 422, {"message": "Validation Failed"}, {}
        if any(hook.url == config["url"] for hook in here):
            errors = [{"message": "Hook already exists on this repository"}]
            return 422, {"message": "Validation Failed", "errors": errors}, {}
        hook = self.make(home, config["url"], config.get("secret", ""), asked.get("events", ["push"]))
        hook.active, hook.content_type = asked.get("active", True), config.get("content_type", "form")
        return 201, hook.shown(), {}

    def make(self, home: str, url: str, secret: str, events: list[str]) -> Hook:
        """A new one, of which GitHub sends a ping at once."""
        hook = Hook(home, next(self.numbers), url, secret, events=events)
        self.all.append(hook)
        threading.Thread(target=hook.ping, daemon=True).start()
        return hook

    def _one(
        self, method: str, hook: Hook, rest: str, path: str, query: dict[str, list[str]], asked: dict[str, Any]
    ) -> Told:
        match method, rest:
            case "GET", "/deliveries":
                return self._deliveries(hook, path, query)
            case "POST", "/pings" if hook.home != "app/hook":
                threading.Thread(target=hook.ping, daemon=True).start()
                return 204, None, {}
            case "GET", "/config":
                return 200, hook.config(), {}
            case "PATCH", "/config":
                hook.configure(asked, whole=False)
                return 200, hook.config(), {}
            case "PATCH", "" if hook.home != "app/hook":
                hook.active, hook.events = asked.get("active", hook.active), asked.get("events", hook.events)
                if "config" in asked:
                    hook.configure(asked["config"], whole=True)
                return 200, hook.shown(), {}
            case "DELETE", "" if hook.home != "app/hook":
                self.all.remove(hook)
                return 204, None, {}
        return MISSING

    @staticmethod
    def _deliveries(hook: Hook, path: str, query: dict[str, list[str]]) -> Told:
        kind = query.get("status", [""])[0]
        kinds = {"success": [True], "failure": [False]}.get(kind, [True, False])
        listed = [one for one in hook.attempts if (200 <= one.status_code < 300) in kinds]
        start = int(query.get("cursor", ["v1_0"])[0].removeprefix("v1_"))
        page, rest = listed[start : start + hook.page], listed[start + hook.page :]
        url = f"https://api.github.com{path}?per_page=100&status={kind}&cursor=v1_{start + hook.page}"
        return 200, [one.shown() for one in page], {"link": f'<{url}>; rel="next"'} if rest else {}
