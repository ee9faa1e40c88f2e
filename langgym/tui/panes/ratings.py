"""ArenasPane: which arenas there are; RatingsPane: how strong the players of one of them are."""

from dataclasses import dataclass
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Static

from langgym.tui.panes.read_pane import Lack, ReadPane
from langgym.tui.safe import safe, safe_line
from langgym.tui.widgets.virtual_list import REST_SECONDS, VirtualList
from langgym.views.arena import (
    ANSWERS,
    ARENA_COLUMNS,
    CONDUCT_COLUMNS,
    NO_ARENA,
    NO_RATINGS,
    OVERALL,
    RATING_COLUMNS,
    describe_arena,
    has_misses,
    list_tables,
    tell_ratings,
)
from langgym.views.columns import tell_table

if TYPE_CHECKING:
    from agents_db.store import AgentsDB
    from langgym.query.arena import ArenaItem, ArenasPage, Conduct, Rating, RatingsPage


class ArenasPane(ReadPane["ArenasPage"]):
    """Every arena, the newest first."""

    HELP: ClassVar[str | None] = "The arenas of this store, the newest first. Enter goes to the ratings."
    NOUN: ClassVar[str] = "the arenas"

    @dataclass
    class Looked(Message):
        """The cursor is at another arena."""

        key: str

    def __init__(self, key: str | None = None) -> None:
        """Lists the arenas.

        Args:
            key: of the arena at which the cursor is at first; `None` is the newest.
        """
        super().__init__(id="arenas")
        self._first = key
        self._numbers: dict[str, int] = {}

    def compose_found(self) -> ComposeResult:
        """Yields a line and the list."""
        yield Static(classes="line", markup=False)
        yield VirtualList["ArenaItem"](ARENA_COLUMNS)

    @property
    def rows(self) -> "VirtualList[ArenaItem]":
        """The arenas."""
        return cast("VirtualList[ArenaItem]", self.query_one(VirtualList))

    @property
    def row(self) -> "ArenaItem | None":
        """The arena at the cursor."""
        return self.rows.row

    def read(self, db: "AgentsDB | None") -> "ArenasPage":
        """Returns every arena; one that was named at first has to be among them."""
        from agents_db.errors import NotStored
        from langgym.query.arena import read_arenas

        page = read_arenas(db)
        if self._first is not None and all(item.key != self._first for item in page.items):
            raise NotStored(f"No arena has the key {self._first!r}; `langgym arena --list` shows them all.")
        return page

    def read_unstored(self) -> "ArenasPage | None":
        """Returns that there is none."""
        return self.read(None)

    def find_lack(self, found: "ArenasPage") -> Lack | None:
        """Returns what is told where there is none."""
        text, _, advice = NO_ARENA.partition("; ")
        return None if found.items else Lack(text, advice)

    def show(self, found: "ArenasPage") -> None:
        """Lists them."""
        n = len(found.items)
        self.query_one(".line", Static).update(safe_line(f"Arenas (showing {n:,} of {n:,}), newest first"))
        self.rows.fill_items({self._numbers.setdefault(item.key, len(self._numbers)): item for item in found.items})
        if self._first is not None:
            self.rows.select(self._numbers[self._first])
            self._first = None

    def on_virtual_list_moved(self, moved: VirtualList.Moved) -> None:
        """Says which arena is looked at once the cursor rests."""
        moved.stop()
        self.set_timer(REST_SECONDS, partial(self._look, moved.row_id))

    def _look(self, row_id: int) -> None:
        row = self.row
        if row is not None and self.rows.row_id == row_id:
            self.post_message(self.Looked(row.key))

    def twin(self) -> str:
        """Returns the command that prints the same."""
        return "langgym arena --list"

    def text(self) -> str:
        """Returns the arenas as text."""
        return "" if self.found is None else "\n".join(tell_table(ARENA_COLUMNS, self.found.items))

    def text_of_cursor(self) -> str:
        """Returns the arena at the cursor."""
        return "" if self.row is None else "\n".join(tell_table(ARENA_COLUMNS, [self.row]))

    def json(self) -> str | None:
        """Returns the arena at the cursor as JSON."""
        return None if self.row is None else self.row.model_dump_json(indent=2)


