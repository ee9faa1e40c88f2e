"""Forks: new agents that begin with what another one knew at a moment of its life."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import Connection

from agents_db import tables
from agents_db.agents import change_agent, create_agent, read_agent
from agents_db.changes import list_as_of
from agents_db.engine import find_driver
from agents_db.errors import NotStored
from agents_db.keys import make_key
from agents_db.knowledge import AsOf, MemoryRecord
from agents_db.plays import read_episode
from agents_db.records import AgentDraft, AgentRecord
from agents_db.scores import insert_scores
from agents_db.statements import compile_insert
from agents_db.writer import Transaction

MEMORY_COLUMNS = (
    *("key", "agent_id", "kind", "text", "folded", "altered", "env_id", "role", "episode_id", "seat", "turn_from"),
    *("turn_to", "outcome", "importance", "clock", "n_recalled", "state", "created_at", "scope", "subject"),
    *("condition", "action", "effect", "low", "high", "maker", "trust", "votes", "n_helped", "n_hurt", "pinned", "rev"),
)
"""Of a memory's row, all but its id and what has taken its place."""
INSERT_MEMORY = compile_insert(tables.memory, *MEMORY_COLUMNS)
INSERT_EVIDENCE = compile_insert(tables.evidence, "memory_id", "episode_id", "seat", "turn_from", "turn_to", "relation")
INSERT_EMBEDDING = compile_insert(tables.embedding, "agent_id", "embedder_id", "memory_id", "vector")
SUPERSEDE = "UPDATE memory SET superseded_by = ? WHERE memory_id = ?"
_END = (
    "SELECT max(l.clock) FROM lived l JOIN participation p ON p.participation_id = l.participation_id "
    "WHERE l.agent_id = ? AND p.episode_id = ?"
)
_NEXT = (
    "SELECT settings FROM participation WHERE agent_id = ? AND json_extract(settings, '$.clock') >= ? "
    "ORDER BY participation_id LIMIT 1"
)
_EPISODE_KEYS = (
    "SELECT DISTINCT e.episode_id, e.key FROM episode e JOIN memory m USING (episode_id) WHERE m.agent_id = ?"
)
_NOW = "SELECT memory_id, text, altered FROM memory WHERE agent_id = ?"
_EVIDENCE = (
    "SELECT v.memory_id, v.episode_id, v.seat, v.turn_from, v.turn_to, v.relation FROM evidence v "
    "JOIN memory m ON m.memory_id = v.memory_id WHERE m.agent_id = ? AND (v.relation = 'source' OR EXISTS ("
    "SELECT 1 FROM lived l JOIN participation p ON p.participation_id = l.participation_id "
    "WHERE l.agent_id = m.agent_id AND p.episode_id = v.episode_id AND l.clock <= ?)) "
    "ORDER BY v.memory_id, v.episode_id, v.seat"
)
_EMBEDDINGS = "SELECT embedder_id, memory_id, vector FROM embedding WHERE agent_id = ? ORDER BY memory_id"
_LIVE = (
    "INSERT INTO lived (agent_id, participation_id, clock) "
    "SELECT ?, participation_id, clock FROM lived WHERE agent_id = ? AND clock <= ?"
)
_COUNT = (
    "UPDATE agent SET n_participations = (SELECT count(*) FROM lived l WHERE l.agent_id = agent.agent_id), "
    "n_memories = ?, memory_version = memory_version + 1 WHERE agent_id = ?"
)


def find_moment(connection: Connection, agent: AgentRecord, episode_id: int | None) -> AsOf:
    """Returns the moment when an episode had ended for an agent, its conclusions drawn and the next not begun.

    Raises `NotStored` where the agent has not lived through the episode; `None` is now.
    """
    if episode_id is None:
        return AsOf(clock=agent.n_participations)
    read_episode(connection, episode_id)
    driver = find_driver(connection)
    clock: int | None = driver.execute(_END, (agent.agent_id, episode_id)).fetchone()[0]
    if clock is None:
        raise NotStored(
            f"{agent.name!r} has not played episode {episode_id!r} to its end; "
            f"`langgym episodes list --agent {agent.name} --status finished` lists those that it has."
        )
    begun = driver.execute(_NEXT, (agent.agent_id, clock)).fetchone()
    event = None if begun is None else cast("dict[str, object]", json.loads(begun[0])).get("event")
    return AsOf(clock=clock, event_id=event if isinstance(event, int) else None)


