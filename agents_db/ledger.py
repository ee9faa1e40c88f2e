"""The ledger of vector indexes: which rows they have yet to look at, and which generation is in use."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, select, update

from agents_db import tables
from agents_db.engine import find_driver
from agents_db.rows import to_record
from agents_db.statements import chunk
from agents_db.writer import Transaction

T = TypeVar("T")

_VERSION = "SELECT memory_version FROM agent WHERE agent_id = ?"
_SIZE = "SELECT n_memories FROM agent WHERE agent_id = ?"
_PENDING = "SELECT count(*) FROM outbox WHERE agent_id = ?"
_IDS = (
    "SELECT e.memory_id FROM embedding e JOIN memory m ON m.memory_id = e.memory_id "
    "WHERE e.agent_id = ? AND e.embedder_id = (SELECT embedder_id FROM embedder WHERE fingerprint = ?) "
    "AND m.state = 'active' ORDER BY e.memory_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRecord:
    """The state of an agent's index."""

    agent_id: int
    generation: int
    dirty: bool
    chroma_version: str
    embedder: str
    n_changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A row of the outbox."""

    seq: int
    memory_id: int


class _Read(Protocol):
    def __call__(self, query: Callable[[Connection], T], /) -> T: ...


class _ReadOne(Protocol):
    def __call__(self, statement: str, values: tuple[int, ...], /) -> tuple[int, ...] | None: ...


class _Write(Protocol):
    def __call__(self, write: Callable[[Transaction], T], /, *, durable: bool = True) -> T: ...


class Ledger:
    """What the vector indexes have to do; the store's own, handed to `agents_db.index`."""

    def __init__(self, read: _Read, write: _Write, *, read_one: _ReadOne) -> None:
        self._read = read
        self._read_one = read_one
        self._write = write

    def state(self, agent_id: int) -> IndexRecord | None:
        """Returns the state of an agent's index, or `None` when it has none."""

        def query(connection: Connection) -> IndexRecord | None:
            found = select(tables.index_state).where(tables.index_state.c.agent_id == agent_id)
            row = connection.execute(found).mappings().first()
            return None if row is None else to_record(IndexRecord, row)

        return self._read(query)

    def pending(self, agent_id: int) -> list[Pending]:
        """Returns what an agent's index has yet to look at, oldest first."""

        def query(connection: Connection) -> list[Pending]:
            table = tables.outbox.c
            found = select(table.seq, table.memory_id).where(table.agent_id == agent_id).order_by(table.seq)
            return [Pending(seq=seq, memory_id=memory_id) for seq, memory_id in connection.execute(found)]

        return self._read(query)

    def n_pending(self, agent_id: int) -> int:
        """Returns how many rows an agent's index has yet to look at."""
        return self._read_number(_PENDING, agent_id)

    def version(self, agent_id: int) -> int:
        """Returns a number that rises whenever the agent's memories or vectors change."""
        return self._read_number(_VERSION, agent_id)

    def size(self, agent_id: int) -> int:
        """Returns how many active memories an agent has."""
        return self._read_number(_SIZE, agent_id)

    def ids(self, agent_id: int, embedder: str) -> NDArray[np.int64]:
        """Returns the ids of an agent's active memories that have a vector of that embedder, rising."""

        def query(connection: Connection) -> NDArray[np.int64]:
            rows = find_driver(connection).execute(_IDS, (agent_id, embedder)).fetchall()
            return np.fromiter((memory_id for (memory_id,) in rows), dtype=np.int64, count=len(rows))

        return self._read(query)

    def _read_number(self, statement: str, agent_id: int) -> int:
        """Runs a statement that every recall waits for, without SQLAlchemy's cost."""
        row = self._read_one(statement, (agent_id,))
        return 0 if row is None else int(row[0])

    def mark(self, agent_id: int, *, dirty: bool, n_changes: int | None = None) -> None:
        """Commits that the index may be off, or is not; `n_changes` replaces the count of changes."""
        values: dict[str, Any] = {"dirty": dirty} | ({} if n_changes is None else {"n_changes": n_changes})

        def write(transaction: Transaction) -> None:
            table = tables.index_state
            transaction.connection.execute(update(table).where(table.c.agent_id == agent_id).values(**values))

        self._write(write)

    def settle(self, agent_id: int, seqs: Sequence[int]) -> None:
        """Removes exactly those rows of the outbox."""
        self._write(lambda transaction: _settle(transaction, agent_id, seqs))

    def switch(self, record: IndexRecord, *, seqs: Sequence[int]) -> None:
        """Makes a generation the one in use and settles what it holds, in one transaction."""
        values = {name: getattr(record, name) for name in IndexRecord.__slots__}

        def write(transaction: Transaction) -> None:
            table = tables.index_state
            transaction.connection.execute(delete(table).where(table.c.agent_id == record.agent_id))
            transaction.connection.execute(insert(table).values(**values))
            _settle(transaction, record.agent_id, seqs)

        self._write(write)


def _settle(transaction: Transaction, agent_id: int, seqs: Sequence[int]) -> None:
    table = tables.outbox
    for some in chunk(seqs):
        transaction.connection.execute(delete(table).where(table.c.agent_id == agent_id, table.c.seq.in_(some)))
