"""Keeps a table open for whoever comes: when it is taken, the next one is laid."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from universe.service.hall import Hall
from universe.service.problems import Refusal
from universe.service.wire import NewTable, TableState

LOOK_SECONDS = 0.25
"""Between two looks at the open table."""
PAUSE_SECONDS = 5.0
"""After which a table is tried again that could not be laid."""
OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A table that is always there."""

    env: str
    kwargs: Mapping[str, JsonValue]
    seats: Mapping[str, str]
    """Who sits where; all other seats are open."""


class Usher:
    """Lays tables in a hall; runs in the hall's event loop."""

    def __init__(self, hall: Hall, standing: Standing, *, note: Callable[[str], None]) -> None:
        """Prepares to lay tables.

        Args:
            hall: Where.
            standing: The table that is always to be there.
            note: Is told why one cannot be laid.
        """
        self._hall = hall
        self._standing = standing
        self._note = note
        self._table: str | None = None

    async def run(self) -> None:
        """Lays tables until it is cancelled; one that an earlier service laid and nobody took is used first."""
        self._table = await self._find_laid()
        while True:
            try:
                if self._table is None or not await self._is_free(self._table):
                    self._table = await self._lay()
                await asyncio.sleep(LOOK_SECONDS)
            except Refusal as refusal:
                if self._hall.draining:
                    return
                self._note(f"no table of {self._standing.env} can be laid: {refusal}")
                self._table = None
                await asyncio.sleep(PAUSE_SECONDS)

    async def _lay(self) -> str:
        standing = self._standing
        seats = {"*": OPEN, **standing.seats}
        made = await self._hall.make(NewTable(env=standing.env, kwargs=dict(standing.kwargs), seats=seats))
        return made.table.table

    async def _is_free(self, table_id: str) -> bool:
        try:
            return (await self._hall.state(table_id)).status == "waiting"
        except Refusal:
            return False

    async def _find_laid(self) -> str | None:
        page = await self._hall.list_tables(status="waiting", env=self._standing.env)
        return next((state.table for state in page.items if self._is_ours(state)), None)

    def _is_ours(self, state: TableState) -> bool:
        wanted = self._standing.seats
        return state.kwargs == self._standing.kwargs and all(
            seat.who == wanted.get(seat.seat, OPEN) for seat in state.seats
        )
