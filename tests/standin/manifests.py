"""The stand-in GitHub's way to an App: the page that takes a manifest, and the conversion of its code.

As "Registering a GitHub App from a manifest" has it. The page's operator agrees to everything.
"""

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests import canaries
from tests.standin.app import APP_ID, KEYS
from tests.standin.hooks import Hooks

PAGE = re.compile(r"(?:/organizations/(?P<org>[^/]+))?/settings/apps/new")
CONVERSION = re.compile(r"/app-manifests/(?P<code>[^/]+)/conversions")
#: What the docs list as a manifest's parameters.
FIELDS = {
    "name", "url", "hook_attributes", "redirect_url", "callback_urls", "setup_url", "description", "public",
    "default_events", "default_permissions", "request_oauth_on_install", "setup_on_update",
}  # fmt: skip


@dataclass
class Manifests:
    """Manifests that were posted, by their codes; each is converted once."""

    hooks: Hooks
    posted: list[dict[str, Any]] = field(default_factory=list)
    waiting: dict[str, dict[str, Any]] = field(default_factory=dict)
    secret: str = ""

    def page(self, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, Any, dict[str, str]] | None:
        """A browser posts a manifest, and is sent back with a code."""
        if not PAGE.fullmatch(path):
            return None
        manifest = json.loads(parse_qs(body.decode())["manifest"][0])
        if manifest.keys() - FIELDS or not {"url", "redirect_url", "hook_attributes"} <= manifest.keys():
            return 422, {"message": "Invalid manifest"}, {}
        self.posted.append(manifest | {"path": path})
        code = secrets.token_hex(20)
        self.waiting[code] = manifest
        back = urlencode({"code": code, "state": query["state"][0]})
        return 302, None, {"location": f"{manifest['redirect_url']}?{back}"}

    def convert(self, method: str, path: str) -> tuple[int, Any] | None:
        """The App, with its webhook, of which GitHub sends a ping at once."""
        found = CONVERSION.fullmatch(path)
        if found is None:
            return None
        manifest = self.waiting.pop(found["code"], None)
        if manifest is None or method != "POST":
            return 404, {"message": "Not Found"}
        self.secret = secrets.token_hex(20)
        canaries.note(self.secret)
        self.hooks.make("app/hook", manifest["hook_attributes"]["url"], self.secret, manifest["default_events"])
        made = {"id": 1, "slug": "jitney", "client_id": APP_ID, "pem": (KEYS / "app.pkcs1.pem").read_text()}
        page = {"html_url": "https://github.com/apps/jitney", "webhook_secret": self.secret}
        return 201, made | page | {"owner": {"login": "octo", "type": "User"}}
