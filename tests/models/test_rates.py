"""A provider's limit is found out and kept, against a server with a token bucket in simulated time."""

from dataclasses import dataclass

import pytest

from langgym.models.rates import BACK_OFF, FIRST_RATE, LOWEST_PART, AdaptiveRate, Bucket


@dataclass
class Played:
    """What came of asking for a while."""

    n_good: int = 0
    n_refused: int = 0


def ask(rate: AdaptiveRate, limit: float, *, start: float, seconds: float, latency: float = 0.2) -> Played:
    """Asks a server of `limit` requests a second as fast as `rate` allows."""
    played, level, now, asked, answers = Played(), 1.0, start, start, []
    while now < start + seconds:
        while answers and answers[0] + latency <= now:
            rate.succeed(now, began=answers.pop(0))
        delay = rate.find_delay(now, awaited=True)
        if delay > 0:
            now += min(max(delay, 0.0001), 0.01)
            continue
        rate.take()
        level, asked = min(1.0, level + (now - asked) * limit), now
        if level >= 1:
            level -= 1
            answers.append(now)
            played.n_good += 1
        else:
            rate.refuse(now + 0.001, began=now)
            played.n_refused += 1
        now += 0.0005
    return played


@pytest.mark.parametrize(("limit", "share"), [(0.5, 0.8), (2.0, 0.9), (20.0, 0.9), (200.0, 0.9)])
def test_limit_is_found_with_few_refusals(limit: float, share: float) -> None:
    rate = AdaptiveRate(0.0)
    ask(rate, limit, start=0.0, seconds=60)
    later = ask(rate, limit, start=60.0, seconds=120)
    assert later.n_good >= share * limit * 120
    assert later.n_refused <= max(12, 0.05 * later.n_good)


@pytest.mark.parametrize(("before", "after"), [(20.0, 4.0), (4.0, 20.0), (20.0, 100.0)])
def test_changed_limit_is_followed(before: float, after: float) -> None:
    rate = AdaptiveRate(0.0)
    ask(rate, before, start=0.0, seconds=30)
    ask(rate, after, start=30.0, seconds=30)
    later = ask(rate, after, start=60.0, seconds=60)
    assert later.n_good >= 0.85 * after * 60


def test_pause_of_the_provider_is_made_up_for() -> None:
    rate = AdaptiveRate(0.0)
    ask(rate, 20.0, start=0.0, seconds=30)
    ask(rate, 1e-9, start=30.0, seconds=60)
    ask(rate, 20.0, start=90.0, seconds=30)
    assert ask(rate, 20.0, start=120.0, seconds=30).n_good >= 0.9 * 20 * 30


def test_nothing_is_limited_before_the_first_refusal() -> None:
    rate = AdaptiveRate(0.0)
    delays = [rate.find_delay(0.0, awaited=True) for _ in range(100) if rate.take() is None]
    assert (rate.rate, max(delays)) == (None, 0.0)


def test_first_refusal_takes_the_measured_rate() -> None:
    rate = AdaptiveRate(0.0)
    for number in range(100):
        rate.succeed(number / 50, began=0.0)
    rate.refuse(2.0, began=1.9)
    assert rate.rate == pytest.approx(50 * BACK_OFF, rel=0.02)


def test_first_refusal_without_a_measure_takes_the_first_rate() -> None:
    rate = AdaptiveRate(0.0)
    rate.refuse(0.1, began=0.0)
    assert rate.rate == FIRST_RATE


def test_echoes_of_a_refusal_change_nothing() -> None:
    rate = AdaptiveRate(0.0)
    for _ in range(64):
        rate.refuse(0.1, began=0.0)
    assert rate.rate == FIRST_RATE


def test_rate_never_reaches_zero() -> None:
    rate = AdaptiveRate(0.0)
    for number in range(1000):
        rate.refuse(float(number), began=float(number))
    assert rate.rate == FIRST_RATE * LOWEST_PART


def test_time_without_waiting_does_not_raise_the_rate() -> None:
    rate = AdaptiveRate(0.0)
    ask(rate, 20.0, start=0.0, seconds=30)
    before = rate.rate
    rate.find_delay(1000.0, awaited=False)
    assert rate.rate == before


def test_bucket_gives_a_second_at_once_and_then_its_rate() -> None:
    bucket = Bucket(2.0, 2.0, 0.0)
    bucket.take(1)
    bucket.take(1)
    assert (bucket.find_delay(1, 0.0), bucket.find_delay(1, 0.5)) == (0.5, 0.0)


def test_overdrawn_bucket_fills_first() -> None:
    bucket = Bucket(10.0, 10.0, 0.0)
    assert bucket.find_delay(100, 0.0) == 0.0
    bucket.take(100)
    assert bucket.find_delay(1, 0.0) == pytest.approx(9.1)
