"""SearchPane: memories by what they mean, nearest first."""

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from langgym.tui.fetching import Fetching
from langgym.tui.keymap import bind
from langgym.tui.safe import safe, safe_line
from langgym.tui.trouble import Trouble
from langgym.tui.widgets.filter_bar import FilterBar
from langgym.tui.widgets.state_panel import StatePanel
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.memories import choose_found_columns, tell_left_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agents_db.store import AgentsDB
    from langgym.query.memories import FoundMemory
    from langgym.query.search import Search

MOST = 200
"""Memories that are shown; what is further away has little to do with the words."""
LOADING_SECONDS = 0.15


class SearchBar(FilterBar):
    """A line for what is looked for."""

    HELP: ClassVar[str | None] = "Say what you look for in your own words; enter searches, escape leaves the line."


class SearchPane(Vertical, Fetching):
    """A search by meaning: a line for the words, what was found with its cosines, and what was left out."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("retry")]
    DEFAULT_CSS = """
    SearchPane { height: 1fr; display: none; }
    SearchPane > .search-title { height: auto; max-height: 4; color: $text-muted; padding: 0 1; }
    SearchPane > VirtualList { display: none; }
    SearchPane > StatePanel { display: none; }
    SearchPane.-found > VirtualList { display: block; }
    SearchPane.-told > StatePanel { display: block; }
    """

    class Left(Message):
        """The search is over."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.words = ""
        """What was looked for last."""
        self.where = ""
        """The filter within which it was."""
        self.found: Mapping[int, FoundMemory] = {}
        """What is listed, best first."""

    def compose(self) -> ComposeResult:
        """Yields the line, the list and the panel for states."""
        yield SearchBar("what to look for, in your own words")
        yield Static(classes="search-title", markup=False)
        yield VirtualList["FoundMemory"](choose_found_columns(one_agent=False))
        yield StatePanel()

    @property
    def list(self) -> "VirtualList[FoundMemory]":
        """What was found."""
        return cast("VirtualList[FoundMemory]", self.query_one(VirtualList))

    @property
    def is_open(self) -> bool:
        """Whether the search is seen."""
        return bool(self.display)

    def open(self, where: str) -> None:
        """Shows the line for the words; what was found before stays until others are looked for."""
        self.where = where
        self.display = True
        self.query_one(SearchBar).open()

    def close(self) -> None:
        """Ends the search; what is still on its way is not shown."""
        self.words, self.found = "", {}
        self.query_one(SearchBar).applied = ""
        self._show_state("")
        self.display = False

    def search(self, words: str) -> None:
        """Looks for words; the embedder is loaded by the first who does."""
        self.words = words
        self._show_state("")
        self.query_one(".search-title", Static).update(safe_line(f"Looking for what is near to {words!r}"))
        self.set_timer(LOADING_SECONDS, partial(self._tell_loading, words))
        query = partial(self._read, words=words, where=self.where)
        self.fetch("found", query, self._show, failed=self._fail)

    def _read(self, db: "AgentsDB", *, words: str, where: str) -> "Search":
        from langgym.query.search import keep_embedders, search_meaning

        embedders = keep_embedders(self.gym.home)
        now = datetime.now(UTC)
        return search_meaning(db, words, embedders=embedders, where=where, limit=MOST, now=now)

    def _show(self, search: "Search") -> None:
        if not self.words:
            return
        page = search.page
        self.found = {item.memory_id: item for item in page.items}
        self.list.fill_items(self.found, keep=False)
        within = f" within {self.where}" if self.where else ""
        by = f" by {page.embedder}" if page.embedder else ""
        lines = [f"Nearest to {self.words!r}{within}: {len(page.items):,}{by}", *search.notes]
        if page.n_without_vector:
            lines.append(tell_left_out(page.n_without_vector))
        self.query_one(".search-title", Static).update(safe("\n".join(lines)))
        if page.items:
            self._show_state("found")
            self.list.focus()
        else:
            self.query_one(StatePanel).tell("no match", "nothing was found", "S looks again; esc goes back")
            self._show_state("told")

    def _fail(self, trouble: Trouble) -> None:
        advice = "r tries again; esc goes back to the list, where / looks for the words themselves"
        self.query_one(StatePanel).tell("error", trouble.text, advice)
        self._show_state("told")

    def _tell_loading(self, words: str) -> None:
        if self.words == words and not self.has_class("-found") and not self.has_class("-told"):
            self.query_one(StatePanel).tell("loading", "searching; the first time the embedder is loaded for it")
            self._show_state("told")

    def _show_state(self, state: str) -> None:
        self.set_class(state == "found", "-found")
        self.set_class(state == "told", "-told")

    def reload(self) -> None:
        """Reads what was found again, as it is by now; its order stays."""
        if self.found:
            self.fetch("rows", partial(_read_again, held=tuple(self.found.values())), self._put)

    def _put(self, items: "Mapping[int, FoundMemory]") -> None:
        if self.words and items.keys() <= self.found.keys():
            self.found = items
            self.list.fill_items(items)

    def on_filter_bar_applied(self, applied: FilterBar.Applied) -> None:
        """Searches."""
        applied.stop()
        if applied.text:
            self.search(applied.text)
        else:
            self.post_message(self.Left())

    def on_filter_bar_dropped(self, dropped: FilterBar.Dropped) -> None:
        """Goes back to what was found, or to where one came from."""
        dropped.stop()
        if self.words and self.has_class("-found"):
            self.list.focus()
        elif not self.words:
            self.post_message(self.Left())

    def action_retry(self) -> None:
        """Searches again."""
        if self.words:
            self.search(self.words)


def _read_again(db: "AgentsDB", *, held: "Sequence[FoundMemory]") -> "Mapping[int, FoundMemory]":
    from langgym.query.memories import FoundMemory, read_memory_items
    from langgym.query.values import extend_model

    scores = {item.memory_id: item.score for item in held}
    return {
        item.memory_id: extend_model(FoundMemory, item, score=scores[item.memory_id])
        for item in read_memory_items(db, list(scores))
    }
