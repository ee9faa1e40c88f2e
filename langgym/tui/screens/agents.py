"""AgentsScreen: who there is; at the side what the one at the cursor has done."""

from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Horizontal

from langgym.tui.panes.list_pane import Listing, ListPane
from langgym.tui.panes.overview import describe_side
from langgym.tui.panes.side_pane import SidePane
from langgym.tui.screens.screen import StoreScreen
from langgym.tui.targets import AgentsTarget, AgentTarget
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.agents import AGENT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agents_db.store import AgentsDB
    from langgym.query.agents import AgentDetail, AgentItem


def make_agent_listing() -> "Listing[AgentItem]":
    """Returns the list of agents."""
    return Listing(
        nouns="agents",
        columns=AGENT_COLUMNS,
        read_ids=_read_ids,
        read_items=_read_items,
        orders=("newest", "oldest", "name", "most played"),
        grammar="letters of a name or a model",
        advice="langgym play --agent ada",
    )


def _read_ids(db: "AgentsDB", text: str, order: str) -> "Sequence[int]":
    from langgym.query.agents import AgentOrder, read_agent_ids

    return read_agent_ids(db, text, order=cast(AgentOrder, order))


def _read_items(db: "AgentsDB", ids: "Sequence[int]") -> "Mapping[int, AgentItem]":
    from langgym.query.agents import read_agent_items

    return {item.agent_id: item for item in read_agent_items(db, ids)}


class AgentsScreen(StoreScreen):
    """The agents of a store."""

    HELP: ClassVar[str | None] = "Every agent of this store. Enter opens its life."

    def __init__(self, target: AgentsTarget) -> None:
        super().__init__()
        self._target = target

    @property
    def heading(self) -> str:
        """What the bar says."""
        return "Agents"

    def twin(self) -> str:
        """Returns the command that prints the same."""
        where = f" --where {quote(self.pane.filter)}" if self.pane.filter else ""
        return f"langgym agents list --order {quote(self.pane.order)}{where}"

    def compose_body(self) -> ComposeResult:
        """Yields the list and the side."""
        with Horizontal():
            yield ListPane(make_agent_listing(), id="agents").add_class("main")
            yield SidePane(glyphs=self.gym.settings.glyphs)

    @property
    def pane(self) -> "ListPane[AgentItem]":
        """The list."""
        return cast("ListPane[AgentItem]", self.query_one("#agents", ListPane))

    def on_virtual_list_moved(self, moved: VirtualList.Moved) -> None:
        """Reads the side once the cursor rests."""
        self.query_one(SidePane).wait(partial(self._read_side, moved.row_id))

    def _read_side(self, agent_id: int) -> None:
        if self.pane.list.row_id != agent_id or self.pane.list.row is None:
            return
        name, home = self.pane.list.row.name, self.gym.home

        def read(db: "AgentsDB") -> "AgentDetail":
            from langgym.prices import load_prices
            from langgym.query.agents import read_agent

            return read_agent(db, name, prices=load_prices(home))

        self.query_one(SidePane).read(read, describe_side)

    def on_virtual_list_chosen(self, chosen: VirtualList.Chosen) -> None:
        """Opens an agent."""
        if self.pane.list.row is not None:
            self.gym.open(AgentTarget(self.pane.list.row.name))

    def reload(self) -> None:
        """Reads the list again."""
        self.pane.load()

    def text_to_copy(self) -> str:
        """Returns the agent's name."""
        row = self.pane.list.row
        return "" if row is None else row.name

    def json_to_copy(self) -> str | None:
        """Returns the agent as JSON."""
        row = self.pane.list.row
        return None if row is None else row.model_dump_json(indent=2)
