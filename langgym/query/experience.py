"""Read models of experience: what came of an agent's decisions, counted by situation and action, with the episodes."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Literal, cast

from pydantic import Field, JsonValue

from agents_db.store import AgentsDB
from langgym.memory.life import Lived, read_lives
from langgym.query.values import Document, Number, ReadModel
from universe.card import EnvCard


class PlaceItem(ReadModel):
    """A role of a variant in which an agent has experience."""

    env_id: str
    kwargs: Mapping[str, JsonValue]
    situation_version: int
    role: str


class PlacesPage(Document):
    """Where an agent has experience."""

    schema_id: Literal["langgym.places/1"] = Field(default="langgym.places/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    agent: str
    items: tuple[PlaceItem, ...]
    next: None = None


class TriedItem(ReadModel):
    """An action in a situation, and what came of it."""

    facts: tuple[str, ...]
    """Of the action, coarse to fine: what it is counted by."""
    name: str
    """As it was called the last time; in mirrored situations other names mean the same."""
    n: int
    n_own: int
    """Decisions of the agent itself; the others are of those who sat opposite, in games where everything is open."""
    wins: int
    draws: int
    losses: int
    mean: Number
    """Of the return from the decision to the end."""
    episodes: tuple[int, ...]


class SituationItem(ReadModel):
    """A situation with everything that was tried in it."""

    role: str
    situation: str
    n: int
    tried: tuple[TriedItem, ...]
    """What was tried most comes first."""


class ExperiencePage(Document):
    """An agent's experience of a variant, what was met most first."""

    schema_id: Literal["langgym.experience/1"] = Field(default="langgym.experience/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    agent: str
    env_id: str
    kwargs: Mapping[str, JsonValue]
    clock: int
    """The agent's clock up to which it counts."""
    n_decisions: int
    n_situations: int
    items: tuple[SituationItem, ...]
    next: None = None


@dataclass(slots=True)
class _Tally:
    """What came of one action in one situation."""

    name: str = ""
    returns: list[float] = field(default_factory=list[float])
    results: list[str | None] = field(default_factory=list[str | None])
    episodes: list[int] = field(default_factory=list[int])
    n_own: int = 0

    def describe(self, facts: tuple[str, ...]) -> TriedItem:
        return TriedItem(
            facts=facts,
            name=self.name,
            n=len(self.returns),
            n_own=self.n_own,
            wins=self.results.count("win"),
            draws=self.results.count("draw"),
            losses=self.results.count("loss"),
            mean=fmean(self.returns),
            episodes=tuple(dict.fromkeys(self.episodes)),
        )


def read_places(db: AgentsDB, agent: str) -> PlacesPage:
    """Returns where an agent has experience; raises `UnknownAgent`."""
    record = db.agent(agent)
    items = [
        PlaceItem(
            env_id=env_id,
            kwargs=cast("dict[str, JsonValue]", json.loads(kwargs)),
            situation_version=version,
            role=role,
        )
        for env_id, kwargs, version, role in db.places(record.agent_id, until=record.n_participations)
    ]
    return PlacesPage(agent=agent, items=tuple(items))


def read_experience(
    db: AgentsDB,
    agent: str,
    card: EnvCard,
    kwargs: Mapping[str, JsonValue],
    *,
    clock: int | None = None,
    role: str | None = None,
    words: str | None = None,
    limit: int = 20,
) -> ExperiencePage:
    """Returns what came of an agent's decisions in a variant, counted anew from its episodes; raises `UnknownAgent`.

    Args:
        db: The store.
        agent: Whose experience.
        card: The environment.
        kwargs: Of the variant.
        clock: Up to which moment of the agent's clock; `None` is now.
        role: Only of this role.
        words: Only situations that hold all of these words.
        limit: How many situations at most.
    """
    record = db.agent(agent)
    until = record.n_participations if clock is None else clock
    given = card.variant(dict(kwargs))
    lives = read_lives(db, record.agent_id, card, given, until=until)
    found = _count([life for life in lives if role in (None, life.role)])
    wanted = (words or "").casefold().split()
    items = [
        _describe(place, tallies)
        for place, tallies in found.items()
        if all(word in place[1].casefold() for word in wanted)
    ]
    items.sort(key=lambda item: (-item.n, item.role, item.situation))
    return ExperiencePage(
        agent=agent,
        env_id=card.env_id,
        kwargs=given,
        clock=until,
        n_decisions=sum(item.n for item in items),
        n_situations=len(items),
        items=tuple(items[:limit]),
    )


def _count(lives: Sequence[Lived]) -> dict[tuple[str, str], dict[tuple[str, ...], _Tally]]:
    found: dict[tuple[str, str], dict[tuple[str, ...], _Tally]] = defaultdict(lambda: defaultdict(_Tally))
    for life in lives:
        ahead = 0.0
        for moment in reversed(life.moments):
            ahead += moment.reward
            tally = found[life.role, moment.situation][moment.options[moment.action]]
            tally.name = moment.name
            tally.returns.append(ahead)
            tally.results.append(life.result)
            tally.episodes.append(life.episode_id)
            tally.n_own += life.own
    return found


def _describe(place: tuple[str, str], tallies: Mapping[tuple[str, ...], _Tally]) -> SituationItem:
    tried = [tally.describe(facts) for facts, tally in tallies.items()]
    tried.sort(key=lambda item: (-item.n, item.facts))
    return SituationItem(role=place[0], situation=place[1], n=sum(item.n for item in tried), tried=tuple(tried))
