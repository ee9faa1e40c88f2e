"""The frozen values of what agents know that cross the border of `agents_db`: memories, recalls, vectors, records."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallDraft:
    """A memory that was recalled for a turn."""

    memory_id: int
    rank: int
    """From 1."""
    score: float
    parts: Mapping[str, float]
    """The terms of the score, each in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallRecord:
    """A stored recall."""

    episode_id: int
    turn: int
    seat: str
    memory_id: int
    rank: int
    score: float
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryDraft:
    """A new memory of an agent, with the evidence that it rests on."""

    agent_id: int
    kind: str
    """`episodic` for now; strategies and habits come with their own kinds."""
    text: str
    env_id: str
    role: str
    episode_id: int
    seat: str
    turn_from: int | None
    turn_to: int | None
    """Turns of this seat that it rests on, both included; `None` where the seat never acted."""
    outcome: float | None
    """The return of the participation."""
    importance: float
    """In [0, 1]."""
    vector: NDArray[np.float32] | None
    """Unit norm, shape (dim,); `None` where the embedder failed, to be embedded later."""
    embedder: str | None
    """The fingerprint of the embedder that made the vector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRecord:
    """A stored memory; it leads back to its episode, seat and turns."""

    memory_id: int
    key: str
    agent_id: int
    agent: str
    kind: str
    text: str
    env_id: str
    role: str
    episode_id: int
    seat: str
    turn_from: int | None
    turn_to: int | None
    outcome: float | None
    importance: float
    clock: int
    """The agent's clock when it was made."""
    n_recalled: int
    state: Literal["active", "retired"]
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvStats:
    """An agent's record in one environment, kept by the writer."""

    env_id: str
    n_participations: int
    mean_total: float
    best_total: float
    n_wins: int
    n_draws: int
    n_losses: int
    mean_turns: float
    mean_seconds: float
    last_total: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vectors:
    """Vectors of memories, row by row."""

    ids: NDArray[np.int64]
    """Of the memories, rising, shape (n,)."""
    matrix: NDArray[np.float32]
    """Unit norm, shape (n, dim)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EmbedderRecord:
    """A registered maker of vectors; an embedder whose own vector of the probe is far from this one has changed."""

    fingerprint: str
    name: str
    dim: int
    probe_text: str | None
    probe_vector: NDArray[np.float32] | None
    """`None` until the embedder is registered with its probe."""
