"""Recall: which memories are shown in a turn, with the score that chose them."""

from collections.abc import Sequence
from heapq import nsmallest
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agents_db.knowledge import MemoryRecord
from langgym.memory.recalled import Recalled
from universe.card import EnvCard
from universe.text_env import Turn

N_CANDIDATES = 40
MOST_KEPT = 4096
"""Memories that a shelf keeps in the process."""
HALF_LIFE = 20
"""Participations after which recency has halved, by the agent's own clock."""
COSINE_DIGITS = 4
"""Digits of a cosine that count: the rest depends on how many vectors are multiplied at once."""
WEIGHTS = {"relevance": 0.5, "place": 0.25, "recency": 0.15, "importance": 0.1}
"""Of the terms of a score; they sum to 1."""
_RELEVANCE, _PLACE, _RECENCY, _IMPORTANCE = WEIGHTS.values()


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

    def query(self, vector: NDArray[np.float32], k: int, *, until: int | None = None) -> Sequence[tuple[int, float]]:
        """Returns (memory id, cosine) of the `k` nearest with ids up to `until`, nearest first."""
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


class MemoryShelf:
    """A shelf that keeps what was read: of memories that an index finds, nothing changes but their counters.

    Safe from any thread; one serves all episodes of an agent.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._kept: dict[int, MemoryRecord] = {}

    def memories_by_id(self, memory_ids: Sequence[int]) -> list[MemoryRecord]:
        """Returns the memories that exist."""
        kept = self._kept
        missing = [memory_id for memory_id in memory_ids if memory_id not in kept]
        if missing:
            read = {memory.memory_id: memory for memory in self._shelf.memories_by_id(missing)}
            self._kept = kept = (
                {**kept, **read}
                if len(kept) < MOST_KEPT
                else read | {memory_id: kept[memory_id] for memory_id in memory_ids if memory_id in kept}
            )
        return [kept[memory_id] for memory_id in memory_ids if memory_id in kept]


class Recall:
    """Chooses the memories of one agent for its turns in one episode; deterministic, by the agent's own clock.

    What the agent has learnt after the episode began is passed over, so that an episode that was interrupted goes on
    with the memories that it began with, whatever the agent has played elsewhere meanwhile.
    """

    def __init__(
        self, shelf: Shelf, index: Index, embedder: Embedder, *, card: EnvCard, clock: int, until: int, limit: int
    ) -> None:
        """Prepares to recall.

        Args:
            shelf: Where memories are read.
            index: Finds the nearest ones.
            embedder: Of the index.
            card: What is played.
            clock: The agent's, when the episode began.
            until: The id of the last memory that it had then.
            limit: Memories that are shown in a turn.
        """
        self._shelf = shelf
        self._index = index
        self._embedder = embedder
        self._card = card
        self._clock = clock
        self._until = until
        self._limit = limit

    def recall(self, turn: Turn) -> list[Recalled]:
        """Returns at most `limit` memories for a turn, best first."""
        if self._limit <= 0:
            return []
        [vector] = self._embedder.embed([cue_text(self._card, turn)])
        scale = Scale(self._card, self._card.role(turn.seat), clock=self._clock)
        ranked = [
            (-scale.weigh(memory, cosine), -memory.clock, memory.memory_id, memory, cosine)
            for memory, cosine in self._find_known(vector)
        ]
        return [
            Recalled(
                memory_id=memory_id, text=memory.text, rank=rank, score=-score, parts=scale.find_parts(memory, cosine)
            )
            for rank, (score, _, memory_id, memory, cosine) in enumerate(nsmallest(self._limit, ranked), start=1)
        ]

    def _find_known(self, vector: NDArray[np.float32]) -> list[tuple[MemoryRecord, float]]:
        """Returns the `N_CANDIDATES` nearest memories that the agent had when the episode began, nearest first."""
        near = dict(self._index.query(vector, N_CANDIDATES, until=self._until))
        return [
            (memory, near[memory.memory_id])
            for memory in self._shelf.memories_by_id(list(near))
            if memory.state == "active" and memory.clock <= self._clock
        ]


def cue_text(card: EnvCard, turn: Turn) -> str:
    """Returns what is looked for: the game, the role and the situation, as the seat may know them."""
    return f"{card.title} as {turn.seat}. {turn.situation}"


class Scale:
    """Scores memories for one turn."""

    def __init__(self, card: EnvCard, role: str, *, clock: int) -> None:
        """Takes what memories are compared with: the game, the role, and the agent's clock."""
        self._env_id, self._suite, self._role, self._clock = card.env_id, card.suite, role, clock

    def find_parts(self, memory: MemoryRecord, cosine: float) -> dict[str, float]:
        """Returns the terms of a memory's score, each in [0, 1], by the names of `WEIGHTS`."""
        return dict(zip(WEIGHTS, self._rate(memory, cosine), strict=True))

    def weigh(self, memory: MemoryRecord, cosine: float) -> float:
        """Returns the score of a memory in [0, 1]: the weighted sum of its terms."""
        relevance, place, recency, importance = self._rate(memory, cosine)
        return _RELEVANCE * relevance + _PLACE * place + _RECENCY * recency + _IMPORTANCE * importance

    def _rate(self, memory: MemoryRecord, cosine: float) -> tuple[float, float, float, float]:
        """Returns relevance, place, recency and importance."""
        if memory.env_id == self._env_id:
            place = 1.0 if memory.role == self._role else 0.7
        else:
            place = 0.4 if memory.env_id.partition("/")[0] == self._suite else 0.0
        age = self._clock - memory.clock
        relevance, importance = round(cosine, COSINE_DIGITS), memory.importance
        return (
            0.0 if relevance < 0.0 else 1.0 if relevance > 1.0 else relevance,
            place,
            2.0 ** (-age / HALF_LIFE) if age > 0 else 1.0,
            0.0 if importance < 0.0 else 1.0 if importance > 1.0 else importance,
        )
