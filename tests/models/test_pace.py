"""Who waits for a provider that limits, refuses or is down, for how long and in which order."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, repeat
from pathlib import Path

import pytest

from langgym.errors import ModelError
from langgym.models import loopback
from langgym.models.chat import Message
from langgym.models.endpoint import EndpointModel
from langgym.models.loadserver import LoadServer
from langgym.models.loopback import ChatServer
from langgym.models.names import ModelSettings, open_model
from langgym.models.pace import LONGEST_WAIT, Pace, Turn
from tests.models.conftest import Sleeps

Connect = Callable[..., EndpointModel]
PROMPT = [Message(role="user", section="board", text="Where?")]


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def pace(sleeps: Sleeps, notes: list[str]) -> Pace:
    return Pace(clock=sleeps.clock, note=notes.append, spread=random.Random(0))


def answer_e4(request: loopback.ChatRequest) -> str:
    return "e4"


def succeed(pace: Pace, sleeps: Sleeps, *, tokens: int = 1, real: int | None = 1) -> float:
    """Makes one good call; returns when it began."""
    turn = pace.join(tokens)
    with pace.wait(turn, sleeps):
        pace.succeed(turn, real)
    return turn.began


def fail(pace: Pace, sleeps: Sleeps, turn: Turn | None = None, *, retry_after: float | None = None) -> Turn:
    """Makes one call that fails; returns its turn."""
    turn = turn or pace.join(1)
    with pace.wait(turn, sleeps):
        pace.fail(turn, retry_after)
    return turn


def refuse(pace: Pace, sleeps: Sleeps, retry_after: float | None = None) -> bool:
    """Makes one call that gets a 429; returns whether there is patience."""
    turn = pace.join(1)
    with pace.wait(turn, sleeps):
        return pace.refuse(turn, retry_after)


# Limits that are given


def test_requests_per_minute_are_smoothed(sleeps: Sleeps) -> None:
    pace = Pace(requests_per_minute=120, clock=sleeps.clock)
    began = [succeed(pace, sleeps) for _ in range(6)]
    assert began == pytest.approx([0, 0, 0.5, 1.0, 1.5, 2.0], abs=0.01)


def test_tokens_per_minute_are_smoothed(sleeps: Sleeps) -> None:
    pace = Pace(tokens_per_minute=6000, clock=sleeps.clock)
    began = [succeed(pace, sleeps, tokens=50, real=50) for _ in range(4)]
    assert began == pytest.approx([0, 0, 0.5, 1.0], abs=0.01)


def test_estimate_is_corrected_by_what_a_call_cost(sleeps: Sleeps) -> None:
    pace = Pace(tokens_per_minute=6000, clock=sleeps.clock)
    began = [succeed(pace, sleeps, tokens=50, real=100) for _ in range(3)]
    assert began == pytest.approx([0, 0.5, 1.5], abs=0.01)


def test_model_spends_the_tokens_of_its_pace(connect: Connect, sleeps: Sleeps) -> None:
    with ChatServer(lambda request: "word " * 599) as server:
        model = connect(server, pace=Pace(tokens_per_minute=600, clock=sleeps.clock))
        model.complete(PROMPT, max_tokens=1)
        model.complete(PROMPT, max_tokens=1)
    assert sum(sleeps) == pytest.approx(59, abs=2)


# Refusals


def test_retry_after_holds_everybody(pace: Pace, sleeps: Sleeps) -> None:
    refuse(pace, sleeps, retry_after=7.0)
    assert succeed(pace, sleeps) == pytest.approx(7.0)


def test_shorter_retry_after_does_not_end_a_longer_one(pace: Pace, sleeps: Sleeps) -> None:
    first, second = pace.join(1), pace.join(1)
    with pace.wait(first, sleeps), pace.wait(second, sleeps):
        pace.refuse(first, 9.0)
        pace.refuse(second, 1.0)
    assert succeed(pace, sleeps) == pytest.approx(9.0)


def test_retry_after_of_nothing_still_slows_down(pace: Pace, sleeps: Sleeps) -> None:
    refuse(pace, sleeps, retry_after=0.0)
    assert succeed(pace, sleeps) >= 0.09


def test_refusals_use_up_no_tries(connect: Connect) -> None:
    with ChatServer(answer_e4, faults=repeat(loopback.rate_limited("0"), 20)) as server:
        completion = connect(server, max_tries=1).complete(PROMPT)
    assert (completion.text, completion.lost_calls, len(server.requests)) == ("e4", 0, 21)


def test_refusals_use_up_patience(connect: Connect, sleeps: Sleeps) -> None:
    pace = Pace(patience=100.0, clock=sleeps.clock)
    faults = repeat(loopback.rate_limited("30"))
    with ChatServer(answer_e4, faults=faults) as server, pytest.raises(ModelError, match="limits the rate"):
        connect(server, pace=pace).complete(PROMPT)
    assert (sum(sleeps), len(server.requests)) == (pytest.approx(120, abs=1), 5)


def test_success_renews_patience(sleeps: Sleeps) -> None:
    pace = Pace(patience=10.0, clock=sleeps.clock)
    patient = []
    for _ in range(5):
        patient.append(refuse(pace, sleeps, retry_after=8.0))
        succeed(pace, sleeps)
    assert patient == [True] * 5


def test_line_is_kept_in_order() -> None:
    pace, order = Pace(), list[int]()
    first, *turns = [pace.join(1) for _ in range(9)]
    with pace.wait(first, time.sleep):
        pace.refuse(first, 1.0)

    def go(number: int) -> None:
        with pace.wait(turns[number], time.sleep):
            order.append(number)

    with ThreadPoolExecutor(8) as pool:
        for number in reversed(range(8)):
            pool.submit(go, number)
    assert order == list(range(8))


# A provider that is down


def test_pauses_grow_while_nobody_succeeds(pace: Pace, sleeps: Sleeps) -> None:
    began = [fail(pace, sleeps).began for _ in range(9)]
    pauses = [after - before for before, after in pairwise(began)]
    longest = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_WAIT, LONGEST_WAIT]
    assert all(most / 2 <= pause <= most + 0.01 for pause, most in zip(pauses, longest, strict=True))


def test_one_call_probes_while_the_provider_is_down(pace: Pace, sleeps: Sleeps) -> None:
    fail(pace, sleeps)
    probe, other = pace.join(1), pace.join(1)
    with pace.wait(probe, sleeps):
        with pytest.raises(TimeoutError), pace.wait(other, raise_late(sleeps, 60)):
            pass
        pace.succeed(probe, 1)
    start = sleeps.now
    with pace.wait(other, sleeps):
        assert other.began == start


def test_failure_among_successes_delays_its_own_call_only(pace: Pace, sleeps: Sleeps) -> None:
    bad, good = pace.join(1), pace.join(1)
    with pace.wait(bad, sleeps), pace.wait(good, sleeps):
        pace.succeed(good, 1)
        pace.fail(bad, None)
    assert succeed(pace, sleeps) == 0.0
    assert 0.25 <= fail(pace, sleeps, bad).began <= 0.5


def test_failures_of_one_moment_are_one(pace: Pace, sleeps: Sleeps) -> None:
    turns = [pace.join(1) for _ in range(8)]
    for turn in turns:
        with pace.wait(turn, sleeps):
            pass
    sleeps.now = 0.1
    for turn in turns:
        pace.fail(turn, None)
    assert succeed(pace, sleeps) <= 0.61


def test_recovery_lets_everybody_go_on(pace: Pace, sleeps: Sleeps) -> None:
    for _ in range(6):
        fail(pace, sleeps)
    start = succeed(pace, sleeps)
    assert [succeed(pace, sleeps) for _ in range(10)] == [start] * 10


def test_unavailable_provider_is_left_alone_as_long_as_it_asks(connect: Connect, sleeps: Sleeps) -> None:
    with ChatServer(answer_e4, faults=[loopback.unavailable("9")]) as server:
        connect(server).complete(PROMPT)
    assert sum(sleeps) == pytest.approx(9.0, abs=0.01)


# What is said


def test_long_wait_and_its_end_are_noted_once(pace: Pace, sleeps: Sleeps, notes: list[str]) -> None:
    refuse(pace, sleeps, retry_after=20.0)
    turns = [pace.join(1) for _ in range(2)]
    for turn in turns:
        with pace.wait(turn, sleeps):
            pass
    for turn in turns:
        pace.succeed(turn, 1)
    assert [note[:24] for note in notes] == ["The provider limits the ", "The provider answers aga"]


def test_provider_that_is_down_is_noted(pace: Pace, sleeps: Sleeps, notes: list[str]) -> None:
    for _ in range(7):
        fail(pace, sleeps)
    assert [note[:20] for note in notes] == ["The provider is down"]


def test_short_waits_and_own_limits_are_not_noted(sleeps: Sleeps, notes: list[str]) -> None:
    pace = Pace(requests_per_minute=6, clock=sleeps.clock, note=notes.append)
    for _ in range(3):
        succeed(pace, sleeps)
    assert (sum(sleeps) > 15, notes) == (True, [])


# The end of waiting


def test_closing_ends_a_wait_at_once() -> None:
    with ChatServer(answer_e4, faults=repeat(loopback.rate_limited("60"))) as server, ThreadPoolExecutor(8) as pool:
        model = EndpointModel("openai:m", model="m", base_url=server.url)
        calls = [pool.submit(model.complete, PROMPT) for _ in range(8)]
        while not server.requests:
            time.sleep(0.01)
        time.sleep(0.2)
        start = time.monotonic()
        model.close()
        errors = [call.exception(5) for call in calls]
    assert {type(error) for error in errors} == {ModelError}
    assert time.monotonic() - start < 1


def test_call_that_is_closed_leaves_the_line_to_the_others(sleeps: Sleeps) -> None:
    pace = Pace(requests_per_minute=60, clock=sleeps.clock)
    succeed(pace, sleeps)
    with pytest.raises(TimeoutError), pace.wait(pace.join(1), raise_late(sleeps, 0)):
        pass
    assert succeed(pace, sleeps) == pytest.approx(1.0, abs=0.01)


def test_interrupt_ends_a_wait_at_once() -> None:
    code = """
