"""ExperiencePane: what came of an agent's decisions, place by place, counted by situation and action."""

from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from textual.app import ComposeResult
from textual.widgets import Static

from langgym.tui.panes.read_pane import Lack, ReadPane
from langgym.tui.safe import safe
from langgym.tui.targets import EpisodeTarget
from langgym.tui.trouble import Trouble
from langgym.tui.widgets.text_pane import PaneBlock, TextPane
from langgym.tui.widgets.virtual_list import REST_SECONDS, VirtualList
from langgym.views.experience import PLACE_COLUMNS, describe_situation, tell_page, tell_variant

if TYPE_CHECKING:
    from agents_db.store import AgentsDB
    from langgym.query.experience import ExperiencePage, PlaceItem, PlacesPage, SituationItem

MOST_PLACES = 8
"""Lines that the list of places takes at most."""
SITUATIONS = 200
"""That are shown of a place; those that were met most."""


class Places(NamedTuple):
    """Where an agent has experience, and its clock: as long as that stands, nothing new was lived."""

    page: "PlacesPage"
    clock: int


class ExperiencePane(ReadPane[Places]):
    """Above where an agent has experience, below what came of its decisions there."""

    HELP: ClassVar[str | None] = (
        "Above, where the agent has experience; below, what came of its decisions there. "
        "Enter on a situation replays the last episode behind it."
    )
    NOUN: ClassVar[str] = "the experience"
    DEFAULT_CSS = """
    ExperiencePane .places { max-height: 40%; }
    """

    def __init__(self, agent: str) -> None:
        super().__init__(id="experience-pane")
        self._agent = agent
        self.page: ExperiencePage | None = None
        """What is shown of the place at the cursor."""
        self._shown: int | None = None
        """The row of that place."""
        self._asked: int | None = None
        self._clock: int | None = None

    def compose_found(self) -> ComposeResult:
        """Yields the places, how much was lived there, and the situations."""
        yield VirtualList["PlaceItem"](PLACE_COLUMNS).add_class("places")
        yield Static(classes="line how-much", markup=False)
        yield TextPane(glyphs=self.gym.settings.glyphs)

    @property
    def rows(self) -> "VirtualList[PlaceItem]":
        """The places."""
        return cast("VirtualList[PlaceItem]", self.query_one(VirtualList))

    def read(self, db: "AgentsDB") -> Places:
        """Returns where there is experience."""
        from langgym.query.experience import read_places

        clock = db.agent(self._agent).n_participations
        return Places(read_places(db, self._agent), clock)

    def find_lack(self, found: Places) -> Lack | None:
        """Returns what is told where there is none."""
        return (
            None
            if found.page.items
            else Lack(f"{self._agent} has no experience yet", f"langgym play --agent {self._agent}")
        )

    def show(self, found: Places) -> None:
        """Shows the places, and counts the one at the cursor anew."""
        if found.clock != self._clock:
            self._asked, self._clock = None, found.clock
        self.rows.styles.height = min(len(found.page.items), MOST_PLACES) + 1
        self.rows.fill_items(dict(enumerate(found.page.items)))
        self._count()

    def on_virtual_list_moved(self, moved: VirtualList.Moved) -> None:
        """Counts a place once the cursor rests on it."""
        moved.stop()
        self.set_timer(REST_SECONDS, self._count)

    def on_virtual_list_chosen(self, chosen: VirtualList.Chosen) -> None:
        """Goes to the situations."""
        chosen.stop()
        self.query_one(TextPane).focus()

    def _count(self) -> None:
        place, row_id = self.rows.row, self.rows.row_id
        if place is None or row_id == self._asked:
            return
        self._asked = row_id
        if row_id != self._shown:
            self._tell("counting …")
        self.fetch("situations", partial(self._read_page, place=place), self._show_page, failed=self._fail_page)

    def _read_page(self, db: "AgentsDB", *, place: "PlaceItem") -> "ExperiencePage":
        from langgym.errors import UsageError
        from langgym.query.experience import read_experience
        from universe.catalog import default_catalog
        from universe.errors import UniverseError

        try:
            card = default_catalog().find(place.env_id)
            return read_experience(db, self._agent, card, place.kwargs, role=place.role, limit=SITUATIONS)
        except UniverseError as error:
            raise UsageError(str(error)) from None

    def _show_page(self, page: "ExperiencePage") -> None:
        same, self._shown = self._shown == self._asked, self._asked
        self.page = page
        self._tell(tell_page(page))
        self.query_one(TextPane).show([_make_block(item) for item in page.items], keep=same)

    def _fail_page(self, trouble: Trouble) -> None:
        self.page = None
        self._tell(trouble.text)
        self.query_one(TextPane).show([])

    def _tell(self, text: str) -> None:
        self.query_one(".how-much", Static).update(safe(text))

    def on_text_pane_followed(self, followed: TextPane.Followed) -> None:
        """Replays the last episode behind a situation."""
        followed.stop()
        if isinstance(followed.link, EpisodeTarget):
            self.gym.open(followed.link)

    def twin(self) -> str:
        """Returns the command that prints the same."""
        place = self.rows.row
        if place is None:
            return f"langgym experience --agent {self._agent}"
        kwargs = "".join(f" --kwarg {pair}" for pair in tell_variant(place).split())
        return (
            f"langgym experience {place.env_id} --agent {self._agent}{kwargs} --role {place.role} --limit {SITUATIONS}"
        )

    def text(self) -> str:
        """Returns what came of the decisions at the place at the cursor."""
        return "" if self.page is None else f"{tell_page(self.page)}\n\n{super().text()}"

    def json(self) -> str | None:
        """Returns the experience of the place at the cursor as JSON."""
        return None if self.page is None else self.page.model_dump_json(indent=2)


def _make_block(item: "SituationItem") -> PaneBlock:
    first, *tried = describe_situation(item)
    episodes = [episode_id for each in item.tried for episode_id in each.episodes]
    link = EpisodeTarget(max(episodes)) if episodes else None
    return PaneBlock(f"{item.role} {item.situation}", first, [safe(line) for line in tried], link=link)
