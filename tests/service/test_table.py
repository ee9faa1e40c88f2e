"""A table: turns, answers and rules, step by step."""

from dataclasses import replace

import pytest

from tests.service.parlour import (
    AGAINST,
    BOTH,
    COOPERATIVE,
    GAME,
    TOGETHER,
    Parlour,
    answer,
    due,
    look,
)
from universe.service.contracts import Claim
from universe.service.problems import Refusal
from universe.service.views import show_position, show_state
from universe.service.wire import AnswerBody, EndBody, PlayBody


def make_claim(seat: str, name: str = "ada") -> Claim:
    return Claim(seat=seat, name=name, token_hash=b"x" * 32, expires_at=1e12)


def test_a_table_waits_until_every_seat_is_taken() -> None:
    table = Parlour().open(GAME, {"player_1": "mine"})
    assert table.status == "waiting"
    assert due(table) == []

    table.claim(make_claim("player_2"))

    assert table.status == "running"
    assert due(table) == ["player_1"]


def test_nobody_answers_while_a_seat_is_open() -> None:
    table = Parlour().open(GAME, {"player_1": "mine"})

    with pytest.raises(Refusal, match="waits until every seat is taken") as refused:
        table.answer("player_1", AnswerBody(turn=0, action=0))

    assert refused.value.code == "stale_turn"


def test_a_seat_that_is_taken_cannot_be_claimed() -> None:
    table = Parlour().open(GAME, BOTH)

    with pytest.raises(Refusal) as refused:
        table.claim(make_claim("player_1"))

    assert (refused.value.status, refused.value.code) == (409, "taken")


def test_an_answer_is_in_the_journal_before_it_is_acknowledged() -> None:
    parlour = Parlour()
    table = parlour.open(GAME, BOTH)

    accepted = answer(table, "player_1")

    assert parlour.journal.tables[table.table_id].actions == {0: {"player_1": accepted.action}}


def test_a_move_that_cannot_be_kept_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    parlour = Parlour()
    table = parlour.open(GAME, BOTH)
    monkeypatch.setattr(parlour.journal, "record", _refuse)

    with pytest.raises(OSError, match="full"):
        table.answer("player_1", AnswerBody(turn=0, action=4))

    assert show_state(table).turn == 0


def test_a_move_that_could_not_be_kept_is_made_when_it_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    parlour = Parlour()
    table = parlour.open(GAME, BOTH)
    with monkeypatch.context() as patch:
        patch.setattr(parlour.journal, "record", _refuse)
        with pytest.raises(OSError, match="full"):
            table.answer("player_1", AnswerBody(turn=0, action=4))

    assert table.answer("player_1", AnswerBody(turn=0, action=4)).action == 4
    assert show_state(table).turn == 1


def test_an_end_that_could_not_be_kept_is_kept_later(monkeypatch: pytest.MonkeyPatch) -> None:
    parlour = Parlour()
    table = parlour.open(GAME, BOTH)
    with monkeypatch.context() as patch:
        patch.setattr(parlour.journal, "end", _refuse)
        with pytest.raises(OSError, match="full"):
            table.leave("player_1")
        assert table.status == "running"

    table.tick(parlour.clock())

    assert table.status == "ended"
    assert parlour.journal.tables[table.table_id].outcome is not None


def test_the_same_answer_again_is_told_the_same_and_moves_nothing() -> None:
    table = Parlour().open(GAME, BOTH)
    first = table.answer("player_1", AnswerBody(turn=0, reply='{"action": "a1"}'))

    again = table.answer("player_1", AnswerBody(turn=0, reply="a1"))

    assert again == first
    assert show_state(table).turn == 1


def test_another_answer_for_a_turn_that_was_answered_is_stale() -> None:
    table = Parlour().open(GAME, BOTH)
    table.answer("player_1", AnswerBody(turn=0, action=0))

    with pytest.raises(Refusal) as refused:
        table.answer("player_1", AnswerBody(turn=0, action=1))

    assert refused.value.code == "stale_turn"


