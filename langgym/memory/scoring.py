"""Scores of memories: five absolute parts, each in [0, 1], that never depend on what else is remembered."""

import math
from dataclasses import dataclass

from agents_db.knowledge import MemoryRecord
from universe.card import EnvCard

WEIGHTS = {"relevance": 0.45, "utility": 0.2, "importance": 0.15, "place": 0.12, "recency": 0.08}
"""Of the parts of a score; they sum to 1."""
HALF_LIVES = {"episodic": 20, "habit": 50}
"""Participations after which recency has halved, by the agent's own clock; other kinds never fade."""
COSINE_DIGITS = 4
"""Digits of a cosine that count: the rest depends on how many vectors are multiplied at once."""
SAME_ROLE, SAME_ENV, SAME_SUITE, GENERAL = 1.0, 0.7, 0.4, 0.15
"""Place of a memory of the same environment and role, the environment, the suite, and of a general strategy."""
_RELEVANCE, _UTILITY, _IMPORTANCE, _PLACE, _RECENCY = WEIGHTS.values()


@dataclass(frozen=True, slots=True)
class Span:
    """The cosines between which relevance rises from 0 to 1."""

    low: float
    high: float


SPANS = {"minilm": Span(0.26, 0.85), "hashed": Span(0.06, 0.6)}
"""By the family of embedders, the part of their fingerprint before the slash.

The median cosine of any cue with any memory, and the 99th percentile of a cue's with its nearest memory, over 400 cues
of turns and 2,000 episodic memories of the MPE and Classic environments.
"""
ANY_SPAN = Span(0.0, 1.0)
"""Of embedders that have not been measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a memory's score, each in [0, 1]."""

    relevance: float
    """How near its meaning is to what is looked for."""
    utility: float
    """How surely it helped when it was shown before."""
    importance: float
    place: float
    """How near its environment and role are."""
    recency: float

    @property
    def score(self) -> float:
        """The weighted sum of the parts, in [0, 1]; it rises with each of them."""
        return add_relevance(self.rest, self.relevance)

    @property
    def rest(self) -> float:
        """What all parts but relevance, which alone changes from turn to turn, give to the score."""
        return _UTILITY * self.utility + _IMPORTANCE * self.importance + _PLACE * self.place + _RECENCY * self.recency

    def describe(self) -> dict[str, float]:
        """Returns the parts by the names of `WEIGHTS`."""
        return {name: getattr(self, name) for name in WEIGHTS}


class Scale:
    """Scores memories for one seat in one episode."""

    def __init__(self, card: EnvCard, role: str, *, clock: int, embedder: str) -> None:
        """Takes what memories are compared with.

        Args:
            card: Of what is played.
            role: Of the seat.
            clock: The agent's, when the episode began.
            embedder: The fingerprint of the embedder that makes the cosines.
        """
        self._card, self._role, self._clock = card, role, clock
        self._span = find_span(embedder)

    def rate(self, memory: MemoryRecord, cosine: float) -> Parts:
        """Returns the parts of a memory's score, given the cosine of its vector with that of what is looked for."""
        return Parts(
            relevance=self.rate_relevance(cosine),
            utility=rate_utility(memory.n_helped, memory.n_hurt),
            importance=_clip(memory.importance),
            place=self._rate_place(memory),
            recency=rate_recency(memory.kind, self._clock - memory.clock),
        )

    def rate_relevance(self, cosine: float) -> float:
        """Returns how relevant a memory is whose cosine that is."""
        span = self._span
        return _clip((cosine - span.low) / (span.high - span.low))

    def _rate_place(self, memory: MemoryRecord) -> float:
        if memory.env_id == self._card.env_id:
            return SAME_ROLE if memory.role == self._role else SAME_ENV
        if memory.env_id.partition("/")[0] == self._card.suite:
            return SAME_SUITE
        return GENERAL if memory.kind == "strategy" and memory.scope == "general" else 0.0


def add_relevance(rest: float, relevance: float) -> float:
    """Returns the score of a memory from `Parts.rest` and its relevance."""
    return _RELEVANCE * relevance + rest


def find_span(fingerprint: str) -> Span:
    """Returns the cosines between which an embedder's vectors go from unrelated to as near as they come."""
    return SPANS.get(fingerprint.partition("/")[0], ANY_SPAN)


def rate_utility(n_helped: int, n_hurt: int) -> float:
    """Returns how surely a memory helps: the mean of Beta(1 + helped, 1 + hurt) less half its standard deviation."""
    helped, hurt = 1 + n_helped, 1 + n_hurt
    n = helped + hurt
    return _clip(helped / n - 0.5 * math.sqrt(helped * hurt / (n * n * (n + 1))))


def rate_recency(kind: str, age: int) -> float:
    """Returns how fresh a memory of some participations ago is."""
    half_life = HALF_LIVES.get(kind)
    return 1.0 if half_life is None or age <= 0 else 2.0 ** (-age / half_life)


def _clip(value: float) -> float:
    """Returns the value in [0, 1]; what is no number counts as 0."""
    return min(value, 1.0) if value > 0.0 else 0.0
