"""Episodic memories: what is told of an episode, and from whose view."""

import pytest

from langgym.memory.episodic import Moment, SeatTrace, rate_importance, write_memory
from universe.catalog import default_catalog
from universe.text_env import SeatEnd

CARD = default_catalog().find("tictactoe")


def tell(names: str, rewards: list[float] | None = None, **end: object) -> str:
    rewards = rewards or [0.0] * len(names)
    moments = [
        Moment(2 * turn, name, f"situation {turn}", reward)
        for turn, (name, reward) in enumerate(zip(names, rewards, strict=True))
    ]
    values = {"total": 1.0, "result": "win", "reason": "natural", **end}
    return write_memory(CARD, "player_1", ["random"], SeatTrace(moments), SeatEnd(**values))  # pyright: ignore


def test_a_won_game_tells_the_moves_and_what_won_it() -> None:
    text = tell("abc")
    assert text.startswith("Tic-tac-toe as player_1, with random in the other seats. I won, return +1.00.")
    assert "I acted 3 times: a, b, c. Best after 'c': +1.00." in text
    assert "Worst" not in text


def test_the_last_action_is_paid_by_what_is_left_of_the_return() -> None:
    text = tell("abc", [0.0, -1.0, 2.0], total=-2.0, result=None)
    assert "Best after 'b': +2.00. Worst after 'c': -3.00." in text


def test_what_was_earned_before_the_first_action_is_credited_to_none() -> None:
    assert "Best" not in tell("ab", [5.0, 0.0], total=5.0)


def test_a_long_game_tells_its_first_and_last_moves() -> None:
    assert "I acted 13 times: a, b, c, d, e, … (3 more) …, i, j, k, l, m." in tell("abcdefghijklm")


def test_a_seat_that_never_acted_says_so() -> None:
    assert tell("", total=0.5).endswith("It ended before I acted.")


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ({"reason": "capped", "result": None}, "It was stopped at the limit of turns"),
        ({"reason": "forfeit", "result": "loss", "total": 0.0}, "I forfeited"),
        ({"reason": "forfeit", "result": None, "total": 0.0}, "It ended by a forfeit of another"),
        ({"result": "draw", "total": 0.0}, "It was a draw"),
    ],
)
def test_each_end_is_told_as_what_it_was(end: dict[str, object], said: str) -> None:
    assert said in tell("ab", **end)


def test_decided_games_and_own_forfeits_matter_more() -> None:
    ends = [
        SeatEnd(total=0.0, result="loss", reason="forfeit"),
        SeatEnd(total=1.0, result="win", reason="natural"),
        SeatEnd(total=0.0, result="draw", reason="natural"),
        SeatEnd(total=0.0, result=None, reason="capped"),
    ]
    rated = [rate_importance(end) for end in ends]
    assert rated == sorted(rated, reverse=True)
    assert all(0 <= value <= 1 for value in rated)
