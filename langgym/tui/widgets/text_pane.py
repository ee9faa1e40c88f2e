"""TextPane: read-only text in blocks that fold, drawn row by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from langgym.tui.keymap import bind
from langgym.tui.safe import safe_line
from langgym.tui.widgets.cursor_view import CursorView
from langgym.tui.widgets.fold import TITLE, Fold, PaneBlock, Row

__all__ = ["PaneBlock", "TextPane"]

GUTTER = 2
"""Cells at the left in which the cursor is marked, so that it is seen without colour."""


class TextPane(CursorView):
    """Prompts, replies, boards and details: blocks of lines with a cursor.

    A title folds and unfolds its block; a block with a link posts `Followed`. Folds are remembered by the names of the
    blocks when others are shown.
    """

    HELP: ClassVar[str | None] = (
        "A text: j and k, or the arrows, move; g and G go to the ends; space folds and unfolds what the cursor is in; "
        "enter opens what is marked with an arrow; y copies."
    )
    BINDINGS: ClassVar[list[BindingType]] = [bind("fold")]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"pane--title", "pane--cursor"}
    DEFAULT_CSS = """
    TextPane {
        height: 1fr; background: $surface; scrollbar-size-vertical: 1; scrollbar-gutter: stable; overflow-x: hidden;
    }
    TextPane > .pane--title { color: $text-accent; text-style: bold; }
    TextPane:focus > .pane--cursor { background: $panel-lighten-2; }
    """

    @dataclass
    class Followed(Message):
        """The link of a block is to be opened."""

        link: object

    def __init__(self, blocks: Sequence[PaneBlock] = (), *, glyphs: str = "unicode", id: str | None = None) -> None:
        """Shows blocks.

        Args:
            blocks: from the top.
            glyphs: `ascii` where marks may use no more than ASCII.
            id: as Textual knows it.
        """
        super().__init__(id=id)
        self._unfolded, self._folded, self._arrow = "▾▸→" if glyphs == "unicode" else "-+>"
        self._fold = Fold(blocks, 80, {})

    # what is shown

    def show(self, blocks: Sequence[PaneBlock], *, keep: bool = True) -> None:
        """Shows other blocks; folds are kept by the names of the blocks.

        Args:
            blocks: from the top.
            keep: whether the cursor stays in its block, at the same line and height; else it goes to the first row.
        """
        place = self._place() if keep else None
        self._fold = Fold(blocks, self._room(), self._fold.changed)
        self._settle(place)

    def text(self) -> str:
        """Returns all that is shown as plain text, that which is folded too."""
        parts: list[str] = []
        for number, block in enumerate(self._fold.blocks):
            parts += [safe_line(block.title).plain] if block.title else []
            parts += [line.plain for line in self._fold.lines_of(number)]
        return "\n".join(parts)

    def text_of_cursor(self) -> str:
        """Returns the line that the cursor is in; at a title, the lines under it."""
        row = self._row()
        if row is None:
            return ""
        lines = self._fold.lines_of(row.block)
        return "\n".join(line.plain for line in lines) if row.line == TITLE else lines[row.line].plain

    @property
    def block(self) -> PaneBlock | None:
        """The block that the cursor is in."""
        row = self._row()
        return None if row is None else self._fold.blocks[row.block]

    def select(self, name: str) -> bool:
        """Puts the cursor at the head of a block, at the top if there is room; says whether there is such a block."""
        if all(block.name != name for block in self._fold.blocks):
            return False
        self.cursor = self._fold.find(name, TITLE)
        self.scroll_to(y=self.cursor, animate=False, immediate=True, force=True)
        return True

    # drawing

    def render_line(self, y: int) -> Strip:
        """Returns one row."""
        width, at = self._width(), self.scroll_offset.y + y
        if at >= len(self._fold.rows):
            return Strip.blank(width, self.rich_style)
        row = self._fold.rows[at]
        here = at == self.cursor and self.has_focus
        gutter = Segment("> " if here else "  ")
        drawn = self._draw_title(row) if row.line == TITLE else self._draw_part(row)
        strip = Strip([gutter, *drawn]).adjust_cell_length(width)
        style = self.rich_style
        if here:
            style += self.get_component_rich_style("pane--cursor", partial=True)
        return strip.apply_style(style)

    def _draw_title(self, row: Row) -> list[Segment]:
        block, folded = self._fold.blocks[row.block], self._fold.is_folded(row.block)
        n_lines = len(self._fold.lines_of(row.block)) if folded else 0
        after = f" ({n_lines:,} {'line' if n_lines == 1 else 'lines'})" if folded else ""
        after += f" {self._arrow}" if block.link is not None else ""
        title = safe_line(block.title, max(1, self._room() - 2 - len(after))).plain
        mark = self._folded if folded else self._unfolded if self._fold.lines_of(row.block) else " "
        text = f"{mark} {title}{after}"
        return [Segment(text, self.get_component_rich_style("pane--title", partial=True))]

    def _draw_part(self, row: Row) -> list[Segment]:
        console = self.app.console  # pyright: ignore[reportUnknownMemberType] # `App` is generic over what it returns
        return list(self._fold.part_of(row).render(console))

    # moving

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self._fold.rows)

    def watch_has_focus(self, has_focus: bool) -> None:
        """Shows or hides the cursor."""
        super().watch_has_focus(has_focus)
        self.refresh()

    def on_resize(self) -> None:
        """Breaks the lines anew; the cursor stays at its line."""
        place = self._place()
        self._fold.resize(self._room())
        self._settle(place)

    def on_click(self, event: events.Click) -> None:
        """Puts the cursor where it is clicked, folds at a title, and follows the link of what is clicked twice."""
        at = self.scroll_offset.y + event.y
        if at >= len(self._fold.rows):
            return
        self.cursor = at
        row, block = self._fold.rows[at], self.block
        if event.chain == 2 and block and block.link is not None:
            self.post_message(self.Followed(block.link))
        elif row.line == TITLE and event.chain == 1:
            self.action_fold()

    def action_choose(self) -> None:
        """Follows the link of the block; where it has none, folds or unfolds it if the cursor is at its title."""
        row, block = self._row(), self.block
        if row is None or block is None or (block.link is None and row.line != TITLE):
            raise SkipAction
        if block.link is not None:
            self.post_message(self.Followed(block.link))
        else:
            self.action_fold()

    def action_fold(self) -> None:
        """Folds the block that the cursor is in, or unfolds it; the cursor goes to its title."""
        row = self._row()
        if row is None or not self._fold.toggle(row.block):
            raise SkipAction
        block = self._fold.blocks[row.block]
        self._settle((block.name, TITLE, 0, self._fold.find(block.name, TITLE) - self.scroll_offset.y))

    # places

    def _width(self) -> int:
        """Returns the cells left of the scroll bar, which has its place kept."""
        return self.scrollable_content_region.width

    def _room(self) -> int:
        return max(1, self._width() - GUTTER)

    def _row(self) -> Row | None:
        return self._fold.rows[self.cursor] if self.cursor < len(self._fold.rows) else None

    def _place(self) -> tuple[str, int, int, int] | None:
        """Returns where the cursor is: the name of its block, line, character, and the rows above it that are seen."""
        row = self._row()
        if row is None:
            return None
        return self._fold.blocks[row.block].name, row.line, row.start, self.cursor - self.scroll_offset.y

    def _settle(self, place: tuple[str, int, int, int] | None) -> None:
        """Puts the cursor back to its place after the rows have changed, and draws."""
        self.virtual_size = Size(self._width(), len(self._fold.rows))
        at = self._fold.find(*place[:3]) if place else 0
        self.set_reactive(TextPane.cursor, at)
        self.scroll_to(y=max(0, at - place[3]) if place else 0, animate=False, immediate=True, force=True)
        self.follow_cursor()
        self.refresh()
