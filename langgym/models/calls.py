"""Calls in flight that the caller can leave at once: on Ctrl-C, at a deadline, or because the model is closed."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import TypeVar

from langgym.errors import ModelError

ResultT = TypeVar("ResultT")


class Calls:
    """Blocking calls of one model, each in a daemon thread of its own, so that nothing can hold its caller.

    A thread blocked in `recv` cannot be woken by another thread, neither by closing the socket nor by an exception; so
    the caller waits on a future instead, and an abandoned call ends by itself, without anybody waiting for it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._abandon: set[Callable[[], None]] = set()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed.is_set()

    def check_open(self) -> None:
        """Raises a `ModelError` when the model is closed."""
        if self.closed:
            raise ModelError("The model is closed: open it again.")

    def run(self, work: Callable[[], ResultT], timeout: float) -> ResultT:
        """Returns what `work` returns, or raises what it raises; leaves it behind after `timeout` seconds.

        Raises:
            TimeoutError: `work` was not done in time.
            ModelError: The model was closed meanwhile.
        """
        future: Future[ResultT] = Future()

        def give_up() -> None:
            with suppress(InvalidStateError):
                future.set_exception(ModelError("The model was closed while it answered.", lost_calls=1))

        with self._lock:
            self.check_open()
            self._abandon.add(give_up)
        try:
            threading.Thread(target=_fill_future, args=(future, work), name="langgym-model", daemon=True).start()
            return future.result(timeout)
        finally:
            with self._lock:
                self._abandon.discard(give_up)

    def wait(self, seconds: float) -> None:
        """Sleeps for `seconds`, or until the model is closed.

        Raises:
            ModelError: The model was closed meanwhile.
        """
        if self._closed.wait(seconds):
            raise ModelError("The model was closed while it waited to try again.")

    def close(self) -> None:
        """Makes every waiting caller fail now, and every later one."""
        with self._lock:
            self._closed.set()
            waiting = list(self._abandon)
        for give_up in waiting:
            give_up()


def _fill_future(future: Future[ResultT], work: Callable[[], ResultT]) -> None:
    try:
        result = work()
    except BaseException as error:
        with suppress(InvalidStateError):
            future.set_exception(error)
    else:
        with suppress(InvalidStateError):
            future.set_result(result)
