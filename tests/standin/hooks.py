"""The stand-in GitHub's webhooks: what was delivered, what was not, and delivering it again."""

import itertools
import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.standin.deliveries import deliver

PATH = re.compile(
    r"/(?P<home>repos/[^/]+/[^/]+/hooks|orgs/[^/]+/hooks|app/hook)(?:/(?P<hook>\d+))?"
    r"(?P<deliveries>/deliveries(?:/(?P<attempt>\d+)(?P<again>/attempts)?)?)?"
)


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
    attempts: list[Attempt] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1000))

    def shown(self) -> dict[str, Any]:
        """As the REST API lists it."""
        return {"id": self.id, "active": True, "events": ["workflow_job"], "config": self._config()}

    def _config(self) -> dict[str, str]:
        return {"url": self.url, "content_type": "json"} | ({"secret": "********"} if self.secret else {})

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
        answer: str | None = None,
    ) -> None:  # fmt: skip
        attempt = Attempt(next(self.numbers), guid, at, status_code, "workflow_job", redelivery, content, answer)
        self.attempts.insert(0, attempt)

    def again(self, attempt: Attempt) -> None:
        """Delivers again, under the same GUID."""
        try:
            status = deliver(self.url, self.secret, attempt.content, guid=attempt.guid).status_code
        except httpx.HTTPError:
            status = 0
        self._note(attempt.guid, attempt.content, status, datetime.now(UTC), redelivery=True)


@dataclass
class Hooks:
    """All of them."""

    all: list[Hook] = field(default_factory=list)

    def handle(self, method: str, path: str, query: dict[str, list[str]]) -> tuple[int, Any, dict[str, str]] | None:
        """Answers what is asked about webhooks; None if it is something else."""
        found = PATH.fullmatch(path)
        if found is None:
            return None
        here = [hook for hook in self.all if hook.home == found["home"]]
        if not found["deliveries"]:
            return 200, [hook.shown() for hook in here], {}
        hook = next((hook for hook in here if found["hook"] is None or hook.id == int(found["hook"])), None)
        if hook is None:
            return 404, {"message": "Not Found"}, {}
        if found["attempt"] is None:
            return self._deliveries(hook, path, query)
        attempt = next((one for one in hook.attempts if one.id == int(found["attempt"])), None)
        if attempt is not None and method == "GET" and not found["again"]:
            return 200, attempt.detail(), {}
        if attempt is None or method != "POST":
            return 404, {"message": "Not Found"}, {}
        threading.Thread(target=hook.again, args=(attempt,), daemon=True).start()
        return 202, {}, {}

    @staticmethod
    def _deliveries(hook: Hook, path: str, query: dict[str, list[str]]) -> tuple[int, Any, dict[str, str]]:
        listed, status = hook.attempts, ""
        if "status" in query:
            good = query["status"] == ["success"]
            listed = [one for one in hook.attempts if (200 <= one.status_code < 300) == good]
            status = f"&status={query['status'][0]}"
        start = int(query.get("cursor", ["v1_0"])[0].removeprefix("v1_"))
        page, rest = listed[start : start + hook.page], listed[start + hook.page :]
        url = f"https://api.github.com{path}?per_page=100{status}&cursor=v1_{start + hook.page}"
        return 200, [one.shown() for one in page], {"link": f'<{url}>; rel="next"'} if rest else {}
