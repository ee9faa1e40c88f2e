"""HelpScreen: what has the focus, its keys, and the same on the command line."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from langgym.tui.keymap import bind
from langgym.tui.safe import safe
from langgym.tui.screens.screen import StoreScreen


class HelpScreen(ModalScreen[None]):
    """The help of a screen and of the part of it that has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("back", "leave"), bind("help", "leave"), bind("quit", "leave")]

    def __init__(self, screen: StoreScreen) -> None:
        super().__init__()
        self._about = screen

    def compose(self) -> ComposeResult:
        """Yields the text."""
        with VerticalScroll(classes="dialog"):
            yield Static(self._write(), markup=False)

    def _write(self) -> Text:
        screen = self._about
        parts = [safe(screen.heading, style="bold"), safe(screen.HELP or "")]
        if screen.focused is not None and (words := screen.focused.HELP):
            parts.append(safe(words))
        parts += [
            safe("\nOn the command line, plain and with --json", style="bold"),
            safe(screen.twin()),
            safe("\nKeys", style="bold"),
        ]
        parts += [safe(f"{' '.join(keys):>16}  {words}") for words, keys in self._list_keys().items()]
        return Text("\n").join(parts)

    def _list_keys(self) -> dict[str, list[str]]:
        """Returns the keys that do something now, by what they do."""
        found: dict[str, list[str]] = {}
        for _, binding, enabled, _ in self._about.active_bindings.values():
            if enabled and binding.description:
                found.setdefault(binding.description, []).append(self._about.gym.get_key_display(binding))
        return found

    def action_leave(self) -> None:
        """Closes the help."""
        self.dismiss()
