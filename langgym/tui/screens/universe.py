"""UniverseScreen: what can be played, what it is like, and what the agents here have done in it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from langgym.tui.keymap import bind
from langgym.tui.panes.cards import CardPane, CardsPane
from langgym.tui.screens.screen import StoreScreen
from langgym.tui.targets import UniverseTarget
from langgym.tui.widgets.text_pane import TextPane


class UniverseScreen(StoreScreen):
    """The environments at the left, one of them in full at the right; where there is no room, one of the two."""

    HELP: ClassVar[str | None] = (
        "Everything that can be played, installed or not, with this store's record. Enter goes to the card, esc back."
    )
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [bind("retry", "reload")]
    DEFAULT_CSS = """
    UniverseScreen #card { border-left: solid $panel; }
    UniverseScreen.-narrow #card, UniverseScreen.-normal #card { display: none; border: none; }
    UniverseScreen.-narrow.-reading #card, UniverseScreen.-normal.-reading #card { display: block; }
    UniverseScreen.-narrow.-reading #cards, UniverseScreen.-normal.-reading #cards { display: none; }
    """

    def __init__(self, target: UniverseTarget) -> None:
        super().__init__()
        self._target = target
        self._linked = False
        """Whether the card was asked for from elsewhere: escape goes back there."""

    @property
    def heading(self) -> str:
        """What the bar says."""
        return "Universe"

    def twin(self) -> str:
        """Returns the commands that print the same."""
        return self.cards.twin() if self.card.env_id is None else self.card.twin()

    def compose_body(self) -> ComposeResult:
        """Yields the list and the card."""
        with Horizontal():
            yield CardsPane(self._target.env_id)
            yield CardPane()

    @property
    def cards(self) -> CardsPane:
        """The list."""
        return self.query_one(CardsPane)

    @property
    def card(self) -> CardPane:
        """The card."""
        return self.query_one(CardPane)

    @property
    def _reads(self) -> bool:
        return self.focused is not None and self.card in self.focused.ancestors

    def on_cards_pane_looked(self, looked: CardsPane.Looked) -> None:
        """Reads a card."""
        self.card.look_at(looked.env_id)

    def on_cards_pane_opened(self, opened: CardsPane.Opened) -> None:
        """Goes to the card."""
        self._linked = opened.linked
        self.add_class("-reading")
        self.call_after_refresh(self.card.query_one(TextPane).focus)

    def action_back(self) -> None:
        """Goes from the card back to the list, and from there to where one came from."""
        if self._reads and not self._linked:
            self.remove_class("-reading")
            self.call_after_refresh(self.cards.rows.focus)
        else:
            super().action_back()

    def action_reload(self) -> None:
        """Reads again."""
        self.reload()

    def reload(self) -> None:
        """Reads the records again."""
        self.cards.load()
        self.card.load()

    def text_to_copy(self) -> str:
        """Returns the line of the card, or the environment's id."""
        if self._reads:
            return self.card.text_to_copy()
        row = self.cards.row
        return "" if row is None else row.env_id

    def json_to_copy(self) -> str | None:
        """Returns the card as JSON, or the record of the environment at the cursor."""
        if self._reads:
            return self.card.json()
        row = self.cards.row
        return None if row is None else row.model_dump_json(indent=2)

    def text_to_page(self) -> str:
        """Returns the card, or the list."""
        return self.card.text() if self._reads else self.cards.text()
