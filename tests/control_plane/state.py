"""What the fake Modal knows, and the faults that it was told to have."""

import itertools
import string
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from grpclib import GRPCError, Status

ALPHABET = string.digits + string.ascii_letters


def identifier(prefix: str, number: int, *, length: int = 22) -> str:
    """An id as Modal makes them. Exactly 22 characters after `sb-` mark the older kind of sandbox (V1)."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = ALPHABET[digit] + digits
    return f"{prefix}-{digits.rjust(length, '0')}"


@dataclass
class FakeSandbox:
    """A sandbox; `definition` is the proto that the client sent."""

    id: str
    app: str
    definition: Any
    tags: dict[str, str]
    created: float
    environment: dict[str, str] = field(default_factory=dict)
    ready: bool = True
    ended: bool = False
    exit: int = 137
    stdin: bytes = b""
    eof: bool = False
    output: str = ""

    @property
    def name(self) -> str:
        """Its name, unique among those that live."""
        return str(self.definition.name)

    @property
    def task(self) -> str:
        """The id of its task."""
        return f"ta-{self.id}"


@dataclass
class Fault:
    """A failure of one call: `after` it took effect, or before."""

    status: Status
    after: bool = False


@dataclass
class State:
    """All of it. `faults` are used up in order, by the name of the call; `requests` is every message received."""

    requests: list[tuple[str, Any]] = field(default_factory=list)
    faults: defaultdict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    apps: dict[str, str] = field(default_factory=dict)
    functions: dict[str, Any] = field(default_factory=dict)
    classes: dict[str, Any] = field(default_factory=dict)
    images: dict[str, Any] = field(default_factory=dict)
    published: dict[str, str] = field(default_factory=dict)
    named_dicts: set[str] = field(default_factory=set)
    volumes: set[str] = field(default_factory=set)
    #: Called when an app was deployed: its new containers start.
    deployed: Callable[[], None] = lambda: None
    #: The entries of each Dict, by its id.
    dicts: defaultdict[str, dict[bytes, bytes]] = field(default_factory=lambda: defaultdict(dict))
    sandboxes: dict[str, FakeSandbox] = field(default_factory=dict)
    #: The handles of functions and the contents of files, as the last deploy left them.
    handles: dict[str, Any] = field(default_factory=dict)
    mounts: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    #: Apps whose client went away, as after `modal run`.
    left: set[str] = field(default_factory=set)
    calls: list[Any] = field(default_factory=list)
    capacity: bool = True
    boots: bool = True
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def spawned(self) -> list[Any]:
        """The inputs of all calls."""
        return [call.input for call in self.calls]

    def number(self) -> int:
        """A number that nothing has yet."""
        return int(next(self.numbers))

    def fail(self, call: str, status: Status, *, times: int = 1, after: bool = False) -> None:
        """Lets the next `times` calls of this name fail."""
        self.faults[call].extend([Fault(status, after)] * times)

    def living(self) -> list[FakeSandbox]:
        """The sandboxes that live."""
        return [sandbox for sandbox in self.sandboxes.values() if not sandbox.ended]

    def sandbox(self, identifier: str) -> FakeSandbox:
        """A sandbox by its id or its task's."""
        found = self.sandboxes.get(identifier.removeprefix("ta-"))
        if found is None:
            raise GRPCError(Status.NOT_FOUND, f"no sandbox {identifier}")
        return found

    def received(self, call: str) -> list[Any]:
        """The messages of one call."""
        return [message for name, message in self.requests if name == call]

    def everything(self) -> bytes:
        """All bytes that crossed, one after another."""
        return b"".join(message.SerializeToString() for _, message in self.requests)
