"""The way to the store that all of its readers and writers share."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from agents_db.engine import Readers
from agents_db.errors import StoreUnwritable
from agents_db.writer import Transaction, Writer

P = ParamSpec("P")
T = TypeVar("T")
Clock = Callable[[], int]


class Door:
    """Connections to one file: many that read, and the one writer, where it was opened for writing."""

    def __init__(self, readers: Readers, writer: Writer | None, clock: Clock) -> None:
        """Takes the connections over.

        Args:
            readers: give connections for reading.
            writer: `None` where the store is only read.
            clock: UTC microseconds.
        """
        self._readers = readers
        self._writer = writer
        self._clock = clock

    def _read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._readers.read() as connection:
            return query(connection, *args, **kwargs)

    def _write(self, write: Callable[[Transaction], T], *, durable: bool = True) -> T:
        return self._find_writer().submit(write, durable=durable)

    def _find_writer(self) -> Writer:
        if self._writer is None:
            raise StoreUnwritable("The store was opened only for reading; use `AgentsDB.open`.")
        return self._writer
