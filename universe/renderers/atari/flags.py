"""Words for the console's flag capture."""

from typing import NamedTuple

from universe.atari.flags import ARROW, BOMB, CELLS, COLUMNS, ROWS, Clue, find_man, is_idle, read_clue, read_flags
from universe.renderers.atari import board
from universe.renderers.atari.board import BoardRenderer, draw_board
from universe.renderers.atari.scene import Offset
from universe.renderers.atari.words import compare, octant, place
from universe.renderers.words import bucket, count_of
from universe.view import Facts, View

_LOOKS = ("olive", "red")
_CORNERS = ("a1, top left", "i7, bottom right")
_ARROWS = {
    (-1, 0): "up",
    (1, 0): "down",
    (0, -1): "left",
    (0, 1): "right",
    (-1, -1): "up-left",
    (-1, 1): "up-right",
    (1, -1): "down-left",
    (1, 1): "down-right",
}


class _Field(NamedTuple):
    """What a seat knows of the field of the present flag."""

    own: int
    rival: int
    clues: dict[int, Clue]
    """By cell, in the order in which they were seen."""
    looks: dict[int, str]
    """Whose look it was."""
    open: frozenset[int]
    """Cells where the flag can still be."""


class FlagRenderer(BoardRenderer):
    """Cells are `a1` (top left) to `i7` (bottom right): a letter for the column, a number for the row."""

    level = "exact"

    def brief(self, view: View) -> str:
        """Returns the seat's man and corner, and how cells are named."""
        seat = view.seats.index(view.seat)
        order = "You look first" if seat == 0 else "Your rival looks first"
        return (
            f"Your man is {_LOOKS[seat]} and starts at {_CORNERS[seat]}; your rival's is {_LOOKS[1 - seat]} and starts "
            f"at {_CORNERS[1 - seat]}. {order}. A cell is a letter for its column and a number for its row: a1 is top "
            "left, i7 bottom right. On the board Y is your man, R your rival's, # a cell that somebody has looked at, "
            "? a cell where the flag can be by all clues, . a cell where it cannot."
        )

    def text(self, view: View) -> str:
        """Returns the clues since the last flag, the field, and who has found how many flags."""
        field = self._read(view)
        told = [f"{_name(cell)} {_tell(clue)} ({_who(field, cell, view)})" for cell, clue in field.clues.items()]
        cells = [_mark(field, cell) for cell in range(CELLS)]
        rows = [cells[start : start + COLUMNS] for start in range(0, CELLS, COLUMNS)]
        mine, theirs = self._scores(view)
        lines = [
            f"Clues: {', '.join(told) or 'none yet'}",
            *draw_board(rows),
            f"You (man): {_tell_place(field.own)}; on {_name(field.own)}",
            f"Rival (man): {place(_subtract(field.rival, field.own))}; on {_name(field.rival)}",
            f"The flag can be in {count_of(len(field.open), 'cell')}",
            f"Flags: you {mine}, rival {theirs}",
        ]
        return "\n".join(lines)

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the cell, for example `d3`."""
        return (_name(action),)

    def situation(self, view: View) -> str:
        """Returns how many clues there are, where the flag can be, and how the score stands."""
        return "; ".join(["flag capture", *self._state(view, self._read(view))])

    def facts(self, view: View) -> Facts:
        """Returns how far the search is, and of each cell whether the flag can be there."""
        field = self._read(view)
        center = _center(field.open)
        actions: dict[int, tuple[str, ...]] = {}
        for action in view.legal:
            row, column = divmod(action, COLUMNS)
            far = max(abs(row - center[0]), abs(column - center[1]))
            where = "in the middle of" if far <= 1 else "off the middle of"
            kind = "the flag can be there" if action in field.open else "the flag cannot be there"
            side = octant((column - divmod(field.own, COLUMNS)[1], row - field.own // COLUMNS))
            actions[action] = (kind, f"{kind}, {where} such cells", f"{kind}, {side}" if action != field.own else kind)
        return Facts(tuple(self._state(view, field)), actions)

    def _state(self, view: View, field: _Field) -> list[str]:
        n_clues = len(field.clues)
        clues = f"{bucket(n_clues, (0, 1, 2, 3, 5))} clues" if n_clues != 1 else "1 clue"
        n_open = len(field.open)
        where = f"the flag can be in {bucket(n_open, (0, 1, 2, 3, 6, 12, 24))} cell{'s' * (n_open != 1)}"
        return [clues, where, f"{compare(*self._scores(view))} in flags"]

    def _scores(self, view: View) -> tuple[int, int]:
        first, second = read_flags(self.shot(view).now.ram)
        return (first, second) if view.seat == view.seats[0] else (second, first)

    def _read(self, view: View) -> _Field:
        """Returns the field: what was looked at is what is no longer on the menu, and the last moves say by whom."""
        ram = self.shot(view).now.ram
        seat = view.seats.index(view.seat)
        own, rival = find_man(ram, seat), find_man(ram, 1 - seat)
        gone = set(range(CELLS)) - set(view.legal)
        recent = list(view.moves[-len(gone) :]) if gone else []
        if recent and is_idle(ram, 1 - seat) and rival not in {move.action for move in recent[1:]}:
            recent = recent[1:]  # the rival stands where nobody has looked since the last flag
        clues = {move.action: read_clue(ram, move.action) for move in recent}
        looks = {move.action: move.seat for move in recent}
        open_cells = frozenset(
            cell
            for cell in range(CELLS)
            if cell not in clues and all(_agrees(seen, clue, cell) for seen, clue in clues.items())
        )
        return _Field(own, rival, clues, looks, open_cells)


def _agrees(seen: int, clue: Clue, cell: int) -> bool:
    """Returns whether a flag in a cell would give this clue."""
    down, across = cell // COLUMNS - seen // COLUMNS, cell % COLUMNS - seen % COLUMNS
    if clue.kind == BOMB:
        return True
    if clue.kind == ARROW:
        return ((down > 0) - (down < 0), (across > 0) - (across < 0)) == (clue.down, clue.across)
    return max(abs(down), abs(across)) == clue.distance


def _tell_place(cell: int) -> str:
    return f"x {cell % COLUMNS + 1}, y {cell // COLUMNS + 1}"


def _subtract(one: int, other: int) -> Offset:
    """Returns the columns to the right and the rows down from the second cell to the first."""
    return (one % COLUMNS - other % COLUMNS, one // COLUMNS - other // COLUMNS)


def _tell(clue: Clue) -> str:
    if clue.kind == BOMB:
        return "bomb"
    return f"arrow {_ARROWS[clue.down, clue.across]}" if clue.kind == ARROW else f"distance {clue.distance}"


def _who(field: _Field, cell: int, view: View) -> str:
    return "you" if field.looks[cell] == view.seat else "rival"


def _name(cell: int) -> str:
    return f"{board.COLUMNS[cell % COLUMNS]}{cell // COLUMNS + 1}"


def _mark(field: _Field, cell: int) -> str:
    if cell in (field.own, field.rival):
        return "Y" if cell == field.own else "R"
    return "#" if cell in field.clues else "?" if cell in field.open else "."


def _center(cells: frozenset[int]) -> tuple[float, float]:
    """Returns the middle of some cells: row and column."""
    if not cells:
        return ((ROWS - 1) / 2, (COLUMNS - 1) / 2)
    return (sum(cell // COLUMNS for cell in cells) / len(cells), sum(cell % COLUMNS for cell in cells) / len(cells))
