"""Changes of memories: append-only events, so that what an agent knew at any moment can be read and undone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from sqlalchemy import Connection, and_, func, or_, select, update

from agents_db import tables
from agents_db.errors import NotStored
from agents_db.keys import clean_optional, clean_text, make_key, pack_json
from agents_db.knowledge import MUTABLE, AsOf, Field, MemoryChange, MemoryEventRecord, MemoryRecord
from agents_db.memories import MEMORIES, insert_evidence, load_memories, read_memory, to_memory
from agents_db.rows import to_record
from agents_db.statements import chunk, compile_insert
from agents_db.writer import Transaction

_EVENT = compile_insert(
    tables.memory_event,
    *("key", "memory_id", "agent_id", "clock", "op", "actor", "reason", "before", "after", "episode_id", "created_at"),
)
_CLOCK = "SELECT n_participations FROM agent WHERE agent_id = ?"
_COUNT = "UPDATE agent SET n_memories = n_memories + ?, memory_version = memory_version + 1 WHERE agent_id = ?"
_QUEUE = "INSERT INTO outbox (agent_id, memory_id) VALUES (?, ?)"
_FORGET_VECTORS = "DELETE FROM embedding WHERE memory_id = ?"


def change_memory(transaction: Transaction, change: MemoryChange, *, now: int, entropy: bytes) -> MemoryRecord:
    """Stores a change and what it makes of the memory; the same change again, by its origin, does nothing.

    Raises `NotStored` for a memory or a field that is not there, and where the memory is not as it was seen.
    """
    memory = read_memory(transaction.connection, change.memory_id)
    moved = [name for name, value in change.seen.items() if getattr(memory, name) != value]
    if moved:
        raise NotStored(f"Memory {memory.memory_id}: {', '.join(moved)} was changed meanwhile; look at it again.")
    unknown = set(change.fields) - set(MUTABLE)
    if unknown:
        raise NotStored(f"{sorted(unknown)!r} of a memory cannot be changed; what can: {', '.join(MUTABLE)}.")
    after = {name: value for name, value in _clean(change.fields).items() if value != getattr(memory, name)}
    before = {name: cast("Field", getattr(memory, name)) for name in after}
    origin = change.origin or (entropy.hex(),)
    key = make_key("memory_event", memory.key, change.op, *origin)
    cursor = transaction.cursor
    clock = cursor.execute(_CLOCK, (memory.agent_id,)).fetchone()[0] if change.clock is None else change.clock
    said = (clean_text(change.actor), clean_optional(change.reason), pack_json(before), pack_json(after))
    row = (key, memory.memory_id, memory.agent_id, clock, change.op, *said, change.episode_id, now)
    if cursor.execute(_EVENT, row).rowcount != 1:
        return memory
    insert_evidence(transaction, memory.memory_id, change.evidence)
    _apply(transaction, memory, after)
    return read_memory(transaction.connection, memory.memory_id)


def _clean(fields: Mapping[str, Field]) -> dict[str, Field]:
    return {name: clean_text(value) if isinstance(value, str) else value for name, value in fields.items()}


def _apply(transaction: Transaction, memory: MemoryRecord, after: Mapping[str, Field]) -> None:
    cursor = transaction.cursor
    values: dict[str, Field] = {**after, "rev": memory.rev + 1}
    if "text" in after:
        values["folded"] = str(after["text"]).casefold()
        cursor.execute(_FORGET_VECTORS, (memory.memory_id,))
    if "text" in after or "state" in after:
        cursor.execute(_QUEUE, (memory.agent_id, memory.memory_id))
    table = tables.memory
    transaction.connection.execute(update(table).where(table.c.memory_id == memory.memory_id).values(**values))
    state = after.get("state", memory.state)
    cursor.execute(_COUNT, ((state == "active") - (memory.state == "active"), memory.agent_id))


def list_events(
    connection: Connection, *, memory_id: int | None = None, agent_id: int | None = None, limit: int = 50
) -> list[MemoryEventRecord]:
    """Returns the changes of a memory or of all memories of an agent, newest first."""
    table = tables.memory_event
    query = select(table)
    if memory_id is not None:
        query = query.where(table.c.memory_id == memory_id)
    if agent_id is not None:
        query = query.where(table.c.agent_id == agent_id)
    rows = connection.execute(query.order_by(table.c.event_id.desc()).limit(limit)).mappings()
    return [to_record(MemoryEventRecord, row) for row in rows]


def find_last_event(connection: Connection, agent_id: int) -> int:
    """Returns the id of the last change of an agent's memories; 0 where there was none."""
    table = tables.memory_event.c
    return connection.execute(select(func.max(table.event_id)).where(table.agent_id == agent_id)).scalar() or 0


