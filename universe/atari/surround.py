"""Surround on the console: its field, and the hand that holds a stick for exactly one step."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from universe.atari.console import NOOP, Console
from universe.atari.digits import read_decimal
from universe.atari.session import Rules
from universe.atari.shot import Ram
from universe.atari.sticks import read_actions

WIDTH, HEIGHT = 40, 20
"""Columns and rows of the field, its border included."""

Field = NDArray[np.bool_]
"""Rows by columns: whether there is a wall or a trail."""

_X, _Y, _HEADING, _ROUNDS = (112, 111), (110, 109), (115, 114), (119, 118)  # by seat
_WAYS = {16: (0, -1), 32: (0, 1), 64: (-1, 0), 128: (1, 0)}
_LONGEST_STEP, _HELD = 400, 20  # frames; a step takes 15, a crash about 240


def read_field(ram: Ram) -> Field:
    """Returns the walls and trails, which the RAM keeps as the console's playfield draws them."""
    bits = np.unpackbits(ram[: 5 * HEIGHT].reshape(5, HEIGHT), axis=1, bitorder="little").reshape(5, HEIGHT, 8)
    edge, second, third, fourth, last = bits
    return np.hstack([edge[:, :4], second[:, ::-1], third, edge[:, 4:], fourth[:, ::-1], last]).astype(np.bool_)


def find_head(ram: Ram, seat: int) -> tuple[int, int]:
    """Returns a seat's column and row."""
    return int(ram[_X[seat]]), int(ram[_Y[seat]])


def find_heading(ram: Ram, seat: int) -> tuple[int, int] | None:
    """Returns the columns to the right and the rows down of a seat's next step, if it lets its stick alone."""
    return _WAYS.get(int(ram[_HEADING[seat]]))


def count_rounds(ram: Ram, seat: int) -> int:
    """Returns how many rounds a seat has won."""
    return read_decimal(ram, _ROUNDS[seat])


class StepHand:
    """Sticks that are held until both have made a step; after a crash, until the next round is about to begin."""

    def __init__(self, rules: Rules) -> None:
        """Takes the sticks on offer."""
        self._sticks = [read_actions()[name] for name in rules.sticks]
        self.n_actions = len(self._sticks)
        self._all = tuple(range(self.n_actions))

    def legal(self, seat: int, console: Console) -> Sequence[int]:
        """Returns every stick."""
        return self._all

    def carry_out(self, action: int, seat: int, console: Console) -> Iterator[int]:
        """Holds a stick until the heads have moved, and a frame more until the picture shows it.

        A head that is where a wall or a trail was has crashed: then the next move is the start of the next round.
        """
        before, crashed = _find_heads(console.ram), False
        for frame in range(_LONGEST_STEP):
            yield self._sticks[action] if frame < _HELD else NOOP
            heads = _find_heads(console.ram)
            if heads != before:
                field = read_field(console.ram)
                if crashed or not any(field[y % HEIGHT, x % WIDTH] for x, y in heads):
                    break
                before, crashed = heads, True
        yield NOOP


def _find_heads(ram: Ram) -> list[tuple[int, int]]:
    return [find_head(ram, seat) for seat in (0, 1)]
