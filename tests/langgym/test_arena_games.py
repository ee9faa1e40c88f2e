"""Games of an arena: who meets whom, in which seats, and what counts."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from langgym.arena.games import Leg, find_games
from langgym.arena.schedule import Bout, fill_seats, find_sides, is_zero_sum, pair_swiss
from langgym.models.doubles import FunctionModel
from tests.langgym.arenas import create, hold, make_plan, tell_games, train
from universe.catalog import default_catalog
from universe.streams import Stream

# Who meets whom


def test_a_bout_is_two_games_of_one_seed_with_the_seats_swapped(home: Path) -> None:
    plan = make_plan("policy:random", "policy:heuristic")
    hold(home, plan, 4)

    games = tell_games(home, plan)
    first, second = games[:2], games[2:]
    assert [game[2] for game in first] == [game[2] for game in second]  # pyright: ignore[reportIndexIssue]
    assert len({game[2] for game in games}) == 2  # pyright: ignore[reportIndexIssue]
    seated = [[player for _, player, _ in game[4]] for game in games]  # pyright: ignore[reportIndexIssue]
    assert seated == [["random", "heuristic"]] * 2 + [["heuristic", "random"]] * 2


def test_all_meet_all_as_often(home: Path) -> None:
    plan = make_plan("policy:random", "policy:heuristic", "eve@0")
    train("eve", episodes=1)
    page = hold(home, plan, 4)

    assert {item.player: item.n_games for item in page.items} == {"random": 8, "heuristic": 8, "eve@0": 8}


def test_teams_are_sides_and_one_team_alone_has_all_seats_in_turn() -> None:
    tag, spread = default_catalog().find("simple_tag"), default_catalog().find("simple_spread")
    bout = Bout(tag.env_id, 0, "a", "b")

    assert find_sides(tag) == (("adversary_0", "adversary_1", "adversary_2"), ("agent_0",))
    assert Counter(fill_seats(tag, bout, 1).values()) == {"b": 3, "a": 1}
    assert find_sides(spread) is None
    assert [set(fill_seats(spread, bout, leg).values()) for leg in (0, 1)] == [{"a"}, {"b"}]


@pytest.mark.parametrize("card", [card for card in default_catalog() if card.playable], ids=lambda card: card.env_id)
def test_both_players_have_the_same_seats_over_a_bout(card) -> None:  # pyright: ignore
    legs = [fill_seats(card, Bout(card.env_id, 0, "a", "b"), leg) for leg in (0, 1)]

    assert [legs[0][seat] for seat in card.seats] != [legs[1][seat] for seat in card.seats]
    assert all({leg[seat] for leg in legs} == {"a", "b"} for seat in card.seats)


def test_swiss_pairs_equals_and_nobody_twice_while_somebody_is_new() -> None:
    points = {"a": 2.0, "b": 2.0, "c": 0.0, "d": 0.0}
    stream = Stream.of(1)

    assert {frozenset(pair) for pair in pair_swiss(points, {}, stream)} == {frozenset("ab"), frozenset("cd")}
    met = {frozenset("ab"): 1, frozenset("cd"): 1}
    again = {frozenset(pair) for pair in pair_swiss(points, met, stream)}
    assert again in ({frozenset("ac"), frozenset("bd")}, {frozenset("ad"), frozenset("bc")})


def test_by_swiss_everybody_rests_in_turn(home: Path) -> None:
    plan = make_plan("policy:random", "policy:heuristic", "eve@0", schedule="swiss")
    train("eve", episodes=1)
    page = hold(home, plan, 6)

    assert {item.player: item.n_games for item in page.items} == {"random": 4, "heuristic": 4, "eve@0": 4}


# What counts


def make_leg(leg: int, values: Mapping[str, float], *, is_zero_sum: bool) -> Leg:
    return Leg(env_id="e", number=0, leg=leg, is_zero_sum=is_zero_sum, values=values, clocks={}, seats=())


def test_where_seats_are_paid_differently_only_both_games_together_count() -> None:
    legs = [
        make_leg(0, {"a": 5.0, "b": -9.0}, is_zero_sum=False),
        make_leg(1, {"a": -8.0, "b": 7.0}, is_zero_sum=False),
    ]

    assert [game.score for game in find_games(legs)] == [0.0]  # a has -3, b has -2
    assert find_games(legs[:1]) == []


def test_where_one_wins_what_the_other_loses_each_game_counts() -> None:
    legs = [make_leg(0, {"a": 1.0, "b": -1.0}, is_zero_sum=True), make_leg(1, {"a": 0.0, "b": 0.0}, is_zero_sum=True)]

    assert [game.score for game in find_games(legs)] == [1.0, 0.5]


def test_a_game_without_a_number_does_not_count() -> None:
    assert find_games([make_leg(0, {"a": float("nan"), "b": 1.0}, is_zero_sum=True)]) == []


def test_a_cooperative_environment_is_rated_by_who_does_better_alone(home: Path) -> None:
    page = hold(home, make_plan("policy:random", "policy:heuristic", envs=("mpe/simple_spread_v3",)), 8)

    assert not is_zero_sum(default_catalog().find("simple_spread"))
    assert (page.n_played, page.n_counted) == (8, 4)
    assert [(item.player, item.score) for item in page.items] == [("heuristic", 4.0), ("random", 0.0)]


def test_a_player_whose_answer_is_illegal_has_lost_and_it_is_told(home: Path) -> None:
    create("ada", model="openai:double")
    page = hold(home, make_plan("ada", "policy:random"), 2, model=FunctionModel(lambda call: "No."))

    [conduct] = [row for row in page.conduct if row.player == "ada"]
    assert page.items[0].player == "random"
    assert page.items[0].score == 2.0
    assert conduct.n_decisions == 0  # every game was forfeited at the first one
