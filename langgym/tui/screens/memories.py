"""MemoriesScreen: what agents know, by a filter or by what it means; at the side what the one at the cursor says."""

import re
from dataclasses import replace
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message

from langgym.query.plain import plain_line
from langgym.tui.keymap import bind
from langgym.tui.panes.list_pane import Listing, ListPane
from langgym.tui.panes.search import SearchPane
from langgym.tui.panes.side_pane import SidePane
from langgym.tui.safe import safe
from langgym.tui.screens.writes import MemoryWrites
from langgym.tui.targets import EpisodeTarget, MemoriesTarget, MemoryTarget
from langgym.tui.widgets.text_pane import PaneBlock
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.memories import MEMORY_COLUMNS, describe_head, tell_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agents_db.filters import MemoryOrder
    from agents_db.knowledge import MemoryState
    from agents_db.store import AgentsDB
    from langgym.query.memories import MemoryEventItem, MemoryItem

GRAMMAR = 'words  kind:strategy env:tictactoe agent:ada state:retired pinned:yes recalled:>5 "two words"'
LAST_CHANGES = 1000
"""Changes of a memory that the side looks at."""
SHOWN_CHANGES = 5
_STATE = re.compile(r"(?:^|\s)state:", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')


def make_memory_listing() -> "Listing[MemoryItem]":
    """Returns the list of memories: of active ones, unless the filter names a state."""
    return Listing(
        nouns="memories",
        columns=MEMORY_COLUMNS,
        read_ids=_read_ids,
        read_items=_read_items,
        orders=("newest", "oldest", "recalled", "importance"),
        grammar=GRAMMAR,
        advice="langgym play --agent ada",
    )


def _read_ids(db: "AgentsDB", text: str, order: str, *, usual: "MemoryState | None" = "active") -> "Sequence[int]":
    from datetime import UTC, datetime

    from langgym.query.memories import read_memory_ids

    return read_memory_ids(db, text, order=cast("MemoryOrder", order), now=datetime.now(UTC), usual=usual)


def _read_items(db: "AgentsDB", ids: "Sequence[int]") -> "Mapping[int, MemoryItem]":
    from langgym.query.memories import read_memory_items

    return {item.memory_id: item for item in read_memory_items(db, ids)}


def names_state(text: str) -> bool:
    """Returns whether a filter says how memories have to stand.

    >>> names_state("corner state:retired"), names_state('"state: of play"')
    (True, False)
    """
    return _STATE.search(_QUOTED.sub("", text)) is not None


class MemoriesPane(ListPane["MemoryItem"]):
    """A list of memories that says whether it is of the active ones alone."""

    class Turned(Message):
        """Other memories are about to be listed."""

    def __init__(self, *, filter: str = "", fixed: str = "", id: str | None = None) -> None:
        """Shows memories.

        Args:
            filter: applied at first.
            fixed: a filter that always holds beside the other.
            id: of the widget.
        """
        super().__init__(make_memory_listing(), filter=filter, fixed=fixed, id=id)

    def load(self, *, keep: bool = True) -> None:
        """Reads the list again."""
        if names_state(self.filter):  # of all memories, then, are those that it shows
            self.listing = replace(self.listing, nouns="memories", read_ids=partial(_read_ids, usual=None))
        else:
            self.listing = replace(self.listing, nouns="active memories", read_ids=_read_ids)
        if not keep:
            self.post_message(self.Turned())
        super().load(keep=keep)


class MemoriesScreen(MemoryWrites):
    """The memories of a store."""

    HELP: ClassVar[str | None] = (
        "What agents know. / filters by words and keys (active ones unless state: is named), S searches by meaning, "
        "enter opens a memory, b goes to where it was born. P pins, e edits, x retires or restores, u undoes."
    )
    BINDINGS: ClassVar[list[BindingType]] = [bind("filter"), bind("search"), bind("birth")]

    def __init__(self, target: MemoriesTarget) -> None:
        super().__init__()
        self._target = target

    @property
    def heading(self) -> str:
        """What the bar says."""
        return "Memories"

    def twin(self) -> str:
        """Returns the command that prints the same."""
        search = self.search_pane
        if search.is_open and search.words:
            where = f" --where {_quote(search.where)}" if search.where else ""
            return f"langgym memories search {_quote(search.words)}{where} --limit 200"
        shown = self.pane.filter
        where = f" --where {_quote(shown)}" if shown else ""
        state = " --state any" if names_state(shown) else ""
        order = f" --order {self.pane.order}" if self.pane.order != "newest" else ""
        return f"langgym memories list{state}{where}{order}"

    def compose_body(self) -> ComposeResult:
        """Yields the list, the search in its place, and the side."""
        with Horizontal():
            with Vertical(classes="main"):
                yield MemoriesPane(filter=self._target.filter, id="memories")
                yield SearchPane(id="search")
            yield SidePane(glyphs=self.gym.settings.glyphs)

    @property
    def pane(self) -> MemoriesPane:
        """The list."""
        return self.query_one("#memories", MemoriesPane)

    @property
    def search_pane(self) -> SearchPane:
        """The search."""
        return self.query_one("#search", SearchPane)

    @property
    def list(self) -> "VirtualList[MemoryItem]":
        """The list that is seen."""
        if self.search_pane.is_open:
            return cast("VirtualList[MemoryItem]", self.search_pane.list)
        return self.pane.list

    def memory_to_change(self) -> "MemoryItem | None":
        """Returns the memory at the cursor."""
        return self.list.row

    # filter and search

    def action_filter(self) -> None:
        """Opens the filter of the list."""
        if self.search_pane.is_open:
            self._leave_search()
        self.pane.action_filter()

    def action_search(self) -> None:
        """Opens the search, within what the filter leaves."""
        self.pane.display = False
        self.search_pane.open(self.pane.filter)

    def on_search_pane_left(self, left: SearchPane.Left) -> None:
        """Goes back to the list."""
        left.stop()
        self._leave_search()

    def action_back(self) -> None:
        """Leaves the search, or the screen."""
        if self.search_pane.is_open:
            self._leave_search()
        else:
            super().action_back()

    def _leave_search(self) -> None:
        self.search_pane.close()
        self.pane.display = True
        self.pane.list.focus()
        if self.pane.list.row_id is not None:
            self._read_side(self.pane.list.row_id)

    # the side

    def on_memories_pane_turned(self, turned: MemoriesPane.Turned) -> None:
        """Clears the side: what it tells of may not be listed any more."""
        turned.stop()
        self._side.show([])

    def on_virtual_list_moved(self, moved: VirtualList.Moved) -> None:
        """Reads the side once the cursor rests."""
        self._side.wait(partial(self._read_side, moved.row_id))

    def _read_side(self, memory_id: int) -> None:
        if self.list.row_id == memory_id:
            self._side.read(partial(_read_head, memory_id=memory_id), lambda found: describe_side(*found))

    @property
    def _side(self) -> SidePane:
        return self.query_one(SidePane)

    # what is opened, read again and copied

    def on_virtual_list_chosen(self, chosen: VirtualList.Chosen) -> None:
        """Opens a memory."""
        self.gym.open(MemoryTarget(chosen.row_id))

    def action_birth(self) -> None:
        """Opens the turn where the memory was born."""
        row = self.list.row
        if row is not None:
            self.gym.open(EpisodeTarget(row.episode_id, row.turn_from, row.seat))

    def reload(self) -> None:
        """Reads the list again, and the side."""
        self.pane.load()
        self.search_pane.reload()
        if self.list.row_id is not None:
            self._read_side(self.list.row_id)

    def text_to_copy(self) -> str:
        """Returns the memory's text."""
        row = self.list.row
        return "" if row is None else row.text

    def json_to_copy(self) -> str | None:
        """Returns the memory as JSON."""
        row = self.list.row
        return None if row is None else row.model_dump_json(indent=2)

    def text_to_page(self) -> str:
        """Returns what the side says."""
        return self._side.text()


def _quote(text: str) -> str:
    return quote(plain_line(text))


def _read_head(db: "AgentsDB", *, memory_id: int) -> "tuple[MemoryItem, Sequence[MemoryEventItem]]":
    from langgym.query.memories import MemoryItem, read_history

    history = read_history(db, memory_id=memory_id, limit=LAST_CHANGES)
    return MemoryItem.model_validate(db.memory(memory_id)), history.items[::-1]


def describe_side(memory: "MemoryItem", history: "Sequence[MemoryEventItem]") -> "Iterator[PaneBlock]":
    """Yields what a memory says and how it stands, what has taken its place, and its last changes."""
    head = describe_head(memory, history)
    yield PaneBlock(head.name, head.title, [safe(line) for line in head.lines])
    if memory.superseded_by is not None:
        link = MemoryTarget(memory.superseded_by)
        yield PaneBlock("superseded", f"superseded by memory {memory.superseded_by}", link=link, lines=())
    if history:
        last = history[: -SHOWN_CHANGES - 1 : -1]
        lines = [safe(f"{event.event_id}  {event.op} by {event.actor}: {tell_fields(event)}") for event in last]
        yield PaneBlock("changes", f"{len(last)} of {len(history):,} changes, newest first", lines)
