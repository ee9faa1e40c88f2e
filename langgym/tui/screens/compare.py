"""CompareScreen: how the returns of several agents went, side by side, and in what these agents differ."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from langgym.tui.keymap import bind
from langgym.tui.panes.list_pane import LOADING_SECONDS, Listing, ListPane
from langgym.tui.safe import safe, safe_line
from langgym.tui.screens.agents import make_agent_listing
from langgym.tui.screens.screen import StoreScreen
from langgym.tui.targets import AgentTarget, CompareTarget
from langgym.tui.trouble import Trouble
from langgym.tui.widgets.line_chart import LineChart, Point, Series
from langgym.tui.widgets.state_panel import State, StatePanel
from langgym.tui.widgets.text_pane import PaneBlock, TextPane
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.columns import Column, tell_table
from langgym.views.comparison import describe_differences
from langgym.views.curves import CURVE_COLUMNS, NO_CURVE, CurveRow, describe_curve, list_points

if TYPE_CHECKING:
    from textual.binding import BindingType

    from agents_db.store import AgentsDB
    from langgym.query.agents import AgentItem
    from langgym.query.comparison import Comparison, SharedEnv
    from langgym.query.curves import Curve, CurvesPage
    from langgym.views.columns import Columns

MOST = 8
"""Agents at once: more lines cannot be told apart."""
AT_FIRST = 2
"""Agents that are compared where nobody has said which: those who have played most."""
EVERYWHERE = ""
"""In place of an environment: all of them."""
NAME_CELLS = 24
"""Of the chart's legend."""
TOLD_LINES = 10
WIDEST = 14
"""Cells of a name or an interval in the table."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What was read: agents, and their curves in one environment."""

    sides: "Comparison"
    page: "CurvesPage"

    @property
    def places(self) -> list[str]:
        """The environments that can be shown, then all of them at once."""
        envs = [env.env_id for env in self.sides.envs]
        return [*envs, EVERYWHERE] if len(envs) > 1 else envs


