"""Jobs: work that an episode leaves behind, done by whoever holds its lease and redone where that one died.

A job is stored in the transaction that makes it due, so that it is never forgotten. What it does must be idempotent: a
lease that runs out is taken by the next process, whatever the one before has done of it.
"""

from sqlalchemy import Connection, or_, select, update

from agents_db import tables
from agents_db.errors import NotStored
from agents_db.keys import clean_text, make_key
from agents_db.records import JobRecord
from agents_db.rows import to_record
from agents_db.statements import compile_insert
from agents_db.writer import Transaction

EMBED = "embed"
"""The kind of job that makes the vectors of an episode's memories."""
MOST_TRIES = 5
"""Leases after which a job counts as failed: one that kills its process must not do so for ever."""
_JOB = compile_insert(
    tables.job, *("key", "kind", "agent_id", "episode_id", "state", "n_tries", "created_at")
)
_KEYS = "SELECT agent.key, episode.key FROM agent, episode WHERE agent.agent_id = ? AND episode.episode_id = ?"


def add_job(transaction: Transaction, kind: str, *, agent_id: int, episode_id: int, now: int) -> None:
    """Stores a job for an agent and an episode, unless it is stored."""
    keys = transaction.cursor.execute(_KEYS, (agent_id, episode_id)).fetchone()
    if keys is None:
        raise NotStored(f"No episode {episode_id!r} or no agent {agent_id!r}; a job needs both.")
    key = make_key("job", kind, *keys)
    transaction.cursor.execute(_JOB, (key, kind, agent_id, episode_id, "waiting", 0, now))


def claim_jobs(
    transaction: Transaction, agent_id: int, *, owner: str, now: int, lease: int, limit: int
) -> list[JobRecord]:
    """Leases an agent's jobs that wait, and those whose lease has run out, oldest first.

    A job whose lease ran out for the `MOST_TRIES`th time is closed as failed instead.

    Args:
        transaction: of the write.
        agent_id: whose jobs.
        owner: names the process, for people.
        now: the time.
        lease: microseconds.
        limit: how many at most.
    """
    table = tables.job.c
    due = or_(table.state == "waiting", (table.state == "leased") & (table.lease_until <= now))
    connection = transaction.connection
    connection.execute(
        update(tables.job)
        .where(table.agent_id == agent_id, due, table.n_tries >= MOST_TRIES)
        .values(state="failed", ended_at=now, owner=None, lease_until=None)
    )
    query = select(table.job_id).where(table.agent_id == agent_id, due).order_by(table.job_id).limit(limit)
    ids = list(connection.execute(query).scalars())
    connection.execute(
        update(tables.job)
        .where(table.job_id.in_(ids))
        .values(state="leased", owner=clean_text(owner), lease_until=now + lease, n_tries=table.n_tries + 1)
    )
    return _load(connection, ids)


def release_jobs(transaction: Transaction, agent_id: int) -> None:
    """Ends every lease on an agent's jobs: for whoever holds the agent's lock, since nobody else can be at work."""
    table = tables.job.c
    transaction.connection.execute(
        update(tables.job)
        .where(table.agent_id == agent_id, table.state == "leased")
        .values(state="waiting", owner=None, lease_until=None)
    )


def end_jobs(transaction: Transaction, job_ids: list[int], *, error: str | None, now: int) -> None:
    """Closes leased jobs: as done, or, with an error, to be tried again until their tries are used up."""
    table = tables.job.c
    mine = update(tables.job).where(table.job_id.in_(job_ids), table.state == "leased")
    connection = transaction.connection
    if error is None:
        connection.execute(mine.values(state="done", owner=None, lease_until=None, error=None, ended_at=now))
        return
    said = clean_text(error)
    connection.execute(
        mine.where(table.n_tries >= MOST_TRIES).values(
            state="failed", owner=None, lease_until=None, error=said, ended_at=now
        )
    )
    connection.execute(mine.values(state="waiting", owner=None, lease_until=None, error=said))


def list_jobs(connection: Connection, agent_id: int | None, *, is_open: bool) -> list[JobRecord]:
    """Returns jobs, oldest first: those that are not done, or all."""
    table = tables.job.c
    query = select(table.job_id).order_by(table.job_id)
    if agent_id is not None:
        query = query.where(table.agent_id == agent_id)
    if is_open:
        query = query.where(table.state.in_(("waiting", "leased")))
    return _load(connection, list(connection.execute(query).scalars()))


def _load(connection: Connection, job_ids: list[int]) -> list[JobRecord]:
    table = tables.job
    query = select(table).where(table.c.job_id.in_(job_ids)).order_by(table.c.job_id)
    return [to_record(JobRecord, row) for row in connection.execute(query).mappings()]
