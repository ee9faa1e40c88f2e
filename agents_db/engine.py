"""Connections to SQLite, and the translation of its errors."""

import os
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from agents_db.errors import (
    AgentsDBError,
    NotStored,
    StoreBusy,
    StoreClosed,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreUnwritable,
)

BUSY_SECONDS = 5.0
CLOSE_SECONDS = 2.0
"""After which a connection is left open that is still in use when its store is closed."""


def translate_error(error: BaseException, path: Path) -> AgentsDBError | None:
    """Returns the error of ours that says what SQLite meant; `None` for an error that is not SQLite's."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return None
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    where = str(path)
    match code:
        case sqlite3.SQLITE_FULL:
            return StoreFull(f"No space left for the store {where!r}; free some and run again: nothing stored is lost.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return StoreUnwritable(
                f"Cannot write the store {where!r} ({cause}); check its permissions or use `--home`."
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return StoreCorrupt(
                f"The store {where!r} is damaged or not a store ({cause}); move it away or restore a backup."
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreBusy(f"Another process keeps the store {where!r} locked; wait until it is done and run again.")
        case sqlite3.SQLITE_IOERR:
            return StoreUnwritable(
                f"The disk failed under the store {where!r} ({cause}); check the disk and its quota."
            )
        case sqlite3.SQLITE_INTERRUPT:
            return StoreClosed(f"A read of the store {where!r} was ended before it was done; read again.")
        case sqlite3.SQLITE_CONSTRAINT:
            return NotStored(f"A record of the store {where!r} names another that is not stored ({cause}).")
        case _:
            if isinstance(cause, sqlite3.ProgrammingError) and "closed" in str(cause):
                return StoreClosed(f"The store {where!r} was closed; open it again.")
            return StoreError(f"The store {where!r} failed ({cause}); run `langgym db check`.")


@contextmanager
def translated(path: Path) -> Generator[None]:
    """Turns SQLite's errors inside the block into ours."""
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        translation = translate_error(error, path)
        if translation is None:
            raise
        raise translation from error


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def open_sqlite(path: Path, mode: str) -> sqlite3.Connection:
    """Opens `path` in a mode of SQLite's URIs (`ro`, `rw`, `rwc`), without a transaction of its own, keys enforced.

    A store in a folder that cannot be written has no room for the files that a WAL reader needs; when nobody has left
    any, it is read as one that cannot change.
    """
    uri = f"file:{quote(str(path))}?mode={mode}"
    if mode == "ro" and not _is_writable(path.parent) and not Path(f"{path}-wal").exists():
        uri += "&immutable=1"
    connection = sqlite3.connect(
        uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        connection.execute("PRAGMA foreign_keys=ON")
        if mode == "ro":
            connection.execute("PRAGMA query_only=ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def make_engine(path: Path, mode: str) -> Engine:
    """Makes an engine whose connections begin and commit only when told."""
    return create_engine(
        "sqlite+pysqlite://",
        creator=lambda: open_sqlite(path, mode),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )


def find_driver(connection: Connection) -> sqlite3.Connection:
    """Returns the driver's connection under SQLAlchemy's."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


@dataclass(frozen=True, slots=True)
class _Reader:
    """A connection of one thread."""

    connection: Connection
    driver: sqlite3.Connection
    busy: threading.RLock = field(default_factory=threading.RLock)
    """Held by whoever uses it: SQLite takes it ill when a connection is closed in the midst of a statement."""

    def close(self) -> None:
        """Ends what runs, and closes."""
        end = time.monotonic() + CLOSE_SECONDS
        while not self.busy.acquire(timeout=0.005):
            if time.monotonic() > end:
                return
            self.driver.interrupt()  # again: the thread may have been between two statements
        with suppress(sqlite3.Error, DBAPIError):
            self.connection.close()
        self.busy.release()


class Readers:
    """Read-only connections, one per thread; every read sees one moment of the store."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = make_engine(path, "ro")
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, _Reader] = {}
        self._closed = False

    @contextmanager
    def read(self) -> Generator[Connection]:
        """Gives this thread's connection, inside a transaction that only reads; blocks may nest."""
        with translated(self._path), self._use() as reader:
            if reader.driver.in_transaction:
                yield reader.connection
                return
            reader.driver.execute("BEGIN")
            try:
                yield reader.connection
            finally:
                with suppress(sqlite3.Error):
                    reader.driver.execute("ROLLBACK")

    def read_one(self, statement: str, values: tuple[int, ...]) -> tuple[int, ...] | None:
        """Returns the first row of a single statement, which sees one moment by itself; cheaper than `read`."""
        with translated(self._path), self._use() as reader:
            return reader.driver.execute(statement, values).fetchone()

    def interrupt(self) -> None:
        """Ends the statements that run on the connections of every thread."""
        with self._lock:
            for reader in self._open.values():
                reader.driver.interrupt()

    def close(self) -> None:
        """Ends what runs on the connections of every thread, and closes them."""
        with self._lock:
            self._closed = True
            left, self._open = list(self._open.values()), {}
        for reader in left:
            reader.close()

    @contextmanager
    def _use(self) -> Generator[_Reader]:
        """Gives this thread's connection, which nobody closes meanwhile."""
        reader = self._find_reader()
        with reader.busy:
            if self._closed:
                raise self._make_closed()
            yield reader

    def _find_reader(self) -> _Reader:
        found: _Reader | None = getattr(self._local, "reader", None)
        if found is not None and not self._closed:
            return found
        with self._lock:
            if self._closed:
                raise self._make_closed()
            for thread in [thread for thread in self._open if not thread.is_alive()]:
                self._open.pop(thread).close()
            connection = self._engine.connect()
            reader = _Reader(connection, find_driver(connection))
            self._open[threading.current_thread()] = reader
            self._local.reader = reader
        return reader

    def _make_closed(self) -> StoreClosed:
        return StoreClosed(f"The store {str(self._path)!r} was closed; open it again.")
