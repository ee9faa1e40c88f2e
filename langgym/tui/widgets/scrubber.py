"""Scrubber: a line that shows how far a replay is; a click goes there."""

from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget

from langgym.tui.safe import safe_line


class Scrubber(Widget):
    """`━━━━●──────  17 of 34` with words behind it."""

    DEFAULT_CSS = """
    Scrubber { height: 1; padding: 0 1; background: $panel; }
    """

    @dataclass
    class Moved(Message):
        """A place was clicked."""

        at: int

    def __init__(self, *, glyphs: str = "unicode", id: str | None = None) -> None:
        super().__init__(id=id)
        self._at, self._n, self._words = 0, 0, ""
        self._done, self._here, self._left = "━●─" if glyphs == "unicode" else "=O-"

    def show(self, at: int, n: int, words: str) -> None:
        """Shows the place `at` of `n`, and words."""
        self._at, self._n, self._words = at, n, words
        self.refresh()

    @property
    def _room(self) -> int:
        return max(4, self.size.width // 2)

    def render(self) -> Text:
        """Returns the line."""
        room = self._room
        place = round(self._at * (room - 1) / max(1, self._n - 1)) if self._n else 0
        bar = self._done * place + self._here + self._left * (room - 1 - place)
        of = f"  {self._at + 1 if self._n else 0} of {self._n}  "
        return Text.assemble(bar, of, safe_line(self._words, max(1, self.size.width - room - len(of) - 2)), end="")

    def on_click(self, event: events.Click) -> None:
        """Goes where it is clicked."""
        at = event.x - self.styles.padding.left
        if 0 <= at < self._room and self._n:
            self.post_message(self.Moved(round(at * (self._n - 1) / max(1, self._room - 1))))
