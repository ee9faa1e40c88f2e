"""A memory that was recalled for a turn."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents_db.knowledge import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A memory as it is shown in a turn, with how it was found."""

    memory_id: int
    text: str
    rank: int
    """From 1."""
    score: float
    parts: Mapping[str, float]
    """The terms of the score, each in [0, 1]."""
    kind: str = "episodic"
    trust: Trust = "self"
    condition: str | None = None
    """Of a strategy: a fact of the state, `None` for always."""
    action: str | None = None
    """Of a strategy: the fact of an action that it speaks of."""
    effect: float | None = None
    """Of a strategy: by how much returns differ with the action."""
