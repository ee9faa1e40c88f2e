"""The one thread of a process that writes to the store."""

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from agents_db.engine import find_driver, make_engine, translate_error, translated
from agents_db.errors import StoreClosed, StoreError
from agents_db.texts import TextWriter

T = TypeVar("T")
_MOST = 64
"""Writes in one transaction: enough to share a sync, few enough that the first does not wait for long."""


class Transaction:
    """What a write works with: the connection, a cursor of its driver for hot statements, and the texts."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.driver = find_driver(connection)
        self.cursor = self.driver.cursor()
        self.texts = TextWriter(self.cursor)


class _Job(Generic[T]):
    """A write that waits, and a light future: a lock that opens when it is done."""

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
    """Groups the writes that wait into one transaction and acknowledges each after its commit.

    A batch is synced to the disk before it is acknowledged when one of its writes is durable; else a power cut, but no
    crash of the process, may cost the last batches. A write may be run twice when the batch it was in fails, so it must
    do nothing but write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._closed = False
        self._full_sync: bool | None = None

    def submit(self, write: Callable[[Transaction], T], *, durable: bool) -> T:
        """Runs `write` in the writer's thread and returns its result once it is committed.

        Raises:
            StoreError: it could not be stored; nothing of it is.
        """
        if os.getpid() != self._pid:
            raise StoreError("The store was opened before this process was forked; open it again in the child.")
        job = _Job(write, durable=durable)
        with self._lock:
            if self._closed:
                raise StoreClosed(f"The store {str(self._path)!r} was closed; open it again.")
            if self._thread is None:
                self._start()
            self._queue.put(job)
        return job.wait()

    def close(self) -> None:
        """Stores what waits, then ends the thread; more calls do nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            thread = self._thread
        if thread is not None and os.getpid() == self._pid:
            self._queue.put(None)
            thread.join()

    def _start(self) -> None:
        ready: SimpleQueue[BaseException | None] = SimpleQueue()
        thread = threading.Thread(target=self._work, args=(ready,), name="agents-db-writer", daemon=True)
        thread.start()
        error = ready.get()
        if error is not None:
            thread.join()
            raise error
        self._thread = thread

    def _work(self, ready: "SimpleQueue[BaseException | None]") -> None:
        try:
            with translated(self._path):
                connection = make_engine(self._path, "rw").connect()
        except BaseException as error:
            ready.put(error)
            return
        ready.put(None)
        with connection:
            transaction = Transaction(connection)
            while (batch := self._take_batch()) is not None:
                self._store_batch(transaction, batch)

    def _take_batch(self) -> "list[_Job[Any]] | None":
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

    def _store_batch(self, transaction: Transaction, batch: "list[_Job[Any]]") -> None:
        if len(batch) > 1 and self._store_group(transaction, batch):
            return
        for job in batch:
            self._store_one(transaction, job)

    def _store_one(self, transaction: Transaction, job: "_Job[Any]") -> None:
        execute = transaction.cursor.execute
        try:
            self._set_sync(transaction, full=job.durable)
            execute("BEGIN IMMEDIATE")
            result = job.write(transaction)
            execute("COMMIT")
        except BaseException as error:
            self._roll_back(transaction)
            job.fail(translate_error(error, self._path) or error)
            return
        job.finish(result)

    def _store_group(self, transaction: Transaction, batch: "list[_Job[Any]]") -> bool:
        """Stores the writes in one transaction; on any failure stores none of them and returns False."""
        execute = transaction.cursor.execute
        try:
            self._set_sync(transaction, full=any(job.durable for job in batch))
            execute("BEGIN IMMEDIATE")
            results = [job.write(transaction) for job in batch]
            execute("COMMIT")
        except BaseException:
            self._roll_back(transaction)
            return False
        for job, result in zip(batch, results, strict=True):
            job.finish(result)
        return True

    def _set_sync(self, transaction: Transaction, *, full: bool) -> None:
        if self._full_sync is not full:
            transaction.cursor.execute(f"PRAGMA synchronous={'FULL' if full else 'NORMAL'}")
            self._full_sync = full

    def _roll_back(self, transaction: Transaction) -> None:
        transaction.texts.forget()
        if transaction.driver.in_transaction:
            with suppress(sqlite3.Error, DBAPIError):
                transaction.cursor.execute("ROLLBACK")
