"""TopBar: where one is, whose store it is, and how fresh it is."""

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from langgym.tui.safe import safe_line


class TopBar(Widget):
    """One line: the title of the screen at the left, the store at the right."""

    DEFAULT_CSS = """
    TopBar { dock: top; height: 1; background: $primary; color: $text; }
    """

    title: reactive[str] = reactive("")
    note: reactive[str] = reactive("")

    def render(self) -> Text:
        """Returns the line."""
        width = self.size.width
        note = safe_line(self.note, max(0, width // 2 - 2))
        title = safe_line(f" {self.title}", max(1, width - note.cell_len - 2), style="bold")
        gap = " " * max(1, width - title.cell_len - note.cell_len - 1)
        return Text.assemble(title, gap, note, no_wrap=True, end="")
