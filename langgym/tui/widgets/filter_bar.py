"""FilterBar: a filter is a draft while it is typed; enter applies it, escape drops it."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from langgym.tui.keymap import bind


class FilterBar(Input):
    """A line for a filter, hidden until it is asked for."""

    HELP: ClassVar[str | None] = "Type a filter; enter applies it, escape leaves everything as it was."
    BINDINGS: ClassVar[list[BindingType]] = [bind("back", "drop")]
    DEFAULT_CSS = """
    FilterBar { height: 1; border: none; padding: 0 1; background: $boost; display: none; }
    FilterBar:focus { border: none; }
    FilterBar.-open { display: block; }
    """

    @dataclass
    class Applied(Message):
        """A filter is to be used."""

        text: str

    @dataclass
    class Dropped(Message):
        """Everything stays as it was."""

    def __init__(self, hint: str, *, id: str | None = None) -> None:
        super().__init__(placeholder=hint, id=id, compact=True)
        self.applied = ""

    def allow_focus(self) -> bool:
        """Returns whether it takes keys: a line that is not seen takes none, not even when a screen is new."""
        return self.has_class("-open")

    def open(self) -> None:
        """Shows the line with the filter that is applied, ready to be changed."""
        self.add_class("-open")
        self.value = self.applied
        self.focus()

    def apply(self, text: str) -> None:
        """Uses a filter, typed or not."""
        self.applied = text.strip()
        self.remove_class("-open")
        self.post_message(self.Applied(self.applied))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Applies what was typed."""
        event.stop()
        self.apply(event.value)

    def action_drop(self) -> None:
        """Closes the line."""
        self.remove_class("-open")
        self.post_message(self.Dropped())
