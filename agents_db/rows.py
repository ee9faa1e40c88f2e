"""Rows into records."""

from typing import TypeVar, cast

from sqlalchemy import RowMapping

from agents_db.keys import read_json

R = TypeVar("R")

_JSON = frozenset(
    {"settings", "kwargs", "offered", "packages", "payments", "parts", "limits", "options", "before", "after"}
)
_RENAMED = {"commit": "commit_hash"}


def to_record(kind: type[R], row: RowMapping, **given: object) -> R:
    """Returns a record of `kind` whose fields are the row's columns of the same names, and those given."""
    fields = dict(given)
    for name in cast("dict[str, object]", kind.__dataclass_fields__):  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        if name not in fields:
            value: object = row[_RENAMED.get(name, name)]
            fields[name] = read_json(cast("str", value)) if name in _JSON else value
    return kind(**fields)
