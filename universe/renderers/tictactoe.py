"""Words for tic-tac-toe."""

from typing import Any, cast

from universe.renderers.lines import Lines, relative_marks
from universe.renderers.words import tell_moves
from universe.view import Facts, View

_TURNED = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8),
    (2, 5, 8, 1, 4, 7, 0, 3, 6),
    (8, 7, 6, 5, 4, 3, 2, 1, 0),
    (6, 3, 0, 7, 4, 1, 8, 5, 2),
)
_SYMMETRIES = _TURNED + tuple(
    tuple(turned[row * 3 + 2 - column] for row in range(3) for column in range(3)) for turned in _TURNED
)
_LINES = Lines(
    ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)),
    playable=lambda own: [cell for cell in range(9) if own[cell] == "."],
)


class TicTacToeRenderer:
    """Cells are `a1` (top left) to `c3` (bottom right): a letter for the column, a number for the row."""

    fields = ("action",)

    def glimpse(self, engine: Any, seat: str) -> tuple[int, ...]:
        """Returns the nine cells, column by column as the engine numbers them: 0 free, 1 and 2 the seats."""
        squares: list[int] = engine.board.squares
        return tuple(squares)

    def brief(self, view: View) -> str:
        """Returns the seat's mark and how cells are named."""
        mine, theirs, order = ("X", "O", "You move") if view.seat == view.seats[0] else ("O", "X", "Your rival moves")
        return (
            f"You play {mine}; your rival plays {theirs}. {order} first. "
            "A cell is a letter for its column and a number for its row: a1 is top left, c3 bottom right."
        )

    def text(self, view: View) -> str:
        """Returns the past moves and the board."""
        cells = _cells(view)
        rows = [f"{row + 1} {' '.join('.XO'[cells[column * 3 + row]] for column in range(3))}" for row in range(3)]
        mine, theirs = "XO" if view.seat == view.seats[0] else "OX"
        return "\n".join([tell_moves(view, 9), f"Board (you {mine}, rival {theirs}):", "  a b c", *rows])

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the cell, for example `b2`."""
        return (f"{'abc'[action // 3]}{action % 3 + 1}",)

    def situation(self, view: View) -> str:
        """Returns the board as mine (`m`), theirs (`t`) and free (`.`), the least of its eight mirror images."""
        return f"tic-tac-toe {_least(_own(view))}"

    def facts(self, view: View) -> Facts:
        """Returns who can win next, and what each move does to its lines; last the position that it makes."""
        own = _own(view)
        n_marks = 9 - own.count(".")
        phase = "opening" if n_marks < 3 else "middle game" if n_marks < 6 else "endgame"
        actions = {
            action: (*_LINES.move_facts(own, action), _place(action), f"then {_least(_marked(own, action))}")
            for action in view.legal
        }
        return Facts((phase, *_LINES.state_facts(own), f"{n_marks} marks on the board"), actions)

    def read(self, answer: str, view: View) -> str | None:
        """Reads `B3`, `3b`, `(b, 3)` and the like."""
        letters = [character for character in answer.lower() if character.isalnum()]
        if len(letters) == 2 and letters[0].isdigit():
            letters.reverse()
        return "".join(letters) if len(letters) == 2 else None


def _cells(view: View) -> tuple[int, ...]:
    return cast("tuple[int, ...]", view.glimpse)


def _own(view: View) -> str:
    return relative_marks(_cells(view), view.seats.index(view.seat) + 1)


def _marked(own: str, cell: int) -> str:
    return own[:cell] + "m" + own[cell + 1 :]


def _least(own: str) -> str:
    return min("".join(own[cell] for cell in symmetry) for symmetry in _SYMMETRIES)


def _place(cell: int) -> str:
    return "centre" if cell == 4 else "corner" if cell in (0, 2, 6, 8) else "edge"
