"""Lists of any length, and what a replay is made of: ids alone, then the rows that are seen, in a few statements."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

from sqlalchemy import ColumnElement, Connection, Select, func, select

from agents_db import plays, tables
from agents_db.door import Door
from agents_db.engine import find_driver
from agents_db.filters import (
    Condition,
    EpisodeOrder,
    MemoryOrder,
    find_own,
    narrow_episodes,
    narrow_memories,
    narrow_players,
)
from agents_db.keys import read_json
from agents_db.knowledge import MemoryState
from agents_db.records import EpisodeRecord, Source
from agents_db.texts import read_texts

_AT_ONCE = 10_000
"""Ids that are taken over at once, so that other threads have their turn in between."""
_SPINE = (
    "SELECT s.step_id, s.turn, s.seat, s.action, s.name, s.source, s.n_attempts, s.first_try_legal, s.created_at, "
    "(SELECT count(*) FROM recall r WHERE r.episode_id = s.episode_id AND r.turn = s.turn AND r.seat = s.seat) "
    "FROM step s WHERE s.episode_id = ? ORDER BY s.turn, s.step_id"
)
_PAYMENTS = "SELECT turn, payments FROM position WHERE episode_id = ? AND turn <= ? AND payments != '{}' ORDER BY turn"
_LAST_ASKED = (
    "SELECT turn FROM attempt WHERE episode_id = ? AND turn < ? AND seat = ? ORDER BY turn DESC, ordinal LIMIT 1"
)
_LAST_SEEN = (
    "SELECT text_id FROM step WHERE episode_id = ? AND turn <= ? AND text_id IS NOT NULL "
    "ORDER BY turn DESC, step_id DESC LIMIT 1"
)
_FOREVER = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class SpineRecord:
    """A step without its texts."""

    step_id: int
    turn: int
    seat: str
    action: int
    name: str
    source: Source
    n_attempts: int
    first_try_legal: bool
    created_at: int
    n_recalled: int
    """Memories that were shown for it."""


class ListingStore(Door):
    """The part of the store that lists are made from; its methods are those of `AgentsDB`."""

    def episode_ids(self, conditions: Sequence[Condition] = (), *, order: EpisodeOrder = "newest") -> "array[int]":
        """Returns the ids of the episodes that fit every condition, in order.

        Args:
            conditions: those on a participation must all hold of one participation.
            order: `best` goes by the highest return of a participation that fits, those without one last; episodes
                that are equal in `longest` and `best` are newest first.
        """
        return self._read(list_episode_ids, conditions, order)

    def episodes_by_id(self, episode_ids: Sequence[int]) -> list[EpisodeRecord]:
        """Returns the episodes of those ids in that order; those that are not stored are left out."""
        return self._read(plays.load_episodes, episode_ids)

    def memory_ids(self, conditions: Sequence[Condition] = (), *, order: MemoryOrder = "newest") -> "array[int]":
        """Returns the ids of the memories, in any state, that fit every condition, in order; ties newest first.

        They are those of all agents that were not deleted, unless a condition names one.
        """
        return self._read(list_memory_ids, conditions, order)

    def memories_of_episode(
        self,
        episode_id: int,
        *,
        seat: str | None = None,
        turn: int | None = None,
        state: MemoryState | None = None,
    ) -> list[int]:
        """Returns the ids of the memories of all agents that come from an episode, oldest first.

        Args:
            episode_id: of the episode.
            seat: only those of this seat.
            turn: only those that rest on this turn.
            state: only in this state; `None` for any.
        """
        return self._read(partial(list_born, seat=seat, turn=turn, state=state), episode_id)

    def spine(self, episode_id: int) -> list[SpineRecord]:
        """Returns an episode's steps by turn, without their texts."""
        return self._read(list_spine, episode_id)

    def payments(self, episode_id: int, *, until: int | None = None) -> dict[int, Mapping[str, float]]:
        """Returns what the seats were paid on the way to each position up to `until`, where anybody was paid."""
        return self._read(list_payments, episode_id, until)

    def last_asked(self, episode_id: int, seat: str, *, before: int) -> int | None:
        """Returns the last turn under `before` in which a seat's model was asked, or `None`."""
        return self._read(partial(find_asked, before=before), episode_id, seat)

    def last_seen(self, episode_id: int, turn: int) -> str | None:
        """Returns the last text that any seat had seen up to a turn, or `None` where none was kept."""
        return self._read(find_seen, episode_id, turn)

    def data_version(self) -> int:
        """Returns a number that changes when another connection has written; only comparable within one thread."""
        row = self._readers.read_one("PRAGMA data_version", ())
        assert row is not None
        return row[0]

    def interrupt(self) -> None:
        """Ends the reads that are under way in any thread: they raise `StoreClosed`; later ones are not touched."""
        self._readers.interrupt()


