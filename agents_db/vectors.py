"""Vectors of memories and the embedders that make them."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select, update

from agents_db import tables
from agents_db.engine import find_driver
from agents_db.errors import BadVector, NotStored, StoreCorrupt
from agents_db.keys import clean_optional, clean_text
from agents_db.knowledge import EmbedderRecord, Vectors
from agents_db.statements import chunk, compile_insert
from agents_db.writer import Transaction

_STORED = np.dtype("<f4")
_EMBEDDING = compile_insert(tables.embedding, "agent_id", "embedder_id", "memory_id", "vector")
_OUTBOX = compile_insert(tables.outbox, "agent_id", "memory_id")
_EMBEDDER = compile_insert(tables.embedder, "fingerprint", "name", "dim")
_FIND = "SELECT embedder_id, dim FROM embedder WHERE fingerprint = ?"
_VECTORS = (
    "SELECT e.memory_id, e.vector FROM embedding e JOIN memory m ON m.memory_id = e.memory_id "
    "WHERE e.agent_id = ? AND e.embedder_id = ? AND e.memory_id > ? AND m.state = 'active' ORDER BY e.memory_id"
)

_UNEMBEDDED = (
    "SELECT m.memory_id FROM memory m LEFT JOIN embedding e ON e.memory_id = m.memory_id "
    "AND e.embedder_id = (SELECT embedder_id FROM embedder WHERE fingerprint = ?) "
    "WHERE m.agent_id = ? AND m.state = 'active' AND e.memory_id IS NULL ORDER BY m.memory_id"
)


def pack_vector(vector: NDArray[np.float32]) -> bytes:
    """Returns a vector's bytes; raises `BadVector` unless it has one dimension and finite values."""
    if vector.ndim != 1 or vector.size == 0 or not np.isfinite(vector).all():
        raise BadVector(f"An embedding must be one row of finite numbers, got shape {vector.shape!r}.")
    return vector.astype(_STORED, copy=False).tobytes()


def read_vector(body: bytes) -> NDArray[np.float32]:
    """Returns the vector that `pack_vector` packed; it must not be written to."""
    return np.frombuffer(body, dtype=_STORED).astype(np.float32, copy=False)


def register_embedder(
    transaction: Transaction,
    fingerprint: str,
    name: str,
    *,
    dim: int,
    probe_text: str,
    probe_vector: NDArray[np.float32],
) -> EmbedderRecord:
    """Stores an embedder and its probe; the first probe stays, for the caller to compare its own with."""
    connection = transaction.connection
    table = tables.embedder
    known = connection.execute(select(table).where(table.c.fingerprint == fingerprint)).mappings().first()
    probe = {"name": clean_text(name), "probe_text": clean_text(probe_text), "probe_vector": pack_vector(probe_vector)}
    if known is None:
        connection.execute(insert(table).values(fingerprint=fingerprint, dim=dim, **probe))
    elif known["probe_vector"] is None:
        connection.execute(update(table).where(table.c.fingerprint == fingerprint).values(**probe))
    found = find_embedder(connection, fingerprint)
    assert found is not None
    if found.dim != dim:
        raise BadVector(f"The embedder {fingerprint!r} has {found.dim} dimensions in the store, not {dim}.")
    return found


def find_embedder(connection: Connection, fingerprint: str) -> EmbedderRecord | None:
    """Returns a registered embedder, or `None`."""
    table = tables.embedder
    row = connection.execute(select(table).where(table.c.fingerprint == fingerprint)).mappings().first()
    if row is None:
        return None
    body: bytes | None = row["probe_vector"]
    return EmbedderRecord(
        fingerprint=row["fingerprint"],
        name=row["name"],
        dim=row["dim"],
        probe_text=clean_optional(row["probe_text"]),
        probe_vector=None if body is None else read_vector(body),
    )


def insert_vector(
    transaction: Transaction, fingerprint: str, *, agent_id: int, memory_id: int, vector: NDArray[np.float32]
) -> None:
    """Stores a memory's vector unless it has one of that embedder, and queues it for the index."""
    body = pack_vector(vector)
    embedder_id = _find_id(transaction, fingerprint, len(vector))
    cursor = transaction.cursor
    if cursor.execute(_EMBEDDING, (agent_id, embedder_id, memory_id, body)).rowcount == 1:
        cursor.execute(_OUTBOX, (agent_id, memory_id))


