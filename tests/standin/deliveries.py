"""Webhook deliveries as GitHub sends them: real payloads, compact, signed over their exact bytes."""

import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import httpx

from tests import canaries

#: Seconds. GitHub hangs up after 10; a test waits for as long as a busy machine needs.
PATIENCE = 60
PAYLOADS = Path(__file__).parent.parent / "payloads"


def payload(name: str, *, created: datetime | None = None, **changes: Any) -> dict[str, Any]:
    """The real payload `name`; `changes` replace fields of its `workflow_job`, `repository` its full name.

    A job is created now unless told otherwise.
    """
    real: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    if "repository" in changes:
        real["repository"]["full_name"] = changes.pop("repository")
    if "workflow_job" in real:
        created = created or datetime.now(UTC)
        real["workflow_job"] |= {"created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ")} | changes
    return real


def sign(secret: str, body: bytes) -> str:
    """`X-Hub-Signature-256` of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def deliver(
    url: str,
    secret: str,
    content: dict[str, Any] | bytes,
    *,
    event: str = "workflow_job",
    guid: str | None = None,
    form: bool = False,
    **headers: str,
) -> httpx.Response:
    """Sends a delivery and returns its answer; `headers` replace what GitHub would send."""
    body = content if isinstance(content, bytes) else json.dumps(content, separators=(",", ":")).encode()
    if form:
        body = b"payload=" + quote_plus(body).encode()
    sent = {
        "content-type": "application/x-www-form-urlencoded" if form else "application/json",
        "user-agent": "GitHub-Hookshot/abcdef0",
        "x-github-event": event,
        "x-github-delivery": guid or str(uuid.uuid4()),
        "x-hub-signature-256": sign(secret, body),
    }
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    answer = httpx.post(url, content=body, headers=sent, timeout=PATIENCE)
    canaries.assert_none_in(answer.text + str(answer.headers), "an answer")
    return answer
