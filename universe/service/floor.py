"""The floor of a hall: the threads that tables live in, the seats of the house that think, and those who wait."""

import asyncio
import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from universe.service.contracts import Play, Sitter
from universe.service.logs import describe_error
from universe.service.moving import Moving
from universe.service.problems import Refusal
from universe.service.settings import Limits
from universe.service.table import Table
from universe.text_env import Turn

P = ParamSpec("P")
T = TypeVar("T")
TICK = 0.25
"""Seconds between two looks at the time limits."""

log = logging.getLogger("universe.service")


class Floor:
    """Runs tables: each in one thread for all its life, asked from one event loop."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self.tables: dict[str, Table] = {}
        """By id, in the order in which they began."""
        self.plays: Counter[str] = Counter()
        """Decisions that were played, by who made them."""
        self.n_waiting = 0
        """Requests that wait for something to happen at a table."""
        self.draining = False
        self._closed = False
        self._limits = limits
        self._clock = clock
        self._n_under_way = 0
        self._waiters: dict[str, set[asyncio.Future[None]]] = {}
        self._homes: dict[str, ThreadPoolExecutor] = {}
        """Where each table lives."""
        self._n_homes = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._counting = threading.Lock()
        self._workers = [
            ThreadPoolExecutor(1, thread_name_prefix=f"tables-{number}") for number in range(limits.workers)
        ]
        self._thinkers = ThreadPoolExecutor(limits.thinkers, thread_name_prefix="house")

    @property
    def is_open(self) -> bool:
        """Whether it was opened."""
        return self._loop is not None

    def open(self) -> None:
        """Begins, in the running event loop."""
        self._loop = asyncio.get_running_loop()

    def watch(self) -> None:
        """Begins to look after time limits."""
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    async def drain(self, seconds: float) -> None:
        """Waits until nothing is under way, then puts every table away and ends the threads."""
        self.stop_waiting()
        until = time.monotonic() + seconds
        while self._n_under_way and time.monotonic() < until:
            await asyncio.sleep(0.01)
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
            self._sweeper = None
        self._closed = True
        self._thinkers.shutdown(wait=False, cancel_futures=True)
        await asyncio.gather(*(self.ask(table, _quietly, table, table.put_away) for table in self.tables.values()))
        self.tables.clear()
        self._homes.clear()
        for worker in self._workers:
            worker.shutdown(wait=False)

    def stop_waiting(self) -> None:
        """Answers whoever waits, now and from now on."""
        self.draining = True
        for table_id in list(self._waiters):
            self._wake(table_id)

    # Asking

    async def run_anywhere(self, part: Callable[[ThreadPoolExecutor], T]) -> T:
        """Calls `part` in a table's thread, which it is given, so that what it makes can be housed there."""
        worker = self._workers[self._n_homes % len(self._workers)]
        self._n_homes += 1
        return await self._run(worker, part, worker)

    def house(self, table: Table, worker: ThreadPoolExecutor) -> None:
        """Says in which thread a table lives, before anything is asked of it."""
        self._homes[table.table_id] = worker

    def show(self, table: Table) -> None:
        """Lets everybody find a table; called in its thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self.tables.__setitem__, table.table_id, table)

    def find(self, table_id: str) -> Table | None:
        """Returns a table.

        Raises:
            Refusal: It was put away with all others, and comes back with the service.
        """
        if self._closed:
            raise Refusal(503, "draining", "The service has stopped.", retry_after=1)
        return self.tables.get(table_id)

    async def ask(self, table: Table, part: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns what `part` says in the thread of a table."""
        worker = self._homes.get(table.table_id)
        if worker is None:
            raise Refusal(503, "draining", "The table was put away.", retry_after=1)
        return await self._run(worker, part, *args, **kwargs)

    async def _run(self, worker: ThreadPoolExecutor, part: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        self._n_under_way += 1
        try:
            return await asyncio.wrap_future(worker.submit(part, *args, **kwargs))
        finally:
            self._n_under_way -= 1

    # Waiting

    @contextlib.contextmanager
    def wait_room(self) -> Generator[None]:
        """Counts somebody who waits.

        Raises:
            Refusal: Too many wait.
        """
        self.check_wait_room()
        self.n_waiting += 1
        try:
            yield
        finally:
            self.n_waiting -= 1

    def check_wait_room(self) -> None:
        """Raises `Refusal` where too many wait."""
        if self.n_waiting >= self._limits.waiting:
            raise Refusal(429, "limit", "Too many requests wait for a turn.", retry_after=5)

    async def wait_change(self, table: Table, version: int, seconds: float) -> None:
        """Waits until a table has changed since `version`, the service stops, or time is up."""
        if table.version != version or self.draining or seconds <= 0:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiters = self._waiters.setdefault(table.table_id, set())
        waiters.add(future)
        if table.version != version:
            self._wake(table.table_id)
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            pass
        finally:
            waiters.discard(future)
            if not waiters and self._waiters.get(table.table_id) is waiters:
                del self._waiters[table.table_id]

    def _wake(self, table_id: str) -> None:
        for future in self._waiters.pop(table_id, ()):
            if not future.done():
                future.set_result(None)

    # What tables ask for, in their threads

    def think(self, table: Moving, seat: str, turn: Turn, sitter: Sitter) -> None:
        """Asks a seat of the house in a thread of its own."""

        def bring(thought: Future[Play]) -> None:
            if thought.cancelled():
                return
            error = thought.exception()
            result = thought.result() if error is None else _as_exception(error)
            self._submit(table, lambda: table.decide(seat, turn, result))

        self._thinkers.submit(sitter.act, turn).add_done_callback(bring)

    def go_on(self, table: Moving) -> None:
        """Calls the table again after others of its thread."""
        self._submit(table, table.go_on)

    def changed(self, table: Moving) -> None:
        """Wakes who waits for the table."""
        if table.table_id in self._waiters and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._wake, table.table_id)

    def played(self, source: str) -> None:
        """Counts a decision."""
        with self._counting:
            self.plays[source] += 1

    def _submit(self, table: Moving, part: Callable[[], None]) -> None:
        worker = self._homes.get(table.table_id)
        if worker is not None:
            with contextlib.suppress(RuntimeError):  # it was put away in the meantime
                worker.submit(_quietly, table, part)

    # Time

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            try:
                await self.sweep()
            except Exception:
                log.exception("time limits could not be looked after")

    async def sweep(self) -> None:
        """Looks after the time limits of every table, and lets go of those that ended a while ago."""
        now = self._clock()
        by_worker: dict[ThreadPoolExecutor, list[Table]] = {}
        for table in self.tables.values():
            if not table.over:
                by_worker.setdefault(self._homes[table.table_id], []).append(table)
        await asyncio.gather(*(self._run(worker, _tick_all, tables, now) for worker, tables in by_worker.items()))
        ended = sorted((table for table in self.tables.values() if table.over), key=lambda table: table.ended_at)
        n_surplus = max(0, len(ended) - self._limits.kept)
        late = [table for table in ended[n_surplus:] if now - table.ended_at > self._limits.keep_seconds]
        old = [*ended[:n_surplus], *late]
        for table in old:
            await self.ask(table, _quietly, table, table.put_away)
            del self.tables[table.table_id], self._homes[table.table_id]
            self._wake(table.table_id)


def _tick_all(tables: list[Table], now: float) -> None:
    for table in tables:
        _quietly(table, lambda table=table: table.tick(now))


def _quietly(table: Moving, part: Callable[[], None]) -> None:
    """Calls `part`; what goes wrong stays with the table."""
    try:
        part()
    except Exception as error:
        log.error("a table could not go on", extra={"table": table.table_id, **describe_error(error)})


def _as_exception(error: BaseException) -> Exception:
    return error if isinstance(error, Exception) else RuntimeError(type(error).__name__)
