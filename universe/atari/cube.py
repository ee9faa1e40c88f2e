"""Tic-tac-toe in three dimensions on the console: its cells, and the hand that walks to one and marks it."""

from collections.abc import Iterator, Sequence
from itertools import product

from universe.atari.console import NOOP, Console
from universe.atari.hands import hold_until, lead_to
from universe.atari.session import Rules
from universe.atari.shot import Ram, Shot
from universe.atari.sticks import read_actions

SIDE = 4
"""Layers, rows and columns."""

CELLS = SIDE**3
"""Numbered by layer from the top, row from the back, column from the left."""

_BOARD, _CURSOR = 26, 2
_MARKS = {8: "m", 40: "t"}
_BLINK = 8  # frames for which the cursor and the computer's last mark are shown, and hidden
_LONGEST_WALK, _LONGEST_PRESS = 400, 20


def list_lines() -> list[tuple[int, ...]]:
    """Returns the 76 lines of four cells."""
    lines: set[tuple[int, ...]] = set()
    for start in product(range(SIDE), repeat=3):
        for way in product((-1, 0, 1), repeat=3):
            ends = [place + (SIDE - 1) * step for place, step in zip(start, way, strict=True)]
            if any(way) and all(0 <= end < SIDE for end in ends):
                cells = [[place + n * step for place, step in zip(start, way, strict=True)] for n in range(SIDE)]
                lines.add(tuple(sorted(layer * SIDE * SIDE + row * SIDE + column for layer, row, column in cells)))
    return sorted(lines)


def read_cells(*moments: Ram) -> str:
    """Returns the cells, `m` the player's, `t` the computer's, `.` free, from moments half a blink apart."""
    cells = ["."] * CELLS
    for ram in moments:
        for cell, value in enumerate(ram[_BOARD : _BOARD + CELLS].tolist()):
            cells[cell] = _MARKS.get(value, cells[cell])
    return "".join(cells)


def read_shot(shot: Shot) -> str:
    """Returns the cells of a shot, whose two looks are half a blink apart."""
    return read_cells(shot.now.ram, *([shot.earlier.ram] if shot.earlier else []))


class CubeHand:
    """Cells to mark; a held stick moves the cursor a cell each 16 frames."""

    n_actions = CELLS

    def __init__(self, rules: Rules) -> None:
        """Begins an episode."""
        self._numbers = read_actions()
        self._seen: list[Ram] = []
        self._lines = list_lines()

    def legal(self, seat: int, console: Console) -> Sequence[int]:
        """Returns the free cells."""
        return [cell for cell, mark in enumerate(read_cells(*self._seen)) if mark == "."]

    def carry_out(self, action: int, seat: int, console: Console) -> Iterator[int]:
        """Walks the cursor to a cell, marks it, and waits until the computer thinks."""
        self._seen.clear()
        yield from lead_to(
            action,
            lambda: int(console.ram[_CURSOR]),
            lambda at: self._numbers[_steer(at, action)],
            longest=_LONGEST_WALK,
        )
        yield NOOP
        fire = self._numbers["FIRE"]
        yield from hold_until(lambda: not console.screen.any(), fire, longest=_LONGEST_PRESS)

    def whose_turn(self, console: Console) -> int | None:
        """Returns the player once the picture has been back for a whole blink, `None` while the computer thinks."""
        if not console.screen.any():
            self._seen.clear()
            return None
        self._seen.append(console.ram)
        if len(self._seen) <= 2 * _BLINK:
            return None
        cells = read_cells(*self._seen)
        won = any({cells[cell] for cell in line} in ({"m"}, {"t"}) for line in self._lines)
        return None if won else 0  # the end is shown for a while


def _steer(at: int, target: int) -> str:
    """Returns the stick that brings the cursor nearer: columns lead round in their row, rows on to the next layer."""
    if at % SIDE != target % SIDE:
        return "RIGHT" if (target - at) % SIDE <= SIDE // 2 else "LEFT"
    rows = (target // SIDE - at // SIDE) % (SIDE * SIDE)
    return "DOWN" if rows <= SIDE * SIDE // 2 else "UP"
