"""Blocks of text as rows of a given width: what folds, and where lines break."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes
from rich.text import Span, Text

TITLE = -1
"""In place of the number of a line: the row of a block's title."""


@dataclass(frozen=True, slots=True)
class PaneBlock:
    """Lines under a title."""

    name: str
    """By which folds and the cursor are remembered; alone of its kind in a pane."""
    title: str
    """Of unknown origin or not; a block without a title has no line for it and does not fold."""
    lines: Sequence[Text]
    """As `safe` makes them; a text of several lines counts as several."""
    folded: bool = False
    """Whether it is folded until somebody unfolds it."""
    link: object | None = None
    """What is to be opened from here."""


class Row(NamedTuple):
    """One row: a title, or a part of a line."""

    block: int
    line: int
    """The number of the line in its block, from 0, or `TITLE`."""
    start: int
    end: int
    """The characters of the line that stand in this row."""


class Line(NamedTuple):
    """A line of a block, within the text in which it was given."""

    plain: str
    source: Text
    offset: int
    """Where the line starts in its source."""


class Fold:
    """The rows of blocks; a block is measured when it is unfolded for the first time at a width."""

    def __init__(self, blocks: Sequence[PaneBlock], width: int, changed: Mapping[str, bool]) -> None:
        """Makes rows.

        Args:
            blocks: from the top.
            width: cells of a row, at least one.
            changed: blocks by name that somebody has folded or unfolded, and what they are now.
        """
        self.blocks = tuple(blocks)
        self._width = max(1, width)
        self._lines: dict[int, list[Line]] = {}
        self._measured: dict[int, list[Row]] = {}
        self._changed = dict(changed)
        self.rows = self._stack()

    @property
    def changed(self) -> Mapping[str, bool]:
        """Blocks by name that somebody has folded (true) or unfolded."""
        return self._changed

    def lines_of(self, number: int) -> list[Line]:
        """Returns the lines of a block, each a line indeed."""
        if number not in self._lines:
            lines: list[Line] = []
            for source in self.blocks[number].lines:
                offset = 0
                for plain in source.plain.split("\n"):
                    lines.append(Line(plain, source, offset))
                    offset += len(plain) + 1
            self._lines[number] = lines
        return self._lines[number]

    def part_of(self, row: Row) -> Text:
        """Returns what stands in a row that is no title."""
        line = self.lines_of(row.block)[row.line]
        start, end = line.offset + row.start, line.offset + row.end
        spans = [
            Span(max(0, span.start - start), min(end, span.end) - start, span.style)
            for span in line.source.spans
            if span.start < end and span.end > start
        ]
        part = Text(line.plain[row.start : row.end], end="", spans=spans)
        part.stylize_before(line.source.style)
        return part

    def is_folded(self, number: int) -> bool:
        """Returns whether only the title of a block is seen."""
        block = self.blocks[number]
        return bool(block.title) and self._changed.get(block.name, block.folded)

    def toggle(self, number: int) -> bool:
        """Folds a block or unfolds it; says whether it can be folded at all."""
        if not self.blocks[number].title:
            return False
        self._changed[self.blocks[number].name] = not self.is_folded(number)
        self.rows = self._stack()
        return True

    def resize(self, width: int) -> None:
        """Breaks the lines anew."""
        if max(1, width) != self._width:
            self._width = max(1, width)
            self._measured.clear()
            self.rows = self._stack()

    def find(self, name: str, line: int, start: int = 0) -> int:
        """Returns the row of a character; the nearest above where it is not seen, the first where there is none."""
        nearest = 0
        for at, row in enumerate(self.rows):
            if self.blocks[row.block].name != name:
                continue
            if row.line > line or (row.line == line and row.start > start):
                break
            nearest = at
        return nearest

    def _stack(self) -> list[Row]:
        rows: list[Row] = []
        for number, block in enumerate(self.blocks):
            if block.title:
                rows.append(Row(number, TITLE, 0, 0))
            if not self.is_folded(number):
                rows += self._measure(number)
        return rows

    def _measure(self, number: int) -> list[Row]:
        if number not in self._measured:
            width, rows = self._width, list[Row]()
            for at, (plain, _, _) in enumerate(self.lines_of(number)):
                if len(plain) <= width and plain.isascii():
                    rows.append(Row(number, at, 0, len(plain)))
                    continue
                start = 0
                for end in break_line(plain, width):
                    rows.append(Row(number, at, start, end))
                    start = end
            self._measured[number] = rows
        return self._measured[number]


def break_line(line: str, width: int) -> list[int]:
    """Returns where each row of a line ends, broken after spaces where that is possible; no character is lost.

    >>> break_line("one two three", 8)
    [8, 13]
    >>> break_line("", 8)
    [0]
    """
    n_chars = len(line)
    if n_chars <= width and (line.isascii() or cell_len(line) <= width):
        return [n_chars]
    edges = None if line.isascii() else _edges(line)
    ends: list[int] = []
    start = 0
    while start < n_chars:
        end = min(start + width, n_chars) if edges is None else _reach(edges, start, width)
        if end < n_chars:
            space = line.rfind(" ", start, end + 1)
            if space > start and not line[start:space].isspace():
                end = space + 1
        ends.append(end)
        start = end
    return ends


def _edges(line: str) -> list[tuple[int, int, int]]:
    """Returns for each character the cells before it, those after it, and where what is seen as one with it ends."""
    edges: list[tuple[int, int, int]] = []
    cells = 0
    for start, end, size in split_graphemes(line)[0]:
        edges += [(cells, cells + size, end)] * (end - start)
        cells += size
    return edges


def _reach(edges: Sequence[tuple[int, int, int]], start: int, width: int) -> int:
    """Returns how far a row goes that starts at a character: as far as it fits, but by one character at least."""
    room = edges[start][0] + width
    end = edges[start][2]
    while end < len(edges) and edges[end][1] <= room:
        end = edges[end][2]
    return end
