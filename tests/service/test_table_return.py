"""Tables come back from their journal at any step, half a turn included."""

import pytest

from tests.service.parlour import Parlour, SlowHouse, answer, digests, due, look
from universe.service.contracts import Spot
from universe.service.problems import Refusal
from universe.service.table import Table
from universe.service.views import show_position, show_state
from universe.service.wire import AnswerBody, PlayBody

CARDS = ["tictactoe", "connect_four", "leduc_holdem", "classic/rps", "mpe/simple_spread", "mpe/simple_crypto"]
FEW = 12


def play_on(table: Table, n: int) -> None:
    for _ in range(n):
        if table.over:
            return
        answer(table, due(table)[0])


@pytest.mark.parametrize("env", CARDS)
def test_a_table_that_comes_back_after_every_answer_ends_as_one_that_never_went(env: str) -> None:
    steady, shaken = Parlour(), Parlour()
    expected = steady.open(env, {"*": "mine"}, seed=3)
    table = shaken.open(env, {"*": "mine"}, seed=3)
    for _ in range(FEW):
        play_on(expected, 1)
        play_on(table, 1)
        if not table.over:
            table.put_away()
            table = shaken.come_back(table)

    assert digests(table) == digests(expected)
    assert show_state(table).turn == show_state(expected).turn
    assert table.outcome == expected.outcome


@pytest.mark.parametrize("env", CARDS)
def test_what_a_seat_sees_is_the_same_after_coming_back(env: str) -> None:
    parlour = Parlour()
    table = parlour.open(env, {"*": "mine"}, seed=4)
    play_on(table, 3)
    if table.over:
        pytest.skip("too short")
    before = show_position(table)

    assert show_position(parlour.come_back(table)) == before


def test_half_a_simultaneous_turn_comes_back() -> None:
    parlour = Parlour()
    table = parlour.open("classic/rps", {"*": "mine"})
    accepted = answer(table, "player_1", max)

    again = parlour.come_back(table)

    assert due(again) == ["player_0"]
    assert again.answer("player_1", AnswerBody(turn=0, action=accepted.action)) == accepted
    answer(again, "player_0")
    assert parlour.journal.tables[table.table_id].actions[0]["player_1"] == accepted.action


def test_an_answer_that_was_acknowledged_is_known_after_coming_back() -> None:
    parlour = Parlour()
    table = parlour.open("tictactoe", {"player_1": "mine", "player_2": "random"})
    accepted = table.answer("player_1", AnswerBody(turn=0, reply="b2"))

    again = parlour.come_back(table)

    assert again.answer("player_1", AnswerBody(turn=0, reply="b2")) == accepted
    assert show_state(again).turn == 2


def test_a_play_that_was_acknowledged_is_known_after_coming_back() -> None:
    parlour = Parlour()
    table = parlour.open("classic/rps", {"*": "mine"})
    body = PlayBody(turn=0, actions={"player_0": 2, "player_1": 1})
    table.play(body)

    again = parlour.come_back(table)
    again.play(body)

    assert show_state(again).turn == 1


def test_attempts_that_were_used_stay_used() -> None:
    parlour = Parlour()
    table = parlour.open("tictactoe", {"*": "mine"})
    with pytest.raises(Refusal):
        table.answer("player_1", AnswerBody(turn=0, reply="?"))

    turn = look(parlour.come_back(table), "player_1").turn

    assert turn is not None
    assert turn.attempts_left == 2


def test_a_seat_that_used_its_last_attempt_before_the_crash_is_ruled_after_it() -> None:
    parlour = Parlour()
    table = parlour.open("tictactoe", {"*": "mine"})
    for _ in range(2):
        with pytest.raises(Refusal):
            table.answer("player_1", AnswerBody(turn=0, reply="?"))
    [first, _] = parlour.journal.tables[table.table_id].answers.values()
    parlour.journal.keep_answer(table.table_id, first.__class__(**{**_fields(first), "ordinal": 2}))

    again = parlour.come_back(table)

    assert again.outcome["player_1"].reason == "forfeit"


def _fields(answer: object) -> dict[str, object]:
    return {name: getattr(answer, name) for name in ("seat", "turn", "outcome", "reply", "problem", "action")}


def test_a_move_that_was_kept_but_not_made_is_made() -> None:
    parlour = Parlour()
    table = parlour.open("tictactoe", {"*": "mine"})
    parlour.journal.tables[table.table_id].actions[0] = {"player_1": 4}

    assert show_state(parlour.come_back(table)).turn == 1


def test_claims_come_back_with_who_left() -> None:
    parlour = Parlour()
    table = parlour.open("mpe/simple_spread", {"*": "mine"})
    seat = due(table)[0]
    play_on(table, 3)
    table.leave(seat)

    again = parlour.come_back(table)

    assert again.chairs[seat].left
    assert seat not in due(again)
    assert again.chairs[due(again)[0]].claim == table.chairs[due(again)[0]].claim


def test_a_seat_of_the_house_that_was_thinking_is_asked_again() -> None:
    parlour = Parlour(house=SlowHouse())
    table = parlour.open("tictactoe", {"player_1": "mine", "player_2": "random"})
    answer(table, "player_1")
    parlour.surroundings.thoughts.clear()

    again = parlour.come_back(table)
    parlour.surroundings.bring()

    assert show_state(again).turn == 2


def test_an_open_seat_is_still_open() -> None:
    parlour = Parlour()
    table = parlour.open("tictactoe", {"player_1": "mine"})

    again = parlour.come_back(table)

    assert (again.status, again.chairs["player_2"].is_open) == ("waiting", True)


def test_a_table_that_does_not_agree_with_its_journal_has_failed_and_says_where() -> None:
    parlour = Parlour()
    table = parlour.open("tictactoe", {"*": "mine"})
    play_on(table, 3)
    parlour.journal.tables[table.table_id].digests[2] = b"another"

    again = parlour.come_back(table)

    assert again.status == "failed"
    assert "turn 2" in (parlour.journal.tables[table.table_id].fault or "")


def test_an_action_that_does_not_fit_any_more_fails_the_table() -> None:
    parlour = Parlour()
    table = parlour.open("tictactoe", {"*": "mine"})
    play_on(table, 1)
    parlour.journal.tables[table.table_id].actions[1] = {"player_2": 0}

    again = parlour.come_back(table)

    assert again.status == "failed"
    assert "does not fit" in (again.fault or "")


def test_an_end_that_was_not_kept_is_kept_after_coming_back() -> None:
    parlour = Parlour()
    table = parlour.open("tictactoe", {"*": "mine"}, seed=2)
    for turn, action in enumerate([0, 3, 1, 4, 2]):
        table.play(PlayBody(turn=turn, actions={due(table)[0]: action}))
    kept = parlour.journal.tables[table.table_id]
    kept.outcome = None

    again = parlour.come_back(table)

    assert again.status == "ended"
    assert kept.outcome == table.outcome


def test_the_moves_that_everybody_sees_come_back() -> None:
    parlour = Parlour()
    table = parlour.open("tictactoe", {"*": "mine"})
    play_on(table, 2)

    again = parlour.come_back(table)

    assert [move.name for move in show_state(again).moves] == ["a1", "a2"]
    assert isinstance(again.episode and again.episode.spot, Spot)
