"""AgentScreen: one agent's life, in tabs that are read when they are first seen."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, ClassVar, Protocol, cast, runtime_checkable

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.command import DiscoveryHit, Hit, Provider
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Tabs
from textual.widgets import Tab as Label

from langgym.tui.keymap import bind
from langgym.tui.panes.list_pane import ListPane
from langgym.tui.panes.read_pane import ReadPane
from langgym.tui.screens.screen import StoreScreen
from langgym.tui.targets import AgentTarget, EpisodeTarget, MemoryTarget, Tab
from langgym.tui.trouble import Trouble
from langgym.tui.widgets.state_panel import StatePanel
from langgym.tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from agents_db.store import AgentsDB

Part = ReadPane[object] | ListPane[object]


@runtime_checkable
class _Jsonable(Protocol):
    def model_dump_json(self, *, indent: int | None = None) -> str:
        """Returns a read model as JSON."""
        ...


@dataclass(frozen=True, slots=True)
class _TabKind:
    """A tab: its title, and what makes its part for an agent."""

    title: str
    make: Callable[[str], Widget]


def _make_overview(agent: str) -> Widget:
    from langgym.tui.panes.overview import OverviewPane

    return OverviewPane(agent)


def _make_episodes(agent: str) -> Widget:
    from langgym.tui.screens.episodes import make_episode_listing

    return ListPane(make_episode_listing(), fixed=f"agent:{agent}", id="episodes-pane")


def _make_memories(agent: str) -> Widget:
    from langgym.tui.screens.memories import MemoriesPane

    return MemoriesPane(fixed=f"agent:{agent}", id="memories-pane")


def _make_strategies(agent: str) -> Widget:
    from langgym.tui.panes.strategies import StrategiesPane

    return StrategiesPane(agent)


def _make_experience(agent: str) -> Widget:
    from langgym.tui.panes.experience import ExperiencePane

    return ExperiencePane(agent)


def _make_curves(agent: str) -> Widget:
    from langgym.tui.panes.curves import CurvesPane

    return CurvesPane(agent)


def _make_cost(agent: str) -> Widget:
    from langgym.tui.panes.spending import SpendingPane

    return SpendingPane(agent)


def _make_configuration(agent: str) -> Widget:
    from langgym.tui.panes.configuration import ConfigurationPane

    return ConfigurationPane(agent)


TABS: Mapping[Tab, _TabKind] = {
    "overview": _TabKind("Overview", _make_overview),
    "episodes": _TabKind("Episodes", _make_episodes),
    "memories": _TabKind("Memories", _make_memories),
    "strategies": _TabKind("Strategies", _make_strategies),
    "experience": _TabKind("Experience", _make_experience),
    "curves": _TabKind("Curves", _make_curves),
    "cost": _TabKind("Cost", _make_cost),
    "configuration": _TabKind("Settings", _make_configuration),
}


def _place(tab: Tab) -> str:
    """Returns the id of what holds the part of a tab."""
    return f"in-{tab}"


class TabCommands(Provider):
    """The tabs of an agent in the command palette."""

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """Yields every tab."""
        for name, run in self._list():
            yield DiscoveryHit(name, run, help="keys h and l")

    async def search(self, query: str) -> AsyncIterator[Hit]:
        """Yields the tabs that fit what is typed."""
        matcher = self.matcher(query)
        for name, run in self._list():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), run, help="keys h and l")

    def _list(self) -> Iterator[tuple[str, Callable[[], None]]]:
        screen = cast("AgentScreen", self.screen)
        for tab, kind in TABS.items():
            yield f"Tab {kind.title} of {screen.agent}", partial(screen.open_tab, tab)


class AgentScreen(StoreScreen):
    """One agent."""

    COMMANDS: ClassVar = {TabCommands}

    HELP: ClassVar[str | None] = (
        "The life of an agent in tabs: h and l go from tab to tab, so do the arrows where the tabs have the focus."
    )
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        replace(bind("next-tab", "tab(1)"), priority=True),
        replace(bind("previous-tab", "tab(-1)"), priority=True),
        bind("retry", "reload"),
    ]
    DEFAULT_CSS = """
    AgentScreen ContentSwitcher { height: 1fr; }
    """

    def __init__(self, target: AgentTarget) -> None:
        super().__init__()
        self._target = target
        self._unread: set[Tab] = set()
        """Tabs that were not seen since somebody wrote."""
        self._gone = False

    @property
    def agent(self) -> str:
        """The agent's name."""
        return self._target.name

    @property
    def heading(self) -> str:
        """What the bar says."""
        return f"Agent {self._target.name}"

    def compose_body(self) -> ComposeResult:
        """Yields the tabs, empty as yet."""
        yield Tabs(*(Label(kind.title, id=tab) for tab, kind in TABS.items()), active=self._target.tab)
        with ContentSwitcher(initial=_place(self._target.tab)):
            for tab in TABS:
                yield Vertical(id=_place(tab))
        yield StatePanel(id="gone")

    def on_mount(self) -> None:
        """Looks whether there is such an agent."""
        self.query_one("#gone").display = False
        self._check()

    def _check(self) -> None:
        name = self._target.name

        def find(db: "AgentsDB") -> None:
            db.agent(name)

        self.fetch("agent", find, lambda _: self._show_gone(None), failed=self._show_gone)

    def _show_gone(self, trouble: Trouble | None) -> None:
        """Says in place of everything that there is no such agent; of other trouble each part speaks itself."""
        self._gone = trouble is not None and trouble.kind == "gone"
        if trouble is not None and self._gone:
            self.query_one("#gone", StatePanel).tell("error", trouble.text, "it is gone; esc goes back")
            self.set_focus(None)
        self.query_one("#gone").display = self._gone
        self.query_one(Tabs).display = self.query_one(ContentSwitcher).display = not self._gone

    @property
    def tab(self) -> Tab:
        """The tab that is seen."""
        return cast(Tab, self.query_one(Tabs).active or self._target.tab)

    @property
    def part(self) -> Part | None:
        """What is in the tab that is seen; `None` until it is there."""
        children = self.query_one(f"#{_place(self.tab)}").children
        return cast(Part, children[0]) if children else None

    # tabs

    async def on_tabs_tab_activated(self, activated: Tabs.TabActivated) -> None:
        """Shows a tab: makes what is in it when it is first seen, reads it again where somebody has written since."""
        tab = self.tab  # where tabs change quickly, that of the event is passed by already
        self.query_one(ContentSwitcher).current = _place(tab)
        place = self.query_one(f"#{_place(tab)}")
        if not place.children:
            await place.mount(TABS[tab].make(self._target.name))
        elif tab in self._unread and self.part is not None:
            self.part.load()
        self._unread.discard(tab)
        if not isinstance(self.focused, Tabs):
            self.call_after_refresh(self._focus_part)

    def _focus_part(self) -> None:
        part = self.part
        first = next((each for each in self.focus_chain if part in each.ancestors), None)
        if first is not None:
            first.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leaves out the tabs of who is gone."""
        if action == "tab" and self._gone:
            return False
        return super().check_action(action, parameters)

    def action_tab(self, by: int) -> None:
        """Goes to the next tab."""
        tabs = list(TABS)
        self.query_one(Tabs).active = tabs[(tabs.index(self.tab) + by) % len(tabs)]

    def open_tab(self, tab: Tab) -> None:
        """Goes to a tab."""
        self.query_one(Tabs).active = tab

    # ways on

    def on_virtual_list_chosen(self, chosen: VirtualList.Chosen) -> None:
        """Opens what is chosen in a list."""
        if self.tab == "episodes":
            self.gym.open(EpisodeTarget(chosen.row_id))
        elif self.tab in ("memories", "strategies"):
            self.gym.open(MemoryTarget(chosen.row_id))

    def reload(self) -> None:
        """Reads the tab that is seen again; the others when they are seen."""
        self._check()
        self._unread = set(TABS)
        self._unread.discard(self.tab)
        if self.part is not None:
            self.part.load()

    def action_reload(self) -> None:
        """Reads again."""
        self.reload()

    # what is copied

    def twin(self) -> str:
        """Returns the command that prints the same."""
        part, name = self.part, self._target.name
        if isinstance(part, ReadPane):
            return part.twin()
        if part is None:
            return f"langgym agents show {name}"
        from langgym.tui.screens.memories import names_state

        state = " --state any" if self.tab == "memories" and names_state(part.filter) else ""
        where = f" --where {quote(part.filter)}" if part.filter else ""
        order = f" --order {part.order}" if part.order != "newest" else ""
        return f"langgym {self.tab} list --agent {name}{state}{where}{order}"

    def text_to_copy(self) -> str:
        """Returns the text of what the cursor is at."""
        part = self.part
        if part is None:
            return self._target.name
        return part.text_to_copy() if isinstance(part, ReadPane) else str(part.list.row_id or "")

    def json_to_copy(self) -> str | None:
        """Returns what is shown as JSON."""
        part = self.part
        if part is None:
            return None
        if isinstance(part, ReadPane):
            return part.json()
        row = part.list.row
        return row.model_dump_json(indent=2) if isinstance(row, _Jsonable) else None

    def text_to_page(self) -> str:
        """Returns everything that is shown."""
        part = self.part
        return part.text() if isinstance(part, ReadPane) else self.text_to_copy()
