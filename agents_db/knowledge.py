"""The frozen values of what agents know that cross the border of `agents_db`: memories, recalls, vectors, records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    credit: int | None = None
    """Whether the episode went better (1) or worse (-1) than expected, or neither (0); `None` until it has ended."""


MemoryState = Literal["active", "superseded", "retired", "quarantined"]
"""Only active memories are recalled; superseded ones have a better one in their place, retired ones failed or were
dropped, quarantined ones rest on what is not to be trusted."""
Scope = Literal["environment", "general"]
"""Where a memory is offered: in its own environment, or anywhere."""
Trust = Literal["self", "other"]
"""Whose words a memory is made of: the agent's own record, or also those of others, which are never believed."""
Relation = Literal["source", "supports", "contradicts"]
ChangeOp = Literal["agree", "edit", "credit", "retire", "restore", "pin", "unpin", "promote", "supersede", "undo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceDraft:
    """Turns of a seat in an episode that a memory rests on."""

    episode_id: int
    seat: str
    turn_from: int | None
    turn_to: int | None
    relation: Relation = "supports"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRecord:
    """Stored evidence of a memory."""

    memory_id: int
    episode_id: int
    seat: str
    turn_from: int | None
    turn_to: int | None
    relation: Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryDraft:
    """A new memory of an agent, with the evidence that it rests on."""

    agent_id: int
    kind: str
    """`episodic`, `strategy` or `habit`."""
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
    vector: NDArray[np.float32] | None = None
    """Unit norm, shape (dim,); `None` to be embedded later."""
    embedder: str | None = None
    """The fingerprint of the embedder that made the vector."""
    scope: Scope = "environment"
    subject: str | None = None
    """What it is about, where a newer memory about the same takes its place."""
    condition: str | None = None
    """Of a strategy: when it holds, a fact of the state; `None` for always."""
    action: str | None = None
    """Of a strategy: the fact of an action that it speaks of."""
    effect: float | None = None
    """Of a strategy: by how much returns differ with the action."""
    low: float | None = None
    high: float | None = None
    """The bounds of the effect's interval."""
    maker: str = "template"
    """Who wrote it: `template`, `grounded`, `model:NAME`, `hand`."""
    trust: Trust = "self"
    votes: int = 0
    evidence: tuple[EvidenceDraft, ...] = ()
    """Beside its own turns."""
    clock: int | None = None
    """The agent's clock when it was made; `None` is now."""


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
    state: MemoryState
    created_at: int
    scope: Scope = "environment"
    subject: str | None = None
    condition: str | None = None
    action: str | None = None
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    maker: str = "template"
    trust: Trust = "self"
    votes: int = 0
    n_helped: int = 0
    """Episodes that went better than the agent expected while it was shown."""
    n_hurt: int = 0
    pinned: bool = False
    rev: int = 0
    """How often it was changed."""
    superseded_by: int | None = None


MUTABLE = (
    *("text", "scope", "importance", "effect", "low", "high", "votes", "n_helped", "n_hurt", "pinned", "state"),
    *("superseded_by", "outcome"),
)
"""Fields of a memory that a change may set; the others are for ever."""
Field = None | bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryChange:
    """A change of a memory."""

    memory_id: int
    op: ChangeOp
    fields: Mapping[str, Field]
    """New values, by names of `MUTABLE`."""
    actor: str
    """Who changes it: `grounded`, `model:NAME`, `credit`, `hand` …"""
    reason: str | None = None
    origin: tuple[str | int, ...] = ()
    """What it follows from, so that doing it again changes nothing; empty where each time is a new one."""
    episode_id: int | None = None
    clock: int | None = None
    """The agent's clock; `None` is now."""
    evidence: tuple[EvidenceDraft, ...] = ()
    """Further turns that the memory rests on from now on."""
    seen: Mapping[str, Field] = field(default_factory=dict[str, Field])
    """What fields were when the change was decided on; where one of them is otherwise by now, nothing is changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryEventRecord:
    """A stored change of a memory."""

    event_id: int
    key: str
    memory_id: int
    agent_id: int
    clock: int
    op: ChangeOp
    actor: str
    reason: str | None
    before: Mapping[str, Field]
    after: Mapping[str, Field]
    episode_id: int | None
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """A moment of an agent's memory: what it knew then can be read again, whatever has changed since."""

    clock: int
    """The agent's clock: what it learnt later is not known."""
    event_id: int | None = None
    """The last change that had been made; `None` goes by the clock alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedRecord:
    """A participation that an agent has the experience of."""

    participation_id: int
    episode_id: int
    seat: str
    role: str
    agent_id: int | None
    """Who sat there; another than the experienced one where that is a fork."""
    clock: int
    total: float | None
    result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRecord:
    """A participation that an agent has the experience of, with the environment that it was in."""

    env_id: str
    situation_version: int
    lived: LivedRecord

    @property
    def episode_id(self) -> int:
        """Of the participation."""
        return self.lived.episode_id


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedStep:
    """A decision as experience counts it."""

    turn: int
    seat: str
    action: int
    name: str
    source: str
    situation: str
    facts: str
    """As JSON."""


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
