"""What the last `setup` did, as far as a next one asks.

What a Modal secret holds cannot be read back, so what was put there is remembered as salted digests: by them a second
run knows that nothing changed.
"""

import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from host.modal.cloud import Cloud

ROOT = Path(__file__).resolve().parent.parent.parent.parent
#: What a deploy is made of.
SOURCES = [
    "modal_app.py", "requirements/webhook.txt", "target/jitney.wasm", "host/**/*.*",
    "target/jitney-runner",
]  # fmt: skip


class Record:
    """Kept in jitney's own Dict at Modal."""

    def __init__(self, found: Mapping[str, Any] | None = None) -> None:
        found = found or {}
        self._salt: str = found.get("salt") or secrets.token_hex(16)
        self.settings: dict[str, str] = dict(found.get("settings", {}))
        self.code: str | None = found.get("code")
        #: Where the deploy is, and where it is to be reached by another name.
        self.url: str | None = found.get("url")
        self.endpoint: str | None = found.get("endpoint")

    @classmethod
    def load(cls) -> "Record":
        """From jitney's Dict; an empty one where there is none."""
        return cls(Cloud().remembered())

    def save(self) -> None:
        """Into jitney's Dict."""
        kept: dict[str, Any] = {"salt": self._salt, "settings": self.settings, "code": self.code, "url": self.url}
        kept["endpoint"] = self.endpoint
        Cloud().remember(kept)

    def knows(self, name: str, value: str) -> bool:
        """Whether this value was put there before."""
        return self.settings.get(name) == self._digest(name, value)

    def note(self, values: Mapping[str, str]) -> None:
        """These were put there."""
        self.settings |= {name: self._digest(name, value) for name, value in values.items()}

    def _digest(self, name: str, value: str) -> str:
        salt = f"{self._salt} {name}".encode()
        return hashlib.scrypt(value.encode(), salt=salt, n=1 << 12, r=8, p=1, dklen=24).hex()


def code_digest() -> str:
    """What `modal deploy` would send, as one number."""
    digest = hashlib.sha256()
    for pattern in SOURCES:
        for path in sorted(path for path in ROOT.glob(pattern) if path.is_file() and path.suffix != ".pyc"):
            digest.update(f"{path.relative_to(ROOT)}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