class RatingsPane(ReadPane["RatingsPage"]):
    """The ratings of an arena, one table at a time; hidden until one is looked at."""

    HELP: ClassVar[str | None] = (
        "How strong the players are, with 95 % intervals: in all environments, in each, and by the version of an "
        "agent's memory. ] and [ change the table, enter opens the agent."
    )
    NOUN: ClassVar[str] = "the ratings"

    def __init__(self) -> None:
        super().__init__(id="ratings")
        self.display = False
        self.key: str | None = None
        """Of the arena that is looked at."""
        self.table: str | None = None
        """The name of the table that is shown; `None` until something was read."""
        self._numbers: dict[str, int] = {}

    def compose_found(self) -> ComposeResult:
        """Yields what was played, the name of the table, and the lists for both kinds of tables."""
        yield Static(classes="line played", markup=False)
        yield Static(classes="line which", markup=False)
        yield VirtualList["Rating"](RATING_COLUMNS, id="rated")
        yield VirtualList["Conduct"](CONDUCT_COLUMNS, id="answers")

    @property
    def rated(self) -> "VirtualList[Rating]":
        """The ratings of a table."""
        return cast("VirtualList[Rating]", self.query_one("#rated", VirtualList))

    @property
    def answers(self) -> "VirtualList[Conduct]":
        """How the players came by their decisions."""
        return cast("VirtualList[Conduct]", self.query_one("#answers", VirtualList))

    @property
    def player(self) -> str | None:
        """Who is at the cursor."""
        row = self._seen.row
        return None if row is None else row.player

    @property
    def _seen(self) -> "VirtualList[Rating] | VirtualList[Conduct]":
        """The list of the table's kind."""
        return self.answers if self.table == ANSWERS else self.rated

    def look_at(self, key: str) -> None:
        """Reads the ratings of an arena."""
        if key != self.key:
            self.key, self.table, self.display = key, None, True
            self.load_anew()

    def load(self) -> None:
        """Reads the ratings of the arena that is looked at."""
        if self.key is not None:
            super().load()

    def read(self, db: "AgentsDB") -> "RatingsPage":
        """Returns the ratings."""
        from langgym.query.arena import read_ratings

        return read_ratings(db, self.key)

    def find_lack(self, found: "RatingsPage") -> Lack | None:
        """Returns what is told where no game has counted."""
        return None if found.items else Lack(NO_RATINGS, describe_arena(found))

    def show(self, found: "RatingsPage") -> None:
        """Shows the table that was shown before, else that of all environments."""
        tables = {table.name: table.items for table in list_tables(found)}
        names = self._list_names(found)
        if self.table not in names:
            self.table = OVERALL if OVERALL in names else names[0]
        more = f" ({names.index(self.table) + 1} of {len(names)}; ] and [ change it)" if len(names) > 1 else ""
        self.query_one(".played", Static).update(safe(describe_arena(found)))
        self.query_one(".which", Static).update(safe(self.table + more))
        if self.table == ANSWERS:
            self.answers.fill_items({self._number(row.player): row for row in found.conduct})
        else:
            self.rated.fill_items({self._number(row.player): row for row in tables[self.table]})
        self._seen.display = True
        (self.rated if self.table == ANSWERS else self.answers).display = False

    def _list_names(self, found: "RatingsPage") -> list[str]:
        return [*(table.name for table in list_tables(found)), *([ANSWERS] if has_misses(found) else [])]

    def _number(self, player: str) -> int:
        """Returns a number that stays: the cursor keeps to its player."""
        return self._numbers.setdefault(player, len(self._numbers))

    def turn(self, by: int) -> None:
        """Shows another table."""
        if self.found is None or not self.found.items:
            return
        names, player = self._list_names(self.found), self.player
        at = names.index(self.table) if self.table in names else 0
        self.table = names[(at + by) % len(names)]
        self.show(self.found)
        if player is not None:
            self._seen.select(self._number(player))

    def on_virtual_list_moved(self, moved: VirtualList.Moved) -> None:
        """Ends what nobody needs to know."""
        moved.stop()

    def twin(self) -> str:
        """Returns the command that prints the same."""
        return f"langgym arena --show {quote(self.key or '')}"

    def text(self) -> str:
        """Returns every table as text."""
        return "" if self.found is None else "\n".join(tell_ratings(self.found))

    def text_of_cursor(self) -> str:
        """Returns the row at the cursor."""
        rated, answer = self.rated.row, self.answers.row
        if self.table == ANSWERS:
            return "" if answer is None else "\n".join(tell_table(CONDUCT_COLUMNS, [answer]))
        return "" if rated is None else "\n".join(tell_table(RATING_COLUMNS, [rated]))

    def json(self) -> str | None:
        """Returns the ratings as JSON."""
        return None if self.found is None else self.found.model_dump_json(indent=2)
