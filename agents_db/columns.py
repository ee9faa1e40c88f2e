"""The kinds of columns that tables are made of."""

from typing import Any

from sqlalchemy import BigInteger, Float, Integer, LargeBinary, String
from sqlalchemy import Text as LongText
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

BIG = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits everywhere; SQLite gives row ids only to columns declared INTEGER."""
BYTES = LargeBinary()
REAL = Float(53)
LONG = LongText()
KEY = String(32)
"""A natural key: blake2b of 16 bytes, in hexadecimal."""

AUTO = {"sqlite_autoincrement": True}
"""Of a table whose ids are never used again."""


class Row(SQLModel, registry=registry()):
    """A row of the store; its registry is its own, so that no other library's tables mix in."""


def make_id() -> Any:
    """Returns the column of a table's own ids."""
    return Field(default=None, primary_key=True, sa_type=BIG)


def make_ref(column: str, *, indexed: bool = False, primary: bool = False) -> Any:
    """Returns a column that refers to `column`, given as `table.column`."""
    return Field(foreign_key=column, sa_type=BIG, index=indexed, primary_key=primary)
