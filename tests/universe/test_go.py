"""Go in words, held against PettingZoo's engine."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pettingzoo.classic.go import go_base
from pettingzoo.classic.go.go import raw_env as go_env

from tests.universe.games import begin, facts_of, few, play, results, seeds, step, turn_of, walk
from universe.cards.boards import GO
from universe.errors import BadKwargs, IllegalAction
from universe.renderers.go_board import area
from universe.text_env import TextEnv


def test_captured_stones_leave_the_board() -> None:
    env = play(GO, "B9 A9")
    assert {"captures", "captures 1 stone"} <= set(facts_of(env, "A8"))
    step(env, "A8")
    turn = turn_of(env)
    assert "Captured: you 0 stones, rival 1." in turn.text
    assert "A9" not in turn.menu.choices["action"]  # suicide


def test_ko_may_not_be_retaken_at_once() -> None:
    env = play(GO, "D5 E5 C4 F4 D3 E3 E4 D4")
    turn = turn_of(env)
    assert "Ko: you may not play E4 now." in turn.text
    assert "E4" not in turn.menu.choices["action"]
    assert turn.situation.count("k") == 1
    for name in ("A1", "A2"):
        step(env, name)
    assert "E4" in turn_of(env).menu.choices["action"]


def test_two_passes_end_the_game_by_area_and_komi() -> None:
    env = play(GO, "E5 pass")
    assert "Score if the game ended now: you 81, rival 7.5." in turn_of(env).text
    assert turn_of(env).text.endswith("Your rival has passed; if you pass too, the game ends.")
    step(env, "pass")
    assert results(env) == ["win", "loss"]


def test_equal_points_are_whites_win() -> None:
    assert results(play(GO, "pass pass", komi=0.0)) == ["loss", "win"]


@pytest.mark.parametrize(
    ("names", "komi", "fact"),
    [("E5 pass", 7.5, "wins"), ("pass", 0.0, "wins"), ("E5 A1 pass", 7.5, "wins"), ("A1 E5 B1 pass", 7.5, "loses")],
)
def test_pass_that_ends_the_game_tells_its_result(names: str, komi: float, fact: str) -> None:
    env = play(GO, names, komi=komi)
    assert facts_of(env, "pass")[0] == fact
    seat = turn_of(env).seat
    step(env, "pass")
    assert env.outcome()[seat].result == {"wins": "win", "loses": "loss"}[fact]


def test_go_names_are_gtp_vertices() -> None:
    menu = turn_of(begin(GO)).menu
    assert [menu.name(action) for action in (0, 8, 72, 80, 81)] == ["A9", "J9", "A1", "J1", "pass"]


@pytest.mark.parametrize(
    ("said", "name"), [("d4", "D4"), ("D-4", "D4"), ("(d, 4)", "D4"), ("4d", "D4"), ("PASS", "pass")]
)
def test_go_reads_other_spellings(said: str, name: str) -> None:
    assert turn_of(begin(GO)).menu.parse(json.dumps({"action": said})).name == name


@pytest.mark.parametrize("said", ["I5", "A10", "A0", "K1", "resign"])
def test_go_reads_no_point_off_the_board(said: str) -> None:
    with pytest.raises(IllegalAction):
        turn_of(begin(GO)).menu.parse(json.dumps({"action": said}))


def test_go_situation_is_one_for_eight_images() -> None:
    images = ("C4", "C6", "G4", "G6", "D3", "D7", "F3", "F7")
    assert len({turn_of(play(GO, name)).situation for name in images}) == 1
    assert turn_of(play(GO, "C4")).situation != turn_of(play(GO, "C3")).situation


@given(seeds, st.integers(0, 110))
@few
def test_go_area_and_facts_agree_with_the_engine(seed: int, n_turns: int) -> None:
    env = walk(GO, seed, n_turns)
    mirror = go_env(board_size=9)
    mirror.reset()
    for move in turn_of(env).view.moves if env.turns() else ():
        mirror.step(move.action)
    position = mirror._go
    black, white = area(position.board.ravel().tolist(), 9)
    assert black - white - position.komi == position.score()
    for turn in env.turns():
        for action, facts in turn.facts.actions.items():
            if action < 81:
                after = position.play_move(divmod(action, 9))
                assert ("attacked" in facts) == (after.get_liberties()[divmod(action, 9)] == 1)
                assert ("captures" in facts) == (sum(after.caps) > sum(position.caps))


def test_one_process_plays_one_board_size() -> None:
    begin(GO)
    with pytest.raises(BadKwargs, match="one value per process"):
        TextEnv(GO, {"board_size": 5})
    assert go_base.N == 9


@pytest.mark.parametrize("size", [5, 7, 13, 19])
def test_go_speaks_on_every_board_size(size: int) -> None:
    script = (
        "import sys; from universe.testing import check_renderer; from universe.cards.boards import GO\n"
        "size = GO.kwargs[0].model_copy(update={'default': int(sys.argv[1])})\n"
        "check_renderer(GO.model_copy(update={'kwargs': (size, GO.kwargs[1]), 'max_turns': 60}), n_episodes=1)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script, str(size)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
