"""Served tables: episodes whose seats are played over the wire, and who may play them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from agents_db import attempts, plays
from agents_db.door import Door
from agents_db.engine import find_driver
from agents_db.errors import NotStored
from agents_db.keys import clean_text
from agents_db.records import AttemptDraft, EpisodeDraft, EpisodeRecord
from agents_db.writer import Transaction

_TABLE = "INSERT INTO served_table (episode_id, table_id, owner_hash, decision_seconds) VALUES (?, ?, ?, ?)"
_SEAT = "INSERT INTO served_seat (episode_id, seat, who, has_left) VALUES (?, ?, ?, 0)"
_CLAIM = (
    "UPDATE served_seat SET name = ?, token_hash = ?, expires_at = ?, has_left = ? WHERE episode_id = ? AND seat = ?"
)
_SIT = "UPDATE participation SET player = ? WHERE episode_id = ? AND seat = ?"
_ANSWER = "UPDATE served_seat SET answered_turn = ?, answered_action = ? WHERE episode_id = ? AND seat = ?"
_OPEN = (
    "SELECT t.episode_id, t.table_id, t.owner_hash, t.decision_seconds FROM served_table t "
    "JOIN episode e ON e.episode_id = t.episode_id WHERE e.status = 'running' "
    "OR (e.status = 'finished' AND e.reason IN ('natural', 'capped') AND e.ended_at > ?) ORDER BY t.episode_id"
)
_ALL = "SELECT table_id, episode_id FROM served_table ORDER BY episode_id"
_SEATS = (
    "SELECT s.seat, s.who, s.name, s.token_hash, s.expires_at, s.has_left, s.answered_turn, s.answered_action "
    "FROM served_seat s JOIN participation p ON p.episode_id = s.episode_id AND p.seat = s.seat "
    "WHERE s.episode_id = ? ORDER BY p.position"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedDraft:
    """What is stored of a served table beside its episode."""

    table_id: str
    owner_hash: bytes
    """SHA-256 of the token of who made it."""
    decision_seconds: float
    who: Sequence[tuple[str, str]]
    """Each seat and who is to sit there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedClaim:
    """Who plays a seat over the wire."""

    seat: str
    name: str
    """As it calls itself."""
    player: str
    """As the episode names it."""
    token_hash: bytes
    expires_at: float
    has_left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedSeatRecord:
    """A seat of a served table."""

    seat: str
    who: str
    name: str | None
    """`None` where nobody has claimed it."""
    token_hash: bytes | None
    expires_at: float | None
    has_left: bool
    answered_turn: int | None
    answered_action: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedRecord:
    """A served table."""

    episode_id: int
    table_id: str
    owner_hash: bytes
    decision_seconds: float
    seats: tuple[ServedSeatRecord, ...]


class ServingStore(Door):
    """The part of the store that keeps served tables; its methods are those of `AgentsDB`.

    Writes survive the death of the process; a power cut may cost the last of those that say so.
    """

    def begin_served(self, episode: EpisodeDraft, served: ServedDraft) -> EpisodeRecord:
        """Stores a table that begins, with its episode; a power cut may cost it."""
        return self._write(
            partial(_begin, episode=episode, served=served, now=self._clock()),
            durable=False,
        )

    def claim_seat(self, episode_id: int, claim: ServedClaim) -> None:
        """Stores who plays a seat, in place of whoever did; raises `NotStored` where there is no such seat."""
        self._write(partial(_claim, episode_id=episode_id, claim=claim), durable=False)

    def keep_answer(self, draft: AttemptDraft, *, action: int | None, held: bool = False) -> None:
        """Stores an answer of a served seat, and what is played by it; a power cut may cost it.

        Args:
            draft: what was answered, in an episode; the same place and ordinal again change nothing.
            action: of an answer that counts.
            held: whether it is to be stored with whatever is written next, and before it.
        """
        write = partial(_answer, draft=draft, action=action, now=self._clock())
        if held:
            self._find_writer().hold(write)
        else:
            self._write(write, durable=False)

    def open_served(self, *, linger: float = 0.0) -> list[ServedRecord]:
        """Returns the served tables that have not ended, oldest first.

        Args:
            linger: seconds for which those that were played to their end are returned as well.
        """
        return self._read(_list_open, since=self._clock() - round(linger * 1e6))

    def served_episodes(self) -> dict[str, int]:
        """Returns the episode of every table that was ever served here, by the table's id."""
        return self._read(lambda connection: dict(find_driver(connection).execute(_ALL).fetchall()))


def _begin(transaction: Transaction, *, episode: EpisodeDraft, served: ServedDraft, now: int) -> EpisodeRecord:
    record = plays.start_episode(transaction, episode, now=now)
    cursor = transaction.cursor
    cursor.execute(_TABLE, (record.episode_id, served.table_id, served.owner_hash, served.decision_seconds))
    rows = [(record.episode_id, clean_text(seat), clean_text(who)) for seat, who in served.who]
    cursor.executemany(_SEAT, rows)
    return record


def _claim(transaction: Transaction, *, episode_id: int, claim: ServedClaim) -> None:
    place = (episode_id, clean_text(claim.seat))
    values = (clean_text(claim.name), claim.token_hash, claim.expires_at, claim.has_left)
    if transaction.cursor.execute(_CLAIM, (*values, *place)).rowcount != 1:
        raise NotStored(f"Episode {episode_id!r} is not served at the seat {claim.seat!r}.")
    transaction.cursor.execute(_SIT, (clean_text(claim.player), *place))


def _answer(transaction: Transaction, *, draft: AttemptDraft, action: int | None, now: int) -> None:
    attempts.add_attempt(transaction, draft, now=now)
    if action is not None and draft.seat is not None:
        values = (draft.turn, action, draft.episode_id, clean_text(draft.seat))
        transaction.cursor.execute(_ANSWER, values)


def _list_open(connection: Connection, *, since: int) -> list[ServedRecord]:
    driver = find_driver(connection)
    found: list[ServedRecord] = []
    for episode_id, table_id, owner_hash, decision_seconds in driver.execute(_OPEN, (since,)).fetchall():
        seats = tuple(
            ServedSeatRecord(
                seat=seat,
                who=who,
                name=name,
                token_hash=token_hash,
                expires_at=expires_at,
                has_left=bool(has_left),
                answered_turn=turn,
                answered_action=action,
            )
            for seat, who, name, token_hash, expires_at, has_left, turn, action in driver.execute(_SEATS, (episode_id,))
        )
        found.append(
            ServedRecord(
                episode_id=episode_id,
                table_id=table_id,
                owner_hash=owner_hash,
                decision_seconds=decision_seconds,
                seats=seats,
            )
        )
    return found
