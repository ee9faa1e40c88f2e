"""StrategiesScreen: what an agent holds to be true; at the side how that came about, and what changed in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from langgym.tui.blocks import show_block
from langgym.tui.keymap import bind
from langgym.tui.panes.read_pane import Lack, ReadPane
from langgym.tui.panes.side_pane import SidePane
from langgym.tui.safe import safe, safe_line
from langgym.tui.screens.writes import MemoryWrites
from langgym.tui.targets import EpisodeTarget, MemoryTarget, StrategiesTarget
from langgym.tui.widgets.filter_bar import FilterBar
from langgym.tui.widgets.text_pane import PaneBlock, TextPane
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.columns import tell_table
from langgym.views.strategies import NO_STRATEGY, RULE_COLUMNS, describe_strategy, list_version_blocks

if TYPE_CHECKING:
    from agents_db.store import AgentsDB
    from langgym.query.memories import MemoryItem
    from langgym.query.strategies import StrategiesPage, StrategyItem
    from langgym.query.versions import Version

GRAMMAR = "agent:bob env:tictactoe state:active effect:>0.1 words"
KIND = "strategy"


@dataclass(frozen=True, slots=True)
class Strategies:
    """What is shown: an agent's strategies that fit a filter."""

    agents: Sequence[str]
    """All that there are."""
    page: "StrategiesPage"
    """All strategies of the agent, in whatever state."""
    items: "Mapping[int, StrategyItem]"
    """Those that fit."""


