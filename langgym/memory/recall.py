"""Recall: which memories are shown in a turn, with the score that chose them."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agents_db.knowledge import MemoryRecord
from langgym.memory.recalled import Recalled
from universe.card import EnvCard
from universe.text_env import Turn

N_CANDIDATES = 40
HALF_LIFE = 20
"""Participations after which recency has halved, by the agent's own clock."""
COSINE_DIGITS = 4
"""Digits of a cosine that count: the rest depends on how many vectors are multiplied at once."""
WEIGHTS = {"relevance": 0.5, "place": 0.25, "recency": 0.15, "importance": 0.1}
"""Of the terms of a score; they sum to 1."""


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def fingerprint(self) -> str:
        """What decides the vectors."""
        ...

    @property
    def name(self) -> str:
        """What a person calls it."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns one unit vector per text, shape (n, dim)."""
        ...


class Index(Protocol):
    """Finds the nearest memories of one agent."""

    def query(self, vector: NDArray[np.float32], k: int) -> Sequence[tuple[int, float]]:
        """Returns (memory id, cosine) of the `k` nearest, nearest first."""
        ...


class OwnedIndex(Index, Protocol):
    """An index that is kept in files and must be brought up to date and closed."""

    def drain(self) -> object:
        """Takes over what was stored since the last call."""
        ...

    def close(self) -> None:
        """Leaves the files clean."""
        ...


class Shelf(Protocol):
    """Where memories are read by id."""

    def memories_by_id(self, memory_ids: Sequence[int]) -> list[MemoryRecord]:
        """Returns the memories that exist."""
        ...


class Recall:
    """Chooses the memories of one agent for its turns in one episode; deterministic, by the agent's own clock.

    What the agent has learnt after the episode began is passed over, so that an episode that was interrupted goes on
    with the memories that it began with, whatever the agent has played elsewhere meanwhile.
    """

    def __init__(
        self, shelf: Shelf, index: Index, embedder: Embedder, *, card: EnvCard, clock: int, limit: int
    ) -> None:
        self._shelf = shelf
        self._index = index
        self._embedder = embedder
        self._card = card
        self._clock = clock
        self._limit = limit
        self._read: dict[int, MemoryRecord] = {}

    def recall(self, turn: Turn) -> list[Recalled]:
        """Returns at most `limit` memories for a turn, best first."""
        if self._limit <= 0:
            return []
        [vector] = self._embedder.embed([cue_text(self._card, turn)])
        near = self._find_known(vector)
        role = self._card.role(turn.seat)
        scored = [
            (memory, score_memory(memory, cosine=cosine, card=self._card, role=role, clock=self._clock))
            for memory, cosine in near
        ]
        scored.sort(key=lambda pair: (-weigh(pair[1]), -pair[0].clock, pair[0].memory_id))
        return [
            Recalled(memory_id=memory.memory_id, text=memory.text, rank=rank, score=weigh(parts), parts=parts)
            for rank, (memory, parts) in enumerate(scored[: self._limit], start=1)
        ]

    def _find_known(self, vector: NDArray[np.float32]) -> list[tuple[MemoryRecord, float]]:
        """Returns the `N_CANDIDATES` nearest memories that the agent had when the episode began, nearest first."""
        wanted = N_CANDIDATES
        while True:
            near = self._index.query(vector, wanted)
            missing = [memory_id for memory_id, _ in near if memory_id not in self._read]
            if missing:
                self._read |= {memory.memory_id: memory for memory in self._shelf.memories_by_id(missing)}
            known = [
                (memory, cosine)
                for memory_id, cosine in near
                if (memory := self._read.get(memory_id)) is not None
                and memory.state == "active"
                and memory.clock <= self._clock
            ]
            if len(known) >= N_CANDIDATES or len(near) < wanted:
                return known[:N_CANDIDATES]
            wanted *= 2


def cue_text(card: EnvCard, turn: Turn) -> str:
    """Returns what is looked for: the game, the role and the situation, as the seat may know them."""
    return f"{card.title} as {turn.seat}. {turn.situation}"


def score_memory(memory: MemoryRecord, *, cosine: float, card: EnvCard, role: str, clock: int) -> dict[str, float]:
    """Returns the terms of a memory's score, each in [0, 1]."""
    if memory.env_id == card.env_id:
        place = 1.0 if memory.role == role else 0.7
    else:
        place = 0.4 if memory.env_id.split("/")[0] == card.suite else 0.0
    age = max(0, clock - memory.clock)
    return {
        "relevance": min(1.0, max(0.0, round(float(cosine), COSINE_DIGITS))),
        "place": place,
        "recency": 2.0 ** (-age / HALF_LIFE),
        "importance": min(1.0, max(0.0, memory.importance)),
    }


def weigh(parts: dict[str, float]) -> float:
    """Returns the score of a memory in [0, 1]: the weighted sum of its terms."""
    return sum(WEIGHTS[name] * value for name, value in parts.items())