def fork_agent(
    transaction: Transaction, name: str, *, fork: str, episode_id: int | None, now: int, entropy: bytes
) -> AgentRecord:
    """Stores an agent that knows what another one knew when an episode had ended, or knows now.

    Nothing of the other one changes. The fork has its model, settings and limits, and its experience up to then; the
    history of its memories begins with it.
    """
    connection = transaction.connection
    parent = read_agent(connection, name)
    moment = find_moment(connection, parent, episode_id)
    draft = AgentDraft(name=fork, model=parent.model, settings=parent.settings)
    child = create_agent(transaction, draft, now=now, entropy=entropy)
    change_agent(transaction, child.agent_id, limits=parent.limits)
    ids = _copy_memories(transaction, parent, child, moment)
    transaction.cursor.execute(_LIVE, (child.agent_id, parent.agent_id, moment.clock))
    insert_scores(transaction, child.agent_id)
    n_active = sum(state == "active" for _, state in ids.values())
    transaction.cursor.execute(_COUNT, (n_active, child.agent_id))
    return read_agent(connection, fork)


def _copy_memories(
    transaction: Transaction, parent: AgentRecord, child: AgentRecord, moment: AsOf
) -> dict[int, tuple[int, str]]:
    """Stores what the parent knew as the child's; returns the new id and the state by the id of each original."""
    cursor = transaction.cursor
    originals = list_as_of(transaction.connection, parent.agent_id, moment, state=None)
    now = {row[0]: (row[1], row[2]) for row in cursor.execute(_NOW, (parent.agent_id,)).fetchall()}
    keys = _make_keys(transaction, parent, child, originals)
    copies: dict[int, tuple[int, str]] = {}
    for memory in originals:
        changed = {
            **{"key": keys[memory.memory_id], "agent_id": child.agent_id, "folded": memory.text.casefold()},
            **{"altered": now[memory.memory_id][1], "n_recalled": 0, "rev": 0},
        }
        values = [changed[name] if name in changed else getattr(memory, name) for name in MEMORY_COLUMNS]
        copy_id = cursor.execute(INSERT_MEMORY, values).lastrowid
        assert copy_id is not None
        copies[memory.memory_id] = (copy_id, memory.state)
    for memory in originals:
        if memory.superseded_by in copies:
            cursor.execute(SUPERSEDE, (copies[memory.superseded_by][0], copies[memory.memory_id][0]))
    same = {memory.memory_id for memory in originals if now[memory.memory_id][0] == memory.text}
    _copy_proofs(transaction, parent, child, copies=copies, until=moment.clock, same=same)
    return copies


def _copy_proofs(
    transaction: Transaction,
    parent: AgentRecord,
    child: AgentRecord,
    *,
    copies: Mapping[int, tuple[int, str]],
    until: int,
    same: set[int],
) -> None:
    """Stores what the copies rest on, and the vectors of those whose text is that of the original now."""
    cursor = transaction.cursor
    for memory_id, *rest in cursor.execute(_EVIDENCE, (parent.agent_id, until)).fetchall():
        if memory_id in copies:
            cursor.execute(INSERT_EVIDENCE, (copies[memory_id][0], *rest))
    for embedder_id, memory_id, vector in cursor.execute(_EMBEDDINGS, (parent.agent_id,)).fetchall():
        if memory_id in same:
            cursor.execute(INSERT_EMBEDDING, (child.agent_id, embedder_id, copies[memory_id][0], vector))


def _make_keys(
    transaction: Transaction, parent: AgentRecord, child: AgentRecord, memories: Sequence[MemoryRecord]
) -> dict[int, str]:
    """Returns the key of each memory as if the child had made it, so that making it again does nothing."""
    episodes = dict(transaction.cursor.execute(_EPISODE_KEYS, (parent.agent_id,)).fetchall())
    origins = {memory.memory_id: _find_origin(memory, episodes[memory.episode_id]) for memory in memories}
    n_alike = Counter(origins.values())
    keys: dict[int, str] = {}
    for memory in memories:
        origin = origins[memory.memory_id]
        ordinals = range(n_alike[origin])
        known = [n for n in ordinals if make_key("memory", parent.key, *origin, n) == memory.key]
        made = (*origin, known[0]) if known else (memory.key,)
        keys[memory.memory_id] = make_key("memory", child.key, *made)
    return keys


def _find_origin(memory: MemoryRecord, episode_key: str) -> tuple[str | int | None, ...]:
    """Returns what the key of a memory is made of, beside its agent and its place among those alike."""
    made = () if memory.maker == "template" else (memory.maker,)
    return (memory.kind, episode_key, memory.seat, memory.turn_from, memory.turn_to, *made)
