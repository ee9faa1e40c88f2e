"""What happens at a table, as it is told to who follows it."""

import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal

from universe.service.floor import Floor
from universe.service.problems import Refusal
from universe.service.table import Table
from universe.service.views import show_look, show_state
from universe.service.wire import Look, TableState

HEARTBEAT = 15.0
"""Seconds after which a sign of life is given where nothing happens."""
EPOCH = secrets.token_hex(4)
"""Tells the ids of this process from those of another, whose tables counted otherwise."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a table."""

    kind: Literal["turn", "moved", "over", "look"]
    """`turn`: who sits there or who must act has changed; `moved`: a turn was played; `look`: of the followed seat."""
    id: str | None
    """Where to go on after it; only the last one of those that belong together has one."""
    data: TableState | Look


class Reader:
    """Follows a table. Who is slow or comes back is told how it stands, not everything in between."""

    def __init__(
        self,
        floor: Floor,
        table: Table,
        seat: str | None,
        *,
        last: str | None,
        seconds: float,
        allowed: Callable[[], bool],
    ) -> None:
        self._floor = floor
        self._table = table
        self._seat = seat
        self._allowed = allowed
        self._seconds = seconds
        self._version, self._turn = _read_id(last, table)
        self._look: tuple[object, ...] = ()

    async def read(self) -> AsyncIterator[Event | None]:
        """Yields what happens until the table is over, the service stops, time is up, or the right has ended."""
        until = time.monotonic() + self._seconds
        with self._floor.wait_room():
            while True:
                version = self._table.version
                if version != self._version:
                    for event in await self._tell(version):
                        yield event
                    self._version = version
                left = until - time.monotonic()
                if self._table.over or self._floor.draining or left <= 0 or not self._allowed():
                    return
                await self._floor.wait_change(self._table, version, min(HEARTBEAT, left))
                if self._table.version == version:
                    yield None

    async def _tell(self, version: int) -> list[Event]:
        table = self._table
        state = await self._floor.ask(table, show_state, table)
        over = state.status in ("ended", "failed")
        kind = "over" if over else "moved" if -1 < self._turn < state.turn else "turn"
        self._turn = state.turn
        event_id = f"{EPOCH}.{version}.{state.turn}"
        look = await self._see()
        if look is None:
            return [Event(kind, event_id, state)]
        return [Event(kind, None, state), Event("look", event_id, look)]

    async def _see(self) -> Look | None:
        """Returns what the followed seat sees, where that has changed."""
        if self._seat is None:
            return None
        try:
            look = await self._floor.ask(self._table, show_look, self._table, self._seat)
        except Refusal:
            return None
        turn = look.turn
        seen = (look.state, turn and turn.turn, turn and turn.attempts_left)
        changed, self._look = seen != self._look, seen
        return look if changed else None


def _read_id(last: str | None, table: Table) -> tuple[int, int]:
    """Returns the version and the turn that an event's id names; -1 for what is not one of this table's."""
    epoch, _, place = (last or "").partition(".")
    version, _, turn = place.partition(".")
    if epoch != EPOCH or not (version.isdecimal() and turn.isdecimal()) or len(place) > 30:
        return -1, -1
    return (int(version), int(turn)) if int(version) <= table.version else (-1, -1)
