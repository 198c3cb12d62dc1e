"""Processes that follow one another on one store: how the last one ended, and which one is the last that began.

On a deploy two overlap. The older one ends what it is at, and takes up nothing more.
"""

import time
import uuid
from typing import Any

from host.house import House
from host.log import logger
from host.records.store import Store

#: Where it stands in the store.
NAME = "process"


class Succession:
    """This process among those of its store. A store that fails keeps nobody from working."""

    def __init__(self, store: Store, house: House) -> None:
        self._store = store
        self._house = house
        self._id = uuid.uuid4().hex
        #: Whether the store knows of this process.
        self._is_known = False
        #: Whether it still has to sweep what an earlier process left. So it does until `begin` knows better.
        self._owes_sweep = True

    async def begin(self) -> float | None:
        """This process begins: in how many seconds it is to sweep beside the regular sweeps, if at all."""
        last: dict[str, Any] = {}
        try:
            last = await self._enter()
        except Exception as error:
            logger().warning("not-read", error=type(error).__name__)
        due = self._house.begin("id" in last and last["id"] is None, last.get("swept"))
        self._owes_sweep = due is not None
        return due

    async def is_last(self) -> bool:
        """Whether no process began after this one."""
        try:
            if not self._is_known:
                await self._enter()
            return (await self._read()).get("id") in (None, self._id)
        except Exception as error:
            logger().warning("not-read", error=type(error).__name__)
            return True

    async def swept(self) -> None:
        """A sweep is over."""
        self._owes_sweep = False
        await self._note({"id": self._id, "swept": time.time()})

    async def end(self) -> None:
        """This process ends as it should: all that matters is kept. A sweep that it owes is the next one's."""
        try:
            swept = None if self._owes_sweep else (await self._read()).get("swept")
        except Exception:
            swept = None
        await self._note({"id": None, "swept": swept})

    async def _note(self, said: dict[str, Any]) -> None:
        if await self.is_last():
            try:
                await self._store.put(NAME, said)
            except Exception as error:
                logger().warning("not-kept", error=type(error).__name__)

    async def _enter(self) -> dict[str, Any]:
        last = await self._read()
        await self._store.put(NAME, {"id": self._id, "swept": last.get("swept")})
        self._is_known = True
        return last

    async def _read(self) -> dict[str, Any]:
        found = await self._store.get(NAME)
        return found if isinstance(found, dict) else {}
