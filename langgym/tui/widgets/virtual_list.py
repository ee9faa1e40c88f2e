"""VirtualList: a table of any length that holds its ids and the pages of rows round what is seen."""

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from langgym.tui.safe import safe_line
from langgym.tui.widgets.cursor_view import CursorView
from langgym.views.columns import Column, Columns, show_cell

T = TypeVar("T")
PAGE = 128
HELD = 32 * PAGE
"""Rows that are kept: what was seen longest ago goes first."""
GAP = 2
NARROWEST = 4
"""Cells under which no column is cut, where there is not even room for those that stay."""
UNREAD = "…"
REST_SECONDS = 0.1
"""A cursor rests so long before what it is at is read in full."""


class VirtualList(CursorView, Generic[T]):
    """Rows by their ids; the first line is a heading that stays.

    It asks for rows by `Wanted` and gets them by `put`; until then they are dim dots. `Moved` tells where the cursor
    is, `Chosen` that a row is to be opened.
    """

    HELP: ClassVar[str | None] = (
        "A list: j and k, or the arrows, move; g and G go to the ends; enter opens; / filters; s orders."
    )
    HEADINGS = 1
    COMPONENT_CLASSES: ClassVar[set[str]] = {"list--heading", "list--cursor", "list--unread", "list--marked"}
    DEFAULT_CSS = """
    VirtualList { height: 1fr; background: $surface; scrollbar-size-vertical: 1; overflow-x: hidden; }
    VirtualList > .list--heading { color: $text-muted; text-style: bold; background: $panel; }
    VirtualList > .list--cursor { background: $panel-lighten-2; }
    VirtualList:focus > .list--cursor {
        background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
    }
    VirtualList > .list--unread { color: $text-disabled; }
    VirtualList > .list--marked { text-style: bold; color: $text-accent; }
    """

    @dataclass
    class Wanted(Message):
        """Rows are about to be seen and are not held."""

        list: "VirtualList[object]"
        ids: Sequence[int]

    @dataclass
    class Moved(Message):
        """The cursor is at another row."""

        list: "VirtualList[object]"
        row_id: int

    @dataclass
    class Chosen(Message):
        """A row is to be opened."""

        list: "VirtualList[object]"
        row_id: int

    def __init__(self, columns: Columns[T], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._columns: tuple[Column[T], ...] = tuple(columns)
        self._ids: Sequence[int] = array("q")
        self._rows: OrderedDict[int, T] = OrderedDict()
        self._stale: set[int] = set()
        """Rows that are held and shown until they have been read anew."""
        self._asked: set[int] = set()
        self._marked: frozenset[int] = frozenset()
        self._shown: tuple[tuple[Column[T], int], ...] = ()
        self._fitted = -1
        """The width for which they are."""
        self._waits = False

    @property
    def ids(self) -> Sequence[int]:
        """The ids of all rows, in order."""
        return self._ids

    @property
    def row_id(self) -> int | None:
        """The id of the row at the cursor."""
        return self._ids[self.cursor] if 0 <= self.cursor < len(self._ids) else None

    @property
    def row(self) -> T | None:
        """The row at the cursor, or `None` where it is not held yet."""
        row_id = self.row_id
        return None if row_id is None else self._rows.get(row_id)

    def fill(self, ids: Sequence[int], *, keep: bool = True) -> None:
        """Shows other rows; the cursor stays at its row where that is still there, rows that are held are read anew.

        Args:
            ids: of the rows, in order.
            keep: whether the cursor stays; else it goes to the first row.
        """
        before, place = self.row_id, self.cursor
        self._ids = ids
        self._asked.clear()
        self._stale = set(self._rows)
        self.virtual_size = Size(self.size.width, len(ids) + 1)
        at = 0
        if keep and before is not None:
            at = _find(ids, before, place)
        self.set_reactive(VirtualList.cursor, at)
        self.follow_cursor()
        self.refresh()
        if self.row_id != before or not keep:
            self.call_next(self._tell_moved)

    def put(self, rows: Mapping[int, T]) -> None:
        """Takes rows that were read; where the one at the cursor is among them, `Moved` says that it is held now."""
        came = self.row_id in rows and self.row is None
        for row_id, row in rows.items():
            self._rows[row_id] = row
            self._rows.move_to_end(row_id)
            self._stale.discard(row_id)
        while len(self._rows) > HELD:
            self._rows.popitem(last=False)
        self.refresh()
        if came:
            self.call_next(self._tell_moved)

    def fill_items(self, items: Mapping[int, T], *, keep: bool = True) -> None:
        """Shows rows that are all held: for short lists."""
        self._rows = OrderedDict(items)
        self.fill(array("q", items), keep=keep)
        self._stale.clear()

    def mark(self, row_ids: Iterable[int]) -> None:
        """Marks rows, in words and style."""
        self._marked = frozenset(row_ids)
        self.refresh()

    def select(self, row_id: int) -> bool:
        """Puts the cursor at a row; says whether it is there."""
        at = _find(self._ids, row_id, -1)
        if at < 0 or not self._ids:
            return False
        self.cursor = at
        return True

    # drawing

    def render_line(self, y: int) -> Strip:
        """Returns one line: the heading, or a row."""
        width = self.scrollable_content_region.width
        if self._fitted != width:
            self._fit(width)
        if y == 0:
            return self._draw([column.heading for column, _ in self._shown], "list--heading", width)
        at = self.scroll_offset.y + y - 1
        if at >= len(self._ids):
            return Strip.blank(width, self.rich_style)
        row_id = self._ids[at]
        row = self._rows.get(row_id)
        style = "list--cursor" if at == self.cursor else "list--marked" if row_id in self._marked else ""
        if row is None or row_id in self._stale:
            self._want()
        if row is None:
            return self._draw([UNREAD] * len(self._shown), style or "list--unread", width)
        return self._draw([show_cell(column.show(row)) for column, _ in self._shown], style, width)

    def _draw(self, cells: Sequence[str], kind: str, width: int) -> Strip:
        style = self.get_component_rich_style(kind) if kind else self.rich_style
        parts: list[str] = []
        for (column, room), cell in zip(self._shown, cells, strict=True):
            text = safe_line(cell, room).plain
            pad = " " * (room - cell_len(text))
            parts.append(pad + text if column.right else text + pad)
        line = set_cell_size((" " * GAP).join(parts), width)
        return Strip([Segment(line, style or Style.null())], width)

    def _fit(self, width: int) -> None:
        """Decides which columns there is room for; the last one of words takes what is left, the widest give way."""
        columns = list(self._columns)
        while len(columns) > 1 and sum(column.width + GAP for column in columns) - GAP > width:
            worst = max(column.rank for column in columns)
            if worst == 0:
                break
            last = max(at for at, column in enumerate(columns) if column.rank == worst)
            columns.pop(last)
        rooms = [column.width for column in columns]
        left = width - sum(rooms) - GAP * (len(rooms) - 1)
        while left < 0 and max(rooms) > NARROWEST:
            rooms[rooms.index(max(rooms))] -= 1
            left += 1
        wide = max((at for at, column in enumerate(columns) if not column.right), default=len(columns) - 1)
        rooms[wide] += max(0, left)
        self._shown, self._fitted = tuple(zip(columns, rooms, strict=True)), width

    def _want(self) -> None:
        if not self._waits:
            self._waits = True
            self.call_after_refresh(self.call_next, self._ask)

    def _ask(self) -> None:
        """Asks for the pages round what is seen that are neither held nor asked for."""
        self._waits = False
        first = max(0, self.scroll_offset.y) // PAGE
        last = (self.scroll_offset.y + self.size.height) // PAGE
        pages = [
            page
            for page in range(max(0, first - 1), last + 2)
            if page not in self._asked and page * PAGE < len(self._ids)
        ]
        self._asked.update(pages)
        wanted = [row_id for page in pages for row_id in self._ids[page * PAGE : (page + 1) * PAGE]]
        missing = [row_id for row_id in wanted if row_id not in self._rows or row_id in self._stale]
        if missing:
            self.post_message(self.Wanted(self, missing))  # pyright: ignore[reportArgumentType]
        if len(self._asked) > HELD // PAGE // 2:
            self._asked = set(pages)

    # moving

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self._ids)

    def watch_cursor(self, before: int, now: int) -> None:
        """Redraws the two rows, and says where the cursor is."""
        super().watch_cursor(before, now)
        self._tell_moved()

    def _tell_moved(self) -> None:
        """Says where the cursor is; in the list's own turn, for what a parent's turn posts ends at that parent."""
        if self.row_id is not None:
            self.post_message(self.Moved(self, self.row_id))  # pyright: ignore[reportArgumentType]

    def on_resize(self) -> None:
        """Keeps the cursor in sight."""
        self.virtual_size = Size(self.size.width, len(self._ids) + 1)
        if self.cursor == self.scroll_offset.y:  # it was put there when there was hardly any room
            self.scroll_to(y=max(0, self.cursor - self.n_seen // 2), animate=False, immediate=True, force=True)
        self.follow_cursor()

    def on_click(self, event: events.Click) -> None:
        """Puts the cursor where it is clicked, and opens what is clicked twice."""
        at = self.scroll_offset.y + event.y - 1
        if event.y > 0 and at < len(self._ids):
            self.cursor = at
            if event.chain == 2:
                self.action_choose()

    def action_choose(self) -> None:
        """Opens the row at the cursor."""
        if self.row_id is not None:
            self.post_message(self.Chosen(self, self.row_id))  # pyright: ignore[reportArgumentType]


def _find(ids: Sequence[int], row_id: int, place: int) -> int:
    """Returns where a row is, else a place near the one it had."""
    try:
        return ids.index(row_id)
    except ValueError:
        return min(place, len(ids) - 1)
