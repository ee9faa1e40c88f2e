"""ReadPane: a part of a screen that shows one thing of the store, and its states where it cannot."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Generic, NamedTuple, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical

from langgym.tui.fetching import Fetching
from langgym.tui.trouble import Trouble
from langgym.tui.widgets.state_panel import StatePanel
from langgym.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from agents_db.store import AgentsDB

T = TypeVar("T")
LOADING_SECONDS = 0.15
"""What comes sooner is not announced."""


class Lack(NamedTuple):
    """That there is nothing to show, and what to do about it."""

    text: str
    advice: str


class ReadPane(Vertical, Fetching, Generic[T]):
    """One thing of the store; those who inherit say how it is read and by which widgets it is shown."""

    DEFAULT_CSS = """
    ReadPane { height: 1fr; }
    ReadPane > .found { height: 1fr; }
    ReadPane .line { height: auto; max-height: 3; color: $text-muted; padding: 0 1; }
    """

    NOUN: ClassVar[str] = "this"
    """What is read, as it is announced."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.found: T | None = None
        """What was read last."""
        self.trouble: Trouble | None = None
        """Why nothing could be read."""
        self._told = False
        self._reads = self._again = False

    # what those who inherit say

    def compose_found(self) -> ComposeResult:
        """Yields the widgets that show what was read."""
        yield TextPane(glyphs=self.gym.settings.glyphs)

    def read(self, db: "AgentsDB") -> T:
        """Returns what is shown; called in a worker."""
        raise NotImplementedError

    def read_unstored(self) -> T | None:
        """Returns what is shown where there is no store; `None` where that is nothing."""
        return None

    def find_lack(self, found: T) -> Lack | None:
        """Returns what is told where what was read holds nothing."""
        return None

    def show(self, found: T) -> None:
        """Shows what was read; cursors and folds stay."""
        raise NotImplementedError

    def twin(self) -> str:
        """Returns the command that prints the same."""
        raise NotImplementedError

    # what is copied

    def text(self) -> str:
        """Returns all that is shown as text."""
        return "\n\n".join(pane.text() for pane in self.query(TextPane))

    def text_to_copy(self) -> str:
        """Returns the text at the cursor; where there is trouble, what it is."""
        return self.text_of_cursor() if self.trouble is None else self.trouble.text

    def text_of_cursor(self) -> str:
        """Returns the text at the cursor."""
        return self.query(TextPane).first(TextPane).text_of_cursor()

    def json(self) -> str | None:
        """Returns what is shown as JSON."""
        return None

    # reading

    def compose(self) -> ComposeResult:
        """Yields the widgets and the panel for states."""
        with Vertical(classes="found"):
            yield from self.compose_found()
        yield StatePanel()

    def on_mount(self) -> None:
        """Reads."""
        self.show_state(None)
        self.load()

    def load(self) -> None:
        """Reads the same again; while that is under way already, once more after it."""
        if self._reads:
            self._again = True
            return
        self._reads, self._again = True, False
        if not self._told:
            self.set_timer(LOADING_SECONDS, self._tell_loading)
        self.work("found", self._make_task(), self._take, failed=self._fail)

    def load_anew(self) -> None:
        """Reads something else than before, at once; until it comes the part says that it loads."""
        self._reads = self._told = False
        self.load()

    def _end_reading(self) -> None:
        self._reads, self._told = False, True
        if self._again:
            self.load()

    def _make_task(self) -> Callable[[], T]:
        source = self.gym.source

        def task() -> T:
            from agents_db.errors import NoStore

            try:
                return source.read(self.read)
            except NoStore:
                found = self.read_unstored()
                if found is None:
                    raise
                return found

        return task

    def _take(self, found: T) -> None:
        self.found, self.trouble = found, None
        self._end_reading()
        lack = self.find_lack(found)
        if lack is not None:
            self.query_one(StatePanel).tell("empty", lack.text, lack.advice)
            return self.show_state("empty")
        hidden = not self.query_one(".found").display
        self.show_state(None)
        if hidden:  # what is not displayed has no size yet
            self.call_after_refresh(self._show_found)
        else:
            self._show_found()
        return None

    def _show_found(self) -> None:
        if self.found is None:
            return
        self.show(self.found)
        if self.screen.focused is None and self.screen.is_current:
            self.focus_first()

    def _fail(self, trouble: Trouble) -> None:
        self._end_reading()
        if trouble.kind == "schema":
            self.gym.give_up(trouble)
        panel = self.query_one(StatePanel)
        match trouble.kind:
            case "empty":
                panel.tell("empty", "nothing is stored yet", "langgym play --agent ada")
            case "gone":
                panel.tell("error", trouble.text, "it is gone; esc goes back")
            case _:
                panel.tell("error", trouble.text, "r reads again; y copies this")
        self.found, self.trouble = None, trouble
        self.show_state("error")

    def _tell_loading(self) -> None:
        if not self._told:
            self.query_one(StatePanel).tell("loading", f"loading {self.NOUN}")
            self.show_state("loading")

    def show_state(self, state: str | None) -> None:
        """Shows the panel for states in the place of what was read, or the other way round."""
        self.query_one(StatePanel).display = state is not None
        self.query_one(".found").display = state is None
        focused = self.screen.focused
        if state is not None and focused is not None and self.query_one(".found") in focused.ancestors:
            self.screen.set_focus(None)

    def focus_first(self) -> None:
        """Gives the focus to the first part that can have it."""
        first = next((part for part in self.screen.focus_chain if self in part.ancestors), None)
        if first is not None:
            first.focus()
