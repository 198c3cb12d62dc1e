"""Something an operator asks, played out in a courses instance: the component asks GitHub, the host does the rest.

Blocks, so call it off the event loop. It holds policy and the GitHub credential, like a course, and no other secret
but what its arguments say.
"""

import time
from typing import Any

from wasmtime.component import Record, Variant

from host.component import Component
from host.credentials import NoCredential, fetch


def runner_release(component: Component) -> Any:
    """The Actions runner that goes into the runner image, a WIT `release`. Asks GitHub."""
    return Conversation(component, "releases", "search").play().result("found")


class Conversation:
    """A WIT resource of an operator's interface, such as `releases.search`."""

    def __init__(
        self, component: Component, interface: str, resource: str, *arguments: Any, opening: str = "open"
    ) -> None:
        """Opens it. Raises LookupError with the component's reason where it cannot be."""
        self._component = component
        self._interface, self._resource = interface, resource
        self._instance = component.courses()
        opened = self._instance.call(interface, f"[static]{resource}.{opening}", *arguments)
        if isinstance(opened, str):
            raise LookupError(opened)
        self._opened = opened

    def call(self, method: str, *arguments: Any) -> Any:
        """A method of the resource."""
        name = f"[method]{self._resource}.{method}"
        return self._instance.call(self._interface, name, self._opened, *arguments)

    def play(self) -> "Conversation":
        """Plays it to its end; what it came to is then its own methods' to tell."""
        report = Variant("opened")
        while (command := self.call("next", report)) is not None:
            report = self._execute(command)
        return self

    def result(self, method: str) -> Any:
        """What it came to. Raises LookupError with the reason where it came to nothing."""
        found = self.call(method)
        if isinstance(found, str):
            raise LookupError(found)
        return found

    def _execute(self, command: Any) -> Variant:
        match command.tag:
            case "credential":
                try:
                    return Variant("credential", fetch(self._component, command.payload.scope).token)
                except NoCredential as refused:
                    return Variant("no-credential", refused.args[0])
            case "pause":
                time.sleep(command.payload / 1000)
                return Variant("done")
            case _:
                failure: Any = Record()
                failure.name, failure.detail = "NotForAConversation", command.tag
                return Variant("failed", failure)
