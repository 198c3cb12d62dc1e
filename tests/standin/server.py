"""The stand-in GitHub over HTTP, in a thread of its own; strict where the published OpenAPI is."""

import hashlib
import json
import re
import threading
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.described import description
from tests.standin.app import App
from tests.standin.hooks import Hooks
from tests.standin.manifests import Manifests
from tests.standin.state import State

TOKEN = "ghp_standin0token0canary"

RUNNERS = re.compile(r"/(?:repos/(?P<repo>[^/]+/[^/]+)|orgs/(?P<org>[^/]+))/actions/runners(?P<rest>/.*)?")
GROUP = re.compile(r"/orgs/(?P<org>[^/]+)/actions/runner-groups/(?P<group>\d+)(?P<members>/repositories)?")
RELEASE = re.compile(r"/repos/actions/runner/releases/(?:latest|tags/v2\.336\.0)")
RUNS = re.compile(r"/repos/(?P<repo>[^/]+/[^/]+)/actions/runs(?:/(?P<run>\d+)/jobs)?")
RUN = re.compile(r"/repos/(?P<repo>[^/]+/[^/]+)/actions/runs/(?P<run>\d+)")
JOB = re.compile(r"/repos/(?P<repo>[^/]+/[^/]+)/actions/jobs/(?P<job>\d+)")
MINT_FIELDS = {"name": str, "runner_group_id": int, "labels": list, "work_folder": str}

#: A fault for one mint: a status and headers, or "lost" (it takes effect, the answer is cut), "garbage", "redirect".
Fault = tuple[int, dict[str, str]] | str