def test_the_last_answer_of_a_game_can_be_sent_again() -> None:
    table = Parlour().open(GAME, BOTH)
    for seat, action in [("player_1", 0), ("player_2", 3), ("player_1", 1), ("player_2", 4)]:
        table.answer(seat, AnswerBody(turn=show_state(table).turn, action=action))
    last = table.answer("player_1", AnswerBody(turn=4, action=2))

    assert table.status == "ended"
    assert table.answer("player_1", AnswerBody(turn=4, action=2)) == last


def test_an_answer_that_is_none_is_kept_and_costs_an_attempt() -> None:
    parlour = Parlour()
    table = parlour.open(GAME, BOTH)

    with pytest.raises(Refusal) as refused:
        table.answer("player_1", AnswerBody(turn=0, reply="hm, let me think"))

    assert (refused.value.code, refused.value.attempts_left) == ("unreadable", 2)
    [kept] = parlour.journal.tables[table.table_id].answers.values()
    assert (kept.outcome, kept.reply, kept.action) == ("unreadable", "hm, let me think", None)


def test_an_illegal_action_is_told_with_the_attempts_that_are_left() -> None:
    table = Parlour().open(GAME, BOTH)
    table.answer("player_1", AnswerBody(turn=0, action=0))

    with pytest.raises(Refusal) as refused:
        table.answer("player_2", AnswerBody(turn=1, reply="a1"))
    with pytest.raises(Refusal) as again:
        table.answer("player_2", AnswerBody(turn=1, action=99))

    assert [(refused.value.attempts_left), again.value.attempts_left] == [2, 1]


def test_after_the_last_attempt_two_rivals_game_is_forfeited() -> None:
    table = Parlour().open(GAME, BOTH)

    for left in (2, 1, 0):
        with pytest.raises(Refusal) as refused:
            table.answer("player_1", AnswerBody(turn=0, reply="?"))
        assert refused.value.attempts_left == left

    assert table.outcome["player_1"].reason == "forfeit"
    assert table.outcome["player_1"].result == "loss"


def test_after_the_last_attempt_a_cooperative_seat_plays_at_random() -> None:
    parlour = Parlour()
    table = parlour.open(COOPERATIVE, BOTH)
    seat, *others = due(table)
    for _ in range(3):
        with pytest.raises(Refusal):
            table.answer(seat, AnswerBody(turn=0, action=77))
    assert due(table) == others

    for other in others:
        answer(table, other)

    assert show_state(table).turn == 1
    assert parlour.journal.tables[table.table_id].sources[0, seat] == "fallback"


def test_in_a_simultaneous_game_an_answer_is_kept_before_the_others_have_come() -> None:
    parlour = Parlour()
    table = parlour.open(TOGETHER, BOTH)

    answer(table, "player_0")

    kept = parlour.journal.tables[table.table_id]
    assert [place[:2] for place in kept.answers] == [(0, "player_0")]
    assert kept.actions == {}
    assert due(table) == ["player_1"]


def test_a_seat_that_has_answered_waits_for_the_others() -> None:
    table = Parlour().open(TOGETHER, BOTH)

    answer(table, "player_0")

    assert look(table, "player_0").state == "waiting"
    assert look(table, "player_1").state == "your_turn"


def test_who_leaves_a_game_of_two_rivals_forfeits_it() -> None:
    table = Parlour().open(GAME, BOTH)

    table.leave("player_2")

    assert table.outcome["player_2"].result == "loss"


def test_a_seat_that_was_left_plays_by_its_rule_and_a_table_that_all_left_ends() -> None:
    table = Parlour().open(COOPERATIVE, BOTH)
    first, second, third = due(table)
    table.leave(first)
    assert due(table) == [second, third]

    table.leave(second)
    table.leave(third)

    assert {end.reason for end in table.outcome.values()} == {"silent"}


