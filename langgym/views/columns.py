"""Columns: what a table shows of each item, wherever it is shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from langgym.query.plain import plain_line

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column of a table."""

    heading: str
    show: Callable[[T], object]
    """What a cell holds: `show_cell` makes text of it, so text of unknown origin may be given as it is."""
    width: int
    """Cells that it takes where tables do not measure their rows."""
    right: bool = False
    """Whether cells stand at the right, as numbers do."""
    rank: int = 0
    """Where there is no room for all columns, those of the highest rank go first; those of rank 0 stay."""


Columns = Sequence[Column[T]]


def show_cell(value: object) -> str:
    r"""Returns the text of a cell, on one line and fit for a terminal.

    >>> [show_cell(value) for value in (None, 0.125, 3, "a\nb")]
    ['-', '0.12', '3', 'a b']
    """
    if value is None:
        return "-"
    return plain_line(f"{value:.2f}" if isinstance(value, float) else str(value))


def tell_table(columns: Columns[T], items: Sequence[T]) -> list[str]:
    """Returns a table line by line, its headings first, as wide as it needs to be."""
    rows = [[show_cell(column.show(item)) for column in columns] for item in items]
    lines = [[column.heading for column in columns], *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