class CompareScreen(StoreScreen):
    """Curves of agents that are marked in a list."""

    HELP: ClassVar[str | None] = (
        "Mean returns of episodes that follow one another, with 95 % intervals. Space marks agents in the list, eight "
        "at most; [ and ] change the environment, those that the agents have in common come first; n shows the same as "
        "numbers. Below the chart: how many episodes each curve is of, and in which settings the agents differ."
    )
    BINDINGS: ClassVar[list["BindingType"]] = [
        bind("mark"),
        bind("numbers"),
        bind("next-env", "turn_env(1)"),
        bind("previous-env", "turn_env(-1)"),
    ]
    DEFAULT_CSS = """
    CompareScreen #agents { width: 32; border-right: solid $panel; }
    CompareScreen.-normal #agents { width: 24; }
    CompareScreen.-narrow #agents { width: 16; }
    CompareScreen.-narrow.-numbers #agents { display: none; }
    CompareScreen #curves { width: 1fr; }
    CompareScreen #where { height: 1; padding: 0 1; color: $text-muted; }
    CompareScreen #told { height: 3; border-top: solid $panel; }
    """

    def __init__(self, target: CompareTarget) -> None:
        super().__init__()
        self._names: list[str] = list(dict.fromkeys(target.agents))[:MOST]
        self._env_id = target.env_id
        """`None` until one is chosen."""
        self._chosen = bool(target.agents)
        self._found: Compared | None = None
        self._as_numbers = False

    @property
    def heading(self) -> str:
        """What the bar says."""
        return "Compare"

    def twin(self) -> str:
        """Returns the command that prints the same."""
        names = "".join(f" --agent {name}" for name in self._names) or " --agent NAME"
        return f"langgym curves{names}{f' --env {self._env_id}' if self._env_id else ''}"

    def compose_body(self) -> ComposeResult:
        """Yields the agents, and their curves beside them."""
        glyphs = self.gym.settings.glyphs
        with Horizontal():
            yield ListPane(self._make_listing(), id="agents")
            with Vertical(id="curves"):
                yield Static(id="where", markup=False)
                yield LineChart(id="chart", glyphs=glyphs)
                yield VirtualList(make_number_columns(), id="numbers")
                yield StatePanel(id="state")
                yield TextPane(id="told", glyphs=glyphs)

    def _make_listing(self) -> "Listing[AgentItem]":
        whole = make_agent_listing()
        mark = "x" if self.gym.settings.glyphs == "ascii" else "✓"
        columns: Columns[AgentItem] = (
            Column("", lambda agent: mark if agent.name in self._names else "", width=1),
            Column("agent", lambda agent: agent.name, width=11),
            Column("played", lambda agent: agent.n_participations, width=7, right=True, rank=1),
        )
        return Listing(
            nouns=whole.nouns,
            columns=columns,
            read_ids=whole.read_ids,
            read_items=whole.read_items,
            orders=("most played", "name", "newest", "oldest"),
            grammar=whole.grammar,
            advice=whole.advice,
        )

    def on_mount(self) -> None:
        """Reads the curves."""
        self._show_part(None)
        self.set_timer(LOADING_SECONDS, self._tell_loading)
        self._read()

    def _tell_loading(self) -> None:
        if self._found is None and not self.query_one("#state").display:
            self._show_state("loading", "loading curves")

    @property
    def pane(self) -> "ListPane[AgentItem]":
        """The agents."""
        return cast("ListPane[AgentItem]", self.query_one("#agents", ListPane))

    # what is compared

    def _read(self) -> None:
        names = None if not self._names and not self._chosen else tuple(self._names)
        wanted = self._env_id
        self.fetch("curves", lambda db: read_compared(db, names, wanted), self._show, failed=self._fail)

    def _show(self, found: Compared) -> None:
        self._found = found
        self._names = [agent.name for agent in found.sides.agents]
        self._chosen = self._chosen or bool(self._names)
        self.pane.list.mark(agent.agent_id for agent in found.sides.agents)
        self._env_id = found.page.env_id or (EVERYWHERE if found.places else None)
        self.query_one("#where", Static).update(safe_line(describe_place(found)))
        curves = found.page.items
        self.query_one(LineChart).show(
            [make_series(curve) for curve in curves], x_words="episodes finished", y_words="mean return"
        )
        rows = {number: row for number, row in enumerate(list_points(found.page))}
        cast("VirtualList[CurveRow]", self.query_one("#numbers", VirtualList)).fill_items(rows)
        self._tell(describe_compared(found) if curves or found.sides.gone else [])
        if not curves:
            self._show_state("empty", "no agent is marked", "space marks the one at the cursor")
        elif not rows:
            self._show_state("empty", NO_CURVE)
        else:
            self._show_part(None)

    def _fail(self, trouble: Trouble) -> None:
        if trouble.kind == "schema":
            self.gym.give_up(trouble)
        self._tell([])
        if trouble.kind == "empty":
            self._show_state("empty", NO_CURVE)
        else:
            self._show_state("error", trouble.text, "r reads again")

    def _tell(self, lines: Sequence[str]) -> None:
        """Writes under the chart; a small terminal leaves less room for it."""
        pane = self.query_one("#told", TextPane)
        pane.show([PaneBlock("told", "", [safe(line) for line in lines])])
        most = TOLD_LINES if self.size.height >= 2 * TOLD_LINES else TOLD_LINES // 3
        pane.styles.height = min(len(lines) + 1, most) + 1
        pane.display = bool(lines)

    def _show_state(self, state: State, text: str, advice: str = "") -> None:
        self.query_one("#state", StatePanel).tell(state, text, advice)
        self._show_part(state)

    def _show_part(self, state: State | None) -> None:
        """Shows the chart or the numbers, or why there are none."""
        self.query_one("#state").display = state is not None
        self.query_one("#chart").display = state is None and not self._as_numbers
        self.query_one("#numbers").display = state is None and self._as_numbers

    def reload(self) -> None:
        """Reads agents and curves again."""
        self.pane.load()
        self._read()

    # keys

    def action_mark(self) -> None:
        """Marks the agent at the cursor, or takes its mark away."""
        row = self.pane.list.row
        if row is None:
            return
        if row.name in self._names:
            self._names.remove(row.name)
        elif len(self._names) == MOST:
            self.gym.tell(f"{MOST} agents at most; space takes a mark away", warning=True)
            return
        else:
            self._names.append(row.name)
        self._chosen = True
        self._read()

    def action_turn_env(self, by: int) -> None:
        """Shows the next environment, or the one before."""
        places = self._found.places if self._found is not None else []
        if places:
            at = places.index(self._env_id) if self._env_id in places else -by
            self._env_id = places[(at + by) % len(places)]
            self._read()

    def action_numbers(self) -> None:
        """Shows numbers instead of the chart, or the chart again."""
        self._as_numbers = not self._as_numbers
        self.set_class(self._as_numbers, "-numbers")
        shown = self.query_one("#state").display
        self._show_part(self.query_one("#state", StatePanel).state if shown else None)
        if not shown:
            self.query_one("#numbers" if self._as_numbers else "#chart").focus()

    def on_virtual_list_chosen(self, chosen: VirtualList.Chosen) -> None:
        """Opens an agent."""
        row = self.pane.list.row
        if chosen.list is self.pane.list and row is not None:
            self.gym.open(AgentTarget(row.name, "curves"))

    # what is copied

    def text_to_copy(self) -> str:
        """Returns what stands under the chart."""
        return self.twin() if self._found is None else "\n".join(describe_compared(self._found))

    def json_to_copy(self) -> str | None:
        """Returns the curves as JSON."""
        return None if self._found is None else self._found.page.model_dump_json(indent=2)

    def text_to_page(self) -> str:
        """Returns the curves as a table."""
        if self._found is None:
            return self.twin()
        return "\n".join([self.text_to_copy(), "", *tell_table(CURVE_COLUMNS, list_points(self._found.page))])


