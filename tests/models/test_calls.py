"""Calls in flight can be left at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from langgym.errors import ModelError
from langgym.models.calls import Calls


def test_result_comes_back() -> None:
    assert Calls().run(lambda: 7, timeout=5) == 7


def test_error_comes_back() -> None:
    def fail() -> int:
        raise KeyError("it")

    with pytest.raises(KeyError, match="it"):
        Calls().run(fail, timeout=5)


def test_call_that_never_ends_is_left_at_its_deadline() -> None:
    done = threading.Event()
    with pytest.raises(TimeoutError):
        Calls().run(done.wait, timeout=0.05)
    done.set()


def test_closing_leaves_every_call() -> None:
    calls, done, started = Calls(), threading.Event(), threading.Semaphore(0)

    def wait() -> bool:
        started.release()
        return done.wait(30)

    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(calls.run, wait, timeout=30) for _ in range(3)]
        for _ in waiting:
            started.acquire()
        calls.close()
        errors = [call.exception(5) for call in waiting]
    done.set()
    assert [type(error) for error in errors] == [ModelError] * 3


def test_closed_calls_refuse_new_ones() -> None:
    calls = Calls()
    calls.close()
    with pytest.raises(ModelError, match="open it again"):
        calls.run(lambda: 7, timeout=5)