def load_as_of(connection: Connection, memory_ids: Sequence[int], as_of: AsOf) -> list[MemoryRecord]:
    """Returns memories as they were at a moment, in that order; those that were not there yet are left out."""
    now = [memory for memory in load_memories(connection, memory_ids) if memory.clock <= as_of.clock]
    return rewind(connection, now, as_of)


def list_as_of(
    connection: Connection,
    agent_id: int,
    as_of: AsOf,
    *,
    kinds: Iterable[str] | None = None,
    state: str | None = "active",
) -> list[MemoryRecord]:
    """Returns an agent's memories as they were at a moment, oldest first.

    Args:
        connection: of the read.
        agent_id: whose memories.
        as_of: the moment.
        kinds: only these; `None` for all.
        state: that they had then; `None` for any.
    """
    column = tables.memory.c
    query = MEMORIES.where(column.agent_id == agent_id, column.clock <= as_of.clock)
    if kinds is not None:
        query = query.where(column.kind.in_(list(kinds)))
    rows = connection.execute(query.order_by(column.memory_id)).mappings()
    found = rewind(connection, [to_memory(row) for row in rows], as_of)
    return [memory for memory in found if state is None or memory.state == state]


def rewind(connection: Connection, memories: Sequence[MemoryRecord], as_of: AsOf) -> list[MemoryRecord]:
    """Returns memories as they were before what was changed after a moment."""
    changed = [memory.memory_id for memory in memories if memory.rev]
    undone: dict[int, dict[str, Field]] = {}
    count: dict[int, int] = {}
    table = tables.memory_event
    later = table.c.clock > as_of.clock
    if as_of.event_id is not None:
        later = or_(later, and_(table.c.clock <= as_of.clock, table.c.event_id > as_of.event_id))
    for ids in chunk(changed):
        query = select(table).where(table.c.memory_id.in_(ids), later).order_by(table.c.event_id.desc())
        for row in connection.execute(query).mappings():
            event = to_record(MemoryEventRecord, row)
            undone.setdefault(event.memory_id, {}).update(event.before)
            count[event.memory_id] = count.get(event.memory_id, 0) + 1
    return [
        replace(memory, rev=memory.rev - count[memory.memory_id], **cast("dict[str, object]", undone[memory.memory_id]))  # pyright: ignore[reportArgumentType]
        if memory.memory_id in undone
        else memory
        for memory in memories
    ]


def undo_event(transaction: Transaction, event_id: int, *, now: int) -> MemoryRecord:
    """Makes of a memory what it was before a change, by a change of its own; raises `NotStored`.

    What was changed again since then stays: undo the later change first.
    """
    table = tables.memory_event
    row = transaction.connection.execute(select(table).where(table.c.event_id == event_id)).mappings().first()
    if row is None:
        raise NotStored(f"No change has the id {event_id!r}; `langgym memories history` lists them.")
    event = to_record(MemoryEventRecord, row)
    memory = read_memory(transaction.connection, event.memory_id)
    moved = [name for name, value in event.after.items() if getattr(memory, name) != value]
    if moved:
        raise NotStored(f"Change {event_id!r} cannot be undone: {', '.join(moved)} was changed again; undo that first.")
    change = MemoryChange(
        memory_id=event.memory_id,
        op="undo",
        fields=event.before,
        actor="hand",
        reason=f"undoes change {event_id}",
        origin=(event.key, memory.rev),
    )
    return change_memory(transaction, change, now=now, entropy=b"")
