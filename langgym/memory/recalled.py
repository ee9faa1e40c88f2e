"""A memory that was recalled for a turn."""

from collections.abc import Mapping
from dataclasses import dataclass


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
