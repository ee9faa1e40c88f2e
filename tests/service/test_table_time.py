"""Time at a table: decisions that are let pass, seats that nobody takes."""

import pytest

from tests.service.parlour import Parlour, answer, due, look
from universe.service.problems import Refusal
from universe.service.wire import AnswerBody

COOPERATIVE = "mpe/simple_spread"


def pass_time(parlour: Parlour, table: object, seconds: float) -> None:
    parlour.clock.now += seconds
    getattr(table, "tick")(parlour.clock())  # noqa: B009


def test_a_rival_that_lets_its_time_pass_forfeits() -> None:
    parlour = Parlour()
    table = parlour.open("tictactoe", {"*": "mine"})

    pass_time(parlour, table, 9.9)
    assert table.status == "running"
    pass_time(parlour, table, 0.2)

    assert table.outcome["player_1"].reason == "forfeit"
    assert table.outcome["player_1"].result == "loss"


def test_a_decision_has_its_full_time_from_the_moment_that_the_seat_is_due() -> None:
    parlour = Parlour()
    table = parlour.open("tictactoe", {"*": "mine"})
    parlour.clock.now += 8

    answer(table, "player_1")

    turn = look(table, "player_2").turn
    assert turn is not None
    assert turn.seconds_left == 10.0


def test_a_cooperative_seat_that_lets_its_time_pass_plays_at_random_and_goes_on() -> None:
    parlour = Parlour()
    table = parlour.open(COOPERATIVE, {"*": "mine"})
    late, *others = due(table)
    for other in others:
        answer(table, other)

    pass_time(parlour, table, 11)

    assert parlour.journal.tables[table.table_id].sources[0, late] == "fallback"
    assert late in due(table)


def test_a_late_answer_is_stale() -> None:
    parlour = Parlour()
    table = parlour.open(COOPERATIVE, {"*": "mine"})
    late = due(table)[0]
    pass_time(parlour, table, 11)

    with pytest.raises(Refusal) as refused:
        table.answer(late, AnswerBody(turn=0, action=0))

    assert refused.value.code == "stale_turn"


def test_a_table_whose_guests_all_let_decision_after_decision_pass_ends() -> None:
    parlour = Parlour()
    table = parlour.open(COOPERATIVE, {"*": "mine"})

    for _ in range(3):
        assert table.status == "running"
        pass_time(parlour, table, 11)

    assert {end.reason for end in table.outcome.values()} == {"silent"}


def test_who_answers_again_is_not_taken_for_gone() -> None:
    parlour = Parlour()
    table = parlour.open(COOPERATIVE, {"*": "mine"})
    for _ in range(2):
        pass_time(parlour, table, 11)
    for seat in due(table):
        answer(table, seat)

    pass_time(parlour, table, 11)

    assert table.status == "running"


def test_a_table_whose_seat_nobody_takes_ends_and_is_kept() -> None:
    parlour = Parlour()
    table = parlour.open("tictactoe", {"player_1": "mine"})

    pass_time(parlour, table, 59)
    assert table.status == "waiting"
    pass_time(parlour, table, 2)

    outcome = parlour.journal.tables[table.table_id].outcome
    assert outcome is not None
    assert {end.reason for end in outcome.values()} == {"silent"}
