"""A canvas of dots, eight to a cell, and the scales by which values become dots."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

ACROSS, DOWN = 2, 4
"""Dots of a cell."""
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bit of each dot of a braille character, by column and row (Unicode chapter 21.1)."""
_BRAILLE = 0x2800
_LIMIT = 1e300
"""Values further from zero are taken as this, so that no span overflows."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell."""

    mark: str
    ink: int
    """The number of the series that it belongs to; -1 where it is nobody's."""
    faint: bool = False


EMPTY = Cell(" ", -1)


class Canvas:
    """Cells with lines, areas under them, and marks above them; the series drawn last is on top."""

    def __init__(self, width: int, height: int) -> None:
        """Makes an empty canvas of so many cells."""
        self.width, self.height = width, height
        self._lines: dict[tuple[int, int], tuple[int, int]] = {}
        self._areas: dict[tuple[int, int], tuple[int, int]] = {}
        self._marks: dict[tuple[int, int], Cell] = {}

    def dot(self, x: int, y: int, ink: int, *, faint: bool = False) -> None:
        """Sets a dot, counted from the top left; what lies outside is left out."""
        place = (x // ACROSS, y // DOWN)
        if not (0 <= place[0] < self.width and 0 <= place[1] < self.height):
            return
        layer = self._areas if faint else self._lines
        bits, owner = layer.get(place, (0, ink))
        bit = _BITS[x % ACROSS][y % DOWN]
        layer[place] = (bits | bit if owner == ink else bit, ink)

    def line(self, start: tuple[int, int], end: tuple[int, int], ink: int) -> None:
        """Sets the dots between two dots, from left to right."""
        (x, y), (last_x, last_y) = start, end
        before, slope = y, (last_y - y) / max(1, last_x - x)
        for at in range(x, last_x + 1):
            now = last_y if at == last_x else round(y + slope * (at - x))
            step = -1 if now < before else 1
            for dot in range(before + step, now, step):
                self.dot(at, dot, ink)
            self.dot(at, now, ink)
            before = now

    def mark(self, x: int, y: int, cell: Cell) -> None:
        """Puts a mark where a dot is, above lines and areas."""
        self._marks[x // ACROSS, y // DOWN] = cell

    def free(self, column: int, row: int) -> bool:
        """Returns whether nothing is drawn in a cell."""
        place = (column, row)
        return place not in self._lines and place not in self._areas and place not in self._marks

    def row(self, row: int, glyphs: Sequence[str] | None = None) -> list[Cell]:
        """Returns the cells of a row; `glyphs`, one for each series, stand for dots where braille cannot be shown."""
        return [self._cell((column, row), glyphs) for column in range(self.width)]

    def _cell(self, place: tuple[int, int], glyphs: Sequence[str] | None) -> Cell:
        if place in self._marks:
            return self._marks[place]
        faint = place not in self._lines
        bits, ink = self._areas.get(place, (0, -1)) if faint else self._lines[place]
        if not bits:
            return EMPTY
        if glyphs:
            return Cell(":" if faint else glyphs[ink], ink, faint)
        return Cell(chr(_BRAILLE + bits), ink, faint)


@dataclass(frozen=True, slots=True)
class Scale:
    """How values lie along an axis: from `low`, the first dot, to `high`, the last."""

    low: float
    high: float
    n_dots: int

    def dot(self, value: float) -> int:
        """Returns the dot of a value; values outside lie beyond the ends."""
        part = (clamp(value) - self.low) / (self.high - self.low)
        return round(max(-1.0, min(2.0, part)) * (self.n_dots - 1))

    def ticks(self, most: int) -> list[float]:
        """Returns round values on the axis, about as many as are asked for."""
        step = round_step((self.high - self.low) / max(1, most))
        first = math.ceil(self.low / step - 1e-9)
        n_ticks = max(0, math.floor(self.high / step + 1e-9) - first) + 1
        return [(first + number) * step for number in range(min(n_ticks, 4 * most + 1))]


def make_scale(values: Sequence[float], n_dots: int, *, margin: float = 0.0) -> Scale:
    """Returns a scale that holds all the values, with a part of its length free at both ends."""
    low, high = clamp(min(values)), clamp(max(values))
    room = (high - low) * margin or abs(low) * margin
    low, high = low - room, high + room
    if high - low <= max(abs(low), abs(high)) * 1e-9:
        room = max(abs(low) * 1e-6, 0.5)
        low, high = low - room, high + room
    return Scale(low, high, max(2, n_dots))


def clamp(value: float) -> float:
    """Returns a value that can be reckoned with."""
    return max(-_LIMIT, min(_LIMIT, value))


def round_step(least: float) -> float:
    """Returns the next of 1, 2, 5, 10, 20 … and of their tenths.

    >>> round_step(0.13), round_step(3)
    (0.2, 5.0)
    """
    power = 10.0 ** math.floor(math.log10(least))
    factor = next(factor for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
    return float(factor * power)


def format_tick(value: float, step: float) -> str:
    """Returns the number at a tick, with the decimals that the step has.

    >>> format_tick(0.4, 0.2), format_tick(-2000, 1000), format_tick(3e7, 1e7)
    ('0.4', '-2000', '3e+07')
    """
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value + 0.0:.{min(decimals, 6)}f}"
