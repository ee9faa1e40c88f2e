"""Memories: what an agent knows, what it rests on and when it was shown."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from agents_db import tables
from agents_db.agents import find_key
from agents_db.errors import NotStored
from agents_db.keys import clean_text, make_key
from agents_db.records import MemoryDraft, MemoryRecord, RecallRecord
from agents_db.rows import to_record
from agents_db.statements import chunk
from agents_db.vectors import insert_vector
from agents_db.writer import Transaction


def add_memories(transaction: Transaction, drafts: Sequence[MemoryDraft], *, now: int) -> list[MemoryRecord]:
    """Stores memories with evidence, vectors and their places in the index's queue; returns what is stored."""
    ordinals: Counter[tuple[object, ...]] = Counter()
    memory_ids: list[int] = []
    for draft in drafts:
        origin = (draft.agent_id, draft.kind, draft.episode_id, draft.seat, draft.turn_from, draft.turn_to)
        memory_ids.append(_add_memory(transaction, draft, ordinal=ordinals[origin], now=now))
        ordinals[origin] += 1
    return load_memories(transaction.connection, memory_ids)


def _add_memory(transaction: Transaction, draft: MemoryDraft, *, ordinal: int, now: int) -> int:
    connection = transaction.connection
    episode_key = connection.execute(
        select(tables.episode.c.key).where(tables.episode.c.episode_id == draft.episode_id)
    ).scalar()
    if episode_key is None:
        raise NotStored(f"No episode has the id {draft.episode_id!r}; a memory needs the episode that it rests on.")
    agent_key = find_key(connection, draft.agent_id)
    place = (draft.seat, draft.turn_from, draft.turn_to)
    key = make_key("memory", agent_key, draft.kind, episode_key, *place, ordinal)
    find = select(tables.memory.c.memory_id).where(tables.memory.c.key == key)
    found = connection.execute(find).scalar()
    if found is not None:
        return int(found)
    _insert_memory(transaction, draft, key=key, now=now)
    memory_id = int(connection.execute(find).scalar_one())
    connection.execute(
        insert(tables.evidence).values(
            memory_id=memory_id,
            episode_id=draft.episode_id,
            seat=clean_text(draft.seat),
            turn_from=draft.turn_from,
            turn_to=draft.turn_to,
            relation="source",
        )
    )
    if draft.vector is not None and draft.embedder is not None:
        insert_vector(transaction, draft.embedder, agent_id=draft.agent_id, memory_id=memory_id, vector=draft.vector)
    return memory_id


def _insert_memory(transaction: Transaction, draft: MemoryDraft, *, key: str, now: int) -> None:
    agent = tables.agent.c
    connection = transaction.connection
    clock = connection.execute(select(agent.n_participations).where(agent.agent_id == draft.agent_id)).scalar_one()
    text = clean_text(draft.text)
    connection.execute(
        insert(tables.memory).values(
            key=key,
            agent_id=draft.agent_id,
            kind=draft.kind,
            text=text,
            folded=text.casefold(),
            altered=text != draft.text,
            env_id=clean_text(draft.env_id),
            role=clean_text(draft.role),
            episode_id=draft.episode_id,
            seat=clean_text(draft.seat),
            turn_from=draft.turn_from,
            turn_to=draft.turn_to,
            outcome=draft.outcome,
            importance=draft.importance,
            clock=clock,
            n_recalled=0,
            state="active",
            created_at=now,
        )
    )
    connection.execute(
        update(tables.agent)
        .where(agent.agent_id == draft.agent_id)
        .values(n_memories=agent.n_memories + 1, memory_version=agent.memory_version + 1)
    )


def _select_memories() -> Select[tuple[object, ...]]:
    joined = tables.memory.join(tables.agent, tables.agent.c.agent_id == tables.memory.c.agent_id)
    return select(tables.memory, tables.agent.c.name.label("agent")).select_from(joined)


def _to_memory(row: RowMapping) -> MemoryRecord:
    return to_record(MemoryRecord, row)


def load_memories(connection: Connection, memory_ids: Sequence[int]) -> list[MemoryRecord]:
    """Returns the memories of those ids in that order; those that are gone are left out."""
    found: dict[int, MemoryRecord] = {}
    for ids in chunk(memory_ids):
        query = _select_memories().where(tables.memory.c.memory_id.in_(ids))
        found.update((row["memory_id"], _to_memory(row)) for row in connection.execute(query).mappings())
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
    query = _select_memories().where(column.agent_id == agent_id, column.state == "active")
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
    query = _select_memories().where(column.agent_id == agent_id, column.state == "active")
    for word in clean_text(words).casefold().split():
        query = query.where(column.folded.contains(word, autoescape=True))
    rows = connection.execute(query.order_by(column.memory_id.desc()).limit(limit)).mappings()
    return [_to_memory(row) for row in rows]


def list_episode_memories(connection: Connection, episode_id: int) -> list[MemoryRecord]:
    """Returns the memories that rest on an episode, oldest first."""
    query = _select_memories().where(tables.memory.c.episode_id == episode_id)
    rows = connection.execute(query.order_by(tables.memory.c.memory_id)).mappings()
    return [_to_memory(row) for row in rows]


def list_memory_recalls(connection: Connection, memory_id: int) -> list[RecallRecord]:
    """Returns every turn in which a memory was shown, oldest first."""
    recall = tables.recall.c
    query = select(tables.recall).where(recall.memory_id == memory_id)
    rows = connection.execute(query.order_by(recall.episode_id, recall.turn, recall.seat)).mappings()
    return [to_record(RecallRecord, row) for row in rows]
