"""The hall: all tables, and the one way to them for programs and for assistants."""

import asyncio
import logging
import secrets
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

from universe.card import EnvCard
from universe.catalog import Catalog, default_catalog
from universe.errors import UniverseError
from universe.service.contracts import House, Journal, TableDraft, TableRecord
from universe.service.events import Event, Reader
from universe.service.floor import Floor
from universe.service.journal import MemoryJournal
from universe.service.logs import describe_error
from universe.service.orders import make_claim, take_order
from universe.service.plain_house import PlainHouse
from universe.service.problems import Refusal, misfit, not_found
from universe.service.rights import made_table, plays_seat
from universe.service.settings import Limits
from universe.service.table import Table
from universe.service.tokens import format_time, hash_token, make_token
from universe.service.views import read_words, show_look, show_made, show_observation, show_position, show_state
from universe.service.wire import (
    Accepted,
    AnswerBody,
    Array,
    ClaimSeat,
    EndBody,
    Look,
    MadeTable,
    NewTable,
    PlayBody,
    Position,
    ReadBody,
    ReadValue,
    SeatToken,
    Status,
    TablePage,
    TableState,
)

log = logging.getLogger("universe.service")


class Hall:
    """All tables of a service.

    Its coroutines run in one event loop, the one in which it was opened; the environments in its own threads, each in
    the same one for all its life. What it refuses is a `Refusal`.
    """

    def __init__(
        self,
        *,
        catalog: Catalog | None = None,
        journal: Journal | None = None,
        house: House | None = None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Takes what it is to serve.

        Args:
            catalog: What can be played; all that is installed by default.
            journal: Keeps the tables; in memory by default. Whoever gives it closes it.
            house: Who can be asked to sit; `random` alone by default.
            limits: How much of everything.
            clock: Counts seconds for time limits.
            wall: Tells the time for tokens, in seconds since 1970.
        """
        self.catalog = catalog if catalog is not None else default_catalog()
        self.journal: Journal = journal if journal is not None else MemoryJournal()
        self.house: House = house if house is not None else PlainHouse()
        self.limits = limits or Limits()
        self.n_made = 0
        """Tables that were made."""
        self.n_came_back = 0
        """Tables that were brought back from the journal."""
        self._clock = clock
        self._wall = wall
        self._floor = Floor(self.limits, clock)
        self._starts: deque[float] = deque()
        self._n_making = 0
        self._numbers = count(1)

    # Opening and closing

    async def __aenter__(self) -> "Hall":
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.drain(0.0)

    async def open(self) -> None:
        """Brings back the tables of the journal and begins to watch the time; once more does nothing."""
        if not self._floor.is_open:
            self._floor.open()
            await self.come_back()
            self._floor.watch()

    async def come_back(self) -> None:
        """Rebuilds every table that has not ended; one that cannot be rebuilt does not keep the others."""
        records = [record for record in self.journal.unfinished() if record.draft.table_id not in self._floor.tables]
        await asyncio.gather(*(self._come_back(record) for record in records))

    async def drain(self, seconds: float) -> None:
        """Ends politely: no new tables, no more waiting; then puts every table away, to come back from the journal."""
        await self._floor.drain(seconds)

    def stop_waiting(self) -> None:
        """Takes no new tables from now on, and answers whoever waits."""
        self._floor.stop_waiting()

    # What it counts

    @property
    def draining(self) -> bool:
        """Whether it is about to end."""
        return self._floor.draining

    @property
    def n_waiting(self) -> int:
        """Requests that wait for something to happen at a table."""
        return self._floor.n_waiting

    @property
    def plays(self) -> Counter[str]:
        """Decisions that were played, by who made them."""
        return self._floor.plays

    @property
    def tables(self) -> Counter[Status]:
        """Tables by their status."""
        return Counter(table.status for table in self._floor.tables.values())

    # Tables

    async def make(self, new: NewTable) -> MadeTable:
        """Makes a table.

        Raises:
            Refusal: It cannot be made so, or there are too many.
        """
        self._check_room()
        self._n_making += 1
        try:
            card = self.catalog.find(new.env)
            card.variant(new.kwargs)
            made = await self._floor.run_anywhere(lambda worker: self._make(new, card, worker))
        except UniverseError as error:
            raise misfit(error) from error
        finally:
            self._n_making -= 1
        self.n_made += 1
        return made

    async def list_tables(
        self, *, status: Status | None = None, env: str | None = None, after: int | None = None, limit: int = 50
    ) -> TablePage:
        """Returns tables, newest first; `after` is the `next` of the page before."""
        env_id = self.find_card(env).env_id if env is not None else None
        tables = [
            table
            for table in sorted(self._floor.tables.values(), key=lambda table: -table.number)
            if (after is None or table.number < after)
            and (status is None or table.status == status)
            and (env_id is None or table.card.env_id == env_id)
        ]
        shown = tables[:limit]
        states = await asyncio.gather(*(self._floor.ask(table, show_state, table) for table in shown))
        return TablePage(items=states, next=str(shown[-1].number) if len(tables) > limit else None)

    async def state(self, table_id: str) -> TableState:
        """Returns a table as everybody may see it."""
        table = self._find(table_id)
        return await self._floor.ask(table, show_state, table)

    async def position(self, table_id: str, token: str | None) -> Position:
        """Returns where a table stands, to who plays every seat."""
        table = self._admit_owner(table_id, token, alone=True)
        return await self._floor.ask(table, show_position, table)

    async def play(self, table_id: str, token: str | None, body: PlayBody) -> Position:
        """Plays every seat that must act and returns the next position; the same again gives the same."""
        table = self._admit_owner(table_id, token, alone=True)
        return await self._floor.ask(table, _play, table, body)

    async def end(self, table_id: str, token: str | None, body: EndBody) -> Position:
        """Ends a table for who made it and returns its last position."""
        table = self._admit_owner(table_id, token)
        return await self._floor.ask(table, _end, table, body)

    # Seats

    async def claim(self, table_id: str, seat: str, body: ClaimSeat) -> SeatToken:
        """Gives an open seat to whoever asks."""
        table = self._find(table_id)
        if seat not in table.chairs:
            raise not_found()
        claim, token = make_claim(seat, body.name, self._wall() + self.limits.token_seconds)
        await self._floor.ask(table, table.claim, claim)
        return token

    async def renew(self, table_id: str, seat: str, token: str | None) -> SeatToken:
        """Replaces the token of a seat; the old one gives no right any more."""
        table = self._admit(table_id, seat, token)
        old = table.chairs[seat].claim
        if old is None:
            raise not_found()
        new_token, expires_at = make_token(), self._wall() + self.limits.token_seconds
        claim = replace(old, token_hash=hash_token(new_token), expires_at=expires_at)
        await self._floor.ask(table, table.renew, claim)
        return SeatToken(seat=seat, token=new_token, expires_at=format_time(expires_at))

    async def look(self, table_id: str, seat: str, token: str | None, *, wait: float = 0.0, after: int = -1) -> Look:
        """Returns what a seat can do; waits up to `wait` seconds until it must act in a turn after `after`."""
        table = self._admit(table_id, seat, token)
        until = time.monotonic() + wait
        while True:
            version = table.version
            look = await self._floor.ask(table, show_look, table, seat, after)
            left = until - time.monotonic()
            if look.state != "waiting" or left <= 0 or self.draining:
                return look
            with self._floor.wait_room():
                await self._floor.wait_change(table, version, left)
            self._admit(table_id, seat, token)

    async def answer(self, table_id: str, seat: str, token: str | None, body: AnswerBody) -> Accepted:
        """Takes an answer of a seat; the same again gives the same.

        Raises:
            Refusal: It does not count: `illegal` and `unreadable` are for the model, and say how many attempts are
                left.
        """
        table = self._admit(table_id, seat, token)
        return await self._floor.ask(table, table.answer, seat, body)

    async def leave(self, table_id: str, seat: str, token: str | None) -> None:
        """Gives a seat up."""
        table = self._admit(table_id, seat, token)
        await self._floor.ask(table, table.leave, seat)

    async def read(self, table_id: str, seat: str, token: str | None, body: ReadBody) -> ReadValue:
        """Returns what words in the game's own notation mean in the current turn of a seat."""
        table = self._admit(table_id, seat, token)
        return await self._floor.ask(table, read_words, table, seat, body)

    async def observe(self, table_id: str, seat: str, token: str | None, turn: int | None = None) -> Array:
        """Returns what PettingZoo shows a seat in the turn that it must act in."""
        table = self._admit(table_id, seat, token)
        return await self._floor.ask(table, show_observation, table, seat, turn)

    def follow(
        self, table_id: str, token: str | None = None, *, last: str | None = None, seconds: float = 600.0
    ) -> AsyncIterator[Event | None]:
        """Returns what happens at a table from now on, `None` now and then where nothing does.

        Args:
            table_id: The table.
            token: Of a seat that is followed as well; `None` follows as anybody.
            last: The id of the last event that was read.
            seconds: How long to follow.

        Raises:
            Refusal: There is no such table, the token gives no right to any of its seats, or too many wait.
        """
        table, seat = self._find(table_id), None
        if token is not None:
            seat = next((seat for seat in table.chairs if plays_seat(table, seat, token, self._wall())), None)
            if seat is None:
                raise not_found()
        self._floor.check_wait_room()
        return Reader(
            self._floor,
            table,
            seat,
            last=last,
            seconds=seconds,
            allowed=lambda: seat is None or plays_seat(table, seat, token, self._wall()),
        ).read()

    # Cards

    def find_card(self, name: str) -> EnvCard:
        """Returns a card by any of its names."""
        try:
            return self.catalog.find(name)
        except UniverseError as error:
            raise misfit(error) from error

    # How it is done

    def _check_room(self) -> None:
        if self.draining:
            raise Refusal(503, "draining", "The service is about to stop and takes no new tables.", retry_after=5)
        now = self._clock()
        while self._starts and now - self._starts[0] > 60:
            self._starts.popleft()
        n_live = sum(not table.over for table in self._floor.tables.values()) + self._n_making
        if n_live >= self.limits.tables:
            raise Refusal(429, "limit", f"There are {n_live} tables already; no more for now.", retry_after=30)
        if len(self._starts) >= self.limits.tables_per_minute:
            raise Refusal(429, "limit", "Too many tables were made in the last minute.", retry_after=10)
        self._starts.append(now)

    def _make(self, new: NewTable, card: EnvCard, worker: ThreadPoolExecutor) -> MadeTable:
        """Makes a table in the thread that it will live in."""
        order = take_order(
            new,
            card,
            self.house,
            seed=secrets.randbelow(2**31) if new.seed is None else new.seed,
            decision_seconds=new.decision_seconds or self.limits.decision_seconds,
            expires_at=self._wall() + self.limits.token_seconds,
        )
        table = self._make_table(order.draft, card)
        self._floor.house(table, worker)
        try:
            table.begin(order.episode, order.claims)
        except Exception:
            table.put_away()
            raise
        self._floor.show(table)
        return show_made(order, table, with_position=new.position)

    def _make_table(self, draft: TableDraft, card: EnvCard) -> Table:
        return Table(
            draft,
            card,
            number=next(self._numbers),
            journal=self.journal,
            house=self.house,
            surroundings=self._floor,
            clock=self._clock,
            idle_seconds=self.limits.idle_seconds,
        )

    async def _come_back(self, record: TableRecord) -> None:
        table_id = record.draft.table_id
        try:
            table = self._make_table(record.draft, self.catalog.find(record.draft.env_id))
            await self._floor.run_anywhere(lambda worker: self._rebuild(table, record, worker))
        except Exception as error:
            log.error("a table could not come back", extra={"table": table_id, **describe_error(error)})
            return
        if table.status == "failed":
            log.error("a table came back as failed", extra={"table": table_id})
        else:
            self.n_came_back += 1

    def _rebuild(self, table: Table, record: TableRecord, worker: ThreadPoolExecutor) -> None:
        self._floor.house(table, worker)
        try:
            table.rebuild(record)
        finally:
            self._floor.show(table)

    def _find(self, table_id: str) -> Table:
        table = self._floor.find(table_id)
        if table is None:
            raise not_found()
        return table

    def _admit(self, table_id: str, seat: str, token: str | None) -> Table:
        table = self._floor.find(table_id)
        if not plays_seat(table, seat, token, self._wall()) or table is None:
            raise not_found()
        return table

    def _admit_owner(self, table_id: str, token: str | None, *, alone: bool = False) -> Table:
        table = self._floor.find(table_id)
        if not made_table(table, token) or table is None:
            raise not_found()
        if alone and not table.all_mine:
            raise Refusal(409, "taken", "Others have a seat at this table: each of yours is played for itself.")
        return table


def _play(table: Table, body: PlayBody) -> Position:
    table.play(body)
    return show_position(table)


def _end(table: Table, body: EndBody) -> Position:
    table.end(body)
    return show_position(table)
