"""SpendingPane: what was spent, by agent and model, in all or in a run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from langgym.tui.keymap import bind
from langgym.tui.panes.read_pane import Lack, ReadPane
from langgym.tui.safe import safe
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.columns import tell_table
from langgym.views.cost import COST_COLUMNS, NO_COST, CostRow, describe_sums, list_costs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents_db.store import AgentsDB
    from langgym.query.spending import CostPage

_ONE_AGENT = [column for column in COST_COLUMNS if column.heading != "agent"]


class Found(NamedTuple):
    """What was spent, and in which runs anything was."""

    page: "CostPage"
    runs: "Sequence[int]"
    """Ids, newest first."""


class SpendingPane(ReadPane[Found]):
    """Rows by agent and model, the total last; `[` and `]` go from run to run."""

    HELP: ClassVar[str | None] = "What was spent. [ and ] go from all runs to one run after another, the newest first."
    NOUN: ClassVar[str] = "what was spent"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("next-subject", "run(1)", words="Next run"),
        bind("previous-subject", "run(-1)", words="Previous run"),
    ]

    def __init__(self, agent: str | None = None) -> None:
        """Shows what was spent.

        Args:
            agent: only by this agent; `None` is by all.
        """
        super().__init__(id="spending-pane")
        self._agent = agent
        self._numbers: dict[tuple[int, str] | None, int] = {}
        self.run: int | None = None
        """The run that is looked at; `None` is all of them."""

    def compose_found(self) -> ComposeResult:
        """Yields a line, the rows, and the row at the cursor in words."""
        yield Static(classes="line which", markup=False)
        yield VirtualList[CostRow](COST_COLUMNS if self._agent is None else _ONE_AGENT)
        yield Static(classes="line words", markup=False)

    @property
    def rows(self) -> "VirtualList[CostRow]":
        """The rows."""
        return cast("VirtualList[CostRow]", self.query_one(VirtualList))

    @property
    def row(self) -> CostRow | None:
        """The row at the cursor."""
        return self.rows.row

    def read(self, db: "AgentsDB") -> Found:
        """Returns what was spent."""
        from langgym.prices import load_prices, read_spending
        from langgym.query.spending import read_costs

        prices = load_prices(self.gym.home)
        agent_id = None if self._agent is None else db.agent(self._agent).agent_id
        runs = {row.run_id for row, _ in read_spending(db, prices, agent_id=agent_id)}
        page = read_costs(db, prices, agent_id=agent_id, run_id=self.run)
        return Found(page, sorted(runs, reverse=True))

    def find_lack(self, found: Found) -> Lack | None:
        """Returns what is told where nothing was spent."""
        return None if found.page.items else Lack(NO_COST, "langgym play --agent ada --model openai:NAME")

    def show(self, found: Found) -> None:
        """Shows the rows."""
        which = "in all runs" if self.run is None else f"in run {self.run}"
        n = len(found.runs)
        where = f"Spent {which}; ] and [ go through the {n} runs" if n > 1 else f"Spent {which}"
        self.query_one(".which", Static).update(safe(where))
        self.rows.fill_items(self._number(found.page))
        self._tell_row()

    def _number(self, page: "CostPage") -> Mapping[int, CostRow]:
        """Returns the rows by ids that stay when others come between them."""
        keys = [*((item.agent_id, item.model) for item in page.items), None]
        rows = zip(keys, list_costs(page), strict=True)
        return {self._numbers.setdefault(key, len(self._numbers)): row for key, row in rows}

    def on_virtual_list_moved(self, moved: VirtualList.Moved) -> None:
        """Tells the row at the cursor in words."""
        moved.stop()
        self._tell_row()

    def _tell_row(self) -> None:
        row = self.rows.row
        words = "" if row is None else f"{row.agent} {row.model}".strip() + ": " + describe_sums(row.sums)
        self.query_one(".words", Static).update(safe(words))

    def action_run(self, by: int) -> None:
        """Looks at the next run, or at all of them."""
        if self.found is None:
            return
        which = [None, *self.found.runs]
        at = which.index(self.run) if self.run in which else 0
        self.run = which[(at + by) % len(which)]
        self.load_anew()

    def twin(self) -> str:
        """Returns the command that prints the same."""
        agent = "" if self._agent is None else f" --agent {self._agent}"
        run = "" if self.run is None else f" --run {self.run}"
        return f"langgym cost{agent}{run}"

    def text(self) -> str:
        """Returns the rows as text."""
        return "" if self.found is None else "\n".join(tell_table(COST_COLUMNS, list_costs(self.found.page)))

    def text_of_cursor(self) -> str:
        """Returns the row at the cursor."""
        row = self.rows.row
        return "" if row is None else f"{row.agent} {row.model}: {describe_sums(row.sums)}"

    def json(self) -> str | None:
        """Returns what was spent as JSON."""
        return None if self.found is None else self.found.page.model_dump_json(indent=2)
