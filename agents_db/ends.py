"""The end of an episode: outcomes, records, clocks and memories in one transaction."""

import math

from agents_db.changes import change_memory
from agents_db.errors import NotStored
from agents_db.jobs import EMBED, REFLECT, add_job
from agents_db.keys import clean_optional
from agents_db.knowledge import MemoryRecord
from agents_db.memories import add_memories, list_episode_memories
from agents_db.records import EpisodeEnd, SeatOutcome
from agents_db.turns import add_position
from agents_db.writer import Transaction

_EPISODE = "SELECT status, env_id, n_turns, started_at FROM episode WHERE episode_id = ?"
_SEATS = "SELECT seat, agent_id FROM participation WHERE episode_id = ?"
_END = "UPDATE episode SET status = ?, reason = ?, fault = ?, ended_at = ? WHERE episode_id = ?"
_END_SEAT = "UPDATE participation SET total = ?, result = ?, reason = ? WHERE episode_id = ? AND seat = ?"
_TOUCH_AGENT = "UPDATE agent SET n_participations = n_participations + ?, last_played_at = ? WHERE agent_id = ?"
_LIVED = (
    "INSERT INTO lived (agent_id, participation_id, clock) SELECT p.agent_id, p.participation_id, a.n_participations "
    "FROM participation p JOIN agent a ON a.agent_id = p.agent_id WHERE p.episode_id = ? ON CONFLICT DO NOTHING"
)
_CREDIT = "UPDATE recall SET credit = ? WHERE episode_id = ? AND seat = ?"
_SUMS = ("n_participations", "sum_total", "n_wins", "n_draws", "n_losses", "sum_turns", "sum_seconds")
_COUNT_ENV = (
    "INSERT INTO env_record (agent_id, env_id, n_participations, sum_total, best_total, last_total, n_wins, n_draws, "
    "n_losses, sum_turns, sum_seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (agent_id, env_id) DO UPDATE SET last_total = excluded.last_total, "
    "best_total = CASE WHEN excluded.best_total > env_record.best_total THEN excluded.best_total "
    "ELSE env_record.best_total END, "
) + ", ".join(f"{name} = env_record.{name} + excluded.{name}" for name in _SUMS)


def end_episode(transaction: Transaction, end: EpisodeEnd, *, now: int) -> list[MemoryRecord]:
    """Stores how an episode ended and what was learnt; one that has ended already returns its memories."""
    cursor = transaction.cursor
    episode = cursor.execute(_EPISODE, (end.episode_id,)).fetchone()
    if episode is None:
        raise NotStored(f"No episode has the id {end.episode_id!r}; list the episodes to see which there are.")
    status, env_id, n_turns, started_at = episode
    if status != "running":
        return list_episode_memories(transaction.connection, end.episode_id)
    if end.position is not None:
        add_position(transaction, end.episode_id, end.position)
    _end_seats(transaction, end, env_id, lasted=(n_turns, max(0, now - started_at) / 1e6), now=now)
    closing = (end.status, end.reason, clean_optional(end.fault), now, end.episode_id)
    cursor.execute(_END, closing)
    _leave_jobs(transaction, end, now=now)
    return _learn(transaction, end, now=now)


def _end_seats(transaction: Transaction, end: EpisodeEnd, env_id: str, *, lasted: tuple[int, float], now: int) -> None:
    cursor = transaction.cursor
    seats: dict[str, int | None] = dict(cursor.execute(_SEATS, (end.episode_id,)).fetchall())
    for outcome in end.outcomes:
        if outcome.seat not in seats:
            raise NotStored(f"Episode {end.episode_id!r} has no seat {outcome.seat!r}; it has {sorted(seats)!r}.")
        _end_seat(transaction, end.episode_id, outcome)
        agent_id = seats[outcome.seat]
        if agent_id is not None:
            cursor.execute(_TOUCH_AGENT, (end.status == "finished", now, agent_id))
            if end.status == "finished" and math.isfinite(outcome.total):
                _count_env(transaction, (agent_id, env_id), outcome, lasted=lasted)


def _leave_jobs(transaction: Transaction, end: EpisodeEnd, *, now: int) -> None:
    for kind, agent_ids in ((EMBED, end.embed_for), (REFLECT, end.reflect_for)):
        for agent_id in agent_ids:
            add_job(transaction, kind, agent_id=agent_id, episode_id=end.episode_id, now=now)


def _learn(transaction: Transaction, end: EpisodeEnd, *, now: int) -> list[MemoryRecord]:
    cursor = transaction.cursor
    if end.status == "finished":
        cursor.execute(_LIVED, (end.episode_id,))
    for seat, credit in end.credits.items():
        cursor.execute(_CREDIT, (credit, end.episode_id, seat))
    made = add_memories(transaction, end.memories, now=now)
    for change in end.changes:
        change_memory(transaction, change, now=now, entropy=b"")
    return made


def _end_seat(transaction: Transaction, episode_id: int, outcome: SeatOutcome) -> None:
    total = None if math.isnan(outcome.total) else outcome.total
    transaction.cursor.execute(_END_SEAT, (total, outcome.result, outcome.reason, episode_id, outcome.seat))


def _count_env(
    transaction: Transaction, place: tuple[int, str], outcome: SeatOutcome, *, lasted: tuple[int, float]
) -> None:
    """Adds an outcome to the record of `place`, an agent and an environment; it lasted so many turns and seconds."""
    totals = (outcome.total, outcome.total, outcome.total)
    results = (outcome.result == "win", outcome.result == "draw", outcome.result == "loss")
    transaction.cursor.execute(_COUNT_ENV, (*place, 1, *totals, *results, *lasted))