def test_a_seat_that_was_left_before_the_game_began_is_open_again() -> None:
    table = Parlour().open(GAME, {})
    table.claim(make_claim("player_1"))

    table.leave("player_1")

    assert table.chairs["player_1"].is_open
    table.claim(make_claim("player_1", "bob"))


def test_who_plays_every_seat_gets_the_next_position() -> None:
    table = Parlour().open(TOGETHER, BOTH)
    before = show_position(table)

    table.play(PlayBody(turn=0, actions={"player_0": 0, "player_1": 1}))

    after = show_position(table)
    assert (before.turn, after.turn) == (0, 1)
    assert after.digest != before.digest
    assert sum(after.payments.values()) == 0
    assert {turn.seat for turn in after.turns} == {"player_0", "player_1"}


def test_the_same_play_again_gives_the_same_position() -> None:
    table = Parlour().open(TOGETHER, BOTH)
    body = PlayBody(turn=0, actions={"player_0": 0, "player_1": 1})
    table.play(body)
    first = show_position(table)

    table.play(body)

    assert replace_times(show_position(table)) == replace_times(first)


def replace_times(position: object) -> object:
    turns = [turn.model_copy(update={"seconds_left": 0.0}) for turn in getattr(position, "turns")]  # noqa: B009
    return getattr(position, "model_copy")(update={"turns": turns})  # noqa: B009


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (PlayBody(turn=0, actions={"player_1": 8}), "stale_turn"),
        (PlayBody(turn=5, actions={"player_2": 0}), "stale_turn"),
        (PlayBody(turn=1, actions={"player_1": 0}), "bad_seat"),
        (PlayBody(turn=1, actions={"player_2": 4}), "illegal"),
        (PlayBody(turn=1, actions={}), "bad_seat"),
    ],
    ids=["the past", "the future", "another seat", "a taken square", "nobody"],
)
def test_a_play_that_does_not_fit_moves_nothing(body: PlayBody, code: str) -> None:
    table = Parlour().open(GAME, BOTH)
    table.play(PlayBody(turn=0, actions={"player_1": 4}))

    with pytest.raises(Refusal) as refused:
        table.play(body)

    assert refused.value.code == code
    assert show_state(table).turn == 1


def test_who_made_a_table_ends_it_and_may_say_so_again() -> None:
    parlour = Parlour()
    table = parlour.open(GAME, BOTH)

    table.end(EndBody(reason="forfeit", seat="player_2"))
    table.end(EndBody(reason="forfeit", seat="player_2"))

    assert table.outcome["player_2"].result == "loss"
    assert show_position(table).outcome is not None
    assert parlour.journal.tables[table.table_id].outcome == table.outcome


def test_a_seat_of_somebody_else_does_not_forfeit_for_who_made_the_table() -> None:
    table = Parlour().open(GAME, AGAINST)

    with pytest.raises(Refusal) as refused:
        table.end(EndBody(reason="forfeit", seat="player_2"))

    assert refused.value.code == "bad_seat"
    assert table.status == "running"


def test_the_position_after_a_play_is_the_one_that_the_game_has_in_process() -> None:
    from universe.catalog import default_catalog
    from universe.text_env import TextEnv

    table = Parlour().open("connect_four", BOTH, seed=5)
    env = TextEnv(default_catalog().find("connect_four"))
    env.reset(5)
    for number in range(6):
        payments = env.payments()
        position = show_position(table)
        assert (position.digest, position.payments) == (env.digest(payments).hex(), payments)
        actions = {turn.seat: turn.menu.actions[number] for turn in env.turns()}
        env.play(actions)
        table.play(PlayBody(turn=number, actions=actions))


def _refuse(*_: object, **__: object) -> None:
    raise OSError("the disk is full")


def test_a_claim_that_is_kept_again_replaces_the_one_before() -> None:
    parlour = Parlour()
    table = parlour.open(GAME, BOTH)
    claim = table.chairs["player_1"].claim
    assert claim is not None

    table.renew(replace(claim, token_hash=b"y" * 32))

    assert parlour.journal.tables[table.table_id].claims["player_1"].token_hash == b"y" * 32
