"""Agents: their names, their configuration and their records."""

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, RowMapping, delete, exists, insert, select, update

from agents_db import tables
from agents_db.errors import AgentExists, BadName, NotStored, UnknownAgent
from agents_db.keys import clean_text, make_key, pack_json
from agents_db.knowledge import EnvStats
from agents_db.records import AgentDraft, AgentRecord, JsonObject
from agents_db.rows import to_record
from agents_db.writer import Transaction

NAME_RULE = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
RESERVED = frozenset(
    ["random", "self", "human", "none", "all", "agent", "agents", "langgym", "system", "user", "assistant"]
)


def check_name(name: str) -> None:
    """Raises `BadName` unless an agent may have that name."""
    if not NAME_RULE.fullmatch(name):
        raise BadName(
            f"{name!r} cannot be an agent's name: use 1 to 32 of a-z, 0-9, '_' and '-', the first a letter or a digit."
        )
    if name in RESERVED:
        raise BadName(f"The name {name!r} is reserved; choose another.")


def create_agent(transaction: Transaction, draft: AgentDraft, *, now: int, entropy: bytes) -> AgentRecord:
    """Stores a new agent; raises `AgentExists` when the name is taken."""
    if find_agent(transaction.connection, draft.name) is not None:
        raise AgentExists(f"There is an agent {draft.name!r} already; choose another name or delete it first.")
    transaction.connection.execute(
        insert(tables.agent).values(
            key=make_key("agent", draft.name, now, entropy),
            name=draft.name,
            model=clean_text(draft.model),
            settings=pack_json(dict(draft.settings)),
            created_at=now,
            limits="{}",
            **dict.fromkeys(("n_participations", "n_decisions", "n_fallbacks", "n_memories"), 0),
            **dict.fromkeys(("tokens_in", "tokens_out", "memory_version"), 0),
        )
    )
    return read_agent(transaction.connection, draft.name)


def find_agent(connection: Connection, name: str) -> AgentRecord | None:
    """Returns the agent of that name, or `None`."""
    query = select(tables.agent).where(tables.agent.c.name == name, tables.agent.c.deleted_at.is_(None))
    row = connection.execute(query).mappings().first()
    return None if row is None else _to_agent(row)


def read_agent(connection: Connection, name: str) -> AgentRecord:
    """Returns the agent of that name; raises `UnknownAgent` with the nearest names."""
    found = find_agent(connection, name)
    if found is not None:
        return found
    query = select(tables.agent.c.name).where(tables.agent.c.deleted_at.is_(None))
    names = sorted(connection.execute(query).scalars())
    nearest = difflib.get_close_matches(name, names, n=3)
    if nearest:
        advice = f"Did you mean {' or '.join(map(repr, nearest))}?"
    elif names:
        advice = f"Known: {', '.join(map(repr, names[:5]))}{' …' if len(names) > 5 else ''}."
    else:
        advice = "There is no agent yet; create one first."
    raise UnknownAgent(f"No agent {name!r}. {advice}", nearest=nearest)


def list_agents(connection: Connection) -> list[AgentRecord]:
    """Returns every agent that was not deleted, oldest first."""
    query = select(tables.agent).where(tables.agent.c.deleted_at.is_(None)).order_by(tables.agent.c.agent_id)
    return [_to_agent(row) for row in connection.execute(query).mappings()]


def change_agent(
    transaction: Transaction,
    agent_id: int,
    *,
    model: str | None = None,
    settings: JsonObject | None = None,
    limits: JsonObject | None = None,
) -> AgentRecord:
    """Replaces what is given; `None` leaves it as it is."""
    changes: dict[str, str] = {}
    if model is not None:
        changes["model"] = clean_text(model)
    if settings is not None:
        changes["settings"] = pack_json(dict(settings))
    if limits is not None:
        changes["limits"] = pack_json(dict(limits))
    if changes:
        transaction.connection.execute(
            update(tables.agent).where(tables.agent.c.agent_id == agent_id).values(**changes)
        )
    query = select(tables.agent).where(tables.agent.c.agent_id == agent_id, tables.agent.c.deleted_at.is_(None))
    row = transaction.connection.execute(query).mappings().first()
    if row is None:
        raise UnknownAgent(f"No agent has the id {agent_id!r}; list the agents to see which there are.")
    return _to_agent(row)


