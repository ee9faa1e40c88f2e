"""RatingsScreen: the arenas, and who is how strong in the one at the cursor."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from langgym.tui.keymap import bind
from langgym.tui.panes.ratings import ArenasPane, RatingsPane
from langgym.tui.screens.screen import StoreScreen
from langgym.tui.targets import AgentTarget, RatingsTarget
from langgym.tui.widgets.virtual_list import VirtualList


class RatingsScreen(StoreScreen):
    """The arenas above, the ratings of one of them below."""

    HELP: ClassVar[str | None] = (
        "Who is stronger, by how much, and how sure is that? Above are the arenas, below the ratings of the one at the "
        "cursor; ] and [ change the table. Enter goes to the ratings, and from there to an agent; esc goes back."
    )
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("retry", "reload"),
        bind("next-subject", "table(1)", words="Next table"),
        bind("previous-subject", "table(-1)", words="Previous table"),
    ]
    DEFAULT_CSS = """
    RatingsScreen #arenas { height: 1fr; }
    RatingsScreen #ratings { height: 2fr; border-top: solid $panel; }
    """

    def __init__(self, target: RatingsTarget) -> None:
        super().__init__()
        self._target = target

    @property
    def heading(self) -> str:
        """What the bar says."""
        return "Ratings"

    def twin(self) -> str:
        """Returns the command that prints the part that has the focus."""
        return self._part.twin()

    def compose_body(self) -> ComposeResult:
        """Yields both parts."""
        yield ArenasPane(self._target.key)
        yield RatingsPane()

    @property
    def arenas(self) -> ArenasPane:
        """The arenas."""
        return self.query_one(ArenasPane)

    @property
    def ratings(self) -> RatingsPane:
        """The ratings."""
        return self.query_one(RatingsPane)

    @property
    def _part(self) -> ArenasPane | RatingsPane:
        """The part that has the focus."""
        return self.ratings if self.focused is not None and self.ratings in self.focused.ancestors else self.arenas

    def on_arenas_pane_looked(self, looked: ArenasPane.Looked) -> None:
        """Reads the ratings of an arena."""
        self.ratings.look_at(looked.key)

    def on_virtual_list_chosen(self, chosen: VirtualList.Chosen) -> None:
        """Goes to the ratings of an arena, or opens an agent; a policy has nothing to open."""
        arena, player = self.arenas.row, self.ratings.player
        if self._part is self.arenas:
            self.ratings.focus_first()
        elif arena is not None and player is not None:
            name = player.partition("@")[0]
            if name in arena.agents:
                self.gym.open(AgentTarget(name))
            else:
                self.gym.tell(f"{player} is a policy: it has no life to be opened")

    def action_back(self) -> None:
        """Goes from the ratings to the arenas, and from there to where one came from."""
        if self._part is self.ratings:
            self.arenas.focus_first()
        else:
            super().action_back()

    def action_table(self, by: int) -> None:
        """Shows another table."""
        self.ratings.turn(by)

    def action_reload(self) -> None:
        """Reads again."""
        self.reload()

    def reload(self) -> None:
        """Reads the arenas and the ratings again."""
        self.arenas.load()
        self.ratings.load()

    def text_to_copy(self) -> str:
        """Returns the arena at the cursor, or the rating."""
        return self._part.text_to_copy()

    def json_to_copy(self) -> str | None:
        """Returns the arena at the cursor as JSON, or the ratings."""
        return self._part.json()

    def text_to_page(self) -> str:
        """Returns all arenas, or all ratings of one."""
        return self._part.text()
