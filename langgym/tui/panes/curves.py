"""CurvesPane: how an agent's returns went, environment by environment, as a chart or as numbers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from langgym.tui.keymap import bind
from langgym.tui.panes.read_pane import Lack, ReadPane
from langgym.tui.safe import safe
from langgym.tui.widgets.line_chart import LineChart, Point, Series
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.columns import tell_table
from langgym.views.curves import CURVE_COLUMNS, NO_CURVE, CurveRow, describe_curve, list_points

if TYPE_CHECKING:
    from agents_db.store import AgentsDB
    from langgym.query.curves import Curve, CurvesPage

_ONE_AGENT = [column for column in CURVE_COLUMNS if column.heading != "agent"]


class Found(NamedTuple):
    """A curve, and the environments of which there are some."""

    page: "CurvesPage"
    env_ids: Sequence[str]
    """The one that was played most first."""

    @property
    def curve(self) -> "Curve":
        """The curve."""
        return self.page.items[0]


class CurvesPane(ReadPane[Found]):
    """The curve of one environment; `[` and `]` go from one to the next, `n` shows the numbers."""

    HELP: ClassVar[str | None] = (
        "How the returns went: each point is the mean of episodes that follow one another, with its 95 % interval. "
        "[ and ] change the environment, n shows the numbers, left and right read values."
    )
    NOUN: ClassVar[str] = "the curve"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("next-subject", "env(1)", words="Next environment"),
        bind("previous-subject", "env(-1)", words="Previous environment"),
        bind("numbers"),
    ]

    def __init__(self, agent: str) -> None:
        super().__init__(id="curves-pane")
        self._agent = agent
        self.env_id: str | None = None
        """What is looked at; `None` until something was read, and for all environments together."""
        self._chosen = False

    def compose_found(self) -> ComposeResult:
        """Yields a line, the chart and the numbers."""
        yield Static(classes="line which", markup=False)
        yield LineChart(glyphs=self.gym.settings.glyphs)
        yield VirtualList[CurveRow](_ONE_AGENT).add_class("numbers")

    def on_mount(self) -> None:
        """Shows the chart first."""
        self.rows.display = False

    @property
    def rows(self) -> "VirtualList[CurveRow]":
        """The numbers."""
        return cast("VirtualList[CurveRow]", self.query_one(VirtualList))

    def read(self, db: "AgentsDB") -> Found:
        """Returns the curve; at first that of the environment that was played most."""
        from langgym.query.agents import EnvScore
        from langgym.query.curves import read_curves

        scores = [EnvScore.model_validate(stats) for stats in db.env_stats(db.agent(self._agent).agent_id)]
        scores.sort(key=lambda score: (-score.n_participations, score.env_id))
        env_ids = [score.env_id for score in scores]
        env_id = self.env_id if self._chosen or not env_ids else env_ids[0]
        return Found(read_curves(db, [self._agent], env_id=env_id), env_ids)

    def find_lack(self, found: Found) -> Lack | None:
        """Returns what is told where nothing was finished."""
        if found.env_ids:
            return None
        text, _, advice = NO_CURVE.partition(";")
        return Lack(text, advice.strip().replace("ada", self._agent))

    def show(self, found: Found) -> None:
        """Draws the curve and its numbers."""
        self._chosen, self.env_id = True, found.curve.env_id
        which = self._list_envs(found)
        at = which.index(found.curve.env_id) + 1 if found.curve.env_id in which else 0
        more = f" ({at} of {len(which)}; ] and [ change it)" if len(which) > 1 else ""
        self.query_one(".which", Static).update(safe(describe_curve(found.curve) + more))
        points = [Point(point.last, point.mean, point.low, point.high, point.n) for point in found.curve.points]
        words = {"x_words": "finished episodes", "y_words": "return"}
        self.query_one(LineChart).show([Series(self._agent, points)], **words)
        self.rows.fill_items(dict(enumerate(list_points(found.page))))

    def action_env(self, by: int) -> None:
        """Goes to the next environment; after the last one come all together."""
        if self.found is None or not self.found.env_ids:
            return
        which = self._list_envs(self.found)
        at = which.index(self.env_id) if self.env_id in which else 0
        self.env_id = which[(at + by) % len(which)]
        self.load_anew()

    def _list_envs(self, found: Found) -> list[str | None]:
        return [*found.env_ids, None] if len(found.env_ids) > 1 else [*found.env_ids]

    def action_numbers(self) -> None:
        """Shows the numbers in place of the chart, or the other way round."""
        chart, numbers = self.query_one(LineChart), self.rows
        chart.display, numbers.display = numbers.display, chart.display
        (chart if chart.display else numbers).focus()

    def twin(self) -> str:
        """Returns the command that prints the same."""
        env = "" if self.env_id is None else f" --env {self.env_id}"
        return f"langgym curves --agent {self._agent}{env}"

    def text(self) -> str:
        """Returns the numbers as text."""
        if self.found is None:
            return ""
        return "\n".join(
            [describe_curve(self.found.curve), "", *tell_table(CURVE_COLUMNS, list_points(self.found.page))]
        )

    def text_of_cursor(self) -> str:
        """Returns the numbers as text."""
        return self.text()

    def json(self) -> str | None:
        """Returns the curve as JSON."""
        return None if self.found is None else self.found.page.model_dump_json(indent=2)
