"""The stand-in GitHub's side of a GitHub App: JWTs checked for real, installations, tokens scoped and timed."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests import canaries

KEYS = Path(__file__).parent / "keys"
canaries.note(
    (KEYS / "app.pkcs1.pem").read_text().splitlines()[1], (KEYS / "app.pkcs8.pem").read_text().splitlines()[2]
)
APP_ID = "Iv23liStandin0App"
EXPONENT = 65537
#: What begins an RS256 signature's digest (RFC 8017, EMSA-PKCS1-v1_5 with SHA-256).
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")

Refusal = tuple[int, dict[str, str]]


@dataclass
class Token:
    """An installation's token."""

    installation: int
    repositories: list[str] | None
    permissions: dict[str, str]
    expires: float


@dataclass
class App:
    """The App. `installations` are ids and the repositories that each may see."""

    installations: dict[int, list[str]] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    given: list[Token] = field(default_factory=list)
    lifetime: float = 3600.0
    permissions: dict[str, str] = field(default_factory=lambda: {"administration": "write", "actions": "read"})

    def handle(self, method: str, path: str, authorization: str, body: bytes) -> tuple[int, Any] | None:
        """Answers what an App asks for itself; None if it is something else."""
        parts = path.strip("/").split("/")
        match method, parts:
            case "GET", ["repos", owner, name, "installation"]:
                return self.jwt_fault(authorization) or self._installation(f"{owner}/{name}")
            case "GET", ["orgs", owner, "installation"]:
                return self.jwt_fault(authorization) or self._installation(f"{owner}/")
            case "GET", ["app"]:
                shown_ = {
                    "slug": "jitney", "owner": {"login": "octo", "type": "User"}, "permissions": self.permissions,
                    "events": ["workflow_job"],
                }  # fmt: skip
                return self.jwt_fault(authorization) or (200, shown_)
            case "GET", ["app", "installations"]:
                listed = [{"id": one, "suspended_at": None} for one in self.installations]
                return self.jwt_fault(authorization) or (200, listed)
            case "POST", ["app", "installations", number, "access_tokens"]:
                return self.jwt_fault(authorization) or self._give(int(number), json.loads(body))
            case "GET", ["installation", "repositories"]:
                token = self.tokens.get(authorization.removeprefix("Bearer "))
                if token is None:
                    return 401, {"message": "Bad credentials"}
                shown = [{"full_name": name} for name in self.installations[token.installation]]
                return 200, {"total_count": len(shown), "repositories": shown}
        return None

    def token_fault(self, authorization: str, path: str) -> Refusal | None:
        """Why a token does not open this path, or None if it does."""
        token = self.tokens.get(authorization.removeprefix("Bearer "))
        if token is None or token.expires < time.time():
            return 401, {"message": "Bad credentials"}
        parts = path.strip("/").split("/")
        name = "/".join(parts[1:3])
        if parts[0] == "repos" and token.repositories is not None and name not in token.repositories:
            return 404, {"message": "Not Found"}
        return None

    def _installation(self, wanted: str) -> tuple[int, Any]:
        for number, repositories in self.installations.items():
            if any(name == wanted or (name.startswith(wanted) and wanted.endswith("/")) for name in repositories):
                return 200, {"id": number, "app_id": 1}
        return 404, {"message": "Not Found"}

    def _give(self, number: int, asked: dict[str, Any]) -> tuple[int, Any]:
        repositories = self.installations.get(number)
        if repositories is None:
            return 404, {"message": "Not Found"}
        wanted = asked.get("repositories")
        full = None if wanted is None else [name for name in repositories if name.split("/")[1] in wanted]
        if wanted is not None and len(full or []) != len(wanted):
            return 422, {"message": "There is at least one repository that does not exist."}
        # About as long as GitHub's are since 2026-04.
        secret = f"ghs_{number}_standin0app0token0canary_{len(self.given)}_".ljust(520, "x")
        token = Token(number, full, asked["permissions"], time.time() + self.lifetime)
        canaries.note(secret)
        self.tokens[secret] = token
        self.given.append(token)
        expires = datetime.now(UTC) + timedelta(seconds=self.lifetime)
        return 201, {
            "token": secret,
            "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "permissions": token.permissions,
            "repository_selection": "selected",
        }

    def jwt_fault(self, authorization: str) -> Refusal | None:
        """Why a JWT is not the App's, or None if it is."""
        refused = 401, {"message": "A JSON web token could not be decoded"}
        head, _, rest = authorization.removeprefix("Bearer ").partition(".")
        body, _, signature = rest.partition(".")
        if not (head and body and signature) or json.loads(_decoded(head)).get("alg") != "RS256":
            return refused
        modulus = int((KEYS / "app.modulus").read_text(), 16)
        size = (modulus.bit_length() + 7) // 8
        opened = pow(int.from_bytes(_decoded(signature)), EXPONENT, modulus).to_bytes(size)
        digest = DIGEST_INFO + hashlib.sha256(f"{head}.{body}".encode()).digest()
        if opened != b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest:
            return refused
        claims = json.loads(_decoded(body))
        now = time.time()
        timely = claims["iat"] <= now < claims["exp"] <= now + 600
        known = claims["iss"] == APP_ID and bool(claims["jti"])
        return None if timely and known else (401, {"message": "'Expiration time' claim ('exp') is too far"})


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
