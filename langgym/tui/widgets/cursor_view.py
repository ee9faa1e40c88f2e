"""CursorView: rows with a cursor that is always seen; lists and texts are made of it."""

from typing import ClassVar

from textual.binding import BindingType
from textual.reactive import reactive
from textual.scroll_view import ScrollView

from langgym.tui.keymap import bind


class CursorView(ScrollView, can_focus=True):
    """Rows drawn line by line, one of them under the cursor; those who inherit say how many there are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("down"),
        bind("up"),
        bind("page-down"),
        bind("page-up"),
        bind("first"),
        bind("last"),
        bind("choose"),
    ]
    HEADINGS: ClassVar[int] = 0
    """Lines above the first row that stay where they are."""

    cursor: reactive[int] = reactive(0)
    """The row, from the top of all."""

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    @property
    def n_seen(self) -> int:
        """How many rows there is room for."""
        return max(1, self.size.height - self.HEADINGS)

    def validate_cursor(self, at: int) -> int:
        """Returns the nearest row that there is."""
        return max(0, min(at, self.n_rows - 1))

    def watch_cursor(self, before: int, now: int) -> None:
        """Redraws the two rows."""
        self.follow_cursor()
        for at in (before, now):
            self.refresh_line(at + self.HEADINGS)

    def follow_cursor(self) -> None:
        """Scrolls no further than it takes to see the cursor."""
        top = self.scroll_offset.y
        if self.cursor < top:
            top = self.cursor
        elif self.cursor >= top + self.n_seen:
            top = self.cursor - self.n_seen + 1
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def action_down(self) -> None:
        """Moves down."""
        self.cursor += 1

    def action_up(self) -> None:
        """Moves up."""
        self.cursor -= 1

    def action_page_down(self) -> None:
        """Moves down by what is seen."""
        self.cursor += max(1, self.n_seen - 1)

    def action_page_up(self) -> None:
        """Moves up by what is seen."""
        self.cursor -= max(1, self.n_seen - 1)

    def action_first(self) -> None:
        """Moves to the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """Moves to the last row."""
        self.cursor = self.n_rows - 1
