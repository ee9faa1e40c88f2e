"""Jobs: work that an episode leaves behind, done by whoever holds its lease and redone where that one died.

A job is stored in the transaction that makes it due, so that it is never forgotten. What it does must be idempotent: a
lease that runs out is taken by the next process, whatever the one before has done of it.
"""

from sqlalchemy import Connection, select, update

from agents_db import tables
from agents_db.engine import find_driver
from agents_db.errors import NotStored
from agents_db.keys import clean_optional, clean_text, make_key
from agents_db.records import JobRecord
from agents_db.rows import to_record
from agents_db.statements import compile_insert
from agents_db.writer import Transaction

EMBED = "embed"
"""The kind of job that makes the vectors of an episode's memories."""
REFLECT = "reflect"
"""The kind of job that draws conclusions from an episode."""
MOST_TRIES = 5
"""Leases after which a job counts as failed: one that kills its process must not do so for ever."""
_JOB = compile_insert(tables.job, *("key", "kind", "agent_id", "episode_id", "state", "n_tries", "created_at"))
_DUE = "agent_id = ? AND (state = 'waiting' OR (state = 'leased' AND lease_until <= ?))"
_GIVE_UP = (
    f"UPDATE job SET state = 'failed', ended_at = ?, owner = NULL, lease_until = NULL WHERE {_DUE} AND n_tries >= ?"
)
_CLAIM = (
    "UPDATE job SET state = 'leased', owner = ?, lease_until = ?, n_tries = n_tries + 1 "
    f"WHERE job_id IN (SELECT job_id FROM job WHERE {_DUE} ORDER BY job_id LIMIT ?) "
    f"RETURNING {', '.join(JobRecord.__slots__)}"
)
_END = (
    "UPDATE job SET state = ?, error = ?, ended_at = ?, owner = NULL, lease_until = NULL "
    "WHERE job_id = ? AND state = 'leased' AND n_tries >= ?"
)
_OPEN = "SELECT 1 FROM job WHERE agent_id = ? AND state IN ('waiting', 'leased') LIMIT 1"
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
    cursor = transaction.cursor
    cursor.execute(_GIVE_UP, (now, agent_id, now, MOST_TRIES))
    rows = cursor.execute(_CLAIM, (clean_text(owner), now + lease, agent_id, now, limit)).fetchall()
    names = [column[0] for column in cursor.description]
    jobs = [JobRecord(**dict(zip(names, row, strict=True))) for row in rows]
    return sorted(jobs, key=lambda job: job.job_id)


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
    cursor = transaction.cursor
    said = clean_optional(error)
    for job_id in job_ids:
        if error is None:
            cursor.execute(_END, ("done", None, now, job_id, 0))
        else:
            cursor.execute(_END, ("failed", said, now, job_id, MOST_TRIES))
            cursor.execute(_END, ("waiting", said, None, job_id, 0))


def has_jobs(connection: Connection, agent_id: int) -> bool:
    """Returns whether an agent has jobs that are not done."""
    return find_driver(connection).execute(_OPEN, (agent_id,)).fetchone() is not None


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
