"""Memories: what an agent knows, what it rests on and when it was shown."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, RowMapping, bindparam, select

from agents_db import tables
from agents_db.errors import NotStored
from agents_db.keys import clean_optional, clean_text, make_key
from agents_db.knowledge import EvidenceDraft, EvidenceRecord, MemoryDraft, MemoryRecord, RecallRecord
from agents_db.rows import to_record
from agents_db.statements import chunk, compile_insert
from agents_db.vectors import insert_vector
from agents_db.writer import Transaction

_COLUMNS = (
    *("key", "agent_id", "kind", "text", "folded", "altered", "env_id", "role", "episode_id", "seat", "turn_from"),
    *("turn_to", "outcome", "importance", "clock", "n_recalled", "state", "created_at", "scope", "subject"),
    *("condition", "action", "effect", "low", "high", "maker", "trust", "votes", "n_helped", "n_hurt", "pinned", "rev"),
)
_MEMORY = compile_insert(tables.memory, *_COLUMNS)
_EVIDENCE = compile_insert(tables.evidence, "memory_id", "episode_id", "seat", "turn_from", "turn_to", "relation")
_PROOF = "SELECT 1 FROM participation WHERE episode_id = ? AND seat = ?"
_ORIGIN = (
    "SELECT agent.key, agent.name, agent.n_participations, episode.key FROM agent, episode "
    "WHERE agent.agent_id = ? AND episode.episode_id = ?"
)
_COUNT_MEMORY = "UPDATE agent SET n_memories = n_memories + 1, memory_version = memory_version + 1 WHERE agent_id = ?"
MEMORIES = select(tables.memory, tables.agent.c.name.label("agent")).join(
    tables.agent, tables.agent.c.agent_id == tables.memory.c.agent_id
)
_SOME = MEMORIES.where(tables.memory.c.memory_id.in_(bindparam("ids", expanding=True)))


def add_memories(transaction: Transaction, drafts: Sequence[MemoryDraft], *, now: int) -> list[MemoryRecord]:
    """Stores memories with evidence, vectors and their places in the index's queue; returns what is stored."""
    ordinals: Counter[tuple[object, ...]] = Counter()
    stored: list[MemoryRecord] = []
    for draft in drafts:
        origin = (draft.agent_id, draft.kind, draft.episode_id, draft.seat, draft.turn_from, draft.turn_to, draft.maker)
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
    made = () if draft.maker == "template" else (draft.maker,)
    key = make_key("memory", agent_key, draft.kind, episode_key, *place, *made, ordinal)
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
        clock=clock if draft.clock is None else draft.clock,
        n_recalled=0,
        state="active",
        created_at=now,
        scope=draft.scope,
        subject=clean_optional(draft.subject),
        condition=clean_optional(draft.condition),
        action=clean_optional(draft.action),
        effect=draft.effect,
        low=draft.low,
        high=draft.high,
        maker=clean_text(draft.maker),
        trust=draft.trust,
        votes=draft.votes,
    )
    if not _insert_memory(transaction, record, altered=record.text != draft.text):
        stored = cursor.execute("SELECT memory_id FROM memory WHERE key = ?", (key,)).fetchone()
        return read_memory(transaction.connection, stored[0])
    memory_id = cursor.lastrowid
    assert memory_id is not None
    own = EvidenceDraft(
        episode_id=draft.episode_id,
        seat=record.seat,
        turn_from=draft.turn_from,
        turn_to=draft.turn_to,
        relation="source",
    )
    insert_evidence(transaction, memory_id, (own, *draft.evidence))
    cursor.execute(_COUNT_MEMORY, (draft.agent_id,))
    if draft.vector is not None and draft.embedder is not None:
        insert_vector(transaction, draft.embedder, agent_id=draft.agent_id, memory_id=memory_id, vector=draft.vector)
    return replace(record, memory_id=memory_id)


