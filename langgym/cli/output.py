"""What the command line writes: tables and JSON on standard output, narration on standard error."""

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeVar

from langgym.query.plain import plain_line, plain_text
from langgym.views.columns import show_cell

if TYPE_CHECKING:
    from langgym.views.columns import Columns

T = TypeVar("T")
GAP = "  "


class Jsonable(Protocol):
    """A read model."""

    def model_dump_json(self, *, indent: int | None = None, by_alias: bool | None = None) -> str:
        """Returns the model as JSON."""
        ...


def say(text: str) -> None:
    """Writes narration; a run goes on when nobody reads it any more."""
    with suppress(OSError):
        sys.stderr.write(plain_text(text) + "\n")
        sys.stderr.flush()


def warn(text: str) -> None:
    """Writes narration that a person must not overlook."""
    say(f"langgym: {text}")


def emit(text: str = "") -> None:
    """Writes lines of data."""
    sys.stdout.write(plain_text(text) + "\n")


def emit_json(model: Jsonable, *, compact: bool = False) -> None:
    """Writes a read model as JSON: indented, or on one line."""
    sys.stdout.write(model.model_dump_json(indent=None if compact else 2, by_alias=True) + "\n")
    sys.stdout.flush()


def report_json(value: object) -> None:
    """Writes one JSON object on standard error."""
    sys.stderr.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stderr.flush()


def emit_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Writes aligned columns; on a terminal the last one is cut to its width, elsewhere nothing is cut."""
    lines = [list(headings), *([show_cell(cell) for cell in row] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(headings))]
    room = _find_room(widths)
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line[:-1], widths[:-1], strict=True)]
        sys.stdout.write(GAP.join([*cells, plain_line(line[-1], room)]).rstrip() + "\n")


def emit_columns(columns: "Columns[T]", items: Iterable[T]) -> None:
    """Writes a table of a view; nothing is left out and nothing is cut, save the last column on a terminal."""
    emit_table([column.heading for column in columns], [[column.show(item) for column in columns] for item in items])


def emit_row(columns: "Columns[T]", item: T | None = None) -> None:
    """Writes one row of a table whose rows are not known yet, or its headings: each cell as wide as its column."""
    cells = [column.heading if item is None else show_cell(column.show(item)) for column in columns]
    emit(GAP.join(cell.ljust(column.width) for cell, column in zip(cells, columns, strict=True)).rstrip())
    sys.stdout.flush()


def _find_room(widths: Sequence[int]) -> int:
    """Returns how long the last column may be."""
    if not sys.stdout.isatty():
        return sys.maxsize
    taken = sum(widths[:-1]) + len(GAP) * (len(widths) - 1)
    return max(20, shutil.get_terminal_size().columns - taken)