class StrategiesList(ReadPane[Strategies]):
    """An agent's strategies, by a filter; brackets go to the next agent and to the one before."""

    HELP: ClassVar[str | None] = "Strategies of an agent: [ and ] change the agent, / filters, enter opens the memory."
    NOUN: ClassVar[str] = "the strategies"

    @dataclass
    class Shown(Message):
        """Strategies are listed, or that there are none."""

        n_items: int

    def __init__(self, agent: str | None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._agent = agent

    def compose(self) -> ComposeResult:
        """Yields the line that says what is listed, the filter, the list and the panel for states."""
        yield Static(classes="line", markup=False)
        yield FilterBar(GRAMMAR)
        yield from super().compose()

    def compose_found(self) -> ComposeResult:
        """Yields the list."""
        yield VirtualList["StrategyItem"](RULE_COLUMNS)

    def on_mount(self) -> None:
        """Gives the focus to the list, not to the filter."""
        self.focus_first()

    def focus_first(self) -> None:
        """Gives the focus to the list."""
        self.list.focus()

    @property
    def list(self) -> "VirtualList[StrategyItem]":
        """The list itself."""
        return cast("VirtualList[StrategyItem]", self.query_one(VirtualList))

    @property
    def agent(self) -> str | None:
        """Whose strategies are shown."""
        return self._agent if self.found is None else self.found.page.agent

    @property
    def filter(self) -> str:
        """The filter that is applied."""
        return self.query_one(FilterBar).applied

    def load(self) -> None:
        """Reads again."""
        self._text = self.filter
        super().load()

    def read(self, db: "AgentsDB") -> Strategies:
        """Returns what is shown; an agent that the filter names is taken instead of the one that was seen."""
        return _read_strategies(db, self._agent, self._text)

    def find_lack(self, found: Strategies) -> Lack | None:
        """Returns what is told where there is nothing."""
        self._agent = found.page.agent
        self._tell_line(found)
        self.post_message(self.Shown(len(found.items)))
        if found.items:
            return None
        if found.page.items:
            return Lack(f"0 of {len(found.page.items):,} strategies match {self.filter!r}", "/ changes the filter")
        text, _, advice = NO_STRATEGY.format(agent=found.page.agent).partition(";")
        return Lack(f"{found.page.agent}: {text}", f"{advice.strip()}\n[ and ] show other agents")

    def show(self, found: Strategies) -> None:
        """Lists the strategies."""
        self.list.fill_items(found.items)

    def _tell_line(self, found: Strategies) -> None:
        page = found.page
        place = f", agent {found.agents.index(page.agent) + 1} of {len(found.agents):,}"
        which = f", filter: {self.filter}" if self.filter else ""
        told = f"Strategies of {page.agent} (showing {len(found.items):,} of {len(page.items):,}){place}{which}"
        self.query_one(".line", Static).update(safe_line(told))

    def on_filter_bar_applied(self, applied: FilterBar.Applied) -> None:
        """Reads the list anew."""
        applied.stop()
        self.load_anew()
        self.list.focus()

    def on_filter_bar_dropped(self, dropped: FilterBar.Dropped) -> None:
        """Goes back to the list."""
        dropped.stop()
        self.list.focus()

    def open_filter(self) -> None:
        """Opens the filter."""
        self.query_one(FilterBar).open()

    def turn(self, by: int) -> None:
        """Goes to another agent."""
        if self.found is None:
            return
        if "agent:" in self.filter:
            self.gym.tell("the filter names the agent: / changes it")
            return
        agents = self.found.agents
        self._agent = agents[(agents.index(self.found.page.agent) + by) % len(agents)]
        self.load_anew()

    def twin(self) -> str:
        """Returns the command that prints the same."""
        return f"langgym strategies --agent {self.agent or 'ada'} --all --details"

    def text(self) -> str:
        """Returns the strategies as text."""
        return "" if self.found is None else "\n".join(tell_table(RULE_COLUMNS, list(self.found.items.values())))

    def json(self) -> str | None:
        """Returns the strategy at the cursor as JSON."""
        row = self.list.row
        return None if row is None else row.model_dump_json(indent=2)


class StrategiesScreen(MemoryWrites):
    """The strategies of one agent after the other."""

    HELP: ClassVar[str | None] = (
        "What an agent holds to be true: the effect that it claimed beside the one measured since. At the side each "
        "version, what triggered it and what changed in its words. P pins, e edits, x retires or restores, u undoes."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("birth"),
        bind("filter"),
        bind("next-subject", "turn(1)", words="Next agent"),
        bind("previous-subject", "turn(-1)", words="Previous agent"),
    ]
    CSS = """
    StrategiesScreen .main { width: 2fr; }
    StrategiesScreen .side { width: 1fr; }
    """

    def __init__(self, target: StrategiesTarget) -> None:
        super().__init__()
        self._target = target

    @property
    def heading(self) -> str:
        """What the bar says."""
        return "Strategies"

    def twin(self) -> str:
        """Returns the command that prints the same."""
        return self.pane.twin()

    def compose_body(self) -> ComposeResult:
        """Yields the list and the side."""
        with Horizontal():
            with Vertical(classes="main"):
                yield StrategiesList(self._target.agent, id="strategies")
            yield SidePane(glyphs=self.gym.settings.glyphs)

    @property
    def pane(self) -> StrategiesList:
        """The list."""
        return self.query_one("#strategies", StrategiesList)

    def memory_to_change(self) -> "MemoryItem | None":
        """Returns the strategy at the cursor."""
        return self.pane.list.row

    def action_filter(self) -> None:
        """Opens the filter."""
        self.pane.open_filter()

    def action_turn(self, by: int) -> None:
        """Goes to another agent."""
        self.pane.turn(by)

    def on_strategies_list_shown(self, shown: StrategiesList.Shown) -> None:
        """Clears the side where there is nothing to tell."""
        shown.stop()
        if not shown.n_items:
            self._side.show([])

    def on_virtual_list_moved(self, moved: VirtualList.Moved) -> None:
        """Reads the side once the cursor rests."""
        self._side.wait(partial(self._read_side, moved.row_id))

    def _read_side(self, memory_id: int) -> None:
        row = self.pane.list.row
        if row is not None and row.memory_id == memory_id:
            self._side.read(partial(_read_versions, chain=row.chain), partial(describe_side, row))

    @property
    def _side(self) -> SidePane:
        return self.query_one(SidePane)

    def on_virtual_list_chosen(self, chosen: VirtualList.Chosen) -> None:
        """Opens the memory."""
        self.gym.open(MemoryTarget(chosen.row_id))

    def action_birth(self) -> None:
        """Opens the episode that triggered the strategy."""
        row = self.pane.list.row
        if row is not None:
            self.gym.open(EpisodeTarget(row.trigger))

    def reload(self) -> None:
        """Reads the list again, and the side."""
        self.pane.load()
        if self.pane.list.row_id is not None:
            self._read_side(self.pane.list.row_id)

    def text_to_copy(self) -> str:
        """Returns the strategy in words."""
        row = self.pane.list.row
        return "" if row is None else "\n".join(describe_strategy(row))

    def json_to_copy(self) -> str | None:
        """Returns the strategy as JSON."""
        return self.pane.json()

    def text_to_page(self) -> str:
        """Returns the list, and what the side says."""
        return f"{self.pane.text()}\n\n{self.query_one('#side', TextPane).text()}"


def _read_strategies(db: "AgentsDB", agent: str | None, text: str) -> Strategies:
    from datetime import UTC, datetime

    from agents_db.errors import NoStore
    from agents_db.filters import Condition
    from langgym.query.filters import parse_memory_filter
    from langgym.query.strategies import read_strategies

    agents = [each.name for each in db.agents()]
    if not agents:
        raise NoStore("There is no agent yet.")
    conditions = parse_memory_filter(text, now=datetime.now(UTC))
    named = [str(each.value) for each in conditions if each.field == "agent"]
    page = read_strategies(db, named[-1] if named else agent or _find_thinker(db) or agents[0], state=None)
    mine = (Condition("agent", "=", page.agent), Condition("kind", "=", KIND))
    fits = set(db.memory_ids((*conditions, *mine)))
    items = {item.memory_id: item for item in page.items if item.memory_id in fits}
    return Strategies(agents, page, items)


def _find_thinker(db: "AgentsDB") -> str | None:
    """Returns the agent that has had a strategy first."""
    from agents_db.filters import Condition

    first = db.memory_ids([Condition("kind", "=", KIND)], order="oldest")[:1]
    return next((memory.agent for memory in db.memories_by_id(first)), None)


def _read_versions(db: "AgentsDB", *, chain: Sequence[int]) -> "Sequence[Version]":
    from langgym.query.versions import read_versions

    return read_versions(db, chain)


def describe_side(item: "StrategyItem", versions: "Sequence[Version]") -> Iterator[PaneBlock]:
    """Yields a strategy, and its versions from the oldest on, each with what changed in its words."""
    title, *lines = describe_strategy(item)
    yield PaneBlock("strategy", f"Strategy {item.memory_id}", [safe(title), *map(safe, lines)])
    yield PaneBlock("memory", f"memory {item.memory_id}", (), link=MemoryTarget(item.memory_id))
    yield PaneBlock("trigger", f"triggered by episode {item.trigger}", (), link=EpisodeTarget(item.trigger))
    for block, version in zip(list_version_blocks(versions), versions, strict=True):
        link = MemoryTarget(version.memory_id) if version.memory_id != item.memory_id else None
        yield show_block(block, link=link)
        if version.episode_id is not None:
            after_episode = f"after episode {version.episode_id}"
            yield PaneBlock(f"after:{block.name}", after_episode, (), link=EpisodeTarget(version.episode_id))
