"""Words for tic-tac-toe in three dimensions."""

import re

from universe.atari.cube import CELLS, SIDE, list_lines, read_shot
from universe.renderers.atari.board import COLUMNS, BoardRenderer
from universe.renderers.lines import Lines
from universe.view import Facts, View

_CELL = re.compile(r"\W*([1-4])\W*([a-d])\W*([1-4])\W*", re.IGNORECASE)


_LINES = Lines(list_lines(), playable=lambda own: [cell for cell in range(CELLS) if own[cell] == "."])


class CubeRenderer(BoardRenderer):
    """Cells are `1a1` to `4d4`: the layer from the top, the column, the row from the back."""

    level = "exact"

    def brief(self, view: View) -> str:
        """Returns the marks and how cells are named."""
        return (
            "You play X, the computer O, on four layers of four by four. A cell is its layer, 1 (top) to 4 (bottom), a "
            "letter for its column, a to d from the left, and a number for its row, 1 (back) to 4 (front): 2b3. Four "
            "in a line win: in a row, a column or a diagonal of a layer, straight down through the layers, or aslant."
        )

    def text(self, view: View) -> str:
        """Returns the four layers side by side, and who can win next."""
        cells = read_shot(self.shot(view)).translate(str.maketrans("mt", "XO"))
        head = "   ".join(" ".join(COLUMNS[:SIDE]) for _ in range(SIDE))
        rows = [
            "   ".join(
                " ".join(cells[layer * 16 + row * SIDE : layer * 16 + (row + 1) * SIDE]) for layer in range(SIDE)
            )
            for row in range(SIDE)
        ]
        lines = [f"  {head}", *(f"{row + 1} {said}" for row, said in enumerate(rows))]
        marks = f"Marks: you {cells.count('X')}, computer {cells.count('O')}"
        return "\n".join(["Layers 1 to 4 from left to right:", *lines, marks])

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the cell, for example `2b3`."""
        layer, rest = divmod(action, SIDE * SIDE)
        return (f"{layer + 1}{COLUMNS[rest % SIDE]}{rest // SIDE + 1}",)

    def read(self, answer: str, view: object) -> str | None:
        """Reads `2 B 3`, `2-b-3` and the like."""
        found = _CELL.fullmatch(answer)
        return f"{found[1]}{found[2]}{found[3]}".lower() if found else None

    def situation(self, view: View) -> str:
        """Returns the phase and who can win with the next mark."""
        return "; ".join(["tic-tac-toe 3d", *self._state(read_shot(self.shot(view)))])

    def facts(self, view: View) -> Facts:
        """Returns who can win, and what each mark does to its lines."""
        own = read_shot(self.shot(view))
        actions = {action: (*_LINES.move_facts(own, action), _place(action)) for action in view.legal}
        return Facts(tuple(self._state(own)), actions)

    def _state(self, own: str) -> list[str]:
        n_marks = CELLS - own.count(".")
        phase = "opening" if n_marks < 8 else "middle game" if n_marks < 24 else "endgame"
        return [phase, *_LINES.state_facts(own)]


def _place(cell: int) -> str:
    """Returns how many lines run through a cell: seven through corners and the eight in the middle, else four."""
    outer = sum(place in (0, SIDE - 1) for place in (cell // 16, cell // SIDE % SIDE, cell % SIDE))
    return {3: "corner", 0: "middle"}.get(outer, "side")
