"""Witnesses of the Atari board games for one player."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from langgym.bench.atari.witness import Witness
from universe.atari.shot import Shot

_LAYERS = re.compile(r"^\d ((?:\S )+ (?: \S)+.*\S)$", re.MULTILINE)


def _judge_cube(text: str, seat: str, shot: Shot) -> Sequence[bool]:
    """Judges each cell by the cross or ring that is drawn in it; the cell of the cursor is passed over."""
    screens = [look.screen for look in (shot.now, shot.earlier) if look]
    paper = int(np.bincount(screens[0].ravel()).argmax())
    drawn = np.any([screen != paper for screen in screens], axis=0)
    verdicts: list[bool] = []
    for row, line in enumerate(_LAYERS.finditer(text)):
        for place, said in enumerate(line[1].split()):
            layer, column = divmod(place, 4)
            if layer * 16 + row * 4 + column != int(shot.now.ram[2]):
                x, y = 56 + round(8 * column + 5.2 * row), 17 + 46 * layer + 10 * row
                verdicts.append(said == _see_mark(drawn[y : y + 8, x : x + 9]))
    return verdicts


def _see_mark(cell: NDArray[np.bool_]) -> str:
    """Returns the mark in a cell: a ring is closed at its top, a cross open."""
    if not cell[1:3, 3:5].any():
        return "."
    return "O" if cell[1, 3:6].all() else "X"


_RANKS = {
    "001c1c222222223e3e22222222222200": "ace",
    "003e3e020202023e3e202020203e3e00": "2",
    "003e3e020202020e0e020202023e3e00": "3",
    "002020242424243e3e04040404040400": "4",
    "003e3e202020203e3e020202023e3e00": "5",
    "003e3e202020203e3e222222223e3e00": "6",
    "003e3e02020202020202020202020200": "7",
    "003e3e222222223e3e222222223e3e00": "8",
    "003e3e222222223e3e020202023e3e00": "9",
    "002e2e2a2a2a2a2a2a2a2a2a2a2e2e00": "10",
    "000e0e040404040404040424243c3c00": "jack",
    "003c3c2424242424242c2c3c3c020200": "queen",
    "00222224242828303028282424222200": "king",
}
"""What is drawn on a card: sixteen rows of eight points, by what it looks like to the eye."""

_RED, _BLACK, _PAPER = 54, 208, 12
_CHIPS_AT_FIRST = 200


def _judge_blackjack(text: str, seat: str, shot: Shot) -> Sequence[bool]:
    """Judges the chips by what was paid, and each hand by the cards that are drawn; of the dealer's the first three."""
    screen = shot.now.screen
    told = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    verdicts = [int(told["Chips"]) == _CHIPS_AT_FIRST + shot.scores[seat]]
    if "You" in told:
        mine = [_see_card(screen[88 + 19 * place : 104 + 19 * place, 44:52]) for place in range(6)]
        dealer = [_see_card(screen[3:19, 44 + 32 * place : 52 + 32 * place]) for place in range(3)]
        verdicts.append(_list_cards(told["You"]) == [card for card in mine if card])
        verdicts.append(_list_cards(told["Dealer"])[:3] == [card for card in dealer if card])
    return verdicts


def _list_cards(told: str) -> list[str]:
    return told.partition(" = ")[0].split(", ")


def _see_card(spot: NDArray[np.uint8]) -> str:
    """Returns the rank that is drawn on a card, nothing where there is none."""
    if not (spot == _PAPER).any():
        return ""
    ink = np.packbits((spot == _RED) | (spot == _BLACK)).tobytes().hex()
    return _RANKS.get(ink, "?") if int(ink, 16) else "face down"


_PIECES = {
    "54547c7c7c7c": "r",
    "38747e6c70f8": "n",
    "10387c38387c": "b",
    "aa6cfe3838fe": "q",
    "103892d6fefe": "k",
    "10381038": "p",
}
"""What is drawn on a square: the rows of eight points that are not empty, by what it looks like to the eye."""

_RANK = re.compile(r"^\d ((?:\S )*\S)$", re.MULTILINE)
_MEN = {38: str.lower, 142: str.upper}


def _judge_chess(text: str, seat: str, shot: Shot) -> Sequence[bool]:
    """Judges each rank by the pieces that are drawn; squares of the cursor and of what blinks are passed over.

    A move that the computer shows blinks, and so does a king in check.
    """
    hidden = {int(shot.now.ram[93]), int(shot.now.ram[90])}
    verdicts: list[bool] = []
    for row, line in enumerate(_RANK.finditer(text)):
        verdicts.append(True)
        for column, said in enumerate(line[1].split()):
            y, x = 36 + 17 * row, 44 + 8 * column
            blinks = said == "K" and "You are in check." in text
            if 8 * row + column not in hidden and not blinks:
                verdicts[-1] &= said == _see_piece(shot.now.screen[y : y + 17, x : x + 8])
    return verdicts


def _see_piece(square: NDArray[np.uint8]) -> str:
    for color, case in _MEN.items():
        if (square == color).any():
            rows = np.packbits(square == color, axis=1)[:, 0]
            return case(_PIECES.get("".join(f"{int(row):02x}" for row in rows if row), "?"))
    return "."


SOLO_WITNESSES: dict[str, Witness] = {
    "atari/tic_tac_toe_3d_v1": Witness(source="pixels", judge=_judge_cube),
    "atari/blackjack_v1": Witness(source="pixels", judge=_judge_blackjack),
    "atari/video_chess_v1": Witness(source="pixels", judge=_judge_chess),
}
"""Independent sources of what the words about a game say."""
