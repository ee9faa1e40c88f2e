"""StoreScreen: what every screen has: a bar, its keys, a twin on the command line, and the store behind it."""

from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from langgym.tui.fetching import Fetching
from langgym.tui.keymap import bind
from langgym.tui.targets import Target
from langgym.tui.widgets.state_panel import StatePanel
from langgym.tui.widgets.text_pane import TextPane
from langgym.tui.widgets.top_bar import TopBar

SMALLEST = (60, 16)
"""Columns and lines under which a screen says that it needs more."""
CALM_SECONDS = 1.0
"""Between two times that a screen is read again because somebody writes."""


class StoreScreen(Screen[None], Fetching):
    """A screen over the store; those who inherit yield their parts in `compose_body` and say what their twin is."""

    HELP: ClassVar[str | None] = ""
    BINDINGS: ClassVar[list[BindingType]] = [bind("back"), bind("copy"), bind("copy-json"), bind("pager")]
    DEFAULT_CSS = """
    StoreScreen > #too-small { display: none; content-align: center middle; height: 1fr; }
    StoreScreen.-too-small > * { display: none; }
    StoreScreen.-too-small > #too-small { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._stale = False
        self._calm = True

    @property
    def heading(self) -> str:
        """What the bar says: where one is."""
        return type(self).__name__.removesuffix("Screen")

    def twin(self) -> str:
        """Returns the command that prints what the screen shows."""
        return "langgym"

    def compose_body(self) -> ComposeResult:
        """Yields the parts of the screen."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Yields the bar, the parts and the keys."""
        yield TopBar()
        yield from self.compose_body()
        yield Static(f"This needs {SMALLEST[0]} columns and {SMALLEST[1]} lines.", id="too-small", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Says where one is."""
        self.update_bar()

    def update_bar(self) -> None:
        """Writes the bar anew."""
        bar = self.query_one(TopBar)
        bar.title, bar.note = self.heading, self.gym.describe_store()

    def on_resize(self) -> None:
        """Says where there is too little room."""
        self.set_class(self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1], "-too-small")

    # what others write

    def on_store_changed(self) -> None:
        """Reads again what is seen, at most once a second; a screen that is not seen does so when it is."""
        if not self.is_current or not self._calm:
            self._stale = True
            return
        self._stale, self._calm = False, False
        self.set_timer(self.calm_seconds, self._end_calm)
        self.update_bar()
        self.reload()

    @property
    def calm_seconds(self) -> float:
        """Seconds between two times that it is read again because somebody writes."""
        return CALM_SECONDS

    def _end_calm(self) -> None:
        self._calm = True
        if self._stale:
            self.on_store_changed()

    def on_screen_resume(self) -> None:
        """Reads what has changed while it was not seen."""
        if self._stale:
            self.on_store_changed()

    def reload(self) -> None:
        """Reads again what is seen, because somebody has written; nothing that a person looks at may jump."""

    # what is opened

    def on_text_pane_followed(self, followed: TextPane.Followed) -> None:
        """Opens what a block leads to."""
        self.gym.open(cast(Target, followed.link))

    # what is copied

    def text_to_copy(self) -> str:
        """Returns the text of what the cursor is at."""
        return self.twin()

    def json_to_copy(self) -> str | None:
        """Returns what the cursor is at as JSON; `None` where it has none."""
        return None

    def text_to_page(self) -> str:
        """Returns everything that is shown, for a pager."""
        return self.text_to_copy()

    def action_back(self) -> None:
        """Goes back to where one came from."""
        self.gym.go_back()

    def action_copy(self) -> None:
        """Copies what the cursor is at."""
        focused = self.focused
        self.gym.copy(focused.text if isinstance(focused, StatePanel) else self.text_to_copy())

    def action_copy_json(self) -> None:
        """Copies it as JSON."""
        found = self.json_to_copy()
        if found is None:
            self.gym.tell(f"there is no JSON of this here; `{self.twin()} --json` prints some")
        else:
            self.gym.copy(found)

    def action_pager(self) -> None:
        """Shows everything in a pager."""
        self.gym.page(self.text_to_page())
