"""LiveScreen: what is being played now, by any process, and how it is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.widgets import Static

from langgym.tui.keymap import bind
from langgym.tui.panes.list_pane import LOADING_SECONDS
from langgym.tui.safe import safe, safe_line
from langgym.tui.screens.screen import CALM_SECONDS, StoreScreen
from langgym.tui.targets import EpisodeTarget, LiveTarget
from langgym.tui.trouble import Trouble
from langgym.tui.widgets.state_panel import State, StatePanel
from langgym.tui.widgets.text_pane import PaneBlock, TextPane
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.columns import Column, tell_table
from langgym.views.live import (
    LIVE_COLUMNS,
    NO_LIVE,
    describe_live,
    describe_page,
    tell_last,
    tell_owner,
    tell_pace,
    tell_players,
    tell_wait,
)
from langgym.views.words import format_span

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.timer import Timer

    from agents_db.store import AgentsDB
    from langgym.query.live import LiveItem, LivePage
    from langgym.tui.settings import Glyphs
    from langgym.views.columns import Columns

MARKS: "Mapping[Glyphs, Mapping[str, str]]" = {
    "unicode": {"running": "▶", "waiting": "◌", "stalled": "‖", "dead": "✕"},
    "ascii": {"running": ">", "waiting": "?", "stalled": "=", "dead": "x"},
}
_ROOM: Mapping[str, tuple[int, int]] = {
    "episode": (7, 0),
    "environment": (20, 0),
    "state": (9, 0),
    "turn": (5, 1),
    "written": (15, 0),
    "last decision": (22, 2),
    "waits for": (20, 3),
    "players": (24, 4),
    "process": (16, 6),
    "a turn takes": (12, 5),
}
"""Width and rank of the columns here: what there is no room for stands below, where the cursor is."""


def make_live_columns(glyphs: "Glyphs") -> "Columns[LiveItem]":
    """Returns the columns of what is played now; a state has a mark before its word."""
    marks = MARKS[glyphs]
    columns: list[Column[LiveItem]] = []

    def show_state(item: "LiveItem") -> str:
        return f"{marks[item.state]} {item.state}"

    for column in LIVE_COLUMNS:
        width, rank = _ROOM.get(column.heading, (column.width, column.rank))
        columns.append(replace(column, width=width, rank=rank))
        if column.heading == "state":
            columns[-1] = replace(columns[-1], show=show_state)
    return columns


class LiveScreen(StoreScreen):
    """Episodes under way; those that somebody plays stand above those that nobody plays any more."""

    HELP: ClassVar[str | None] = (
        "What is being played now, by any process on this store. Running: it wrote lately. Waiting: a model is asked. "
        "Stalled: its process lives and writes nothing. Dead: no process plays it any more; `langgym resume` goes on "
        "with it. Enter opens the episode and follows it."
    )
    BINDINGS: ClassVar[list["BindingType"]] = [bind("retry")]
    DEFAULT_CSS = """
    LiveScreen .list-title { height: 1; color: $text-muted; padding: 0 1; }
    LiveScreen #facts { height: 9; border-top: solid $panel; }
    LiveScreen.-narrow #facts { height: 5; }
    """

    def __init__(self, target: LiveTarget) -> None:
        super().__init__()
        self._target = target
        self._page: LivePage | None = None
        self._ticks: Timer | None = None

    @property
    def heading(self) -> str:
        """What the bar says."""
        return "Live"

    def twin(self) -> str:
        """Returns the command that prints the same; with `--follow` it goes on."""
        return "langgym live"

    def compose_body(self) -> ComposeResult:
        """Yields the list, its states, and what there is to say of the one at the cursor."""
        glyphs = self.gym.settings.glyphs
        yield Static(classes="list-title", markup=False)
        yield VirtualList(make_live_columns(glyphs), id="live")
        yield StatePanel()
        yield TextPane(id="facts", glyphs=glyphs)

    def on_mount(self) -> None:
        """Reads; again every second, for as long as somebody plays."""
        self._ticks = self.set_interval(CALM_SECONDS, self.on_store_changed, pause=True)
        self._show_state(None)
        self.set_timer(LOADING_SECONDS, self._tell_loading)
        self.reload()

    @property
    def list(self) -> "VirtualList[LiveItem]":
        """The list."""
        return cast("VirtualList[LiveItem]", self.query_one("#live", VirtualList))

    def reload(self) -> None:
        """Reads what is played now."""
        home, now = self.gym.home, self.gym.now

        def read(db: "AgentsDB") -> "LivePage":
            from langgym.home import index_root
            from langgym.query.live import read_live

            return read_live(db, index_root(home), now())

        self.fetch("live", read, self._show, failed=self._fail)

    def _show(self, page: "LivePage") -> None:
        self._page = page
        self._tick(page)
        played = sorted(page.items, key=lambda item: (item.state == "dead", item.episode.episode_id))
        self.list.fill_items({item.episode.episode_id: item for item in played})
        self.query_one(".list-title", Static).update(safe_line(f"Live: {describe_page(page)}"))
        if played:
            self._show_state(None)
        elif page.between:
            self._tell("empty", describe_page(page), "an agent chooses what to play, or reflects on what it played")
        else:
            self._tell("empty", NO_LIVE)
        self._show_facts()

    def _tick(self, page: "LivePage | None") -> None:
        """Reads again by the clock where a state may change without anybody writing: while somebody plays."""
        if self._ticks is not None:
            self._ticks.pause() if page is None or page.over else self._ticks.resume()

    def _fail(self, trouble: Trouble) -> None:
        self._tick(None)
        if trouble.kind == "schema":
            self.gym.give_up(trouble)
        if trouble.kind == "empty":
            self._tell("empty", NO_LIVE)
        else:
            self._tell("error", trouble.text, "r reads again; y copies the command that prints the same")
        self.query_one(".list-title", Static).update(safe_line("Live"))

    def _tell_loading(self) -> None:
        if self._page is None and not self.query_one(StatePanel).display:
            self._tell("loading", "loading what is played now")

    def _tell(self, state: State, text: str, advice: str = "") -> None:
        self.query_one(StatePanel).tell(state, text, advice)
        self._show_state(state)

    def _show_state(self, state: State | None) -> None:
        self.query_one(StatePanel).display = state is not None
        self.list.display = state is None
        self.query_one("#facts").display = state is None
        if state is None and self.focused is None:
            self.list.focus()

    def on_virtual_list_moved(self, moved: VirtualList.Moved) -> None:
        """Says more of the episode at the cursor."""
        moved.stop()
        self._show_facts()

    def on_virtual_list_chosen(self, chosen: VirtualList.Chosen) -> None:
        """Opens an episode and follows it."""
        self.gym.open(EpisodeTarget(chosen.row_id, follow=True))

    def action_retry(self) -> None:
        """Reads again."""
        self.reload()

    def _show_facts(self) -> None:
        row = self.list.row
        lines = [] if row is None else describe_facts(row)
        self.query_one("#facts", TextPane).show([PaneBlock("facts", "", [safe(line) for line in lines])])

    def text_to_copy(self) -> str:
        """Returns how the episode at the cursor is, in one line."""
        row = self.list.row
        return self.twin() if row is None else describe_live(row)

    def json_to_copy(self) -> str | None:
        """Returns it as JSON."""
        row = self.list.row
        return None if row is None else row.model_dump_json(indent=2)

    def text_to_page(self) -> str:
        """Returns the whole table."""
        return NO_LIVE if self._page is None else "\n".join(tell_table(LIVE_COLUMNS, self._page.items))


def describe_facts(item: "LiveItem") -> list[str]:
    """Returns what there is to say of an episode under way, line by line, the most important first."""
    waits = tell_wait(item)
    since = "" if waits is None or item.waits_since is None else f" since {item.waits_since.astimezone():%H:%M:%S}"
    facts = (
        ("players", tell_players(item.episode)),
        ("last", tell_last(item)),
        ("waits for", None if waits is None else waits + since),
        ("written", f"{format_span(item.idle_seconds)} ago, at {item.written_at.astimezone():%H:%M:%S}"),
        ("a turn takes", tell_pace(item)),
        ("process", tell_owner(item)),
    )
    return [describe_live(item), *(f"  {name:<13}{told}" for name, told in facts if told is not None)]