def add_vectors(transaction: Transaction, fingerprint: str, pairs: Sequence[tuple[int, NDArray[np.float32]]]) -> None:
    """Stores vectors of memories that are there already; raises `NotStored` for one that is not."""
    connection = transaction.connection
    owners: dict[int, int] = {}
    for ids in chunk([memory_id for memory_id, _ in pairs]):
        query = select(tables.memory.c.memory_id, tables.memory.c.agent_id).where(tables.memory.c.memory_id.in_(ids))
        owners.update((memory_id, agent_id) for memory_id, agent_id in connection.execute(query))
    for memory_id, vector in pairs:
        if memory_id not in owners:
            raise NotStored(f"No memory has the id {memory_id!r}; its vector was not stored.")
        insert_vector(transaction, fingerprint, agent_id=owners[memory_id], memory_id=memory_id, vector=vector)
    agent = tables.agent.c
    changed = sorted(set(owners.values()))
    connection.execute(
        update(tables.agent).where(agent.agent_id.in_(changed)).values(memory_version=agent.memory_version + 1)
    )


def _find_id(transaction: Transaction, fingerprint: str, dim: int) -> int:
    cursor = transaction.cursor
    row = cursor.execute(_FIND, (fingerprint,)).fetchone()
    if row is None:
        cursor.execute(_EMBEDDER, (fingerprint, fingerprint, dim))
        row = cursor.execute(_FIND, (fingerprint,)).fetchone()
    embedder_id, stored = int(row[0]), int(row[1])
    if stored != dim:
        raise BadVector(f"The embedder {fingerprint!r} makes vectors of {stored} dimensions, not {dim}.")
    return embedder_id


def read_vectors(connection: Connection, agent_id: int, fingerprint: str, *, after: int) -> Vectors:
    """Returns the vectors of an agent's active memories with ids over `after`, by id."""
    embedder = find_embedder_id(connection, fingerprint)
    if embedder is None:
        return Vectors(ids=np.empty(0, np.int64), matrix=np.empty((0, 0), np.float32))
    embedder_id, dim = embedder
    rows = find_driver(connection).execute(_VECTORS, (agent_id, embedder_id, after)).fetchall()
    return _stack_rows(rows, dim)


def read_some_vectors(connection: Connection, agent_id: int, fingerprint: str, memory_ids: Iterable[int]) -> Vectors:
    """Returns the vectors of those of an agent's active memories that have one, by id."""
    embedder = find_embedder_id(connection, fingerprint)
    if embedder is None:
        return Vectors(ids=np.empty(0, np.int64), matrix=np.empty((0, 0), np.float32))
    embedder_id, dim = embedder
    table, memory = tables.embedding.c, tables.memory.c
    rows: list[tuple[int, bytes]] = []
    for ids in chunk(sorted(set(memory_ids))):
        query = (
            select(table.memory_id, table.vector)
            .join(tables.memory, memory.memory_id == table.memory_id)
            .where(table.agent_id == agent_id, table.embedder_id == embedder_id, table.memory_id.in_(ids))
            .where(memory.state == "active")
            .order_by(table.memory_id)
        )
        rows.extend((memory_id, body) for memory_id, body in connection.execute(query))
    return _stack_rows(rows, dim)


def _stack_rows(rows: Sequence[tuple[int, bytes]], dim: int) -> Vectors:
    ids = np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))
    if any(len(row[1]) != dim * _STORED.itemsize for row in rows):
        raise StoreCorrupt("A stored vector has another length than its embedder's; `langgym db repair` removes it.")
    flat = np.frombuffer(b"".join([row[1] for row in rows]), dtype=_STORED).astype(np.float32, copy=False)
    return Vectors(ids=ids, matrix=flat.reshape(len(rows), dim))


def find_embedder_id(connection: Connection, fingerprint: str) -> tuple[int, int] | None:
    """Returns an embedder's id and dimension, or `None` when it is not registered."""
    table = tables.embedder
    query = select(table.c.embedder_id, table.c.dim).where(table.c.fingerprint == fingerprint)
    row = connection.execute(query).first()
    return None if row is None else (row.embedder_id, row.dim)


def find_unembedded(connection: Connection, agent_id: int, fingerprint: str) -> list[int]:
    """Returns the ids of an agent's active memories that have no vector of that embedder, oldest first."""
    rows = find_driver(connection).execute(_UNEMBEDDED, (fingerprint, agent_id)).fetchall()
    return [memory_id for (memory_id,) in rows]
