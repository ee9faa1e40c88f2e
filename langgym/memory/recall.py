"""Recall: which memories are shown in a turn, and why; deterministic, and by the agent's own clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from agents_db.knowledge import AsOf, MemoryRecord
from langgym.memory.choice import Choice, Option, Room, Vector, choose, estimate_cost, find_cosines
from langgym.memory.recalled import Recalled
from langgym.memory.scoring import Parts, Scale, add_relevance
from langgym.memory.shelf import Embedder, Knowledge, MemoryShelf
from universe.card import EnvCard
from universe.text_env import Turn

__all__ = ["Embedder", "Index", "MemoryShelf", "OwnedIndex", "Recall", "RecallSettings", "cue_text", "standing_text"]

N_NEAREST = 100
"""Episodic memories that are scored for a turn because their meaning is near."""
N_AHEAD = 3 * N_NEAREST
"""Those that are read ahead when an episode begins, since its turns will ask for them."""
N_LATEST = 20
"""Those that are scored because they are the latest of the environment and role."""
N_OTHERS = 25
"""Those that are scored besides where all of the nearest say the same as what is shown already."""
FARTHEST = 1 << 17
"""The most rows that an index is asked for."""
_SAME = 1e-3
MOST_CUES = 512
"""Situations of an episode whose memories are kept at hand."""


class Index(Protocol):
    """Finds the nearest memories of one agent."""

    def query(self, vector: NDArray[np.float32], k: int, *, until: int | None = None) -> Sequence[tuple[int, float]]:
        """Returns (memory id, cosine) of the `k` nearest with ids up to `until`, nearest first; fewer are all."""
        ...


class OwnedIndex(Index, Protocol):
    """An index that is kept in files and must be brought up to date and closed."""

    def drain(self) -> object:
        """Takes over what was stored since the last call."""
        ...

    def close(self) -> None:
        """Leaves the files clean."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallSettings:
    """How much is shown in a turn."""

    limit: int = 5
    """Memories in all; 0 recalls nothing."""
    tokens: int = 400
    """Of all memories together, by estimate; one that does not fit is passed over."""
    strategies: int = 3
    """The most of a kind, unless more are pinned; where it is 0, not even those are shown."""
    episodes: int = 2
    habits: int = 1

    @classmethod
    def share(cls, limit: int, *, tokens: int) -> "RecallSettings":
        """Returns settings that share a limit among the kinds as the defaults do."""
        fifths = {"strategies": 3, "episodes": 2, "habits": 1}
        return cls(limit=limit, tokens=tokens, **{kind: -(-limit * part // 5) for kind, part in fifths.items()})


class _Rated(NamedTuple):
    """A memory with what of its score stays the same over an episode."""

    memory: MemoryRecord
    vector: Vector
    rest: float
    """What all parts but relevance give to the score."""
    is_akin: bool
    """Whether its place has to do with this one."""
    cost: int


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is shown in every turn of an episode, and the room that it leaves."""

    options: tuple[Option, ...]
    recalled: tuple[Recalled, ...]
    room: Room


class Recall:
    """Chooses the memories of one agent for its turns in one seat of one episode.

    Strategies are chosen once, so that the beginning of the prompt stays the same; so is what is pinned, where it is
    about this environment or general. Episodes and the habits of those who play along are chosen for every turn. What
    the agent has learnt since the episode began is passed over and what it has changed is seen as it was, so that an
    interrupted episode goes on with the memories that it began with. A memory that is neither of this suite nor near in
    meaning is not shown, whatever else speaks for it.
    """

    def __init__(
        self,
        shelf: MemoryShelf,
        index: Index,
        embedder: Embedder,
        *,
        card: EnvCard,
        role: str,
        as_of: AsOf,
        settings: RecallSettings | None = None,
        rivals: Sequence[str] = (),
    ) -> None:
        """Prepares to recall; reads nothing yet.

        Args:
            shelf: What the agent knows.
            index: Finds the nearest of its memories.
            embedder: Of the index.
            card: What is played.
            role: Of the seat.
            as_of: The moment at which the episode began.
            settings: How much is shown.
            rivals: The names of those in the other seats.
        """
        self._shelf = shelf
        self._index = index
        self._embedder = embedder
        self._card = card
        self._role = role
        self._as_of = as_of
        self._settings = settings or RecallSettings()
        self._rivals = frozenset(rivals)
        self._scale = Scale(card, role, clock=as_of.clock, embedder=embedder.fingerprint)
        self._rated: dict[int, _Rated] = {}
        self._answers: dict[str, tuple[Recalled, ...]] = {}

    @property
    def standing(self) -> tuple[Recalled, ...]:
        """The memories that every turn of the episode begins with: strategies, then what else is pinned."""
        return self._standing.recalled if self._settings.limit > 0 else ()

    def recall(self, turn: Turn) -> list[Recalled]:
        """Returns the memories for a turn: those that stand, then episodes and habits, best first."""
        if self._settings.limit <= 0:
            return []
        cue = cue_text(self._card, turn)
        found = self._answers.get(cue)
        if found is None:
            found = self._choose_for(cue)
            if len(self._answers) >= MOST_CUES:
                self._answers.clear()
            self._answers[cue] = found
        return list(found)

    @cached_property
    def _knowledge(self) -> Knowledge:
        return self._shelf.at(self._as_of, self._embedder)

    @cached_property
    def _distilled(self) -> list[MemoryRecord]:
        """Strategies and habits that may be shown here: of others' words no strategy, and only habits of rivals."""
        return [memory for memory in self._knowledge.find_distilled() if self._is_offered(memory)]

    @cached_property
    def _steady(self) -> list[MemoryRecord]:
        """What is scored in every turn: the latest episodes of the place, and the rivals' habits."""
        latest = self._knowledge.find_latest(self._card.env_id, self._role, N_LATEST)
        return [*latest, *(memory for memory in self._distilled if memory.kind == "habit")]

    @cached_property
    def _standing(self) -> _Standing:
        settings = self._settings
        [vector] = self._embedder.embed([standing_text(self._card, self._role)])
        if settings.episodes:
            self._rate(self._find_near(vector, N_AHEAD))
        pins = [each for each in self._knowledge.find_pinned() if self._is_local(each) and self._is_offered(each)]
        quotas = {"strategy": settings.strategies, "episodic": settings.episodes, "habit": settings.habits}
        every = {kind: settings.limit if quota else 0 for kind, quota in quotas.items()}
        room = Room(limit=settings.limit, tokens=settings.tokens, quotas=every)
        pinned = choose(self._weigh(pins, vector), room).options
        n_pinned = {kind: sum(option.memory.kind == kind for option in pinned) for kind in room.quotas}
        room.quotas = {kind: max(0, quota - n_pinned[kind]) for kind, quota in quotas.items()}
        strategies = [memory for memory in self._distilled if memory.kind == "strategy"]
        others = choose(self._weigh(strategies, vector), room, shown=pinned).options
        is_strategy = [option for option in (*pinned, *others) if option.memory.kind == "strategy"]
        options = (*is_strategy, *(option for option in pinned if option.memory.kind != "strategy"))
        return _Standing(options, self._tell(options, vector, first=1), room)

    def _is_local(self, memory: MemoryRecord) -> bool:
        return memory.env_id == self._card.env_id or memory.scope == "general"

    def _is_offered(self, memory: MemoryRecord) -> bool:
        if memory.kind == "strategy":
            return memory.trust == "self" and self._is_local(memory)
        return memory.subject in self._rivals if memory.kind == "habit" else memory.kind == "episodic"

    def _choose_for(self, cue: str) -> tuple[Recalled, ...]:
        standing = self._standing
        if standing.room.limit <= 0 or not (standing.room.quotas["episodic"] or standing.room.quotas["habit"]):
            return standing.recalled
        self._knowledge.follow()
        [vector] = self._embedder.embed([cue])
        memories = [*self._steady, *self._find_near(vector, N_NEAREST)]
        choice = self._choose_among(memories, vector)
        if choice.crowded:
            rest = find_rest(vector, [option.vector for option in (*standing.options, *choice.options)])
            choice = self._choose_among([*memories, *self._find_near(rest, N_OTHERS)], vector)
        return standing.recalled + self._tell(choice.options, vector, first=len(standing.recalled) + 1)

    def _choose_among(self, memories: Sequence[MemoryRecord], vector: Vector) -> Choice:
        """Returns what is chosen of some memories, beside what stands."""
        standing = self._standing
        shown = {option.memory.memory_id for option in standing.options}
        fresh = {memory.memory_id: memory for memory in memories if memory.memory_id not in shown}
        room = replace(standing.room, quotas=dict(standing.room.quotas))
        return choose(self._weigh(list(fresh.values()), vector), room, shown=standing.options)

    def _find_near(self, vector: Vector, n: int) -> list[MemoryRecord]:
        """Returns the `n` nearest episodic memories, nearest first.

        What has changed since is no longer found by the index as it was, so it is compared by itself.
        """
        knowledge = self._knowledge
        until, k = None, n + n // 5
        while True:
            found = [memory_id for memory_id, _ in self._index.query(vector, k, until=until)]
            known = knowledge.find(list(dict.fromkeys(found)))
            near = [each for each in known if each.kind == "episodic" and each.memory_id not in knowledge.changed]
            if len(near) >= n or len(found) < k or k >= FARTHEST:
                break
            until, k = knowledge.find_until(), 2 * k
        changed = [memory for memory in knowledge.find_changed() if memory.kind == "episodic"]
        every = [*near[:n], *changed]
        if not changed:
            return every
        cosines: list[float] = np.vecdot(np.stack(knowledge.find_vectors(every)), vector).tolist()
        order = sorted(range(len(every)), key=lambda at: (-cosines[at], -every[at].memory_id))  # as an index does
        return [every[at] for at in order[:n]]

    def _rate(self, memories: Iterable[MemoryRecord]) -> list[_Rated]:
        """Returns memories with what of their scores stays the same, reckoned once."""
        memories = list(memories)
        new = [memory for memory in memories if memory.memory_id not in self._rated]
        for memory, vector in zip(new, self._knowledge.find_vectors(new), strict=True):
            parts = self._scale.rate(memory, -1.0)
            cost = estimate_cost(memory)
            self._rated[memory.memory_id] = _Rated(memory, vector, parts.rest, parts.place > 0, cost)
        return [self._rated[memory.memory_id] for memory in memories]

    def _weigh(self, memories: Sequence[MemoryRecord], vector: Vector) -> list[Option]:
        """Returns memories as options for what a vector stands for, without those that have nothing to do with it."""
        if not memories:
            return []
        rated = self._rate(memories)
        cosines = find_cosines(np.stack([each.vector for each in rated]), vector).tolist()
        relevances = [self._scale.rate_relevance(cosine) for cosine in cosines]
        return [
            Option(each.memory, each.vector, add_relevance(each.rest, relevance), each.cost)
            for each, relevance in zip(rated, relevances, strict=True)
            if each.is_akin or relevance > 0
        ]

    def _tell(self, options: Sequence[Option], vector: Vector, *, first: int) -> tuple[Recalled, ...]:
        """Returns what was chosen as it is shown, with ranks from `first` on."""
        if not options:
            return ()
        cosines = find_cosines(np.stack([option.vector for option in options]), vector).tolist()
        return tuple(
            _make_recalled(option.memory, self._scale.rate(option.memory, cosine), rank)
            for rank, (option, cosine) in enumerate(zip(options, cosines, strict=True), start=first)
        )


def cue_text(card: EnvCard, turn: Turn) -> str:
    """Returns what is looked for in a turn: the game, the seat and the situation, as the seat may know them."""
    return f"{card.title} as {turn.seat}. {turn.situation}"


def find_rest(vector: Vector, shown: Sequence[Vector]) -> Vector:
    """Returns what is left of a unit vector without the directions of others, at length 1; itself where nothing is.

    What it finds is near to what was looked for in other ways than they are.
    """
    basis: list[Vector] = []
    for other in shown:
        fresh = other - sum((np.vecdot(other, each) * each for each in basis), np.zeros_like(other))
        length = float(np.linalg.norm(fresh))
        if length > _SAME:
            basis.append(fresh / length)
    rest = vector - sum((np.vecdot(vector, each) * each for each in basis), np.zeros_like(vector))
    length = float(np.linalg.norm(rest))
    return (rest / length).astype(np.float32) if length > _SAME else vector


def standing_text(card: EnvCard, role: str) -> str:
    """Returns what is looked for over a whole episode: the game and the role."""
    return f"{card.title} as {role}."


def _make_recalled(memory: MemoryRecord, parts: Parts, rank: int) -> Recalled:
    return Recalled(
        memory_id=memory.memory_id,
        text=memory.text,
        rank=rank,
        score=parts.score,
        parts=parts.describe(),
        kind=memory.kind,
        trust=memory.trust,
        condition=memory.condition,
        action=memory.action,
        effect=memory.effect,
    )
