"""Search for memories by what they mean, exactly over the stored vectors, or by their words; of one agent or of all."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np

from agents_db.embed import Embedder
from agents_db.exact import rank_vectors
from agents_db.filters import Condition
from agents_db.knowledge import Vectors
from agents_db.records import AgentRecord
from agents_db.store import AgentsDB
from langgym.errors import UsageError
from langgym.query.filters import FilterError, parse_memory_filter
from langgym.query.memories import FoundMemory, FoundPage, MemoryItem, read_memory_items
from langgym.query.values import extend_model

ACTIVE = Condition("state", "=", "active")


class Unsearchable(UsageError):
    """No memory that was meant can be searched by meaning; the text says why, and what to do."""


class Embedders:
    """The embedders of agents, each opened when it is first needed and then kept."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._opened: dict[tuple[str, str | None], Embedder] = {}
        self._lock = threading.Lock()

    def find(self, agent: AgentRecord) -> Embedder:
        """Returns the embedder that an agent's settings name; raises `UsageError` where it cannot be had."""
        from langgym.hosting import stored_settings  # with all that plays, it is slow to load
        from langgym.models.names import ModelSettings, open_embedder

        settings = stored_settings(self._home, agent)
        key = (settings.embedder, settings.base_url)
        with self._lock:
            if key not in self._opened:
                opening = ModelSettings(base_url=settings.base_url)
                self._opened[key] = open_embedder(settings.embedder, home=self._home, settings=opening)
            return self._opened[key]


@cache
def keep_embedders(home: Path) -> Embedders:
    """Returns the embedders of a home, the same ones for the whole life of the process."""
    return Embedders(home)


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found, and what it had to leave out."""

    page: FoundPage
    notes: tuple[str, ...]
    """Each on a line."""


@dataclass(slots=True)
class _Finds:
    """What was found by one embedder."""

    embedder: Embedder
    vector: "np.ndarray[tuple[int], np.dtype[np.float32]]"
    """Of the words."""
    n_searched: int = 0
    scores: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])


def search_meaning(
    db: AgentsDB,
    words: str,
    *,
    embedders: Embedders,
    where: str = "",
    agent: str | None = None,
    limit: int,
    now: datetime,
) -> Search:
    """Returns the active memories nearest to words, best first.

    Each agent's memories are compared by its own embedder. Cosines of different embedders say nothing about each
    other: where there are several, what each found stands by itself, and a note says so.

    Args:
        db: The store.
        words: What to look for.
        embedders: Those of the home.
        where: A filter that memories have to fit.
        agent: Whose; `None` for all agents.
        limit: How many at most, by each embedder.
        now: What times in the filter count back from.

    Raises:
        FilterError: The filter cannot be read, or asks for memories that are not active.
        UnknownAgent: There is no such agent.
        Unsearchable: None of the memories that fit has a vector that can be compared.
    """
    conditions = _read_conditions(db, where, agent=agent, now=now)
    finds: dict[str, _Finds] = {}
    n_without, why = 0, dict[str, str]()
    for owner, wanted in _list_wanted(db, conditions):
        try:
            embedder = embedders.find(owner)
        except UsageError as error:
            why[owner.name] = str(error)
            continue
        stored = db.vectors(owner.agent_id, embedder.fingerprint)
        if not len(stored.ids):
            why[owner.name] = (
                f"No memory of {owner.name} has a vector of {embedder.name}; "
                f"`langgym db reindex --agent {owner.name}` makes them."
            )
            continue
        found = _narrow(stored, wanted)
        n_without += len(wanted) - len(found.ids)
        into = finds.get(embedder.fingerprint) or _Finds(embedder, embedder.embed([words])[0])
        finds[embedder.fingerprint] = into
        into.n_searched += len(found.ids)
        into.scores += rank_vectors(found, into.vector, limit)
    if why and not finds:
        raise Unsearchable(next(iter(why.values())))
    return Search(_make_page(db, finds, limit=limit, n_without=n_without), tuple(_note(finds, why)))


def search_words(
    db: AgentsDB, words: str, *, where: str = "", agent: str | None = None, limit: int, now: datetime
) -> FoundPage:
    """Returns the active memories that hold every word, newest first.

    Args:
        db: The store.
        words: What to look for, apart by spaces.
        where: A filter that memories have to fit.
        agent: Whose; `None` for all agents.
        limit: How many at most.
        now: What times in the filter count back from.

    Raises:
        FilterError: The filter cannot be read, or asks for memories that are not active.
        UnknownAgent: There is no such agent.
    """
    conditions = _read_conditions(db, where, agent=agent, now=now)
    held = [Condition("word", "=", word) for word in words.split()]
    items = read_memory_items(db, db.memory_ids((*conditions, *held))[:limit])
    found = tuple(_score(item, None) for item in items)
    return FoundPage(how="text", embedder=None, n_without_vector=0, items=found)


def _read_conditions(db: AgentsDB, where: str, *, agent: str | None, now: datetime) -> tuple[Condition, ...]:
    conditions = parse_memory_filter(where, now=now)
    if any(condition.field == "state" and condition != ACTIVE for condition in conditions):
        raise FilterError("Only active memories are searched; leave `state:` out of the filter.")
    if agent is None:
        return (*conditions, ACTIVE)
    return (*conditions, ACTIVE, Condition("agent", "=", db.agent(agent).name))


def _list_wanted(db: AgentsDB, conditions: Sequence[Condition]) -> Iterator[tuple[AgentRecord, Sequence[int]]]:
    """Yields every agent that has memories which fit, with their ids."""
    named = {condition.value for condition in conditions if condition.field == "agent" and condition.op == "="}
    for owner in db.agents():
        if owner.n_memories and named <= {owner.name}:
            wanted = db.memory_ids((*conditions, Condition("agent", "=", owner.name)))
            if wanted:
                yield owner, wanted


def _narrow(found: Vectors, wanted: Sequence[int]) -> Vectors:
    """Returns the vectors of those memories that are wanted."""
    kept = np.isin(found.ids, np.asarray(wanted, dtype=np.int64))
    return found if kept.all() else Vectors(ids=found.ids[kept], matrix=found.matrix[kept])


def _make_page(db: AgentsDB, finds: Mapping[str, _Finds], *, limit: int, n_without: int) -> FoundPage:
    items: list[FoundMemory] = []
    for found in _sort(finds):
        best = dict(sorted(found.scores, key=lambda pair: (-pair[1], -pair[0]))[:limit])
        items += [_score(item, best[item.memory_id]) for item in read_memory_items(db, list(best))]
    names = ", ".join(found.embedder.name for found in _sort(finds))
    return FoundPage(how="vectors", embedder=names or None, n_without_vector=n_without, items=tuple(items))


def _note(finds: Mapping[str, _Finds], why: Mapping[str, str]) -> Iterator[str]:
    if len(finds) > 1:
        names = " and ".join(found.embedder.name for found in _sort(finds))
        yield f"Cosines of {names} say nothing about each other: what each found stands by itself."
    yield from (f"{agent} was left out: {reason}" for agent, reason in why.items())


def _sort(finds: Mapping[str, _Finds]) -> list[_Finds]:
    return sorted(finds.values(), key=lambda found: -found.n_searched)


def _score(item: MemoryItem, score: float | None) -> FoundMemory:
    return extend_model(FoundMemory, item, score=score)