def list_episode_ids(connection: Connection, conditions: Sequence[Condition], order: EpisodeOrder) -> "array[int]":
    """Returns the ids of the episodes that fit every condition, in order."""
    return _read_ids(connection, query_episodes(conditions, order))


def query_episodes(conditions: Sequence[Condition], order: EpisodeOrder) -> Select[tuple[int]]:
    """Returns the query of those ids."""
    if order == "best":
        return _query_best(conditions)
    episode = tables.episode.c
    query: Select[tuple[int]] = narrow_episodes(select(episode.episode_id), conditions)
    if order == "longest":
        return query.order_by(episode.n_turns.desc(), episode.episode_id.desc())
    return query.order_by(episode.episode_id if order == "oldest" else episode.episode_id.desc())


def _query_best(conditions: Sequence[Condition]) -> Select[tuple[int]]:
    """Returns the query that goes by what the participations that fit have earned."""
    episode, played = tables.episode.c, tables.participation.c
    query: Select[tuple[int]] = select(played.episode_id).where(*narrow_players(conditions))
    own = find_own(conditions)
    if own:
        joined = query.join(tables.episode, episode.episode_id == played.episode_id)
        query = narrow_episodes(joined, own)
    best = func.max(played.total).desc().nulls_last()
    return query.group_by(played.episode_id).order_by(best, played.episode_id.desc())


def list_memory_ids(connection: Connection, conditions: Sequence[Condition], order: MemoryOrder) -> "array[int]":
    """Returns the ids of the memories that fit every condition, in order."""
    return _read_ids(connection, query_memories(conditions, order))


def query_memories(conditions: Sequence[Condition], order: MemoryOrder) -> Select[tuple[int]]:
    """Returns the query of those ids."""
    memory = tables.memory.c
    query: Select[tuple[int]] = narrow_memories(select(memory.memory_id), conditions)
    firsts: Mapping[str, ColumnElement[object]] = {"recalled": memory.n_recalled, "importance": memory.importance}
    if order in firsts:
        return query.order_by(firsts[order].desc(), memory.memory_id.desc())
    return query.order_by(memory.memory_id if order == "oldest" else memory.memory_id.desc())


def _read_ids(connection: Connection, query: Select[tuple[int]]) -> "array[int]":
    """Returns what a query finds; SQLAlchemy's own rows would cost three times what SQLite does."""
    compiled = query.compile(connection)
    names = cast("Sequence[str]", compiled.positiontup or ())
    rows = find_driver(connection).execute(str(compiled), [compiled.params[name] for name in names])
    ids = array("q")
    while some := rows.fetchmany(_AT_ONCE):
        ids.extend([row[0] for row in some])
    return ids


def list_born(
    connection: Connection, episode_id: int, *, seat: str | None, turn: int | None, state: MemoryState | None
) -> list[int]:
    """Returns the ids of the memories that come from an episode, from a seat of it or from a turn, oldest first."""
    memory = tables.memory.c
    query = narrow_memories(select(memory.memory_id), [Condition("episode", "=", episode_id)])
    if state is not None:
        query = query.where(memory.state == state)
    if seat is not None:
        query = query.where(memory.seat == seat)
    if turn is not None:
        query = query.where(memory.turn_from <= turn, memory.turn_to >= turn)
    return list(connection.execute(query.order_by(memory.memory_id)).scalars())


def list_spine(connection: Connection, episode_id: int) -> list[SpineRecord]:
    """Returns an episode's steps by turn, without their texts."""
    rows = find_driver(connection).execute(_SPINE, (episode_id,))
    return [
        SpineRecord(
            step_id=step_id,
            turn=turn,
            seat=seat,
            action=action,
            name=name,
            source=source,
            n_attempts=n_attempts,
            first_try_legal=bool(legal),
            created_at=created_at,
            n_recalled=n_recalled,
        )
        for step_id, turn, seat, action, name, source, n_attempts, legal, created_at, n_recalled in rows
    ]


def list_payments(connection: Connection, episode_id: int, until: int | None) -> dict[int, Mapping[str, float]]:
    """Returns what the seats were paid on the way to each position up to `until`, where anybody was paid."""
    rows = find_driver(connection).execute(_PAYMENTS, (episode_id, _FOREVER if until is None else until))
    return {turn: cast("Mapping[str, float]", read_json(payments)) for turn, payments in rows}


def find_asked(connection: Connection, episode_id: int, seat: str, *, before: int) -> int | None:
    """Returns the last turn under `before` in which a seat's model was asked, or `None`."""
    row = find_driver(connection).execute(_LAST_ASKED, (episode_id, before, seat)).fetchone()
    return None if row is None else row[0]


def find_seen(connection: Connection, episode_id: int, turn: int) -> str | None:
    """Returns the last text that any seat had seen up to a turn, or `None` where none was kept."""
    row = find_driver(connection).execute(_LAST_SEEN, (episode_id, turn)).fetchone()
    return None if row is None else read_texts(connection, row)[row[0]]
