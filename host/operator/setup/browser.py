"""The GitHub App's way through a browser: one page on this machine that posts the manifest to GitHub, and the return.

GitHub sends the browser back with a code, good once and for an hour. `state` shows that the return is this run's, so
nobody but the operator may learn it: the page's address cannot be guessed, and once a browser was shown the page, no
other process of this machine is, for it lacks the cookie that came with it.
"""

import html
import secrets
import threading
import webbrowser
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from host.operator.setup.terminal import Terminal, stop

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>jitney: a GitHub App</title>
<p>GitHub is being asked to make jitney's App.</p>
<form id="form" method="post" action="{action}"><input type="hidden" name="manifest" value="{manifest}">
<button>Go to GitHub</button></form>
<script nonce="{nonce}">document.getElementById("form").submit()</script></html>"""
DONE = "<!doctype html><meta charset=utf-8><title>jitney</title><p>That is all here; go back to the terminal."
WRONG = """<!doctype html><meta charset=utf-8><title>jitney</title><p>This is not what setup waits for. If you opened
the address that setup printed, another program opened it before you: stop setup and run it again."""
#: Seconds that the operator has.
PATIENCE = 900.0


class Return:
    """A context manager: serves the page and waits for the code. `make` gives the form for a redirect URL."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        self.state = secrets.token_urlsafe(24)
        self.nonce = secrets.token_urlsafe(12)
        self.code = ""
        self._page = secrets.token_urlsafe(24)
        self._shown = threading.Lock()
        self._came = threading.Event()
        handler = type("Handler", (_Handler,), {"shared": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}/{self._page}"
        self._cookie = f"jitney-{self._server.server_port}={secrets.token_urlsafe(24)}"
        self.form = make(f"http://{self.host}/made")

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def show(self, path: str, cookies: str) -> str | None:
        """The cookie for the page at `path`; None where this is not the page, or another browser had it first."""
        if not secrets.compare_digest(path.encode(), f"/{self._page}".encode()):
            return None
        known = any(secrets.compare_digest(one.strip().encode(), self._cookie.encode()) for one in cookies.split(";"))
        if self._shown.acquire(blocking=False) or known:
            return f"{self._cookie}; Path=/; HttpOnly; SameSite=Strict"
        return None

    def take(self, state: str, code: str) -> bool:
        """The browser came back."""
        if not code or not secrets.compare_digest(state.encode(), self.state.encode()):
            return False
        self.code = code
        self._came.set()
        return True

    def wait(self) -> str:
        """The code; empty if nobody came."""
        self._came.wait(PATIENCE)
        return self.code


class _Handler(BaseHTTPRequestHandler):
    shared: Return

    def log_message(self, *_: object) -> None:
        """Says nothing: the request line has the code."""

    def do_GET(self) -> None:
        """The page, or the return."""
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        if self.headers.get("host") != self.shared.host:
            self._answer(403, WRONG)
        elif address.path == "/made":
            good = self.shared.take(asked.get("state", ""), asked.get("code", ""))
            self._answer(200 if good else 400, DONE if good else WRONG)
        elif cookie := self.shared.show(address.path, self.headers.get("cookie", "")):
            action = f"{self.shared.form.action}?state={self.shared.state}"
            fields = {"action": action, "manifest": self.shared.form.manifest, "nonce": self.shared.nonce}
            page = PAGE.format(**{name: html.escape(value) for name, value in fields.items()})
            self._answer(200, page, cookie)
        else:
            self._answer(404, WRONG)

    def _answer(self, status: int, page: str, cookie: str = "") -> None:
        body = page.encode()
        self.send_response(status)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.send_header("cache-control", "no-store")
        if cookie:
            self.send_header("set-cookie", cookie)
        self.send_header("referrer-policy", "no-referrer")
        policy = f"default-src 'none'; script-src 'nonce-{self.shared.nonce}'; frame-ancestors 'none'"
        self.send_header("content-security-policy", policy)
        self.end_headers()
        self.wfile.write(body)


def fetch_code(terminal: Terminal, make: Callable[[str], Any], open_browser: bool) -> str:
    """Leads the operator's browser to GitHub and back."""
    with Return(make) as back:
        terminal.say(f"open {back.url} in a browser on this machine, and let GitHub make the App")
        if open_browser:
            webbrowser.open(back.url)
        code = back.wait()
    if not code:
        stop("GitHub App", "the browser did not come back from GitHub", "run setup again")
    return code
