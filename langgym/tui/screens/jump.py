"""JumpScreen: a letter on every part of a screen that can have the focus."""

from string import ascii_lowercase
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Offset
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from langgym.tui.keymap import bind
from langgym.tui.safe import safe
from langgym.tui.screens.screen import StoreScreen


class JumpScreen(ModalScreen[None]):
    """Letters over a screen; the one that is typed moves the focus there."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("back", "leave")]
    DEFAULT_CSS = """
    JumpScreen { background: $background 40%; align: left top; }
    JumpScreen > .letter {
        position: absolute; width: 3; height: 1; background: $accent; color: $background; text-style: bold;
    }
    """

    def __init__(self, screen: StoreScreen) -> None:
        super().__init__()
        shown = [part for part in screen.focus_chain if part.region]
        self.parts: dict[str, Widget] = dict(zip(ascii_lowercase, shown, strict=False))

    def compose(self) -> ComposeResult:
        """Yields the letters."""
        for letter, part in self.parts.items():
            label = Static(safe(f" {letter} "), classes="letter", markup=False)
            label.absolute_offset = Offset(part.region.x, part.region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """Moves the focus."""
        part = self.parts.get(event.key)
        if part is not None:
            event.stop()
            self.dismiss()
            part.focus()

    def action_leave(self) -> None:
        """Moves nothing."""
        self.dismiss()
