"""A house for courses that are played in one thread, without a server: as host/house.py has one for many."""

import time
from typing import Any

from wasmtime.component import Variant

from host.component import Component

#: The only course that asks.
COURSE = 1


class Ruling:
    """A house of its own, that knows of nothing yet."""

    def __init__(self, component: Component) -> None:
        self._instance = component.house()
        self._house = self._instance.call("house", "[constructor]house")

    def answer(self, command: Any) -> Variant:
        """What a `consult` is answered, waited for where the house wants that."""
        changes = self._call("ask", COURSE, str(command.payload))
        while not changes.told:
            time.sleep((changes.due or 0) / 1000)
            changes = self._call("tick")
        return Variant("ruling", changes.told[0].ruling)

    def _call(self, method: str, *arguments: Any) -> Any:
        return self._instance.call("house", f"[method]house.{method}", self._house, *arguments)
