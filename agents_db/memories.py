"""Memories: what an agent knows, what it rests on and when it was shown."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, RowMapping, bindparam, select

from agents_db import tables
from agents_db.errors import NotStored
from agents_db.keys import clean_text, make_key
from agents_db.knowledge import MemoryDraft, MemoryRecord, RecallRecord
from agents_db.rows import to_record
from agents_db.statements import chunk, compile_insert
from agents_db.vectors import insert_vector
from agents_db.writer import Transaction

_MEMORY = compile_insert(
    tables.memory,
    *("key", "agent_id", "kind", "text", "folded", "altered", "env_id", "role", "episode_id", "seat", "turn_from"),
    *("turn_to", "outcome", "importance", "clock", "n_recalled", "state", "created_at"),
)
_EVIDENCE = compile_insert(tables.evidence, "memory_id", "episode_id", "seat", "turn_from", "turn_to", "relation")
_ORIGIN = (
    "SELECT agent.key, agent.name, agent.n_participations, episode.key FROM agent, episode "
    "WHERE agent.agent_id = ? AND episode.episode_id = ?"
)
_COUNT_MEMORY = "UPDATE agent SET n_memories = n_memories + 1, memory_version = memory_version + 1 WHERE agent_id = ?"
_MEMORIES = select(tables.memory, tables.agent.c.name.label("agent")).join(
    tables.agent, tables.agent.c.agent_id == tables.memory.c.agent_id
)
_SOME = _MEMORIES.where(tables.memory.c.memory_id.in_(bindparam("ids", expanding=True)))


def add_memories(transaction: Transaction, drafts: Sequence[MemoryDraft], *, now: int) -> list[MemoryRecord]:
    """Stores memories with evidence, vectors and their places in the index's queue; returns what is stored."""
    ordinals: Counter[tuple[object, ...]] = Counter()
    stored: list[MemoryRecord] = []
    for draft in drafts:
        origin = (draft.agent_id, draft.kind, draft.episode_id, draft.seat, draft.turn_from, draft.turn_to)
        stored.append(_add_memory(transaction, draft, ordinal=ordinals[origin], now=now))
        ordinals[origin] += 1
    return stored


def _add_memory(transaction: Transaction, draft: MemoryDraft, *, ordinal: int, now: int) -> MemoryRecord:
    cursor = transaction.cursor
    origin = cursor.execute(_ORIGIN, (draft.agent_id, draft.episode_id)).fetchone()
    if origin is None:
        raise NotStored(f"No episode {draft.episode_id!r} or no agent {draft.agent_id!r}; a memory needs both.")
    agent_key, agent, clock, episode_key = origin
    place = (draft.seat, draft.turn_from, draft.turn_to)
    key = make_key("memory", agent_key, draft.kind, episode_key, *place, ordinal)
    record = MemoryRecord(
        memory_id=0,
        key=key,
        agent_id=draft.agent_id,
        agent=agent,
        kind=draft.kind,
        text=clean_text(draft.text),
        env_id=clean_text(draft.env_id),
        role=clean_text(draft.role),
        episode_id=draft.episode_id,
        seat=clean_text(draft.seat),
        turn_from=draft.turn_from,
        turn_to=draft.turn_to,
        outcome=None if draft.outcome is None or math.isnan(draft.outcome) else draft.outcome,
        importance=draft.importance,
        clock=clock,
        n_recalled=0,
        state="active",
        created_at=now,
    )
    if not _insert_memory(transaction, record, altered=record.text != draft.text):
        stored = cursor.execute("SELECT memory_id FROM memory WHERE key = ?", (key,)).fetchone()
        return read_memory(transaction.connection, stored[0])
    memory_id = cursor.lastrowid
    assert memory_id is not None
    cursor.execute(_EVIDENCE, (memory_id, draft.episode_id, record.seat, draft.turn_from, draft.turn_to, "source"))
    cursor.execute(_COUNT_MEMORY, (draft.agent_id,))
    if draft.vector is not None and draft.embedder is not None:
        insert_vector(transaction, draft.embedder, agent_id=draft.agent_id, memory_id=memory_id, vector=draft.vector)
    return replace(record, memory_id=memory_id)


