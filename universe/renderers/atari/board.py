"""What the board games of the console share: cells by letter and number, a drawn board, past moves."""

import re
from collections.abc import Iterable, Sequence

from universe.atari.shot import Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Scene

COLUMNS = "abcdefghi"

_CELL = re.compile(r"\W*([a-i])\W*([1-9])\W*|\W*([1-9])\W*([a-i])\W*", re.IGNORECASE)


class BoardRenderer(AtariRenderer):
    """A game of places; a decision names one, and the hand that finds it is not the seat's business."""

    fields = ("action",)

    def see(self, shot: Shot) -> Scene:
        """Returns a scene without things: boards are told as boards."""
        return Scene(things=())

    def read(self, answer: str, view: object) -> str | None:
        """Reads `D3`, `3d`, `(d, 3)` and the like."""
        return read_cell(answer)


def read_cell(answer: str) -> str | None:
    """Returns the cell that an answer means, or `None`.

    >>> read_cell("(D, 3)"), read_cell("3d"), read_cell("dee three")
    ('d3', 'd3', None)
    """
    found = _CELL.fullmatch(answer)
    if found is None:
        return None
    return f"{found[1] or found[4]}{found[2] or found[3]}".lower()


def draw_board(rows: Sequence[Iterable[str]], *, upwards: bool = False) -> list[str]:
    """Returns a board with letters over its columns and numbers before its rows.

    Args:
        rows: One mark for each cell, from the top.
        upwards: Whether rows are numbered from the bottom.
    """
    drawn = [list(row) for row in rows]
    numbers = range(len(drawn), 0, -1) if upwards else range(1, len(drawn) + 1)
    lines = [f"{number} {' '.join(row)}" for number, row in zip(numbers, drawn, strict=True)]
    return [f"  {' '.join(COLUMNS[: len(drawn[0])])}", *lines]
