"""The threads that read: whatever one of them still waits for holds nobody up who leaves."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock, Thread
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
MOST = 6
"""Threads, each of which has a connection to the store."""


class LeavingPool(ThreadPoolExecutor):
    """Does tasks in a few threads that last, and ends with the program, done or not.

    The pool of the standard library is waited for when a program ends: a model server that does not answer would keep
    it for as long as it pleases.
    """

    def __init__(self) -> None:
        super().__init__()
        self._todo: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._guard = Lock()
        self._n_threads, self._n_open = 0, 0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Does a task as soon as a thread is free."""
        future: Future[T] = Future()

        def run() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except BaseException as error:
                    future.set_exception(error)

        with self._guard:
            self._n_open += 1
            if self._n_open > self._n_threads and self._n_threads < MOST:
                self._n_threads += 1
                Thread(target=self._work, name=f"reader {self._n_threads}", daemon=True).start()
        self._todo.put(run)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the threads, each after what it does; waits for none."""
        with self._guard:
            for _ in range(self._n_threads):
                self._todo.put(None)

    def _work(self) -> None:
        while (task := self._todo.get()) is not None:
            task()
            with self._guard:
                self._n_open -= 1
