"""Words for tic-tac-toe."""

from typing import Any

from universe.view import Facts, View

_LINES = ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))
_SYMMETRIES = tuple(
    tuple(cells)
    for turn in (
        (0, 1, 2, 3, 4, 5, 6, 7, 8),
        (2, 5, 8, 1, 4, 7, 0, 3, 6),
        (8, 7, 6, 5, 4, 3, 2, 1, 0),
        (6, 3, 0, 7, 4, 1, 8, 5, 2),
    )
    for cells in (turn, tuple(turn[row * 3 + 2 - column] for row in range(3) for column in range(3)))
)


class TicTacToeRenderer:
    """Cells are `a1` (top left) to `c3` (bottom right): a letter for the column, a number for the row."""

    fields = ("action",)

    def glimpse(self, engine: Any, seat: str) -> tuple[int, ...]:
        """Returns the nine cells, column by column as the engine numbers them: 0 free, 1 and 2 the seats."""
        return tuple(int(square) for square in engine.board.squares)

    def brief(self, view: View) -> str:
        """Returns the seat's mark."""
        mark = _mark(view)
        first = "You move first." if mark == "X" else "Your rival moves first."
        return f"You play {mark}; your rival plays {'O' if mark == 'X' else 'X'}. {first}"

    def text(self, view: View) -> str:
        """Returns the board with its past moves."""
        cells = _cells(view)
        rows = [f"{row + 1} {' '.join('.XO'[cells[column * 3 + row]] for column in range(3))}" for row in range(3)]
        moves = ", ".join(f"{'you' if move.seat == view.seat else 'rival'} {move.name}" for move in view.moves)
        return "\n".join(["  a b c", *rows, f"Moves so far: {moves or 'none'}."])

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the cell, for example `b2`."""
        return (f"{'abc'[action // 3]}{action % 3 + 1}",)

    def situation(self, view: View) -> str:
        """Returns the board as mine (`m`), theirs (`t`) and free (`.`), the least of its eight mirror images."""
        own = _relative(view)
        least = min("".join(own[cell] for cell in symmetry) for symmetry in _SYMMETRIES)
        return f"tic-tac-toe {least}"

    def facts(self, view: View) -> Facts:
        """Returns counts of open lines, and what each move does to its lines."""
        own = _relative(view)
        state = [f"{len(view.moves)} marks on the board"]
        for mark, whose in (("m", "I have"), ("t", "rival has")):
            if any(_line(own, line) == (mark, mark, ".") for line in _LINES):
                state.append(f"{whose} two in a line with the third free")
        return Facts(tuple(state), {action: _move_facts(own, action) for action in view.legal})

    def read(self, answer: str, view: View) -> str | None:
        """Reads `B3`, `3b`, `(b, 3)` and the like."""
        letters = [character for character in answer.lower() if character.isalnum()]
        if len(letters) == 2 and letters[0].isdigit():
            letters.reverse()
        return "".join(letters) if len(letters) == 2 else None


def _cells(view: View) -> tuple[int, ...]:
    cells = view.glimpse
    assert isinstance(cells, tuple)
    return cells


def _mark(view: View) -> str:
    return "XO"[view.seats.index(view.seat)]


def _relative(view: View) -> str:
    mine = view.seats.index(view.seat) + 1
    return "".join("." if cell == 0 else "m" if cell == mine else "t" for cell in _cells(view))


def _line(own: str, line: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(sorted((own[cell] for cell in line), key="mt.".index))


def _move_facts(own: str, action: int) -> tuple[str, ...]:
    place = "centre" if action == 4 else "corner" if action in (0, 2, 6, 8) else "edge"
    found = [place]
    through = [_line(own, line) for line in _LINES if action in line]
    if ("m", "m", ".") in through:
        found.append("wins")
    if ("t", "t", ".") in through:
        found.append("blocks a win")
    makes = sum(line == ("m", ".", ".") for line in through)
    if makes:
        found.append(f"makes {makes} threat{'s' if makes > 1 else ''}")
    return tuple(found)
