"""EpisodesScreen: everything that was played, by a filter."""

from shlex import quote
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult

from langgym.tui.panes.list_pane import Listing, ListPane
from langgym.tui.screens.screen import StoreScreen
from langgym.tui.targets import EpisodesTarget, EpisodeTarget
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.episodes import EPISODE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agents_db.store import AgentsDB
    from langgym.query.episodes import EpisodeItem

GRAMMAR = "env:connect* agent:ada return:>0.5 result:win status:failed turns:>=20 fallbacks:>0 since:2d"


def make_episode_listing() -> "Listing[EpisodeItem]":
    """Returns the list of episodes."""
    return Listing(
        nouns="episodes",
        columns=EPISODE_COLUMNS,
        read_ids=_read_ids,
        read_items=_read_items,
        orders=("newest", "oldest", "longest", "best"),
        grammar=GRAMMAR,
        advice="langgym play --agent ada --episodes 3",
    )


def _read_ids(db: "AgentsDB", text: str, order: str) -> "Sequence[int]":
    from datetime import UTC, datetime

    from agents_db.filters import EpisodeOrder
    from langgym.query.episodes import read_episode_ids

    return read_episode_ids(db, text, order=cast(EpisodeOrder, order), now=datetime.now(UTC))


def _read_items(db: "AgentsDB", ids: "Sequence[int]") -> "Mapping[int, EpisodeItem]":
    from langgym.query.episodes import read_episode_items

    return {item.episode_id: item for item in read_episode_items(db, ids)}


class EpisodesScreen(StoreScreen):
    """The episodes of a store."""

    HELP: ClassVar[str | None] = "Everything that was played, newest first. Enter replays an episode step by step."

    def __init__(self, target: EpisodesTarget) -> None:
        super().__init__()
        self._target = target

    @property
    def heading(self) -> str:
        """What the bar says."""
        return "Episodes"

    def twin(self) -> str:
        """Returns the command that prints the same."""
        where = f" --where {quote(self.pane.filter)}" if self.pane.filter else ""
        order = f" --order {self.pane.order}" if self.pane.order != "newest" else ""
        return f"langgym episodes list{where}{order}"

    def compose_body(self) -> ComposeResult:
        """Yields the list."""
        yield ListPane(make_episode_listing(), filter=self._target.filter, id="episodes")

    @property
    def pane(self) -> "ListPane[EpisodeItem]":
        """The list."""
        return cast("ListPane[EpisodeItem]", self.query_one("#episodes", ListPane))

    def on_virtual_list_chosen(self, chosen: VirtualList.Chosen) -> None:
        """Replays an episode."""
        self.gym.open(EpisodeTarget(chosen.row_id))

    def reload(self) -> None:
        """Reads the list again."""
        self.pane.load()

    def text_to_copy(self) -> str:
        """Returns the episode's id."""
        return str(self.pane.list.row_id or "")

    def json_to_copy(self) -> str | None:
        """Returns the episode as JSON."""
        row = self.pane.list.row
        return None if row is None else row.model_dump_json(indent=2)
