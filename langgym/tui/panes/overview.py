"""OverviewPane: who an agent is, what it has done and spent, its last choices and its last episodes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from textual.app import ComposeResult
from textual.widgets import Static

from langgym.tui.panes.read_pane import ReadPane
from langgym.tui.safe import safe
from langgym.tui.targets import EpisodeTarget
from langgym.tui.widgets.text_pane import PaneBlock, TextPane
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.agents import CHOICE_COLUMNS, LAST_EPISODES, SCORE_COLUMNS, describe_agent
from langgym.views.columns import tell_table
from langgym.views.episodes import EPISODE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents_db.store import AgentsDB
    from langgym.query.agents import AgentDetail
    from langgym.query.episodes import EpisodeItem


class Overview(NamedTuple):
    """An agent and its last episodes."""

    agent: "AgentDetail"
    episodes: "Sequence[EpisodeItem]"


class OverviewPane(ReadPane[Overview]):
    """An agent at a glance; enter on an episode replays it."""

    NOUN: ClassVar[str] = "the agent"
    DEFAULT_CSS = f"""
    OverviewPane .last {{ height: {LAST_EPISODES + 1}; max-height: 45%; }}
    OverviewPane .last-title {{ height: 1; text-style: bold; padding: 0 2; }}
    """

    def __init__(self, agent: str) -> None:
        super().__init__(id="overview-pane")
        self._agent = agent

    def compose_found(self) -> ComposeResult:
        """Yields the text and the list of episodes."""
        yield TextPane(glyphs=self.gym.settings.glyphs)
        yield Static("Last episodes", classes="last-title", markup=False)
        yield VirtualList["EpisodeItem"](EPISODE_COLUMNS).add_class("last")

    def read(self, db: "AgentsDB") -> Overview:
        """Returns the agent and its last episodes."""
        from langgym.prices import load_prices
        from langgym.query.agents import read_agent
        from langgym.query.episodes import read_episodes

        agent = read_agent(db, self._agent, prices=load_prices(self.gym.home))
        return Overview(agent, read_episodes(db, agent=self._agent, limit=LAST_EPISODES).items)

    def show(self, found: Overview) -> None:
        """Shows both."""
        self.query_one(TextPane).show(list(describe_side(found.agent)))
        self.rows.fill_items({item.episode_id: item for item in found.episodes})
        for part in (self.rows, self.query_one(".last-title")):
            part.display = bool(found.episodes)

    @property
    def rows(self) -> "VirtualList[EpisodeItem]":
        """The last episodes."""
        return cast("VirtualList[EpisodeItem]", self.query_one(VirtualList))

    def on_virtual_list_chosen(self, chosen: VirtualList.Chosen) -> None:
        """Replays an episode."""
        chosen.stop()
        self.gym.open(EpisodeTarget(chosen.row_id))

    def twin(self) -> str:
        """Returns the command that prints the same."""
        return f"langgym agents show {self._agent}"

    def text(self) -> str:
        """Returns everything as text."""
        found = self.found
        episodes = tell_table(EPISODE_COLUMNS, found.episodes) if found is not None else []
        return "\n".join([super().text(), "", "Last episodes", *episodes])

    def json(self) -> str | None:
        """Returns the agent as JSON."""
        return None if self.found is None else self.found.agent.model_dump_json(indent=2)


def describe_side(agent: "AgentDetail") -> Iterator[PaneBlock]:
    """Yields what an agent is and its last choices, as the command line tells them."""
    yield PaneBlock("agent", agent.name, [safe(line) for line in describe_agent(agent)[1:]])
    if agent.environments:
        yield PaneBlock("record", "Record", [safe(line) for line in tell_table(SCORE_COLUMNS, agent.environments)])
    if agent.choices:
        lines = [safe(line) for line in tell_table(CHOICE_COLUMNS, agent.choices)]
        yield PaneBlock("choices", "Last choices", lines)
