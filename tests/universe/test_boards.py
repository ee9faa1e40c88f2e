"""Tic-tac-toe, connect four and rock paper scissors in words; recorded texts of every board game."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.universe.games import begin, facts_of, few, play, results, seeds, step, turn_of, walk
from universe.card import EnvCard
from universe.cards.boards import BOARDS, CHESS, CONNECT_FOUR, GO, RPS, TICTACTOE
from universe.errors import IllegalAction
from universe.testing import check_renderer
from universe.text_env import Turn

GOLDEN = Path(__file__).parent / "golden"
SHOWN = {
    "tictactoe_v3": (0, 5),
    "connect_four_v3": (0, 8, 21),
    "chess_v6": (0, 1, 40),
    "go_v5": (0, 60),
    "rps_v2": (0, 10),
}
"""The turns of a random game that a golden file shows."""


def test_tictactoe_columns_are_letters_and_rows_are_numbers() -> None:
    board = turn_of(play(TICTACTOE, "a1 c1 b3")).text.splitlines()
    assert board[-4:] == ["  a b c", "1 X . O", "2 . . .", "3 . X ."]


def test_completing_a_line_wins_in_tictactoe() -> None:
    env = play(TICTACTOE, "a1 c1 b2 c2")
    assert facts_of(env, "c3")[0] == "wins"
    step(env, "c3")
    assert results(env) == ["win", "loss"]


def test_full_board_is_a_draw_in_tictactoe() -> None:
    assert results(play(TICTACTOE, "b2 a1 c3 a3 a2 c2 b1 b3 c1")) == ["draw", "draw"]


def test_turned_and_mirrored_boards_are_one_situation() -> None:
    situations = {turn_of(play(TICTACTOE, names)).situation for names in ("a1 b1", "c1 c2", "c3 c2", "a3 b3", "a1 a2")}
    assert len(situations) == 1


def test_corner_and_edge_are_two_situations() -> None:
    assert turn_of(play(TICTACTOE, "a1")).situation != turn_of(play(TICTACTOE, "b1")).situation


@pytest.mark.parametrize("said", ["B3", "3b", "(b, 3)", "b-3"])
def test_tictactoe_reads_other_spellings(said: str) -> None:
    assert turn_of(begin(TICTACTOE)).menu.parse(json.dumps({"action": said})).name == "b3"


def test_pieces_fall_to_the_bottom() -> None:
    board = turn_of(play(CONNECT_FOUR, "4 4 1")).text.splitlines()
    assert board[-7:] == ["1 2 3 4 5 6 7", *[". . . . . . ."] * 4, ". . . O . . .", "X . . X . . ."]


@pytest.mark.parametrize("names", ["1 2 1 2 1 2 1", "1 1 2 2 3 3 4", "1 2 2 3 3 4 3 4 4 6 4", "7 6 6 5 5 4 5 4 4 2 4"])
def test_four_in_every_direction_wins(names: str) -> None:
    *before, last = names.split()
    env = play(CONNECT_FOUR, " ".join(before))
    assert facts_of(env, last)[0] == "wins"
    step(env, last)
    assert results(env) == ["win", "loss"]


def test_block_and_neglect_are_told_apart() -> None:
    env = play(CONNECT_FOUR, "1 7 1 7 1")
    assert "blocks a win" in facts_of(env, "1")
    assert "leaves the rival a win" in facts_of(env, "4")
    assert "rival has 1 threat" in turn_of(env).facts.state


def test_open_three_makes_two_threats() -> None:
    assert "makes 2 threats" in facts_of(play(CONNECT_FOUR, "3 3 4 4"), "5")


def test_threat_out_of_reach_is_a_later_threat() -> None:
    assert "makes a later threat" in facts_of(play(CONNECT_FOUR, "2 6 4 5 5 4 4 2 3 1 4 6 4 4"), "3")


def test_mirrored_columns_are_one_situation() -> None:
    left, right = turn_of(play(CONNECT_FOUR, "1 2 2")), turn_of(play(CONNECT_FOUR, "7 6 6"))
    assert left.situation == right.situation
    assert left.facts.actions[2] == right.facts.actions[4]


def test_full_column_is_not_offered() -> None:
    assert "1" not in turn_of(play(CONNECT_FOUR, "1 1 1 1 1 1")).menu.choices["action"]


def test_full_board_is_a_draw_in_connect_four() -> None:
    env = play(CONNECT_FOUR, "1 1 1 1 1 1 2 2 2 2 2 2 3 3 3 3 3 3 5 4 4 4 4 4 4 5 5 5 5 5 6 6 6 6 6 6 7 7 7 7 7 7")
    assert results(env) == ["draw", "draw"]


@pytest.mark.parametrize("said", ["column 4", "Col 4", "c4", "4.", "the 4"])
def test_connect_four_reads_other_spellings(said: str) -> None:
    assert turn_of(begin(CONNECT_FOUR)).menu.parse(f"action: {said}").name == "4"


@pytest.mark.parametrize("said", ["0", "8", "44", "column", "d"])
def test_connect_four_reads_no_other_column(said: str) -> None:
    with pytest.raises(IllegalAction):
        turn_of(begin(CONNECT_FOUR)).menu.parse(f"action: {said}")


@given(seeds, st.sampled_from((TICTACTOE, CONNECT_FOUR)))
@few
def test_line_facts_come_true(seed: int, card: EnvCard) -> None:
    """`wins` is said exactly of moves that end the game won, `leaves the rival a win` of those that allow one."""
    told: list[tuple[str, ...]] = []
    env = walk(card, seed, 42, lambda turn, action: told.append(turn.facts.actions[action]))
    won = results(env) != ["draw", "draw"]
    assert [facts[0] == "wins" for facts in told] == [False] * (len(told) - 1) + [won]
    if won:
        assert "leaves the rival a win" in told[-2]


@given(st.sampled_from((3, 5, 7)), st.data())
@settings(max_examples=60, deadline=None)
def test_what_beats_what_is_what_the_engine_pays(n_actions: int, data: st.DataObject) -> None:
    mine, theirs = data.draw(st.integers(0, n_actions - 1)), data.draw(st.integers(0, n_actions - 1))
    env = begin(RPS, num_actions=n_actions)
    env.play({"player_0": mine, "player_1": theirs})
    said = {1.0: "beats", -1.0: "loses to", 0.0: "same as"}[env.payments()["player_0"]]
    assert f"{said} the rival's last move" in turn_of(env).facts.actions[mine]


def test_rounds_and_score_are_told_from_the_own_side() -> None:
    env = begin(RPS)
    for mine, theirs in ((0, 2), (0, 0), (1, 2)):
        env.play({"player_0": mine, "player_1": theirs})
    first, second = env.turns()
    assert "1. you rock, rival scissors: you won" in first.text
    assert "1. you scissors, rival rock: you lost" in second.text
    assert first.text.endswith("Score: you 1, rival 1, draws 1.")
    assert first.situation == ("rock paper scissors, last round: I paper, rival scissors; before: I rock, rival rock")
    assert "rival plays scissors most" in first.facts.state


def test_most_rounds_win() -> None:
    env = begin(RPS, max_cycles=2)
    for actions in ({"player_0": 0, "player_1": 2}, {"player_0": 1, "player_1": 1}):
        env.play(actions)
    assert results(env) == ["win", "loss"]


@pytest.mark.parametrize(
    ("card", "longest"),
    [(TICTACTOE, 300), (CONNECT_FOUR, 400), (RPS, 450), (CHESS, 900), (GO, 900)],
    ids=lambda value: getattr(value, "env_id", None),
)
def test_turns_are_short(card: EnvCard, longest: int) -> None:
    check_renderer(card, n_episodes=1, longest=longest)


@pytest.mark.parametrize("card", BOARDS, ids=lambda card: card.env_id)
def test_texts_change_only_with_their_version(card: EnvCard) -> None:
    """After a change on purpose raise the card's version, delete the file and run this test to write it anew."""
    name = card.env_id.split("/")[1]
    path = GOLDEN / f"boards_{name}.txt"
    current = (
        f"text_version {card.text_version} / situation_version {card.situation_version}\n{script(card, SHOWN[name])}"
    )
    if not path.exists():
        path.write_text(current, encoding="utf-8")
        pytest.fail(f"{path.name} was missing and has been written: look at it, then run again.")
    stored = path.read_text(encoding="utf-8")
    if current.splitlines()[0] == stored.splitlines()[0]:
        assert current == stored, f"{card.env_id}: words changed; raise text_version or situation_version."
    assert current == stored, f"{path.name} is of another version: delete it and run again to write it anew."


def script(card: EnvCard, numbers: tuple[int, ...]) -> str:
    """Returns all that the first seat to move is given at some turns of a random game."""
    shown: list[str] = []

    def show(turn: Turn, _: int) -> None:
        if turn.number in numbers:
            actions = [f"{turn.menu.name(action)}: {'; '.join(facts)}" for action, facts in turn.facts.actions.items()]
            shown.extend(
                [
                    f"== turn {turn.number}, {turn.seat}, {turn.view.role}",
                    *(
                        turn.brief,
                        turn.text,
                        turn.menu.describe(),
                        turn.situation,
                        "; ".join(turn.facts.state),
                        *actions,
                    ),
                ]
            )

    walk(card, 1, max(numbers) + 1, show)
    return "\n".join(shown) + "\n"