def read_compared(db: "AgentsDB", names: "Sequence[str] | None", env_id: str | None) -> Compared:
    """Returns agents and their curves.

    Args:
        db: the store.
        names: whose; `None` for those who have played most.
        env_id: where; where none of them has played there, or it is `None`, the first that they have in common.
    """
    from langgym.query.agents import read_agent_ids, read_agent_items
    from langgym.query.comparison import read_comparison
    from langgym.query.curves import read_curves

    if names is None:
        ids = read_agent_ids(db, order="most played")[:AT_FIRST]
        names = [agent.name for agent in read_agent_items(db, ids)]
    sides = read_comparison(db, names)
    played = [env.env_id for env in sides.envs]
    if env_id not in played and not (env_id == EVERYWHERE and len(played) > 1):
        env_id = played[0] if played else None
    agents = [agent.name for agent in sides.agents]
    return Compared(sides, read_curves(db, agents, env_id=env_id or None))


def make_number_columns() -> "Columns[CurveRow]":
    """Returns the columns of the twin's table, as narrow as they can be."""
    return [column if column.right else replace(column, width=min(column.width, WIDEST)) for column in CURVE_COLUMNS]


def make_series(curve: "Curve") -> Series:
    """Returns a curve as a chart draws it: each point at the last episode that it is of."""
    after = f" n={curve.n}"
    name = safe_line(curve.agent, NAME_CELLS - len(after)).plain + after
    return Series(name, [Point(at.last, at.mean, at.low, at.high, at.n) for at in curve.points])


def describe_place(found: Compared) -> str:
    """Returns which environment is shown, which of how many, and how many of the agents have played there."""
    env: SharedEnv | None = next((env for env in found.sides.envs if env.env_id == found.page.env_id), None)
    if not found.places:
        return "nothing finished yet"
    number = found.places.index(found.page.env_id or EVERYWHERE) + 1
    which = f"{number} of {len(found.places)}, [ and ] change it"
    if env is None:
        return f"all environments thrown together ({which})"
    return f"{env.env_id} ({which}; {env.n_agents} of {len(found.sides.agents)} agents played it)"


def describe_compared(found: Compared) -> list[str]:
    """Returns what stands under the chart: who is gone, in what the others differ, then each curve in a line."""
    gone = [f"not in this store: {', '.join(found.sides.gone)}"] if found.sides.gone else []
    told = describe_differences(len(found.sides.agents), found.sides.differences)
    return [*gone, told, *map(describe_curve, found.page.items)]