def _insert_memory(transaction: Transaction, memory: MemoryRecord, *, altered: bool) -> bool:
    """Stores the memory's own row; returns False where it is stored already."""
    values = (
        memory.key,
        memory.agent_id,
        memory.kind,
        memory.text,
        memory.text.casefold(),
        altered,
        memory.env_id,
        memory.role,
        memory.episode_id,
        memory.seat,
        memory.turn_from,
        memory.turn_to,
        memory.outcome,
        memory.importance,
        memory.clock,
        memory.n_recalled,
        memory.state,
        memory.created_at,
    )
    return transaction.cursor.execute(_MEMORY, values).rowcount == 1


def _to_memory(row: RowMapping) -> MemoryRecord:
    return to_record(MemoryRecord, row)


def load_memories(connection: Connection, memory_ids: Sequence[int]) -> list[MemoryRecord]:
    """Returns the memories of those ids in that order; those that are gone are left out."""
    found: dict[int, MemoryRecord] = {}
    for ids in chunk(memory_ids):
        rows = connection.execute(_SOME, {"ids": ids}).mappings()
        found.update((row["memory_id"], _to_memory(row)) for row in rows)
    return [found[memory_id] for memory_id in memory_ids if memory_id in found]


def read_memory(connection: Connection, memory_id: int) -> MemoryRecord:
    """Returns a memory; raises `NotStored`."""
    found = load_memories(connection, [memory_id])
    if not found:
        raise NotStored(f"No memory has the id {memory_id!r}; list the agent's memories to see which there are.")
    return found[0]


def list_memories(
    connection: Connection,
    agent_id: int,
    *,
    kind: str | None,
    env_id: str | None,
    limit: int,
    before: int | None,
) -> list[MemoryRecord]:
    """Returns an agent's active memories, newest first, with ids under `before`."""
    column = tables.memory.c
    query = _MEMORIES.where(column.agent_id == agent_id, column.state == "active")
    if kind is not None:
        query = query.where(column.kind == kind)
    if env_id is not None:
        query = query.where(column.env_id == env_id)
    if before is not None:
        query = query.where(column.memory_id < before)
    rows = connection.execute(query.order_by(column.memory_id.desc()).limit(limit)).mappings()
    return [_to_memory(row) for row in rows]


def find_text(connection: Connection, agent_id: int, words: str, *, limit: int) -> list[MemoryRecord]:
    """Returns an agent's active memories whose text holds every word, whatever its case, newest first."""
    column = tables.memory.c
    query = _MEMORIES.where(column.agent_id == agent_id, column.state == "active")
    for word in clean_text(words).casefold().split():
        query = query.where(column.folded.contains(word, autoescape=True))
    rows = connection.execute(query.order_by(column.memory_id.desc()).limit(limit)).mappings()
    return [_to_memory(row) for row in rows]


def list_episode_memories(connection: Connection, episode_id: int) -> list[MemoryRecord]:
    """Returns the memories that rest on an episode, oldest first."""
    query = _MEMORIES.where(tables.memory.c.episode_id == episode_id)
    rows = connection.execute(query.order_by(tables.memory.c.memory_id)).mappings()
    return [_to_memory(row) for row in rows]


def list_memory_recalls(connection: Connection, memory_id: int) -> list[RecallRecord]:
    """Returns every turn in which a memory was shown, oldest first."""
    recall = tables.recall.c
    query = select(tables.recall).where(recall.memory_id == memory_id)
    rows = connection.execute(query.order_by(recall.episode_id, recall.turn, recall.seat)).mappings()
    return [to_record(RecallRecord, row) for row in rows]
