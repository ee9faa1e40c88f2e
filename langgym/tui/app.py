"""LangGymApp: modes, ways back, what is copied, and how the interface ends."""

import asyncio
import gc
import os
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App, SuspendNotSupported
from textual.binding import BindingType
from textual.screen import Screen

from langgym.errors import UsageError
from langgym.query.plain import plain_text
from langgym.tui.commands import LangGymCommands
from langgym.tui.keymap import bind
from langgym.tui.messages import StoreChanged
from langgym.tui.opening import MODES, make_screen
from langgym.tui.pool import LeavingPool
from langgym.tui.screens.screen import StoreScreen
from langgym.tui.settings import TuiSettings
from langgym.tui.source import Source
from langgym.tui.targets import AgentsTarget, Target
from langgym.tui.themes import COLOURBLIND, DEFAULT
from langgym.tui.trouble import Trouble

SETTLED_SECONDS = 2.0
"""After which what is loaded stays: the collector of garbage leaves it alone, for walking through it takes a tenth of a
second."""
LONGEST_COPY = 100_000
"""Characters that are sent to a terminal's clipboard at most; more would hold the interface up for seconds."""


def read_now() -> datetime:
    """Returns the time."""
    return datetime.now(UTC)


class LangGymApp(App[Exception | None]):
    """The interface over a home; it ends with an error where the store cannot be shown at all.

    Args:
        home: the home folder.
        first: what is opened at first.
        settings: how it looks and which keys it has.
        read_only: whether memories cannot be changed.
        now: gives the time.
    """

    TITLE = "LangGym"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar = {LangGymCommands}
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        mode: partial(make_screen, target) for mode, target in MODES.items()
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("quit"),
        bind("help"),
        bind("jump"),
        bind("goto"),
        *(bind(mode, f"mode({mode!r})") for mode in MODES),
    ]

    def __init__(
        self,
        home: Path,
        *,
        first: Target | None = None,
        settings: TuiSettings | None = None,
        read_only: bool = False,
        now: Callable[[], datetime] = read_now,
    ) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (120, "-wide")]
        self.settings = settings or TuiSettings()
        self.animation_level = "none"
        self.home, self.read_only, self.now = home, read_only, now
        self.source = Source(home, read_only=read_only, changed=self._tell_changed)
        self.changes: list[int] = []
        self._copied: Path | None = None
        self._first: Target = first or AgentsTarget()
        self.register_theme(COLOURBLIND)
        if self.settings.theme is not None and self.settings.theme not in self.available_themes:
            raise UsageError(
                f"No theme {self.settings.theme!r}; the themes are {', '.join(sorted(self.available_themes))}."
            )

    def on_mount(self) -> None:
        """Opens the first screen; the store is read behind it."""
        asyncio.get_running_loop().set_default_executor(LeavingPool())
        self.theme = self.settings.theme or DEFAULT
        if self.settings.keymap:
            self.set_keymap(self.settings.keymap)
        mode = next((mode for mode, target in MODES.items() if target == self._first), None)
        self.switch_mode(mode or "agents")
        if mode is None:
            self.open(self._first)
        self.source.start()
        if not self.is_headless:  # else it may be one of many in its process
            self.set_timer(SETTLED_SECONDS, gc.freeze)

    def on_unmount(self) -> None:
        """Ends what still reads."""
        self.source.close()

    # ways

    def open(self, target: Target) -> None:
        """Opens a target on top of what is seen."""
        self.push_screen(make_screen(target))

    def go_back(self) -> None:
        """Goes back by one screen; the last one of a mode stays."""
        if len(self.screen_stack) > 1:
            self.pop_screen()

    def action_mode(self, mode: str) -> None:
        """Switches to a mode; where it is on already, to its first screen."""
        if self.current_mode != mode:
            self.switch_mode(mode)
            return
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def action_goto(self) -> None:
        """Asks where to go."""
        from langgym.tui.screens.goto import GotoScreen

        self.push_screen(GotoScreen(), self._go)

    def _go(self, target: Target | None) -> None:
        if target is not None:
            self.open(target)

    def action_help(self) -> None:
        """Shows the help of what has the focus."""
        from langgym.tui.screens.help import HelpScreen

        if isinstance(self.screen, StoreScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_jump(self) -> None:
        """Shows a letter on every part that can have the focus."""
        from langgym.tui.screens.jump import JumpScreen

        if isinstance(self.screen, StoreScreen):
            self.push_screen(JumpScreen(self.screen))

    # the store

    def describe_store(self) -> str:
        """Returns what the bar says of the store."""
        mode = "read-only  " if self.read_only else ""
        return f"{mode}{self.home}  as of {self.now().astimezone():%H:%M:%S}"

    def give_up(self, trouble: Trouble) -> None:
        """Ends with an error: nothing of the store can be shown."""
        self.exit(trouble.error)

    def _tell_changed(self) -> None:
        self.post_message(StoreChanged())

    def on_store_changed(self) -> None:
        """Tells every screen; those that are not seen read later."""
        for stack in self._screen_stacks.values():
            for screen in stack:
                if isinstance(screen, StoreScreen):
                    screen.on_store_changed()

    # words for a person

    def tell(self, text: str, *, warning: bool = False) -> None:
        """Says in a line what was done, or what went wrong."""
        self.notify(plain_text(text), severity="warning" if warning else "information", markup=False)

    def copy(self, text: str) -> None:
        """Copies a text to a file, and to the clipboard of the terminal unless it is too long for that."""
        plain = plain_text(text)
        path = self._keep_copy(plain)
        if len(plain) > LONGEST_COPY:
            self.tell(f"{len(plain):,} characters are too many for a terminal: they are in {path}")
            return
        self.copy_to_clipboard(plain)
        self.tell(f"copied {len(plain):,} characters, also to {path}: not every terminal takes them")

    def _keep_copy(self, text: str) -> Path:
        """Writes what is copied to a file of the app's own, which nobody else can read."""
        if self._copied is None:
            handle, name = tempfile.mkstemp(prefix="langgym-copied-", suffix=".txt")
            os.close(handle)
            self._copied = Path(name)
        self._copied.write_text(text, encoding="utf-8")
        return self._copied

    def page(self, text: str) -> None:
        """Shows a text in `$PAGER`."""
        pager = os.environ.get("PAGER") or "less"
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.write(plain_text(text) + "\n")
            file.flush()
            try:
                with self.suspend():
                    subprocess.run([*pager.split(), file.name], check=False)
            except SuspendNotSupported:
                self.tell("this terminal cannot make room for a pager", warning=True)
            except OSError as error:
                self.tell(f"cannot start the pager {pager!r}: {error.strerror}; set PAGER", warning=True)