def insert_evidence(transaction: Transaction, memory_id: int, evidence: Sequence[EvidenceDraft]) -> None:
    """Stores what a memory rests on; of one seat in one episode only the first is kept. Raises `NotStored`.

    Every piece must be of a seat that the memory's agent has lived through or sat in.
    """
    cursor = transaction.cursor
    for piece in evidence:
        if cursor.execute(_PROOF, (piece.episode_id, clean_text(piece.seat))).fetchone() is None:
            raise NotStored(f"No seat {piece.seat!r} in an episode {piece.episode_id!r}: a memory cannot rest on it.")
        place = (piece.episode_id, clean_text(piece.seat), piece.turn_from, piece.turn_to)
        cursor.execute(_EVIDENCE, (memory_id, *place, piece.relation))


def list_evidence(connection: Connection, memory_id: int) -> list[EvidenceRecord]:
    """Returns what a memory rests on, its own source first, then by episode."""
    table = tables.evidence.c
    query = select(tables.evidence).where(table.memory_id == memory_id)
    rows = connection.execute(query.order_by(table.relation != "source", table.episode_id, table.seat)).mappings()
    return [to_record(EvidenceRecord, row) for row in rows]


def _insert_memory(transaction: Transaction, memory: MemoryRecord, *, altered: bool) -> bool:
    """Stores the memory's own row; returns False where it is stored already."""
    derived = {"folded": memory.text.casefold(), "altered": altered}
    values = [derived[name] if name in derived else getattr(memory, name) for name in _COLUMNS]
    return transaction.cursor.execute(_MEMORY, values).rowcount == 1


def to_memory(row: RowMapping) -> MemoryRecord:
    """Returns the record of a row of memories and the names of their agents."""
    return to_record(MemoryRecord, row)


def load_memories(connection: Connection, memory_ids: Sequence[int]) -> list[MemoryRecord]:
    """Returns the memories of those ids in that order; those that are gone are left out."""
    found: dict[int, MemoryRecord] = {}
    for ids in chunk(memory_ids):
        rows = connection.execute(_SOME, {"ids": ids}).mappings()
        found.update((row["memory_id"], to_memory(row)) for row in rows)
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
    state: str | None = "active",
) -> list[MemoryRecord]:
    """Returns an agent's memories of a state, `None` for any, newest first, with ids under `before`."""
    column = tables.memory.c
    query = MEMORIES.where(column.agent_id == agent_id)
    if state is not None:
        query = query.where(column.state == state)
    if kind is not None:
        query = query.where(column.kind == kind)
    if env_id is not None:
        query = query.where(column.env_id == env_id)
    if before is not None:
        query = query.where(column.memory_id < before)
    rows = connection.execute(query.order_by(column.memory_id.desc()).limit(limit)).mappings()
    return [to_memory(row) for row in rows]


def list_pinned(connection: Connection, agent_id: int) -> list[int]:
    """Returns the ids of the memories of an agent that are pinned, whatever their state, rising."""
    column = tables.memory.c
    query = select(column.memory_id).where(column.agent_id == agent_id, column.pinned)
    return list(connection.execute(query.order_by(column.memory_id)).scalars())


def list_episode_memories(connection: Connection, episode_id: int) -> list[MemoryRecord]:
    """Returns the memories that rest on an episode, oldest first."""
    query = MEMORIES.where(tables.memory.c.episode_id == episode_id)
    rows = connection.execute(query.order_by(tables.memory.c.memory_id)).mappings()
    return [to_memory(row) for row in rows]


def list_memory_recalls(connection: Connection, memory_id: int) -> list[RecallRecord]:
    """Returns every turn in which a memory was shown, oldest first."""
    recall = tables.recall.c
    query = select(tables.recall).where(recall.memory_id == memory_id)
    rows = connection.execute(query.order_by(recall.episode_id, recall.turn, recall.seat)).mappings()
    return [to_record(RecallRecord, row) for row in rows]
