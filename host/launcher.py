"""Where sandboxes come from: the one boundary between jitney and a cloud.

`host.modal` starts real sandboxes, `host.local` starts processes on this machine. A launcher executes; what an error
means and what happens next is the component's to say, so anything that goes wrong simply raises.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

#: The name of the app at Modal in which sandboxes live.
APP = "jitney"
#: The name of the Dict at Modal in which tickets wait.
TICKETS = "jitney-tickets"

Tags = Mapping[str, str]


class NameTaken(Exception):
    """A sandbox of this name lives, or lived a moment ago: another course has the claim on the job."""


class AtCapacity(Exception):
    """As many sandboxes live as `Start.limit` allows."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a sandbox is made of; the WIT's `machine`, unit for unit."""

    cpu: float
    memory: int
    gpu: str | None
    image: str | None
    timeout: int
    docker: bool
    regions: tuple[str, ...] = ()
    outbound: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """A disk that outlives its sandboxes; the WIT's `volume`."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Start:
    """A sandbox to be started; the WIT's `start`."""

    name: str
    tags: Tags
    machine: Machine
    environment: Mapping[str, str]
    limit: int
    volume: Volume | None = None


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox that lives."""

    id: str
    name: str
    tags: Tags


#: Is told how a sandbox ended: its id, its exit status, and the end of what it wrote.
OnEnd = Callable[[str, int, str], None]
#: How much of a sandbox's output is passed on, from its end.
TAIL = 16 * 1024


def no_one(*_: object) -> None:
    """For a launcher that nobody listens to."""


class Launcher(Protocol):
    """Starts sandboxes, hands them their JIT config, finds and ends them. All methods run on one event loop."""

    #: Is told of each end once, where it is seen.
    on_end: OnEnd

    async def start(self, order: Start) -> str:
        """Starts a sandbox and returns its id as soon as the claim on its name holds; it may still be booting.

        Raises NameTaken, AtCapacity, or whatever went wrong.
        """

    async def hand_over(self, sandbox: str, line: str, tags: Tags) -> None:
        """Sets the sandbox's tags, waits until it reads, writes the line and closes its stdin."""

    async def terminate(self, sandbox: str) -> None:
        """Ends a sandbox. One that is gone already is no error. Its name is free afterwards."""

    async def watch(self, sandbox: str, seconds: float) -> int | None:
        """The status with which a sandbox ends within so many seconds; None if it lives on."""

    async def see_end(self, sandbox: str) -> None:
        """Looks at a sandbox that no listing shows any more, and tells `on_end` if it ended and that was not told."""

    async def refresh_image(self) -> None:
        """Asks for the runner images to be built anew, unless that was done a moment ago."""

    async def find_name(self, name: str) -> list[Sandbox]:
        """The living sandboxes of this name: none or one."""

    async def find_job(self, job: str) -> list[Sandbox]:
        """The living sandboxes whose tag `job` is this."""

    async def find_all(self) -> list[Sandbox]:
        """All living sandboxes."""

    async def close(self) -> None:
        """Lets go of what the launcher holds. Sandboxes go on living where they can."""
