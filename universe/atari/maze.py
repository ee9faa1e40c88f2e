"""Maze craze on the console: its maze, and the hand that holds a stick as far as the next branching."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from universe.atari.console import NOOP, Console
from universe.atari.session import Rules
from universe.atari.shot import Ram
from universe.atari.sticks import read_actions

COLUMNS, ROWS = 19, 12

Cell = tuple[int, int]
"""Column from the left and row from the top, from 0; column 19 is outside, behind the exit."""

Walls = list[list[bool]]
"""25 lines of 39 places: cells at odd places, walls and gaps between them. Between two cells there is just one way."""

WAYS: Mapping[str, Cell] = {"UP": (0, -1), "RIGHT": (1, 0), "LEFT": (-1, 0), "DOWN": (0, 1)}
"""The sticks, and the cells to the right and down that they lead to."""

PLAYERS, ROBBERS = (0, 1), (2, 3)
"""What moves, by its place in the RAM: the two seats, the two robbers."""

_X, _Y = 78, 71  # of the first of them
_LEFT, _STEP_X, _STEP_Y = 4, 8, 4
_BYTES = 12  # of each of the five columns of bytes, from the bottom row up


def read_walls(ram: Ram) -> Walls:
    """Returns the maze as the RAM has it: a byte has eight columns, and of each two lines one in each second column."""
    bits = np.unpackbits(ram[: 5 * _BYTES].reshape(5, _BYTES), axis=1, bitorder="little").reshape(5, _BYTES, 8)
    edge, second, third, fourth, last = bits[:, ::-1]
    rows = np.hstack([edge[:, 4:], second[:, ::-1], third, edge[:, :4], fourth[:, ::-1], last]).astype(np.bool_)
    walls = np.ones((2 * ROWS + 1, 2 * COLUMNS + 1), dtype=np.bool_)
    walls[1::2, 1::2] = False
    walls[1::2, 2::2] = rows[:, 2 : 2 * COLUMNS + 1 : 2]
    walls[2:-1:2, 1::2] = rows[1:, 1 : 2 * COLUMNS : 2]
    return walls.tolist()


def find_cell(ram: Ram, who: int) -> tuple[float, float] | None:
    """Returns the column and row of what moves, in parts of a cell between two; `None` if it is not there."""
    x, y = int(ram[_X + who]), int(ram[_Y + who])
    column, row = (x - _LEFT) / _STEP_X, ROWS - 1 - y / _STEP_Y
    return (column, row) if 0 <= column <= COLUMNS and 0 <= row < ROWS else None


def list_open(walls: Walls, cell: Cell) -> list[str]:
    """Returns the sticks that lead on from a cell."""
    column, row = cell
    if not 0 <= column < COLUMNS:
        return []
    return [name for name, (x, y) in WAYS.items() if not walls[2 * row + 1 + y][2 * column + 1 + x]]


def walk(cell: Cell, stick: str) -> Cell:
    """Returns the next cell in a direction."""
    return (cell[0] + WAYS[stick][0], cell[1] + WAYS[stick][1])


def explore(walls: Walls, start: Cell) -> dict[Cell, tuple[int, str]]:
    """Returns how many steps every cell is from one, and the stick of the first of them, `NOOP` for the cell itself."""
    found: dict[Cell, tuple[int, str]] = {start: (0, "NOOP")}
    cells = deque([start])
    while cells:
        cell = cells.popleft()
        steps, first = found[cell]
        for stick in list_open(walls, cell):
            after = walk(cell, stick)
            if after not in found:
                found[after] = (steps + 1, first if steps else stick)
                cells.append(after)
    return found


def find_exits(walls: Walls) -> list[Cell]:
    """Returns the cells outside that the maze opens to."""
    return [(COLUMNS, row) for row in range(ROWS) if not walls[2 * row + 1][2 * COLUMNS]]


class MazeHand:
    """Sticks that are held for a decision's frames, and let go where the way branches, bends or ends."""

    def __init__(self, rules: Rules) -> None:
        """Takes the sticks on offer and the frames."""
        self._names = rules.sticks
        self._numbers = read_actions()
        self._frames = rules.frames
        self.n_actions = len(self._names)
        self._all = tuple(range(self.n_actions))

    def legal(self, seat: int, console: Console) -> Sequence[int]:
        """Returns every stick."""
        return self._all

    def carry_out(self, action: int, seat: int, console: Console) -> Iterator[int]:
        """Holds the stick up to the first cell with another way, then waits until the decision is over."""
        name = self._names[action]
        walls, start = read_walls(console.ram), find_cell(console.ram, seat)
        straight = sorted((name, _BACK.get(name, "")))
        held = name != "NOOP"
        for _ in range(self._frames):
            at = find_cell(console.ram, seat)
            if at is not None and at != start and at[0] == int(at[0]) and at[1] == int(at[1]):
                held = held and sorted(list_open(walls, (int(at[0]), int(at[1])))) == straight
            yield self._numbers[name] if held else NOOP


_BACK = {"UP": "DOWN", "DOWN": "UP", "LEFT": "RIGHT", "RIGHT": "LEFT"}