class StandinGitHub:
    """A context manager: serves while it is entered. `requests`, `violations` and `state` are for tests to read."""

    def __init__(self, port: int = 0, latency: float = 0.0) -> None:
        self.state = State()
        self.app = App()
        self.hooks = Hooks()
        self.manifests = Manifests(self.hooks)
        self.requests: list[tuple[str, str]] = []
        self.violations: list[str] = []
        self.faults: deque[Fault] = deque()
        self.latency = latency
        self.quota = (5000, 4999)
        #: Requests that it answered 304, which do not count.
        self.unchanged = 0
        self.hidden: set[str] = set()
        #: What `TOKEN` may do with runners; an App's tokens have permissions of their own.
        self.administration = "write"
        self.points_per_minute: int | None = None
        self.asked: deque[tuple[float, int]] = deque()
        self.limited = 0
        self.lock = threading.Lock()
        handler = type("Handler", (Handler,), {"standin": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.url = self.state.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def mints(self) -> int:
        """How many JIT configs were asked for."""
        return sum(path.endswith("/generate-jitconfig") for _, path in self.requests)


def page_of(listed: list[Any], query: dict[str, list[str]]) -> list[Any]:
    """The page of a listing that is asked for."""
    size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
    return listed[(page - 1) * size : page * size]


class Handler(BaseHTTPRequestHandler):
    """One request. Paths are taken below `/` and below `/api/v3`."""

    standin: StandinGitHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Says nothing: tests read `requests`."""

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_PATCH(self) -> None:
        self._handle("PATCH")

    def do_DELETE(self) -> None:
        self._handle("DELETE")

    def _handle(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        address = urlsplit(self.path)
        path = address.path.removeprefix("/api/v3")
        with self.standin.lock:
            if path.startswith("/_standin/"):
                return self._session(path, json.loads(body))
            if page := self.standin.manifests.page(path, parse_qs(address.query), body):
                return self._answer(*page)
            self.standin.requests.append((method, self.path))
            refusal = self._strict(method, path, body)
        if self.standin.latency:
            time.sleep(self.standin.latency)
        with self.standin.lock:
            if refusal:
                return self._answer(*refusal)
            if "/".join(path.split("/")[2:4]) in self.standin.hidden:
                return self._answer(404, {"message": "Not Found"})
            if path == "/rate_limit":
                return self._answer(200, {"resources": {}})
            if told := self.standin.hooks.handle(method, path, parse_qs(address.query), body):
                return self._answer(*told)
            if found := RUNNERS.fullmatch(path):
                scope = found["repo"] or found["org"]
                return self._runners(method, scope, found["rest"] or "", body, parse_qs(address.query))
            if (found := GROUP.fullmatch(path)) and method == "GET" and found["members"]:
                members = [{"id": 1, "full_name": f"{found['org']}/demo", "private": True}]
                return self._answer(200, {"total_count": 1, "repositories": members})
            if (found := GROUP.fullmatch(path)) and method == "GET":
                group = {"id": int(found["group"]), "name": "Default", "default": True, "visibility": "all"}
                return self._answer(200, group | {"allows_public_repositories": False})
            if RELEASE.fullmatch(path) and method == "GET":
                asset = {"name": "actions-runner-linux-x64-2.336.0.tar.gz", "digest": "sha256:" + "ab" * 32}
                return self._answer(200, {"tag_name": "v2.336.0", "body": "", "assets": [asset]})
            if (found := JOB.fullmatch(path)) and method == "GET":
                job = self.standin.state.jobs.get(int(found["job"]))
                if job is not None and job.repository == found["repo"]:
                    return self._answer(200, job.shown())
            if (found := RUN.fullmatch(path)) and method == "GET":
                return self._answer(200, self.standin.state.run(int(found["run"]), found["repo"]))
            if (found := RUNS.fullmatch(path)) and method == "GET":
                return self._runs(found["repo"], found["run"], parse_qs(address.query))
        return self._answer(404, {"message": "Not Found"})

    def _strict(self, method: str, path: str, body: bytes) -> tuple[int, Any] | None:
        if self._over_the_limit(method):
            self.standin.limited += 1
            return 403, {"message": "You have exceeded a secondary rate limit."}
        wanted = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}
        for name, value in wanted.items():
            if self.headers.get(name) != value:
                self.standin.violations.append(f"{method} {self.path}: {name} is {self.headers.get(name)}")
        if not self.headers.get("user-agent"):
            self.standin.violations.append(f"{method} {self.path}: no user-agent")
            return 403, {"message": "Request forbidden by administrative rules."}
        authorization = self.headers.get("authorization") or ""
        if authorization == f"Bearer {TOKEN}":
            return None
        if not authorization and (made := self.standin.manifests.convert(method, path)):
            return made
        if not authorization and path.startswith("/app-manifests/"):
            return 404, {"message": "Not Found"}
        app = self.standin.app
        if told := app.handle(method, path, authorization, body):
            return told
        if RELEASE.fullmatch(path):
            # A public repository's, which any token may read.
            return None
        if path.startswith("/app/"):
            return app.jwt_fault(authorization)
        return app.token_fault(authorization, path)

    def _over_the_limit(self, method: str) -> bool:
        """GitHub's secondary limit of 900 points a minute, of which what changes something costs five."""
        most, asked = self.standin.points_per_minute, self.standin.asked
        if most is None:
            return False
        now = time.monotonic()
        asked.append((now, 1 if method == "GET" else 5))
        while now - asked[0][0] >= 60:
            asked.popleft()
        return sum(points for _, points in asked) > most

    def _runners(self, method: str, scope: str, rest: str, body: bytes, query: dict[str, list[str]]) -> None:
        state = self.standin.state
        if method != "GET" and not self._may_write():
            wanted = "administration=write" if "/" in scope else "organization_self_hosted_runners=write"
            headers = {"x-accepted-github-permissions": wanted}
            return self._answer(403, {"message": "Resource not accessible by integration"}, headers)
        match method, rest:
            case "POST", "/registration-token":
                expires = datetime.now(UTC) + timedelta(hours=1)
                given = {"token": "A" * 29, "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}
                return self._answer(201, given)
            case "POST", "/generate-jitconfig":
                return self._mint(scope, body)
            case "GET", "/downloads":
                name = "actions-runner-linux-x64-2.336.0.tar.gz"
                offered = {
                    "os": "linux",
                    "architecture": "x64",
                    "download_url": f"https://x/{name}",
                    "filename": name,
                }
                return self._answer(200, [offered])
            case "GET", "":
                name = query.get("name", [None])[0]
                shown = [r.shown() for r in state.runners.values() if r.scope == scope and name in (None, r.name)]
                return self._answer(200, {"total_count": len(shown), "runners": page_of(shown, query)})
            case "GET", _ if rest[1:].isdigit():
                one = state.runners.get(int(rest[1:]))
                known = one is not None and one.scope == scope
                return (
                    self._answer(200, one.shown()) if one and known else self._answer(404, {"message": "Not Found"})
                )
            case "DELETE", _ if rest[1:].isdigit():
                runner = state.runners.get(int(rest[1:]))
                if runner is None or runner.scope != scope:
                    return self._answer(404, {"message": "Not Found"})
                if runner.job is not None:
                    return self._answer(422, {"message": f'Runner "{runner.name}" is still running a job'})
                del state.runners[runner.id]
                return self._answer(204, None)
        return self._answer(404, {"message": "Not Found"})

    def _may_write(self) -> bool:
        """Whether the credential may register and delete runners."""
        token = self.standin.app.tokens.get((self.headers.get("authorization") or "").removeprefix("Bearer "))
        if token is None:
            return self.standin.administration == "write"
        return "write" in (
            token.permissions.get("administration"),
            token.permissions.get("organization_self_hosted_runners"),
        )

    def _runs(self, repo: str, run: str | None, query: dict[str, list[str]]) -> None:
        jobs = [job for job in self.standin.state.jobs.values() if job.repository == repo]
        if run is not None:
            shown = [job.shown() for job in jobs if job.run == int(run)]
            return self._answer(200, {"total_count": len(shown), "jobs": page_of(shown, query)})
        first = {job.run: job.shown() for job in reversed(jobs) if job.status in query["status"]}
        runs = [
            {"id": number, "status": query["status"][0], "created_at": job["created_at"]}
            for number, job in reversed(first.items())
        ]
        return self._answer(200, {"total_count": len(runs), "workflow_runs": page_of(runs, query)})

    def _mint(self, scope: str, body: bytes) -> None:
        asked: dict[str, Any] = json.loads(body)
        wrong = [name for name in asked if name not in MINT_FIELDS]
        wrong += [n for n, kind in MINT_FIELDS.items() if n != "work_folder" and not isinstance(asked.get(n), kind)]
        if wrong or not 1 <= len(asked["labels"]) <= 100:
            self.standin.violations.append(f"generate-jitconfig: {wrong or 'labels'}")
            return self._answer(422, {"message": "Invalid request."})
        fault = self.standin.faults.popleft() if self.standin.faults else None
        if isinstance(fault, tuple):
            return self._answer(fault[0], {"message": "a fault"}, fault[1])
        if fault == "redirect":
            return self._answer(302, None, {"location": "http://127.0.0.2:9/elsewhere"})
        if fault == "garbage":
            return self._answer(201, "\ufffd{{")
        runner = self.standin.state.register(scope, asked["name"], asked["labels"])
        if runner is None:
            return self._answer(409, {"message": "Already exists - A runner with the name *** already exists."})
        if fault == "lost":
            self.close_connection = True
            return None
        return self._answer(201, {"runner": runner.shown(), "encoded_jit_config": runner.config})

    def _session(self, path: str, body: dict[str, str]) -> None:
        state = self.standin.state
        if path == "/_standin/complete":
            state.complete(body["config"])
            return self._answer(200, {})
        runner = state.session(body["config"])
        if runner is None:
            return self._answer(404, {"message": "the config is void"})
        job = runner.job
        return self._answer(200, {"job": job.id, "seconds": job.seconds} if job else {})

    def _answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        path = urlsplit(self.path).path.removeprefix("/api/v3")
        content = description().completed(self.command.lower(), path, status, content)
        body = b"" if content is None else json.dumps(content).encode()
        limit, remaining = self.standin.quota
        if self.command == "GET" and status == 200:
            etag = f'W/"{hashlib.sha256(body).hexdigest()}"'
            headers = (headers or {}) | {"etag": etag}
            if self.headers.get("if-none-match") == etag:
                status, body = 304, b""
                self.standin.unchanged += 1
        self.send_response(status)
        if status != 304:
            self.standin.quota = limit, max(0, remaining - 1)
        quota = {"x-ratelimit-limit": str(limit), "x-ratelimit-remaining": str(remaining)}
        for name, value in (quota | (headers or {})).items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
