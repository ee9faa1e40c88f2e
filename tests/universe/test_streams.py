"""Streams: draws that depend on nothing but where they are made."""

from collections import Counter

from universe.streams import Stream


def test_streams_of_different_origins_are_independent() -> None:
    draws = {Stream.of(7, episode, name).integer("x", 0) for episode in range(50) for name in ("env", "menu", "policy")}
    assert len(draws) == 150


def test_origins_do_not_run_together() -> None:
    assert Stream.of(1, 23) != Stream.of(12, 3)


def test_picks_are_uniform() -> None:
    counts = Counter(Stream.of(0, "uniform").pick("abcd", "seat", index) for index in range(4000))
    assert all(900 < count < 1100 for count in counts.values())


def test_shuffles_reach_every_order_equally() -> None:
    orders: Counter[str] = Counter()
    for index in range(6000):
        items = list("abc")
        Stream.of(0, "shuffle").shuffle(items, "seat", index)
        orders["".join(items)] += 1
    assert len(orders) == 6
    assert all(880 < count < 1120 for count in orders.values())


def test_draws_are_the_same_on_every_machine() -> None:
    assert Stream.of(7, 3, "env").integer("player_0", 2) == 4809734146150427230
