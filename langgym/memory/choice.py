"""Choices among scored memories: the best and unlike each other, within quotas and a budget of tokens."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agents_db.knowledge import MemoryRecord
from langgym.asking import BYTES_PER_TOKEN
from langgym.memory.scoring import COSINE_DIGITS

BALANCE = 0.7
"""The weight of a memory's score against its likeness to those chosen before (MMR, Carbonell and Goldstein 1998)."""
TWIN = 0.98
"""Cosine from which on two memories say the same: never both are shown."""
WRAPPING, QUOTING = 8, 64
"""Bytes that a prompt puts round a memory, and round the words of others, rather too many."""

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """A memory that can be shown."""

    memory: MemoryRecord
    vector: Vector
    score: float
    cost: int
    """Tokens, by estimate."""


@dataclass(slots=True, kw_only=True)
class Room:
    """What may still be shown; what is chosen takes from it."""

    limit: int
    """Memories."""
    tokens: int
    quotas: dict[str, int] = field(default_factory=dict[str, int])
    """Memories by kind; kinds that are not named have none."""

    def fits(self, option: Option) -> bool:
        """Returns whether an option may be shown."""
        return self.limit > 0 and option.cost <= self.tokens and self.quotas.get(option.memory.kind, 0) > 0

    def take(self, option: Option) -> None:
        """Gives an option its room."""
        self.limit -= 1
        self.tokens -= option.cost
        self.quotas[option.memory.kind] -= 1


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen."""

    options: tuple[Option, ...]
    """In the order in which they were."""
    crowded: bool
    """Whether there was room left and only twins of what is shown to fill it."""


def choose(options: Sequence[Option], room: Room, *, shown: Sequence[Option] = ()) -> Choice:
    """Returns the best of the options, none like another or like those already shown; takes their room.

    The order of the options changes nothing: equal ones go by the newer clock, then by the lower id.
    """
    ranked = sorted(options, key=lambda option: (-option.score, -option.memory.clock, option.memory.memory_id))
    chosen: list[Option] = []
    if not ranked:
        return Choice((), crowded=False)
    matrix = np.stack([option.vector for option in ranked])
    scores = np.array([option.score for option in ranked])
    likeness = np.zeros(len(ranked))
    for option in shown:
        np.maximum(likeness, find_cosines(matrix, option.vector), out=likeness)
    is_open = np.ones(len(ranked), dtype=bool)
    while True:
        is_open &= [room.fits(option) for option in ranked]
        usable = is_open & (likeness < TWIN)
        if not usable.any():
            return Choice(tuple(chosen), crowded=bool(is_open.any()))
        values = np.where(usable, BALANCE * scores - (1 - BALANCE) * likeness, -np.inf)
        at = int(np.argmax(values))
        is_open[at] = False
        room.take(ranked[at])
        chosen.append(ranked[at])
        np.maximum(likeness, find_cosines(matrix, ranked[at].vector), out=likeness)


def find_cosines(matrix: Vector, vector: Vector) -> NDArray[np.float64]:
    """Returns the cosines of unit vectors with one, as far as their digits count."""
    # not by `@`: the threads of a BLAS go on spinning after the product and slow the model beside it by half
    cosines: NDArray[np.float64] = np.asarray(np.vecdot(matrix, vector), dtype=np.float64)
    return cosines.round(COSINE_DIGITS)


def estimate_cost(memory: MemoryRecord) -> int:
    """Returns about how many tokens a memory takes in a prompt, rather too many.

    The facts of a strategy count beside its text, and the words of others as they would be escaped in a quotation.
    """
    texts = [memory.text, memory.condition or "", memory.action or ""]
    if memory.trust == "other":
        texts = [json.dumps(text) for text in texts]
    around = QUOTING if memory.trust == "other" else WRAPPING
    n_bytes = around + sum(len(text.encode(errors="replace")) for text in texts)
    return -(-n_bytes // BYTES_PER_TOKEN)
