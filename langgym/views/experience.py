"""What came of an agent's decisions, as tables and lines."""

from typing import TYPE_CHECKING

from langgym.views.columns import Column
from langgym.views.words import tell_times

if TYPE_CHECKING:
    from langgym.query.experience import ExperiencePage, PlaceItem, SituationItem, TriedItem
    from langgym.views.columns import Columns

SHOWN_EPISODES = 8

PLACE_COLUMNS: "Columns[PlaceItem]" = (
    Column("environment", lambda place: place.env_id, width=32),
    Column("role", lambda place: place.role, width=14),
    Column("variant", lambda place: tell_variant(place), width=40, rank=1),
)


def tell_variant(place: "PlaceItem") -> str:
    """Returns the keywords of a variant, in one line."""
    return " ".join(f"{name}={value}" for name, value in place.kwargs.items())


def tell_page(page: "ExperiencePage") -> str:
    """Returns how much experience there is, in one line."""
    return f"{page.n_decisions} decisions in {page.n_situations} situations, what was met most first"


def describe_situation(item: "SituationItem") -> list[str]:
    """Returns a situation with everything that was tried in it, line by line."""
    return [
        f"{item.situation} ({item.role}), {tell_times(item.n)}",
        *(f"  {_describe_tried(each)}" for each in item.tried),
    ]


def _describe_tried(tried: "TriedItem") -> str:
    games = tried.wins + tried.draws + tried.losses
    came = f"won {tried.wins}, drew {tried.draws}, lost {tried.losses}" if games else "no winning or losing"
    own = "" if tried.n_own == tried.n else f", {tried.n_own} of them its own"
    shown = ", ".join(map(str, tried.episodes[-SHOWN_EPISODES:]))
    more = "… " if len(tried.episodes) > SHOWN_EPISODES else ""
    facts, plural = "; ".join(tried.facts), "time" if tried.n == 1 else "times"
    return (
        f"{tried.name}: {tried.n} {plural}{own}, {came}, mean return {tried.mean:+.2f} [{facts}] episodes {more}{shown}"
    )
