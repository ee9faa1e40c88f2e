"""ListPane: a list of the store with its filter, its order and its states."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from langgym.tui.fetching import Fetching
from langgym.tui.keymap import bind
from langgym.tui.safe import safe_line
from langgym.tui.trouble import Trouble
from langgym.tui.widgets.filter_bar import FilterBar
from langgym.tui.widgets.state_panel import StatePanel
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.columns import Columns

if TYPE_CHECKING:
    from agents_db.store import AgentsDB

T = TypeVar("T")
LOADING_SECONDS = 0.15
"""A list that comes sooner is not announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[T]):
    """A list that can be shown: what it is of and how it is read."""

    nouns: str
    """`episodes`."""
    columns: Columns[T]
    read_ids: "Callable[[AgentsDB, str, str], Sequence[int]]"
    """Gets the filter and the order."""
    read_items: "Callable[[AgentsDB, Sequence[int]], Mapping[int, T]]"
    orders: tuple[str, ...]
    grammar: str
    """How a filter is written, in a line."""
    advice: str
    """What to do where there is nothing."""


class ListPane(Vertical, Fetching, Generic[T]):
    """A list with a line that says how many there are, a filter and states; its rows are `VirtualList`'s messages."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("filter"), bind("order"), bind("retry")]
    DEFAULT_CSS = """
    ListPane { height: 1fr; }
    ListPane > .list-title { height: 1; color: $text-muted; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, listing: Listing[T], *, filter: str = "", fixed: str = "", id: str | None = None) -> None:
        """Shows a listing.

        Args:
            listing: what is listed.
            filter: applied at first.
            fixed: a filter that always holds beside the other.
            id: of the widget.
        """
        super().__init__(id=id)
        self.listing = listing
        self.order = listing.orders[0]
        self._fixed = fixed
        self._first = filter
        self._n_all: int | None = None
        self._loaded = False

    def compose(self) -> ComposeResult:
        """Yields the parts."""
        yield Static(classes="list-title", markup=False)
        yield FilterBar(self.listing.grammar)
        yield VirtualList[T](self.listing.columns)
        yield StatePanel()

    def on_mount(self) -> None:
        """Reads the list."""
        self.query_one(FilterBar).applied = self._first
        self._show_state(None)
        self.load(keep=False)

    @property
    def list(self) -> VirtualList[T]:
        """The list itself."""
        return cast("VirtualList[T]", self.query_one(VirtualList))

    @property
    def filter(self) -> str:
        """The filter that is applied."""
        return self.query_one(FilterBar).applied

    def load(self, *, keep: bool = True) -> None:
        """Reads the ids again; the rows follow when they are seen."""
        text = f"{self._fixed} {self.filter}".strip()
        if not self._loaded:
            self.set_timer(LOADING_SECONDS, self._tell_loading)
        query = partial(self._read, text=text, order=self.order)
        self.fetch("ids", query, partial(self._fill, keep=keep), failed=self._fail)

    def _read(self, db: "AgentsDB", *, text: str, order: str) -> tuple[Sequence[int], int]:
        ids = self.listing.read_ids(db, text, order)
        narrowed = text != self._fixed
        return ids, len(self.listing.read_ids(db, self._fixed, order)) if narrowed else len(ids)

    def _fill(self, found: tuple[Sequence[int], int], *, keep: bool) -> None:
        ids, self._n_all = found
        self._loaded = True
        self.list.fill(ids, keep=keep)
        self._title(len(ids))
        panel = self.query_one(StatePanel)
        if ids:
            self._show_state(None)
        elif self._n_all:
            panel.tell(
                "no match", f"0 of {self._n_all:,} {self.listing.nouns} match {self.filter!r}", "/ changes the filter"
            )
            self._show_state("no match")
        else:
            panel.tell("empty", f"no {self.listing.nouns} here", self.listing.advice)
            self._show_state("empty")

    def _fail(self, trouble: Trouble) -> None:
        self._loaded = True
        if trouble.kind == "schema":
            self.gym.give_up(trouble)
        panel = self.query_one(StatePanel)
        if trouble.kind == "empty":
            panel.tell("empty", "nothing is stored yet", self.listing.advice)
        else:
            panel.tell("error", trouble.text, "r reads again; / changes the filter; y copies this")
        self._show_state("error")
        self._title(None)

    def _tell_loading(self) -> None:
        if not self._loaded:
            self.query_one(StatePanel).tell("loading", f"loading {self.listing.nouns}")
            self._show_state("loading")

    def _show_state(self, state: str | None) -> None:
        panel = self.query_one(StatePanel)
        at = self.screen.focused
        focused = at in (None, panel, self.list) or not at.display  # at first a filter that is not open may have it
        panel.display, self.list.display = state is not None, state is None
        if focused:
            self._focus()

    def _title(self, n: int | None) -> None:
        nouns = self.listing.nouns.capitalize()
        of = "" if n is None else f" (showing {n:,} of {self._n_all or 0:,})"
        which = f", filter: {self.filter}" if self.filter else ""
        told = f"{nouns}{of}, {self.order} first{which}"
        self.query_one(".list-title", Static).update(safe_line(told))

    def on_virtual_list_wanted(self, wanted: VirtualList.Wanted) -> None:
        """Reads the rows that are about to be seen."""
        wanted.stop()
        self.fetch(f"rows {wanted.ids[0]}", lambda db: self.listing.read_items(db, wanted.ids), self.list.put)

    def on_filter_bar_applied(self, applied: FilterBar.Applied) -> None:
        """Reads the list anew."""
        applied.stop()
        self._loaded = False
        self.load(keep=False)
        self._focus()

    def on_filter_bar_dropped(self, dropped: FilterBar.Dropped) -> None:
        """Goes back to the list."""
        dropped.stop()
        self._focus()

    def _focus(self) -> None:
        """Puts the focus at what is shown, so that the keys of the pane work in every state."""
        panel = self.query_one(StatePanel)
        (panel if panel.display else self.list).focus()

    def action_filter(self) -> None:
        """Opens the filter."""
        self.query_one(FilterBar).open()

    def action_order(self) -> None:
        """Takes the next order."""
        orders = self.listing.orders
        self.order = orders[(orders.index(self.order) + 1) % len(orders)]
        self.load(keep=False)

    def action_retry(self) -> None:
        """Reads again."""
        self.load()
