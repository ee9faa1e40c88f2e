"""Ratings: known orders are found, intervals hold what they promise, and nothing hangs on the order of games."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from langgym.arena.ratings import POINTS, Game, Strength, find_errors, fit_strengths, rate, rate_openskill

NAMES = ("a", "b", "c", "d", "e")
REPETITIONS = 200


def play(strengths: NDArray[np.float64], *, bouts: int, legs: int, seed: int) -> list[Game]:
    """Returns a round robin of games by Bradley and Terry's own rule."""
    random = np.random.default_rng(seed)
    pairs = [(i, j) for i in range(len(strengths)) for j in range(i + 1, len(strengths))]
    return [
        Game("env", bout, NAMES[i], NAMES[j], float(random.random() < 1 / (1 + np.exp(strengths[j] - strengths[i]))))
        for bout in range(bouts)
        for i, j in pairs
        for _ in range(legs)
    ]


def cover(strengths: NDArray[np.float64], *, bouts: int, legs: int) -> float:
    """Returns in what share of repetitions and players the interval holds the truth."""
    truth = POINTS * (strengths - strengths.mean())
    held = 0
    for repetition in range(REPETITIONS):
        rated = rate(play(strengths, bouts=bouts, legs=legs, seed=repetition), n_draws=100)
        held += sum(each.low <= truth[NAMES.index(each.player)] <= each.high for each in rated)
    return held / (REPETITIONS * len(strengths))


def names(rated: Sequence[Strength]) -> list[str]:
    return [each.player for each in rated]


@pytest.mark.parametrize(
    ("step", "bouts", "legs"),
    [(0.3, 20, 2), (0.7, 20, 2), (2.0, 20, 2), (0.7, 5, 2)],
    ids=["close", "apart", "far apart", "ten games a pair"],
)
def test_intervals_cover_the_truth_in_nine_of_ten_repetitions(step: float, bouts: int, legs: int) -> None:
    assert cover(step * np.arange(5.0), bouts=bouts, legs=legs) >= 0.9


def test_intervals_are_no_wider_than_they_must_be() -> None:
    assert cover(0.7 * np.arange(5.0), bouts=20, legs=2) <= 0.985


def test_five_strengths_are_ranked_rightly_with_forty_games_a_pair() -> None:
    strengths = 0.7 * np.arange(5.0)
    ranked = [names(rate(play(strengths, bouts=20, legs=2, seed=seed), n_draws=2)) for seed in range(50)]

    assert sum(order == list("edcba") for order in ranked) >= 48


def test_strengths_are_those_that_make_the_points_likeliest() -> None:
    wins = np.array([[[0.0, 30.0], [10.0, 0.0]]])

    [[first, second]] = fit_strengths(wins)

    assert first - second == pytest.approx(np.log(3), abs=0.02)  # the prior pulls by a little
    assert first + second == pytest.approx(0)


def test_the_standard_error_is_that_of_a_binomial() -> None:
    wins = np.array([[0.0, 200.0], [200.0, 0.0]])

    found = find_errors(wins, np.zeros(2))

    assert found == pytest.approx([0.5 * np.sqrt(4 / 400)] * 2, rel=0.01)  # each has half of the difference


def test_who_has_won_every_game_is_not_infinitely_strong_and_has_a_wide_interval() -> None:
    games = [Game("env", bout, "a", "b", 1.0) for bout in range(20)]

    best, _ = rate(games)

    assert best.player == "a"
    assert best.points < 2000
    assert best.high - best.points > 200


def test_games_that_are_one_bout_are_drawn_together() -> None:
    apart = [Game("env", number, "a", "b", float(number % 2)) for number in range(40)]
    together = [Game("env", number // 2, "a", "b", float(number % 4 < 2)) for number in range(40)]

    first, second = rate(apart)[0], rate(together)[0]

    assert second.high - second.low > 1.2 * (first.high - first.low)


def test_points_do_not_depend_on_the_order_of_games_and_openskill_does() -> None:
    games = play(np.array([0.0, 1.0]), bouts=10, legs=1, seed=3)
    forwards, backwards = rate(games), rate(games[::-1])

    assert [each.points for each in forwards] == pytest.approx([each.points for each in backwards])
    assert rate_openskill(games) != rate_openskill(games[::-1])


def test_a_draw_is_half_a_win_for_both() -> None:
    rated = rate([Game("env", bout, "a", "b", 0.5) for bout in range(10)])

    assert [each.score for each in rated] == [5.0, 5.0]
    assert [each.points for each in rated] == pytest.approx([0.0, 0.0])
    assert rated[0].mu == pytest.approx(rated[1].mu)


def test_players_who_never_met_are_rated_all_the_same() -> None:
    games = [Game("env", 0, "a", "b", 1.0), Game("env", 0, "c", "d", 1.0)]

    assert {each.player for each in rate(games)} == {"a", "b", "c", "d"}


def test_nobody_is_rated_without_games() -> None:
    assert rate([]) == []
