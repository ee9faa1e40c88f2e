"""The frozen values that cross the border of `agents_db`: drafts go in, records come out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agents_db.knowledge import MemoryChange, MemoryDraft, RecallDraft

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
JsonObject = Mapping[str, Json]

Source = Literal["model", "advised", "experience", "fallback", "random", "human", "scripted", "guest"]
"""Who chose an action; `advised` is a model's likelihoods joined with experience, `fallback` what nobody chose.

A `guest` is somebody who plays over the wire.
"""

AttemptClass = Literal[
    "ok", "illegal", "unreadable", "truncated", "empty", "refused", "too_long", "provider_error", "pending"
]
"""What came of an attempt; `pending` is one whose answer is awaited, or was when its process died."""
JobState = Literal["waiting", "leased", "done", "failed"]
RunStatus = Literal["running", "finished", "interrupted", "failed"]
EpisodeStatus = Literal["running", "finished", "failed"]
EndReason = Literal["natural", "capped", "forfeit", "fault", "repeated", "illegal_loop", "silent"]
Result = Literal["win", "draw", "loss"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDraft:
    """A new persistent agent."""

    name: str
    """Matches `[a-z0-9][a-z0-9_-]{0,31}` and is not a reserved word."""
    model: str
    """As given to `--model`, for example `local:smollm2`."""
    settings: JsonObject = field(default_factory=dict[str, Json])
    """What the agent keeps of its configuration; flags override it, the environment does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord:
    """A persistent agent with the counters that its writer keeps."""

    agent_id: int
    key: str
    name: str
    model: str
    settings: JsonObject
    created_at: int
    last_played_at: int | None
    n_participations: int
    """Finished participations: the agent's own clock."""
    n_decisions: int
    n_fallbacks: int
    n_memories: int
    tokens_in: int
    tokens_out: int
    limits: JsonObject = field(default_factory=dict[str, Json])
    """What the agent may spend in its whole life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDraft:
    """One invocation that plays episodes."""

    seed: int
    settings: JsonObject
    langgym_version: str
    commit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A stored run."""

    run_id: int
    key: str
    seed: int
    settings: JsonObject
    langgym_version: str
    commit: str | None
    status: RunStatus
    started_at: int
    ended_at: int | None
    seconds: float = 0.0
    """Of play, over all invocations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceDraft:
    """An agent's choice of an environment, before it is made."""

    run_id: int
    agent_id: int
    number: int
    """The number of the episode in its run that the choice is for, from 0."""
    offered: JsonObject
    """What was offered, in which order, with which record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRecord:
    """A stored choice; `env_id` is `None` until it is made."""

    choice_id: int
    key: str
    run_id: int
    agent_id: int
    number: int
    offered: JsonObject
    env_id: str | None
    reason: str | None
    source: Source | None
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerDraft:
    """Who sits in one seat, and with which configuration."""

    seat: str
    role: str
    team: str | None
    player: str
    """The agent's name, or the name of the policy where no agent plays (`random`)."""
    agent_id: int | None
    model: str | None
    settings: JsonObject = field(default_factory=dict[str, Json])
    """Policy, sampling, weights' hash or endpoint, embedder fingerprint, memory configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeDraft:
    """An episode about to begin; its `key` is made of the run's key and `number`."""

    run_id: int
    number: int
    choice_id: int | None
    env_id: str
    kwargs: JsonObject
    """Only those that differ from the card's defaults."""
    text_version: int
    situation_version: int
    seed: int
    """Of the environment; streams of other draws are derived from the run's seed."""
    options: JsonObject = field(default_factory=dict[str, Json])
    """What the environment's reset is given beside the seed: the length of a warm-up."""
    max_turns: int | None
    templates: str
    """The hash of the prompt templates."""
    packages: JsonObject
    langgym_version: str
    commit: str | None
    players: tuple[PlayerDraft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipationRecord:
    """One player in one seat of one episode; outcome fields are `None` until it ends."""

    participation_id: int
    episode_id: int
    seat: str
    role: str
    team: str | None
    player: str
    agent_id: int | None
    model: str | None
    settings: JsonObject
    n_decisions: int
    n_fallbacks: int
    n_first_try_legal: int
    """Decisions whose first attempt was legal."""
    total: float | None
    """The undiscounted sum of the engine's rewards."""
    result: Result | None
    reason: EndReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeRecord:
    """A stored episode with its participations in the order of the seats."""

    episode_id: int
    key: str
    run_id: int
    number: int
    choice_id: int | None
    env_id: str
    kwargs: JsonObject
    text_version: int
    situation_version: int
    seed: int
    options: JsonObject
    max_turns: int | None
    templates: str
    packages: JsonObject
    langgym_version: str
    commit: str | None
    status: EpisodeStatus
    reason: EndReason | None
    fault: str | None
    drifted: bool
    n_turns: int
    started_at: int
    ended_at: int | None
    participations: tuple[ParticipationRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageText:
    """One message of a prompt; equal texts are stored once."""

    role: Literal["system", "user", "assistant"]
    section: str
    """The part of the prompt: `rules`, `memories`, `board` …"""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptDraft:
    """One call of a model within a decision of an episode, or within a choice (exactly one of the two)."""

    ordinal: int
    outcome: AttemptClass
    prompt: tuple[MessageText, ...]
    reply: str | None
    problem: str | None
    """What was wrong with the reply, as told to the model or as the provider said, without keys."""
    tokens_in: int | None
    tokens_out: int | None
    cached_tokens: int | None
    milliseconds: int
    episode_id: int | None = None
    choice_id: int | None = None
    turn: int | None = None
    seat: str | None = None
    model: str | None = None
    """Who is asked."""
    est_in: int = 0
    """Tokens that one call is estimated to read; counted where its answer never comes."""
    est_out: int = 0
    lost_calls: int = 0
    """Calls of this attempt that were sent and whose answer never came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """A stored attempt."""

    attempt_id: int
    episode_id: int | None
    choice_id: int | None
    turn: int | None
    seat: str | None
    ordinal: int
    outcome: AttemptClass
    prompt: tuple[MessageText, ...]
    reply: str | None
    problem: str | None
    tokens_in: int | None
    tokens_out: int | None
    cached_tokens: int | None
    milliseconds: int
    created_at: int
    model: str | None = None
    est_in: int = 0
    est_out: int = 0
    lost_calls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingRecord:
    """What an agent has spent on a model in a run; calls whose answer never came are counted by their estimates."""

    run_id: int
    agent_id: int
    model: str
    n_calls: int
    """Answered calls."""
    tokens_in: int
    tokens_out: int
    cached_tokens: int
    milliseconds: int
    lost_calls: int
    lost_in: int
    """By estimate: of lost calls, and of answered ones whose provider did not count."""
    lost_out: int
    open_calls: int = 0
    """Calls that were begun and not ended: under way now, or cut off when their process died."""
    open_in: int = 0
    open_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """Work that an episode left behind."""

    job_id: int
    key: str
    kind: str
    agent_id: int
    episode_id: int | None
    state: JobState
    owner: str | None
    lease_until: int | None
    n_tries: int
    error: str | None
    created_at: int
    ended_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRecord:
    """What a seat played in a turn: the least that a replay needs."""

    turn: int
    seat: str
    action: int
    name: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionDraft:
    """The state of an environment before turn `turn`, and what was paid on the way to it."""

    turn: int
    digest: bytes
    """Hash of the acting seats' observations, and of rewards and ends."""
    payments: Mapping[str, float]
    """Reward of each seat since the position before; seats that got 0 may be left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRecord:
    """A stored position."""

    turn: int
    digest: bytes
    payments: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDraft:
    """A seat's decision in a turn; texts are kept for seats that an agent holds."""

    turn: int
    seat: str
    action: int
    name: str
    source: Source
    text: str | None = None
    situation: str | None = None
    thought: str | None = None
    n_attempts: int = 0
    first_try_legal: bool = True
    recalled: tuple[RecallDraft, ...] = ()
    facts: str | None = None
    """Facts of the state and of every legal action as JSON, where somebody learns from the decision."""
    advice: str | None = None
    """What an advised decision was made of, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """A stored step."""

    step_id: int
    episode_id: int
    turn: int
    seat: str
    action: int
    name: str
    source: Source
    text: str | None
    situation: str | None
    thought: str | None
    n_attempts: int
    first_try_legal: bool
    created_at: int
    facts: str | None = None
    advice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatOutcome:
    """How an episode ended for one seat."""

    seat: str
    total: float
    result: Result | None
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeEnd:
    """The end of an episode, stored in one transaction with its memories."""

    episode_id: int
    status: EpisodeStatus
    reason: EndReason
    fault: str | None
    position: PositionDraft | None
    """The last position, of turn `n_turns`; `None` where the environment failed."""
    outcomes: tuple[SeatOutcome, ...]
    memories: tuple[MemoryDraft, ...]
    embed_for: tuple[int, ...] = ()
    """Ids of the agents whose memories of it are to be embedded: a job is stored for each."""
    reflect_for: tuple[int, ...] = ()
    """Ids of the agents that are to reflect on it: a job is stored for each."""
    credits: Mapping[str, int] = field(default_factory=dict[str, int])
    """By seat: whether it went better (1) or worse (-1) than its agent expected; kept with what was recalled."""
    changes: tuple[MemoryChange, ...] = ()
    """What it changes in memories that were there before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a check of the store or of an index found."""

    severity: Literal["note", "problem"]
    what: str
    advice: str
    mendable: bool = False
    """Whether `langgym db repair` does something about it; `advice` says what."""
