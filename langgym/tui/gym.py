"""Gym: what screens and their parts may ask of the app."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from textual.binding import Binding
from textual.screen import Screen

from langgym.tui.settings import TuiSettings
from langgym.tui.source import Source
from langgym.tui.targets import Target
from langgym.tui.trouble import Trouble

T = TypeVar("T")


class Gym(Protocol):
    """The app, as screens see it."""

    home: Path
    read_only: bool
    settings: TuiSettings
    source: Source
    now: Callable[[], datetime]
    changes: list[int]
    """The changes of memories that were made here and not taken back, by their ids, oldest first."""

    def open(self, target: Target) -> None:
        """Opens a target on top of what is seen."""
        ...

    def go_back(self) -> None:
        """Goes back by one screen."""
        ...

    def push_screen(self, screen: Screen[T], callback: Callable[[T | None], None] | None = None) -> object:
        """Shows a screen on top, as Textual does; the callback gets what it ends with."""
        ...

    def run_worker(
        self, work: Callable[[], None], *, group: str, exclusive: bool, exit_on_error: bool, thread: bool
    ) -> object:
        """Does work beside the interface, as Textual does."""
        ...

    def get_key_display(self, binding: Binding) -> str:
        """Returns how a key is written, as Textual does."""
        ...

    def action_mode(self, mode: str) -> None:
        """Switches to a mode."""
        ...

    def action_goto(self) -> None:
        """Asks where to go."""
        ...

    def action_help(self) -> None:
        """Shows the help of what has the focus."""
        ...

    def action_jump(self) -> None:
        """Shows a letter on every part that can have the focus."""
        ...

    def describe_store(self) -> str:
        """Returns what the bar says of the store."""
        ...

    def give_up(self, trouble: Trouble) -> None:
        """Ends with an error: nothing of the store can be shown."""
        ...

    def tell(self, text: str, *, warning: bool = False) -> None:
        """Says in a line what was done, or what went wrong."""
        ...

    def copy(self, text: str) -> None:
        """Copies a text to the clipboard, and to a file."""
        ...

    def page(self, text: str) -> None:
        """Shows a text in `$PAGER`."""
        ...
