"""StrategiesPane: an agent's strategies, the claim of each beside what has come of it since."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult

from langgym.tui.panes.read_pane import Lack, ReadPane
from langgym.tui.safe import safe
from langgym.tui.widgets.text_pane import PaneBlock, TextPane
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.columns import tell_table
from langgym.views.strategies import NO_STRATEGY, STRATEGY_COLUMNS, describe_strategy

if TYPE_CHECKING:
    from agents_db.store import AgentsDB
    from langgym.query.strategies import StrategiesPage, StrategyItem


class StrategiesPane(ReadPane["StrategiesPage"]):
    """Every strategy in a list, the one at the cursor in full below."""

    HELP: ClassVar[str | None] = "What the agent holds to be true, with what came of it since. Enter opens the memory."
    NOUN: ClassVar[str] = "the strategies"
    DEFAULT_CSS = """
    StrategiesPane TextPane { height: 12; max-height: 50%; border-top: solid $panel; }
    """

    def __init__(self, agent: str) -> None:
        super().__init__(id="strategies-pane")
        self._agent = agent

    def compose_found(self) -> ComposeResult:
        """Yields the list and the strategy at the cursor."""
        yield VirtualList["StrategyItem"](STRATEGY_COLUMNS)
        yield TextPane(glyphs=self.gym.settings.glyphs)

    @property
    def rows(self) -> "VirtualList[StrategyItem]":
        """The strategies."""
        return cast("VirtualList[StrategyItem]", self.query_one(VirtualList))

    def read(self, db: "AgentsDB") -> "StrategiesPage":
        """Returns every strategy, in whatever state."""
        from langgym.query.strategies import read_strategies

        return read_strategies(db, self._agent, state=None)

    def find_lack(self, found: "StrategiesPage") -> Lack | None:
        """Returns what is told where there is none."""
        if found.items:
            return None
        text, _, advice = NO_STRATEGY.format(agent=self._agent).partition(";")
        return Lack(text, advice.strip())

    def show(self, found: "StrategiesPage") -> None:
        """Lists the strategies."""
        self.rows.fill_items({item.memory_id: item for item in found.items})
        self._tell_row()

    def on_virtual_list_moved(self, moved: VirtualList.Moved) -> None:
        """Tells the strategy at the cursor in full."""
        moved.stop()
        self._tell_row()

    def _tell_row(self) -> None:
        row = self.rows.row
        if row is not None:
            title = f"Strategy {row.memory_id} in {row.env_id}"
            lines = [safe(line) for line in describe_strategy(row)]
            self.query_one(TextPane).show([PaneBlock("strategy", title, lines)])

    def twin(self) -> str:
        """Returns the command that prints the same."""
        return f"langgym strategies --agent {self._agent} --all"

    def text(self) -> str:
        """Returns the strategies as text."""
        return "" if self.found is None else "\n".join(tell_table(STRATEGY_COLUMNS, self.found.items))

    def json(self) -> str | None:
        """Returns the strategies as JSON."""
        return None if self.found is None else self.found.model_dump_json(indent=2)
