"""The one connection of a process that writes to the store."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from agents_db.borders import reach
from agents_db.engine import BUSY_SECONDS, find_driver, make_engine, translate_error
from agents_db.errors import StoreClosed, StoreError
from agents_db.texts import TextWriter

T = TypeVar("T")
_MOST = 64
"""Writes in one transaction: enough to share a sync, few enough that the first does not wait for long."""


BUSY_PAUSE = 0.0005
"""Seconds after which a writer looks again whether another process has done with writing."""
HELD_SECONDS = 0.05
"""How long a write that nobody waits for may be held: short enough for whoever follows a game in another process."""


def _do_nothing(transaction: "Transaction") -> None:
    """Is a write that only brings along what is held."""


def _begin(cursor: sqlite3.Cursor) -> None:
    """Begins a transaction as soon as no other process writes.

    SQLite itself looks again after up to 100 ms, which is long where processes take turns every few milliseconds.
    """
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(BUSY_PAUSE)


class Transaction:
    """What a write works with: the connection, a cursor of its driver for hot statements, and the texts."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.driver = find_driver(connection)
        self.cursor = self.driver.cursor()
        self.texts = TextWriter(self.cursor)
        self.variants: dict[tuple[str, str], int] = {}
        """Ids of variants by environment and arguments; they never change."""

    def forget(self) -> None:
        """Drops what is remembered of the store, since the transaction that taught it was rolled back."""
        self.texts.forget()
        self.variants.clear()


class _Job(Generic[T]):
    """A write that waits for the writer's thread, and a light future: a lock that opens when it is done."""

    __slots__ = ("_done", "_error", "_result", "durable", "write")

    def __init__(self, write: Callable[[Transaction], T], *, durable: bool) -> None:
        self.write = write
        self.durable = durable
        self._result: T | None = None
        self._error: BaseException | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def finish(self, result: T) -> None:
        self._result = result
        self._done.release()

    def fail(self, error: BaseException) -> None:
        self._error = error
        self._done.release()

    def wait(self) -> T:
        self._done.acquire()
        if self._error is not None:
            raise self._error
        return cast("T", self._result)


