"""What can be played."""

import re
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from universe.card import EnvCard
from universe.service.hall import Hall
from universe.service.routes.answers import send
from universe.service.showing import show_summary
from universe.service.wire import EnvPage, EnvSummary

Limit = Annotated[int, Query(ge=1, le=200)]
Short = Annotated[str, Query(max_length=64)]
WEIGHTS = ((8, "env_id"), (8, "title"), (2, "trains"), (1, "summary"))
"""What a found word is worth, by where it stands."""
LONGEST_NAME = 80


def make_routes(hall: Hall) -> APIRouter:
    """Returns the paths."""
    routes = APIRouter(prefix="/v1/envs", tags=["catalogue"])
    cards = list(hall.catalog)
    summaries = [show_summary(card) for card in cards]
    words = [_gather_words(card) for card in cards]

    @routes.get("", operation_id="list_envs", response_model=EnvPage)
    async def list_envs(suite: Short | None = None, after: Short | None = None, limit: Limit = 50) -> Response:
        """Lists environments, in the catalogue's order."""
        found = [summary for summary in summaries if suite is None or summary.suite == suite]
        places = [number for number, summary in enumerate(found) if summary.env_id == after]
        start = places[0] + 1 if places else len(found) if after is not None else 0
        return send(_make_page(found[start:], limit))

    @routes.get("/search", operation_id="search_envs", response_model=EnvPage)
    async def search_envs(q: Annotated[str, Query(min_length=1, max_length=100)], limit: Limit = 20) -> Response:
        """Finds environments by words of their id, title, skills and summary, best first."""
        wanted = _split(q)
        scores = [_score(wanted, found) for found in words]
        best = sorted((number for number, score in enumerate(scores) if score), key=lambda number: -scores[number])
        return send(EnvPage(items=[summaries[number] for number in best[:limit]], next=None))

    @routes.get("/{suite}/{name}", operation_id="read_env", response_model=EnvCard)
    async def read_env(suite: str, name: str) -> Response:
        """Returns the whole card of an environment, by any form of its name."""
        return send(hall.find_card(f"{suite}/{name}"[:LONGEST_NAME]))

    return routes


def _make_page(found: list[EnvSummary], limit: int) -> EnvPage:
    items = found[:limit]
    return EnvPage(items=items, next=items[-1].env_id if len(found) > limit else None)


def _split(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower()))


def _gather_words(card: EnvCard) -> list[tuple[int, set[str]]]:
    texts = {"env_id": card.env_id, "title": card.title, "trains": " ".join(card.trains), "summary": card.summary}
    return [(weight, _split(texts[place])) for weight, place in WEIGHTS]


def _score(wanted: set[str], found: list[tuple[int, set[str]]]) -> int:
    """Returns how well a card fits: whole words count, and beginnings of words half as much."""
    total = 0
    for weight, words in found:
        for word in wanted:
            if word in words:
                total += 2 * weight
            elif len(word) > 2 and any(other.startswith(word) for other in words):
                total += weight
    return total
