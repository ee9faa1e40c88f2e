"""Witnesses of the Atari games: boards."""

import re
from collections.abc import Sequence

from langgym.bench.atari.witness import Witness
from universe.atari.shot import Shot

_ROW = re.compile(r"^(\d) ((?:\S )*\S)$", re.MULTILINE)
_COUNTS = re.compile(r"you (\d+), rival (\d+)")


def _read_rows(text: str) -> list[list[str]]:
    """Returns the cells of the board in a text, row by row as they stand."""
    return [row[2].split() for row in _ROW.finditer(text)]


def _read_decimal(value: int) -> int:
    return 10 * (value >> 4) + (value & 15)


_LIGHT_TEAL, _BLACK = 190, 0


def _judge_othello(text: str, seat: str, shot: Shot) -> Sequence[bool]:
    """Judges each row by the middles of its places on the screen, and the counts by the game's own score.

    The place of the cursor is passed over: it blinks.
    """
    mine, theirs = (_LIGHT_TEAL, _BLACK) if seat == "first_0" else (_BLACK, _LIGHT_TEAL)
    marks = {mine: "o", theirs: "x"}
    cursor = 63 - int(shot.now.ram[79])
    verdicts: list[bool] = []
    for row, cells in enumerate(_read_rows(text)):
        seen = [marks.get(int(shot.now.screen[29 + 22 * row, 22 + 16 * column]), ".") for column in range(8)]
        verdicts.append(
            all(
                said.replace("+", ".") == real or row * 8 + column == cursor
                for column, (said, real) in enumerate(zip(cells, seen, strict=True))
            )
        )
    light, dark = _read_decimal(int(shot.now.ram[78])), _read_decimal(int(shot.now.ram[80]))
    counts = _COUNTS.search(text.splitlines()[-1])
    told = (int(counts[1]), int(counts[2])) if counts else None
    return [*verdicts, told == ((light, dark) if seat == "first_0" else (dark, light))]


WITNESSES: dict[str, Witness] = {
    "atari/othello_v3": Witness(source="pixels", judge=_judge_othello),
}
"""Independent sources of what the words about a game say: one table per family of games."""
