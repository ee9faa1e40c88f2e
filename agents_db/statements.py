"""Statements compiled once for the hot path, and pieces that other statements share."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite

T = TypeVar("T")


def compile_insert(table: Table, *columns: str) -> str:
    """Returns the SQL that inserts those columns and does nothing where the row is there already.

    The columns are in the table's order. SQLAlchemy's execution costs several times what SQLite's does for one small
    row, so hot writes hand this text and a tuple to the driver.
    """
    statement = sqlite.insert(table).on_conflict_do_nothing()
    compiled = statement.compile(dialect=sqlite.dialect(), column_keys=list(columns))
    if compiled.positiontup != list(columns):
        raise ValueError(f"Name the columns of {table.name!r} in its order: {compiled.positiontup!r}")
    return str(compiled)


def chunk(items: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Yields `items` in pieces that fit into one statement's parameters."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