class Writer:
    """Does one write after the other; groups those that wait into one transaction, acknowledged after its commit.

    A write is done at once, in the thread that asks for it, unless another one is under way: handing it to a thread and
    back costs as much as a small write itself. While one is under way, a thread of the writer's own takes what comes.

    What is acknowledged was synced to the disk when a write of its transaction is durable; else a power cut, but no
    crash of the process, may cost the last ones. A write may be run twice when the group that it was in fails, so it
    must do nothing but write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._n_waiting = 0
        self._lock = threading.Lock()  # guards `_n_waiting`, `_thread` and `_closed`
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._closed = False
        self._turn = threading.Lock()  # held by whoever uses what follows
        self._transaction: Transaction | None = None
        self._clean = True
        self._full_sync: bool | None = None
        self._held: list[Callable[[Transaction], object]] = []
        self._held_since = 0.0

    def hold(self, write: Callable[[Transaction], object]) -> None:
        """Keeps a write that nobody waits for until the next one, which commits it along, in this order.

        It is not acknowledged: it is stored before anything that is asked for after it, within `HELD_SECONDS` where
        more is held, and lost with the process. Where it cannot be stored, the next write raises why.
        """
        with self._lock:
            if not self._held:
                self._held_since = time.monotonic()
            self._held.append(write)
            due = len(self._held) >= _MOST or time.monotonic() - self._held_since > HELD_SECONDS
        if due:
            self.flush()

    def flush(self) -> None:
        """Stores what is held."""
        if self._held:
            self.submit(_do_nothing, durable=False)

    def submit(self, write: Callable[[Transaction], T], *, durable: bool) -> T:
        """Runs `write` in a transaction and returns its result once it is committed.

        Raises:
            StoreError: it could not be stored; nothing of it is.
        """
        if os.getpid() != self._pid:
            raise StoreError("The store was opened before this process was forked; open it again in the child.")
        job: _Job[T] | None = None
        with self._lock:
            if self._closed:
                raise StoreClosed(f"The store {str(self._path)!r} was closed; open it again.")
            if self._n_waiting or not self._turn.acquire(blocking=False):
                job = self._hand_over(write, durable=durable)
        if job is not None:
            return job.wait()
        try:
            return self._commit_one(write, durable=durable)
        finally:
            self._turn.release()

    def close(self) -> None:
        """Stores what waits and closes the connection; more calls do nothing.

        Raises:
            StoreError: What was held could not be stored; the connection is closed all the same.
        """
        try:
            if not self._closed and os.getpid() == self._pid:
                self.flush()
        finally:
            self._end()

    def _end(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            thread = self._thread
        if os.getpid() != self._pid:
            return
        if thread is not None:
            self._queue.put(None)
            thread.join()
        if self._turn.acquire(timeout=BUSY_SECONDS):  # an interrupted write may never have given it back
            transaction, self._transaction = self._transaction, None
            if transaction is not None:
                transaction.connection.close()
            self._turn.release()

    def _hand_over(self, write: Callable[[Transaction], T], *, durable: bool) -> _Job[T]:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="agents-db-writer", daemon=True)
            self._thread.start()
        job = _Job(write, durable=durable)
        self._n_waiting += 1
        self._queue.put(job)
        return job

    def _work(self) -> None:
        while (batch := self._take_batch()) is not None:
            with self._turn:
                self._store_batch(batch)
            with self._lock:
                self._n_waiting -= len(batch)

    def _take_batch(self) -> list[_Job[Any]] | None:
        job = self._queue.get()
        if job is None:
            return None
        batch = [job]
        with suppress(Empty):
            while len(batch) < _MOST:
                job = self._queue.get_nowait()
                if job is None:
                    self._queue.put(None)
                    break
                batch.append(job)
        return batch

    def _store_batch(self, batch: list[_Job[Any]]) -> None:
        """Stores the writes in one transaction; where that fails, each in one of its own."""
        if len(batch) > 1:
            held = self._take_held()
            try:
                writes = [*held, *(job.write for job in batch)]
                results = self._commit(writes, durable=any(job.durable for job in batch))[len(held) :]
            except BaseException:
                self._give_back(held)
                results = []
            for job, result in zip(batch, results, strict=False):
                job.finish(result)
            if results:
                return
        for job in batch:
            try:
                job.finish(self._commit_one(job.write, durable=job.durable))
            except BaseException as error:
                job.fail(error)

    def _commit_one(self, write: Callable[[Transaction], T], *, durable: bool) -> T:
        """Runs what is held and a write in one transaction; where what is held fails, the write is not run."""
        held = self._take_held()
        if not held:
            return self._commit([write], durable=durable)[0]
        try:
            return cast("T", self._commit([*held, write], durable=durable)[-1])
        except BaseException:
            self._give_back(held)
            raise

    def _take_held(self) -> list[Callable[[Transaction], object]]:
        with self._lock:
            held, self._held = self._held, []
        return held

    def _give_back(self, held: list[Callable[[Transaction], object]]) -> None:
        with self._lock:
            self._held[:0] = held

    def _commit(self, writes: Sequence[Callable[[Transaction], T]], *, durable: bool) -> list[T]:
        """Runs the writes in one transaction; on any failure, an interruption too, nothing of them is stored."""
        try:
            transaction = self._find_transaction()
            execute = transaction.cursor.execute
            if self._full_sync is not durable:
                execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                self._full_sync = durable
            self._clean = False
            _begin(transaction.cursor)
            results = [write(transaction) for write in writes]
            execute("COMMIT")
            self._clean = True
            reach("after_sql")
        except BaseException as error:
            if self._transaction is not None:
                self._roll_back(self._transaction)
            translation = translate_error(error, self._path)
            if translation is None:
                raise
            raise translation from error
        return results

    def _find_transaction(self) -> Transaction:
        if self._transaction is None:
            self._transaction = Transaction(make_engine(self._path, "rw").connect())
            self._transaction.cursor.execute("PRAGMA busy_timeout=0")  # `_begin` waits by itself
        if not self._clean:  # the write before was interrupted, and so was its rolling back
            self._roll_back(self._transaction)
        return self._transaction

    def _roll_back(self, transaction: Transaction) -> None:
        transaction.forget()
        if transaction.driver.in_transaction:
            with suppress(sqlite3.Error, DBAPIError):
                transaction.cursor.execute("ROLLBACK")
        self._clean = True
