"""Seats of the house at a table: those that play at once, those that think, those that fail."""

import pytest

from tests.service.parlour import AGAINST, COOPERATIVE, GAME, Broken, Parlour, SlowHouse, answer, due
from universe.card import EnvCard
from universe.service.contracts import Sitter, TableDraft
from universe.service.plain_house import PlainHouse
from universe.service.problems import Refusal
from universe.service.views import show_state


def test_seats_of_the_house_play_at_once() -> None:
    parlour = Parlour()
    table = parlour.open(GAME, AGAINST)

    answer(table, "player_1")

    assert show_state(table).turn == 2
    assert parlour.surroundings.sources == ["guest", "random"]


def test_a_seat_that_takes_its_time_is_asked_elsewhere_with_its_turn_prepared() -> None:
    parlour = Parlour(house=SlowHouse())
    table = parlour.open(GAME, AGAINST)

    answer(table, "player_1")
    [(_, seat, turn, _)] = parlour.surroundings.thoughts

    assert (seat, show_state(table).turn) == ("player_2", 1)
    assert {"text", "menu", "facts"} <= set(vars(turn))
    parlour.surroundings.bring()
    assert show_state(table).turn == 2


def test_what_a_seat_thought_of_too_late_is_nothing_and_it_is_asked_anew() -> None:
    parlour = Parlour(house=SlowHouse())
    table = parlour.open(COOPERATIVE, {"agent_0": "random", "*": "mine"})
    parlour.clock.now += 11
    table.tick(parlour.clock())
    assert show_state(table).turn == 1
    assert len(parlour.surroundings.thoughts) == 1

    parlour.surroundings.bring()

    assert "agent_0" in due(table)
    assert len(parlour.surroundings.thoughts) == 1


class BrokenHouse(PlainHouse):
    """Seats somebody that fails."""

    def sit_down(self, who: str, draft: TableDraft, card: EnvCard, seat: str) -> Sitter:
        return Broken()


def test_a_seat_of_the_house_that_fails_ends_the_table_and_tells_guests_nothing_of_why() -> None:
    parlour = Parlour(house=BrokenHouse())
    table = parlour.open(GAME, AGAINST)

    with pytest.raises(Refusal) as refused:
        answer(table, "player_1")

    assert table.status == "failed"
    assert "42" not in str(refused.value)
    assert "42" in (parlour.journal.tables[table.table_id].fault or "")


def test_house_players_among_themselves_let_other_tables_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("universe.service.moving.BREATH", -1.0)
    parlour = Parlour()

    table = parlour.open(GAME, {"*": "random"})

    assert show_state(table).turn == 1
    while parlour.surroundings.more:
        parlour.surroundings.more.pop().go_on()
    assert table.status == "ended"
