"""Boards, mazes and cards: words against pixels and RAM, both sides of a board, games told by shapes alone."""

import re
from dataclasses import replace

import pytest

from langgym.bench.atari.truth import judge_game
from langgym.bench.atari.witnesses.boards import WITNESSES
from tests.universe.atari.golden import check_golden
from universe.card import EnvCard
from universe.cards.atari_boards import ATARI_BOARDS
from universe.cards.atari_shapes import ATARI_SHAPES
from universe.catalog import default_catalog
from universe.making import load_renderer
from universe.streams import Stream
from universe.testing import check_renderer
from universe.text_env import TextEnv

LONGEST = {"atari/flag_capture_v2": 1500, "atari/tic_tac_toe_3d_v1": 1300}
"""Characters of a median turn and its menu, where every cell can be chosen and its name alone takes that many."""

every_card = pytest.mark.parametrize("card", [*ATARI_BOARDS, *ATARI_SHAPES], ids=lambda card: card.env_id)
every_board = pytest.mark.parametrize("card", ATARI_BOARDS, ids=lambda card: card.env_id)


@every_card
def test_renderer_keeps_its_contract(card: EnvCard) -> None:
    check_renderer(card, n_episodes=1, max_turns=30, longest=LONGEST.get(card.env_id, 800))


@every_card
def test_words_are_as_they_were(card: EnvCard) -> None:
    check_golden(card)


@every_board
def test_words_are_true(card: EnvCard) -> None:
    verdicts = judge_game(card, WITNESSES[card.env_id], load_renderer(card), n_frames=20)
    assert verdicts.judged.total() >= 20
    assert verdicts.share >= 0.99, verdicts.faults


@pytest.mark.parametrize("name", ["othello", "video_checkers"])
def test_the_other_seat_sees_the_same_board_from_its_own_side(name: str) -> None:
    """What is mine here is the rival's there, square by square, and the counts are exchanged."""
    env = TextEnv(default_catalog().find(f"atari/{name}"))
    env.reset(2)
    stream, renderer = Stream.of(2, "sides"), load_renderer(env.card)
    for _ in range(12):
        [turn] = env.turns()
        other = next(seat for seat in env.seats if seat != turn.seat)
        mine, theirs = renderer.text(turn.view), renderer.text(replace(turn.view, seat=other))
        assert read_squares(theirs) == {place: TURNED[piece] for place, piece in read_squares(mine).items()}
        assert len(read_squares(mine)) >= 4
        env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index)})
    env.close()


TURNED = {"x": "o", "o": "x", "X": "O", "O": "X", "m": "t", "t": "m", "M": "T", "T": "M"}
"""Pieces as the rival calls them."""


def read_squares(text: str) -> dict[tuple[str, int], str]:
    """Returns the pieces of a board by column and row."""
    rows = re.findall(r"^ ?(\d+) ((?:\S +)*\S)$", text, re.MULTILINE)
    return {
        (column, int(row)): piece
        for row, cells in rows
        for column, piece in zip("abcdefgh", cells.split(), strict=False)
        if piece in TURNED
    }
