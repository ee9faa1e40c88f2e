"""The end of an episode: outcomes, records, clocks and memories in one transaction."""

import math

from sqlalchemy import insert, select, update

from agents_db import tables
from agents_db.errors import NotStored
from agents_db.keys import clean_optional
from agents_db.memories import add_memories, list_episode_memories
from agents_db.plays import read_episode
from agents_db.records import EpisodeEnd, EpisodeRecord, MemoryRecord, SeatOutcome
from agents_db.turns import add_position
from agents_db.writer import Transaction


def end_episode(transaction: Transaction, end: EpisodeEnd, *, now: int) -> list[MemoryRecord]:
    """Stores how an episode ended and what was learnt; one that has ended already returns its memories."""
    episode = read_episode(transaction.connection, end.episode_id)
    if episode.status != "running":
        return list_episode_memories(transaction.connection, end.episode_id)
    if end.position is not None:
        add_position(transaction, end.episode_id, end.position)
    seats = {played.seat: played for played in episode.participations}
    for outcome in end.outcomes:
        if outcome.seat not in seats:
            raise NotStored(f"Episode {end.episode_id!r} has no seat {outcome.seat!r}; it has {sorted(seats)!r}.")
        _end_seat(transaction, end.episode_id, outcome)
        agent_id = seats[outcome.seat].agent_id
        if agent_id is not None:
            _touch_agent(transaction, agent_id, finished=end.status == "finished", now=now)
            if end.status == "finished" and math.isfinite(outcome.total):
                _count_env(transaction, agent_id, outcome, episode=episode, now=now)
    transaction.connection.execute(
        update(tables.episode)
        .where(tables.episode.c.episode_id == end.episode_id)
        .values(status=end.status, reason=end.reason, fault=clean_optional(end.fault), ended_at=now)
    )
    return add_memories(transaction, end.memories, now=now)


def _end_seat(transaction: Transaction, episode_id: int, outcome: SeatOutcome) -> None:
    played = tables.participation.c
    transaction.connection.execute(
        update(tables.participation)
        .where(played.episode_id == episode_id, played.seat == outcome.seat)
        .values(
            total=None if math.isnan(outcome.total) else outcome.total, result=outcome.result, reason=outcome.reason
        )
    )


def _touch_agent(transaction: Transaction, agent_id: int, *, finished: bool, now: int) -> None:
    agent = tables.agent.c
    transaction.connection.execute(
        update(tables.agent)
        .where(agent.agent_id == agent_id)
        .values(n_participations=agent.n_participations + finished, last_played_at=now)
    )


def _count_env(
    transaction: Transaction, agent_id: int, outcome: SeatOutcome, *, episode: EpisodeRecord, now: int
) -> None:
    record = tables.env_record
    here = (record.c.agent_id == agent_id, record.c.env_id == episode.env_id)
    connection = transaction.connection
    old = connection.execute(select(record).where(*here)).mappings().first()
    counts = {
        "n_participations": 1,
        "sum_total": outcome.total,
        "n_wins": outcome.result == "win",
        "n_draws": outcome.result == "draw",
        "n_losses": outcome.result == "loss",
        "sum_turns": episode.n_turns,
        "sum_seconds": max(0, now - episode.started_at) / 1e6,
    }
    last = {"best_total": outcome.total, "last_total": outcome.total}
    if old is None:
        connection.execute(insert(record).values(agent_id=agent_id, env_id=episode.env_id, **counts, **last))
        return
    last["best_total"] = max(outcome.total, old["best_total"])
    sums = {name: old[name] + value for name, value in counts.items()}
    connection.execute(update(record).where(*here).values(**sums, **last))
