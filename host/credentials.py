"""The GitHub App's credentials, kept until they are to be renewed; each is fetched by one course at a time.

What a credential is for, and until when it is good, is the component's to say.
"""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from host.component import Component

#: Credentials that are kept at most.
KEPT = 1000


class NoCredential(Exception):
    """There is none; the argument is the WIT's `refusal`."""


def fetch(component: Component, scope: str) -> Any:
    """A credential of the GitHub App's, a WIT `credential`, from a keys instance. Asks GitHub."""
    answer = component.keys().call("keys", "get", scope)
    if answer.tag == "err":
        raise NoCredential(answer.payload)
    return answer.payload


@dataclass
class _Entry:
    token: str = ""
    renew: float = 0.0
    fetching: asyncio.Lock = field(default_factory=asyncio.Lock)


class Credentials:
    """One for all courses of a process, on its event loop."""

    def __init__(self, component: Component) -> None:
        self._component = component
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    async def get(self, scope: str, again: bool) -> str:
        """The credential for `scope`; if `again`, another than the one that was given out before."""
        entry = self._entries.setdefault(scope, _Entry())
        self._entries.move_to_end(scope)
        while len(self._entries) > KEPT:
            self._entries.popitem(last=False)
        given = entry.token
        async with entry.fetching:
            stale = again and entry.token == given
            if stale or time.time() * 1000 >= entry.renew:
                answer = await asyncio.to_thread(fetch, self._component, scope)
                entry.token, entry.renew = answer.token, answer.renew
        return entry.token