import signal
import sys
from langgym.models.chat import Message
from langgym.models.endpoint import EndpointModel
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background ignores it
model = EndpointModel("openai:m", model="m", base_url=sys.argv[1])
try:
    model.complete([Message(role="user", section="board", text="?")])
except KeyboardInterrupt:
    print("interrupted")
"""
    with ChatServer(answer_e4, faults=repeat(loopback.rate_limited("60"))) as server:
        child = subprocess.Popen([sys.executable, "-c", code, server.url], stdout=subprocess.PIPE, text=True)
        while not server.requests:
            time.sleep(0.01)
        time.sleep(0.2)
        start = time.monotonic()
        os.kill(child.pid, signal.SIGINT)
        told, _ = child.communicate(timeout=20)
    assert (told, time.monotonic() - start < 3) == ("interrupted\n", True)


# All of it


def test_pace_is_shared_by_models_of_one_provider(connect: Connect, sleeps: Sleeps, pace: Pace) -> None:
    with ChatServer(answer_e4, faults=[loopback.rate_limited("11")]) as server:
        first, second = connect(server, pace=pace), connect(server, pace=pace)
        turn = pace.join(1)
        with pace.wait(turn, sleeps):
            pace.refuse(turn, 11.0)
        second.complete(PROMPT)
        first.complete(PROMPT)
    assert sum(sleeps) == pytest.approx(22.0, abs=1)


def test_settings_hand_the_pace_on(home: Path, pace: Pace, sleeps: Sleeps) -> None:
    refuse(pace, sleeps, retry_after=5.0)
    with ChatServer(answer_e4) as server:
        settings = ModelSettings(base_url=server.url, pace=pace)
        model = open_model("openai:m", home=home, settings=settings, environ={})
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(model.complete, PROMPT)
            time.sleep(0.1)
            model.close()
            assert isinstance(waiting.exception(5), ModelError)
    assert server.requests == []


def test_many_threads_use_what_a_limited_provider_gives() -> None:
    seconds, rate, done = 6.0, 20.0, list[float]()
    with LoadServer(latency=0.05, rate=rate) as server:
        model = EndpointModel("openai:m", model="m", base_url=server.url)
        end = time.monotonic() + seconds

        def play() -> None:
            while time.monotonic() < end:
                model.complete(PROMPT)
                done.append(time.monotonic())

        with ThreadPoolExecutor(32) as pool:
            players = [pool.submit(play) for _ in range(32)]
        stats = server.stats()
        model.close()
    assert [player.exception() for player in players] == [None] * 32
    assert sum(at < end for at in done) >= 0.6 * rate * seconds
    assert stats.n_limited <= 0.6 * stats.n_ok


def raise_late(sleeps: Sleeps, seconds: float) -> Callable[[float], None]:
    """Returns a sleep that gives up after `seconds`."""
    end = sleeps.now + seconds

    def sleep(wait: float) -> None:
        if sleeps.now >= end:
            raise TimeoutError
        sleeps(wait)

    return sleep
