"""What the operator sees and is asked: a line before each change, one for how it went, errors on standard error."""

import getpass
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from rich.console import Console
from rich.text import Text

MARKS = {
    "done": ("done", "green"), "kept": ("kept", "green"), "wanted": ("would", "yellow"), "refused": ("fail", "red"),
    "failed": ("fail", "red"), "skipped": ("skip", "yellow"), "warned": ("warn", "yellow"),
}  # fmt: skip
#: An instance of the component has five minutes for all that it asks in one go.
SLOW = "took too long to answer, or the component failed"
#: Where a thing stands that is no good end.
BAD = {"failed", "refused"}


@dataclass(frozen=True, slots=True)
class Item:
    """A thing, and how it stands; the WIT's `item`."""

    standing: str
    what: str
    why: str
    cure: str = ""

    @classmethod
    def of(cls, one: Any) -> "Item":
        """Out of the component's."""
        return cls(one.standing, one.what, one.why, one.cure)


class Stopped(Exception):
    """It cannot go on; the argument is the item that says why."""


def stop(what: str, why: str, cure: str) -> NoReturn:
    """Ends the command."""
    raise Stopped(Item("failed", what, why, cure))


class Terminal:
    """Counts what did not end well. `assent` says yes to everything."""

    def __init__(self, assent: bool) -> None:
        self._assent = assent
        self._out = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._error = Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self.bad = 0

    def say(self, text: str) -> None:
        """A line as it stands."""
        self._out.print(Text(text))

    def show(self, *items: Item) -> None:
        """How they stand; what is amiss, and what to do about it, on standard error."""
        for item in items:
            mark, colour = MARKS[item.standing]
            line = Text.assemble((f"{mark:<5}", colour), f"  {item.what}: {item.why}")
            if item.cure:
                line.append(f"\n       -> {item.cure}", "bold")
            bad = item.standing in BAD
            self.bad += bad
            (self._error if bad else self._out).print(line)

    def agrees(self, question: str) -> bool:
        """Whether the operator wants it; yes if only Enter is pressed."""
        self.say(f"\n{question}")
        if self._assent:
            return True
        self._need_somebody("use --yes to agree to everything, or --dry-run to change nothing")
        return input("Do it? [Y/n] ").strip().lower() in ("", "y", "yes")

    def ask(self, what: str, question: str, hidden: bool = False) -> str:
        """A setting that is missing; `hidden` shows nothing of it."""
        if self._assent:
            stop(what, "is not set", "set it in the environment, or leave out --yes to be asked")
        self._need_somebody(f"set {what} in the environment")
        return (getpass.getpass(f"{question}: ") if hidden else input(f"{question}: ")).strip()

    def wait_for_enter(self, text: str) -> None:
        """Until the operator has done something elsewhere."""
        self.say(text)
        if not self._assent:
            self._need_somebody("--yes does not wait")
            input("Then press Enter. ")

    @staticmethod
    def _need_somebody(cure: str) -> None:
        if not sys.stdin.isatty():
            stop("terminal", "cannot prompt: standard input is not a terminal", cure)


def stoppable(run: Callable[[], int]) -> int:
    """The exit status of a command that its operator may stop."""
    try:
        return run()
    except (KeyboardInterrupt, EOFError):
        print("\nStopped. Run it again to continue from here.", file=sys.stderr)
        return 130


def any_in(items: Iterable[Item], *standings: str) -> bool:
    """Whether one of them stands so."""
    return any(item.standing in standings for item in items)