def delete_agent(transaction: Transaction, name: str, *, now: int) -> AgentRecord:
    """Forgets everything the agent knows and frees its name; episodes that it had not ended are closed as failed."""
    connection = transaction.connection
    agent = read_agent(connection, name)
    owned = select(tables.memory.c.memory_id).where(tables.memory.c.agent_id == agent.agent_id)
    connection.execute(delete(tables.recall).where(tables.recall.c.memory_id.in_(owned)))
    connection.execute(delete(tables.evidence).where(tables.evidence.c.memory_id.in_(owned)))
    known = (tables.embedding, tables.outbox, tables.index_state, tables.memory_event, tables.memory)
    for table in (*known, tables.env_record, tables.job):
        connection.execute(delete(table).where(table.c.agent_id == agent.agent_id))
    played = exists().where(
        tables.participation.c.episode_id == tables.episode.c.episode_id,
        tables.participation.c.agent_id == agent.agent_id,
    )
    connection.execute(
        update(tables.episode)
        .where(tables.episode.c.status == "running", played)
        .values(status="failed", reason="fault", fault=f"agent {name!r} was deleted", ended_at=now)
    )
    connection.execute(
        update(tables.agent)
        .where(tables.agent.c.agent_id == agent.agent_id)
        .values(deleted_at=now, n_memories=0, memory_version=tables.agent.c.memory_version + 1)
    )
    return agent


def list_stats(connection: Connection, agent_id: int, *, without: Sequence[int] = ()) -> list[EnvStats]:
    """Returns the agent's record in each environment that it has finished, by environment.

    Args:
        connection: of a reader.
        agent_id: of the agent.
        without: ids of episodes that are left out; the records of their environments are then added up anew.
    """
    query = select(tables.env_record).where(tables.env_record.c.agent_id == agent_id)
    rows = connection.execute(query.order_by(tables.env_record.c.env_id)).mappings()
    stats = {row["env_id"]: _to_stats(cast("Mapping[str, Any]", row)) for row in rows}
    for env_id in _find_envs(connection, without):
        sums = _add_up(connection, agent_id, env_id, without=without)
        if sums is None:
            stats.pop(env_id, None)
        else:
            stats[env_id] = _to_stats(sums)
    return list(stats.values())


def _find_envs(connection: Connection, episode_ids: Sequence[int]) -> list[str]:
    query = select(tables.episode.c.env_id).where(tables.episode.c.episode_id.in_(episode_ids)).distinct()
    return list(connection.execute(query).scalars()) if episode_ids else []


def _add_up(connection: Connection, agent_id: int, env_id: str, *, without: Sequence[int]) -> Mapping[str, Any] | None:
    """Returns the sums of an environment's record over the finished episodes that are not left out."""
    played, episode = tables.participation.c, tables.episode.c
    query = (
        select(played.total, played.result, episode.n_turns, episode.started_at, episode.ended_at)
        .join(tables.episode, episode.episode_id == played.episode_id)
        .where(played.agent_id == agent_id, episode.env_id == env_id, episode.status == "finished")
        .where(played.total.is_not(None), episode.episode_id.not_in(without))
        .order_by(episode.episode_id, played.position)
    )
    rows = list(connection.execute(query))
    if not rows:
        return None
    totals = [row.total for row in rows]
    results = Counter(row.result for row in rows)
    return {
        "env_id": env_id,
        "n_participations": len(rows),
        "sum_total": sum(totals),
        "best_total": max(totals),
        "last_total": totals[-1],
        "n_wins": results["win"],
        "n_draws": results["draw"],
        "n_losses": results["loss"],
        "sum_turns": sum(row.n_turns for row in rows),
        "sum_seconds": sum(max(0, row.ended_at - row.started_at) / 1e6 for row in rows),
    }


def find_key(connection: Connection, agent_id: int) -> str:
    """Returns the natural key of an agent, deleted or not."""
    key = connection.execute(select(tables.agent.c.key).where(tables.agent.c.agent_id == agent_id)).scalar()
    if key is None:
        raise NotStored(f"No agent has the id {agent_id!r}.")
    return str(key)


def _to_agent(row: RowMapping) -> AgentRecord:
    return to_record(AgentRecord, row)


def _to_stats(row: Mapping[str, Any]) -> EnvStats:
    n = row["n_participations"]
    return EnvStats(
        env_id=row["env_id"],
        n_participations=n,
        mean_total=row["sum_total"] / n,
        best_total=row["best_total"],
        n_wins=row["n_wins"],
        n_draws=row["n_draws"],
        n_losses=row["n_losses"],
        mean_turns=row["sum_turns"] / n,
        mean_seconds=row["sum_seconds"] / n,
        last_total=row["last_total"],
    )
