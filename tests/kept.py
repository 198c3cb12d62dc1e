"""Tickets kept in memory, which fail when they are told to."""

from host.tickets import Kept


class KeptInMemory:
    """`tickets` is all that it has."""

    def __init__(self, *tickets: Kept) -> None:
        self.tickets = {kept.key: kept for kept in tickets}
        self.fails = False
        self.puts = 0

    async def put(self, kept: Kept) -> None:
        self._fail()
        self.puts += 1
        self.tickets[kept.key] = kept

    async def drop(self, key: str) -> None:
        self._fail()
        self.tickets.pop(key, None)

    async def all(self) -> list[Kept]:
        self._fail()
        return list(self.tickets.values())

    def _fail(self) -> None:
        if self.fails:
            raise OSError("told to")
