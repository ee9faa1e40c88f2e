"""CardsPane: what can be played, with what the agents here have done in it, and one card in full."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Static

from langgym.tui.blocks import show_block
from langgym.tui.keymap import bind
from langgym.tui.panes.read_pane import ReadPane
from langgym.tui.safe import safe, safe_line
from langgym.tui.targets import AgentTarget, EpisodeTarget
from langgym.tui.widgets.filter_bar import FilterBar
from langgym.tui.widgets.text_pane import PaneBlock, TextPane
from langgym.tui.widgets.virtual_list import REST_SECONDS, VirtualList
from langgym.views.columns import tell_table
from langgym.views.envs import list_env_blocks
from langgym.views.records import AGENT_COLUMNS, RECORD_COLUMNS, describe_choice, describe_record

if TYPE_CHECKING:
    from agents_db.store import AgentsDB
    from langgym.query.envs import EnvDetail
    from langgym.query.records import EnvRecordDetail, EnvRecordItem, EnvRecordsPage

ORDERS = ("by id", "most played first")
CHOICES = 50
"""Of an environment that are shown, the newest."""


class CardsPane(ReadPane["EnvRecordsPage"]):
    """Every environment; the store is not needed for that."""

    NOUN: ClassVar[str] = "what can be played"
    BINDINGS: ClassVar[list[BindingType]] = [bind("filter"), bind("order")]
    DEFAULT_CSS = """
    CardsPane .title { height: 1; color: $text-muted; padding: 0 1; }
    CardsPane .none { height: 1; padding: 0 1; display: none; }
    """

    @dataclass
    class Looked(Message):
        """The cursor is at another environment, or what is known of it was read again."""

        env_id: str

    @dataclass
    class Opened(Message):
        """An environment is to be seen in full."""

        linked: bool
        """Whether it was named at first, from elsewhere."""

    def __init__(self, env: str | None = None) -> None:
        """Shows what can be played.

        Args:
            env: any name of an environment at which the cursor is at first.
        """
        super().__init__(id="cards")
        self._first = env
        self._numbers: dict[str, int] = {}
        self._order = ORDERS[0]

    def compose_found(self) -> ComposeResult:
        """Yields a line, the filter and the list."""
        yield Static(classes="title", markup=False)
        yield FilterBar("letters of an id, a title or a family")
        yield VirtualList["EnvRecordItem"](RECORD_COLUMNS)

    @property
    def rows(self) -> "VirtualList[EnvRecordItem]":
        """The environments."""
        return cast("VirtualList[EnvRecordItem]", self.query_one(VirtualList))

    @property
    def row(self) -> "EnvRecordItem | None":
        """The environment at the cursor."""
        return self.rows.row

    def read(self, db: "AgentsDB | None") -> "EnvRecordsPage":
        """Returns every environment with what was done in it."""
        from langgym.query.records import read_records
        from universe.catalog import default_catalog

        return read_records(db, default_catalog())

    def read_unstored(self) -> "EnvRecordsPage":
        """Returns every environment."""
        return self.read(None)

    def show(self, found: "EnvRecordsPage") -> None:
        """Lists what fits the filter."""
        words = self.query_one(FilterBar).applied.casefold().split()
        fitting = [
            item for item in found.items if all(word in f"{item.env_id} {item.title}".casefold() for word in words)
        ]
        if self._order != ORDERS[0]:
            fitting.sort(key=lambda item: -item.n_participations)
        which = f", filter: {' '.join(words)}" if words else ""
        played = sum(item.n_participations > 0 for item in fitting)
        told = f"Environments (showing {len(fitting)} of {len(found.items)}, {played} played), {self._order}{which}"
        if not fitting:
            told = f"0 of {len(found.items)} environments match {' '.join(words)!r}; / changes the filter"
        self.query_one(".title", Static).update(safe_line(told))
        rows = {self._numbers.setdefault(item.env_id, len(self._numbers)): item for item in fitting}
        self.rows.fill_items(rows)
        if self._first is not None:
            self._select(self._first)
            self._first = None

    def _select(self, name: str) -> None:
        from universe.catalog import default_catalog
        from universe.errors import UniverseError

        try:
            env_id = name if name in self._numbers else default_catalog().find(name).env_id
        except UniverseError as error:
            return self.gym.tell(str(error), warning=True)
        if env_id in self._numbers:
            self.rows.select(self._numbers[env_id])
            self._look(self._numbers[env_id])
            self.post_message(self.Opened(linked=True))
        return None

    def on_virtual_list_moved(self, moved: VirtualList.Moved) -> None:
        """Says which environment is looked at once the cursor rests."""
        moved.stop()
        self.set_timer(REST_SECONDS, partial(self._look, moved.row_id))

    def _look(self, row_id: int) -> None:
        row = self.row
        if row is not None and self.rows.row_id == row_id:
            self.post_message(self.Looked(row.env_id))

    def on_virtual_list_chosen(self, chosen: VirtualList.Chosen) -> None:
        """Asks for the card."""
        chosen.stop()
        self._look(chosen.row_id)
        self.post_message(self.Opened(linked=False))

    def action_order(self) -> None:
        """Takes the next order."""
        self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        if self.found is not None:
            self.show(self.found)

    def action_filter(self) -> None:
        """Opens the filter."""
        self.query_one(FilterBar).open()

    def on_filter_bar_applied(self, applied: FilterBar.Applied) -> None:
        """Lists anew."""
        applied.stop()
        if self.found is not None:
            self.show(self.found)
        self.rows.focus()

    def on_filter_bar_dropped(self, dropped: FilterBar.Dropped) -> None:
        """Goes back to the list."""
        dropped.stop()
        self.rows.focus()

    def twin(self) -> str:
        """Returns the command that prints the same."""
        return "langgym envs record"

    def text(self) -> str:
        """Returns the environments as text."""
        return "" if self.found is None else "\n".join(tell_table(RECORD_COLUMNS, self.found.items))


class Card(NamedTuple):
    """An environment, and what the agents here have done in it."""

    env: "EnvDetail"
    record: "EnvRecordDetail"


class CardPane(ReadPane[Card]):
    """One environment in full: its card, its record by agent, and who chose it and why."""

    HELP: ClassVar[str | None] = (
        "A card: what it is, its rules, what random play earns, then what the agents here have done in it and why they "
        "chose it. Enter on a choice replays its episode."
    )
    NOUN: ClassVar[str] = "the card"

    def __init__(self) -> None:
        super().__init__(id="card")
        self.env_id: str | None = None
        self._shown: str | None = None

    def look_at(self, env_id: str) -> None:
        """Reads a card."""
        if env_id != self.env_id:
            self.env_id = env_id
            self.load_anew()

    def read(self, db: "AgentsDB | None") -> Card:
        """Returns the card and its record."""
        from langgym.errors import UsageError
        from langgym.query.envs import read_env
        from langgym.query.records import read_record
        from universe.catalog import default_catalog

        found = {card.env_id: card for card in default_catalog()}.get(self.env_id or "")
        if found is None:
            raise UsageError(
                f"{self.env_id} was played here, but its card is gone: the package that brought it is not installed."
            )
        return Card(read_env(found), read_record(db, found, limit=CHOICES))

    def read_unstored(self) -> Card:
        """Returns the card alone."""
        return self.read(None)

    def load(self) -> None:
        """Reads the card that is looked at."""
        if self.env_id is not None:
            super().load()

    def show(self, found: Card) -> None:
        """Shows the card."""
        same, self._shown = self._shown == found.env.env_id, found.env.env_id
        self.query_one(TextPane).show([*_describe_card(found.env), *_describe_record(found.record)], keep=same)

    def on_text_pane_followed(self, followed: TextPane.Followed) -> None:
        """Replays the episode of a choice, or opens an agent."""
        followed.stop()
        if isinstance(followed.link, EpisodeTarget | AgentTarget):
            self.gym.open(followed.link)

    def twin(self) -> str:
        """Returns the commands that print the same."""
        return f"langgym envs show {self.env_id}; langgym envs record {self.env_id} --limit {CHOICES}"

    def json(self) -> str | None:
        """Returns the card as JSON."""
        return None if self.found is None else self.found.env.model_dump_json(indent=2)


def _describe_card(env: "EnvDetail") -> Sequence[PaneBlock]:
    return [show_block(block) for block in list_env_blocks(env)]


def _describe_record(record: "EnvRecordDetail") -> Sequence[PaneBlock]:
    blocks = [PaneBlock("record", "Here", [safe(describe_record(record))])]
    if record.agents:
        lines = [safe(line) for line in tell_table(AGENT_COLUMNS, record.agents)]
        blocks.append(PaneBlock("agents", "By agent", lines))
    if record.choices:
        blocks.append(PaneBlock("choices", f"Chosen, the last {len(record.choices)}", []))
    for choice in record.choices:
        head, *reason = describe_choice(choice)
        link = EpisodeTarget(choice.episode_id)
        blocks.append(PaneBlock(f"choice {choice.choice_id}", head, [safe(line) for line in reason], link=link))
    return blocks
