"""Words for connect four."""

import re
from typing import Any, cast

from universe.renderers.lines import Lines, relative_marks
from universe.renderers.words import bucket, tell_moves
from universe.view import Facts, View

_COLUMNS, _ROWS = 7, 6
_SHOWN = 14  # moves listed before the history is cut: the board shows the rest
_PLACES = ("edge", "near the edge", "near the centre", "centre", "near the centre", "near the edge", "edge")
_ANSWER = re.compile(r"(?:in |drop in )?(?:the )?(?:column|col|c)?[\s.:#_-]*([1-7])", re.IGNORECASE)


def _all_lines() -> tuple[tuple[int, ...], ...]:
    lines: list[tuple[int, ...]] = []
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
                if row + 3 * down < _ROWS and 0 <= column + 3 * right < _COLUMNS:
                    lines.append(tuple((row + down * n) * _COLUMNS + column + right * n for n in range(4)))
    return tuple(lines)


def _landing(own: str, column: int) -> int | None:
    """Returns the cell where a piece dropped into a column comes to rest; `None` where the column is full."""
    for cell in range((_ROWS - 1) * _COLUMNS + column, -1, -_COLUMNS):
        if own[cell] == ".":
            return cell
    return None


def _landings(own: str) -> list[int]:
    return [cell for column in range(_COLUMNS) if (cell := _landing(own, column)) is not None]


_LINES = Lines(_all_lines(), playable=_landings)


class ConnectFourRenderer:
    """Columns are `1` (left) to `7` (right), as printed over the board."""

    fields = ("action",)

    def glimpse(self, engine: Any, seat: str) -> tuple[int, ...]:
        """Returns the 42 cells row by row from the top: 0 free, 1 and 2 the seats."""
        board: list[int] = engine.board
        return tuple(board)

    def brief(self, view: View) -> str:
        """Returns the seat's mark and how columns are named."""
        mine, theirs, order = ("X", "O", "You move") if view.seat == view.seats[0] else ("O", "X", "Your rival moves")
        return (
            f"You play {mine}; your rival plays {theirs}. {order} first. "
            "A move is the number of a column: 1 is the leftmost, 7 the rightmost."
        )

    def text(self, view: View) -> str:
        """Returns the past moves and the board."""
        cells = _cells(view)
        rows = [
            " ".join(".XO"[cell] for cell in cells[start : start + _COLUMNS])
            for start in range(0, _ROWS * _COLUMNS, _COLUMNS)
        ]
        mine, theirs = "XO" if view.seat == view.seats[0] else "OX"
        return "\n".join(
            [tell_moves(view, _SHOWN), f"Board (you {mine}, rival {theirs}):", "1 2 3 4 5 6 7", *rows],
        )

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the number of the column, counted from 1."""
        return (str(action + 1),)

    def situation(self, view: View) -> str:
        """Returns the board as mine (`m`), theirs (`t`) and free (`.`), the lesser of itself and its mirror image."""
        return f"connect four {_least(_own(view))}"

    def facts(self, view: View) -> Facts:
        """Returns who can win next, and what each move does to its lines; last the position that it makes."""
        own = _own(view)
        n_marks = len(own) - own.count(".")
        phase = "opening" if n_marks < 8 else "middle game" if n_marks < 24 else "endgame"
        marks = f"{bucket(n_marks, (0, 1, 4, 8, 16, 24, 32))} marks on the board"
        actions = {action: _move_facts(own, action) for action in view.legal}
        return Facts((phase, *_LINES.state_facts(own), marks), actions)

    def read(self, answer: str, view: View) -> str | None:
        """Reads `column 4`, `col 4`, `c4` and the like."""
        found = _ANSWER.fullmatch(answer.strip())
        return found[1] if found else None


def _cells(view: View) -> tuple[int, ...]:
    return cast("tuple[int, ...]", view.glimpse)


def _own(view: View) -> str:
    return relative_marks(_cells(view), view.seats.index(view.seat) + 1)


def _least(own: str) -> str:
    """Returns the lesser of a board and its mirror image, row by row from the top, full rows of free cells left out."""
    rows = [own[start : start + _COLUMNS] for start in range(0, len(own), _COLUMNS)]
    filled = [row for row in rows if row.strip(".")]
    return min("/".join(filled), "/".join(row[::-1] for row in filled)) or "empty"


def _move_facts(own: str, column: int) -> tuple[str, ...]:
    cell = _landing(own, column)
    assert cell is not None, "a legal column has room"
    after = own[:cell] + "m" + own[cell + 1 :]
    height = f"row {_ROWS - cell // _COLUMNS} from the bottom"
    return (*_LINES.move_facts(own, cell), _PLACES[column], height, f"then {_least(after)}")
