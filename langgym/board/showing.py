"""Ways to show text and tables: whatever a model, a rival or a file said is text, never markup."""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from langgym.query.plain import plain_text
from langgym.views.columns import Columns, show_cell

if TYPE_CHECKING:
    from agents_db.store import AgentsDB

T = TypeVar("T")
PAGE = 50
"""Rows of a list that are read and shown at once."""
LIST_HEIGHT, ROW_HEIGHT = 250, 36
"""Of a list from which something is chosen, at most, and of a row of it, in pixels."""
TALL = 320
"""The height of a long text in pixels; more of it is scrolled to."""


class Place:
    """Where the dashboard looks, and its way to the store."""

    def __init__(self, home: Path, experiments: Path) -> None:
        self.home, self.experiments = home, experiments

    def open(self) -> "AgentsDB":
        """Returns the store, opened once for all pages and visitors; raises `NoStore` where nothing is stored yet."""
        from langgym.home import store_path

        path = store_path(self.home)
        return _open_reader(str(path), path.stat().st_ino if path.exists() else 0)


@st.cache_resource(show_spinner=False, max_entries=4)
def _open_reader(path: str, inode: int) -> "AgentsDB":
    """Returns a reader of a store; another file of the same name is another store."""
    from agents_db.store import AgentsDB

    return AgentsDB.open_reader(Path(path))


def say(text: str) -> None:
    """Shows a line or more of text of any origin."""
    st.text(plain_text(text))


def show_text(text: str, *, height: int | None = None) -> None:
    """Shows a text of any origin in a box of its own; a long one is scrolled where a height is given."""
    shown = plain_text(text)
    long = height is not None and shown.count("\n") * 21 + len(shown) // 4 > height
    st.code(shown, language=None, wrap_lines=True, height=height if long and height is not None else "content")


def show_table(columns: "Columns[T]", items: Iterable[T], *, key: str) -> None:
    """Shows a table of a view."""
    rows = make_rows(columns, items)
    st.dataframe(rows, hide_index=True, width="stretch", key=key)  # pyright: ignore[reportUnknownMemberType]


def choose_row(columns: "Columns[T]", items: Sequence[T], *, key: str) -> T | None:
    """Shows a table of a view and returns the item whose row is marked, or `None`."""
    marked = st.dataframe(  # pyright: ignore[reportUnknownMemberType]
        make_rows(columns, items),
        hide_index=True,
        width="stretch",
        key=key,
        height=min(LIST_HEIGHT, ROW_HEIGHT * (len(items) + 1)),
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = marked["selection"]["rows"]
    return items[rows[0]] if rows and rows[0] < len(items) else None


def make_rows(columns: "Columns[T]", items: Iterable[T]) -> dict[str, list[str | int]]:
    """Returns the cells of a table, column by column: whole numbers as they are, the rest as text."""
    shown = list(items)
    return {column.heading: [_make_cell(column.show(item)) for item in shown] for column in columns}


def _make_cell(value: object) -> str | int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < sys.maxsize:
        return value
    return show_cell(value)


def choose(label: str, options: Sequence[str], *, key: str, show: Callable[[str], str] = str) -> str | None:
    """Returns which of some texts is chosen, `None` where there is none; the first is to begin with."""
    if key in st.session_state and st.session_state[key] not in options:
        del st.session_state[key]
    return st.selectbox(label, options, key=key, format_func=lambda option: show_cell(show(option)))
