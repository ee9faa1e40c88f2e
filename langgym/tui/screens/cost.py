"""CostScreen: what was spent, by agent and model."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from langgym.tui.keymap import bind
from langgym.tui.panes.spending import SpendingPane
from langgym.tui.screens.screen import StoreScreen
from langgym.tui.targets import AgentTarget, CostTarget
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.cost import DELETED


class CostScreen(StoreScreen):
    """What every agent has spent."""

    HELP: ClassVar[str | None] = (
        "What was spent, by agent and model. Tokens of models without a known price are never shown as $0: they are "
        "unpriced. Lost calls and estimates are counted apart. Enter opens the agent."
    )
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [bind("retry", "reload")]

    def __init__(self, target: CostTarget) -> None:
        super().__init__()

    @property
    def heading(self) -> str:
        """What the bar says."""
        return "Cost"

    def twin(self) -> str:
        """Returns the command that prints the same."""
        return self.pane.twin()

    def compose_body(self) -> ComposeResult:
        """Yields the rows."""
        yield SpendingPane()

    @property
    def pane(self) -> SpendingPane:
        """The rows."""
        return self.query_one(SpendingPane)

    def on_virtual_list_chosen(self, chosen: VirtualList.Chosen) -> None:
        """Opens the cost of an agent; a deleted one has nothing to open, nor has the total."""
        row, found = self.pane.row, self.pane.found
        if row is None or found is None or row.sums is found.page.total:
            return
        if row.agent == DELETED:
            self.gym.tell("this agent was deleted; what it spent stays counted")
        else:
            self.gym.open(AgentTarget(row.agent, tab="cost"))

    def action_reload(self) -> None:
        """Reads again."""
        self.reload()

    def reload(self) -> None:
        """Reads the rows again."""
        self.pane.load()

    def text_to_copy(self) -> str:
        """Returns the row at the cursor in words."""
        return self.pane.text_to_copy()

    def json_to_copy(self) -> str | None:
        """Returns what was spent as JSON."""
        return self.pane.json()

    def text_to_page(self) -> str:
        """Returns every row."""
        return self.pane.text()
