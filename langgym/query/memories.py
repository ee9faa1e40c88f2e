"""Read models of memories: what an agent knows, what it rests on, where it was shown."""

from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from agents_db.errors import NotStored
from agents_db.filters import Condition, MemoryOrder
from agents_db.knowledge import AsOf, ChangeOp, MemoryRecord, MemoryState, Relation, Scope, Trust
from agents_db.store import AgentsDB
from langgym.query.episodes import StepItem, read_steps
from langgym.query.filters import parse_memory_filter
from langgym.query.values import Document, Number, ReadModel, Time, extend_model, find_next

_ALL = 2**31
"""More changes than a memory ever has."""


class MemoryItem(ReadModel):
    """A memory in a list."""

    memory_id: int
    key: str
    agent: str
    kind: str
    text: str
    env_id: str
    role: str
    episode_id: int
    seat: str
    turn_from: int | None
    turn_to: int | None
    """Turns of the episode that it rests on, both included; `None` where the seat never acted."""
    outcome: Number
    """The return of the participation."""
    importance: Number
    clock: int
    """The agent's clock when it was made: participations finished."""
    n_recalled: int
    """Until now, whatever moment the rest is told of."""
    state: MemoryState
    created_at: Time
    scope: Scope
    subject: str | None
    """What it is about, where a newer one about the same takes its place."""
    condition: str | None
    """Of a strategy: the fact of the state in which it holds; `None` for always."""
    action: str | None
    """Of a strategy: the fact of an action that it speaks of."""
    effect: Number
    """Of a strategy: by how much returns differ with the action."""
    low: Number
    high: Number
    """The bounds of the effect's interval."""
    maker: str
    """Who wrote it: `template`, `grounded`, `model:NAME`."""
    trust: Trust
    votes: int
    n_helped: int
    """Episodes that went better than the agent expected while it was shown."""
    n_hurt: int
    pinned: bool
    rev: int
    """How often it was changed."""
    superseded_by: int | None
    """The memory that has taken its place."""


class Moment(ReadModel):
    """The moment that memories are told of: when an episode began."""

    episode_id: int
    clock: int
    """The agent's clock: participations finished."""
    event_id: int | None
    """The last change of a memory that had been made; `None` where the episode did not keep it."""


class MemoriesPage(Document):
    """An agent's memories, newest first."""

    schema_id: Literal["langgym.memories/1"] = Field(default="langgym.memories/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    as_of: Moment | None
    """`None` is now."""
    items: tuple[MemoryItem, ...]
    next: int | None
    """What the next page is `--before`."""


class FoundMemory(MemoryItem):
    """A memory that a search found."""

    score: Number
    """The cosine of its vector and the words'; `None` where words were looked for."""


class FoundPage(Document):
    """What a search found, best first, or newest first where words were looked for."""

    schema_id: Literal["langgym.found/1"] = Field(default="langgym.found/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    how: Literal["vectors", "text"]
    embedder: str | None
    """The name of the embedder; `None` where words were looked for."""
    n_without_vector: int
    """Memories that a search by vectors cannot find yet."""
    items: tuple[FoundMemory, ...]
    next: None = None


class MemoryUse(ReadModel):
    """A turn in which a memory was shown."""

    episode_id: int
    turn: int
    seat: str
    rank: int
    score: Number
    parts: Mapping[str, Number]
    credit: int | None
    """Whether the episode went better (1) or worse (-1) than expected, or neither (0); `None` until it has ended."""


class EvidenceItem(ReadModel):
    """Turns that a memory rests on."""

    episode_id: int
    seat: str
    turn_from: int | None
    turn_to: int | None
    """Both included; `None` where the seat never acted."""
    relation: Relation


class MemoryEventItem(ReadModel):
    """A change of a memory."""

    event_id: int
    memory_id: int
    clock: int
    """The agent's clock when it was made."""
    op: ChangeOp
    actor: str
    """Who made it: `grounded`, `model:NAME`, `credit`, `hand`."""
    reason: str | None
    before: Mapping[str, JsonValue]
    """What the changed fields were."""
    after: Mapping[str, JsonValue]
    episode_id: int | None
    """The episode that it follows from."""
    created_at: Time


class HistoryPage(Document):
    """Changes of a memory or of all memories of an agent, newest first."""

    schema_id: Literal["langgym.history/1"] = Field(default="langgym.history/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    items: tuple[MemoryEventItem, ...]
    next: None = None


class RecountItem(ReadModel):
    """What a strategy states, counted anew from the episodes that the agent had when it stated it."""

    effect: Number
    low: Number
    high: Number
    n_with: int
    """Decisions in which the action was taken."""
    n_without: int


class MemoryDetail(MemoryItem, Document):
    """A memory with what it rests on, how it changed and where it was shown."""

    schema_id: Literal["langgym.memory/1"] = Field(default="langgym.memory/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    steps: tuple[StepItem, ...]
    """The decisions that it rests on, with their prompts."""
    evidence: tuple[EvidenceItem, ...]
    """Its own source first."""
    history: tuple[MemoryEventItem, ...]
    """Oldest first."""
    recount: RecountItem | None
    """`None` where it states no effect, or its environment is gone."""
    recalled_in: tuple[MemoryUse, ...]
    """Oldest first."""


def read_memories(
    db: AgentsDB,
    agent: str,
    *,
    kind: str | None = None,
    env_id: str | None = None,
    limit: int = 50,
    before: int | None = None,
    state: MemoryState | None = "active",
    as_of: int | None = None,
) -> MemoriesPage:
    """Returns a page of an agent's memories; raises `UnknownAgent`.

    Args:
        db: the store.
        agent: the agent's name.
        kind: only this kind.
        env_id: only of this environment.
        limit: how many at most.
        before: only ids under this one.
        state: only in this state; `None` for any.
        as_of: the id of an episode: what the agent knew when that one began, with the states of then.
    """
    agent_id = db.agent(agent).agent_id
    if as_of is None:
        moment = None
        records = db.memories(agent_id, kind=kind, env_id=env_id, limit=limit, before=before, state=state)
    else:
        moment = find_beginning(db, agent, as_of)
        then = AsOf(clock=moment.clock, event_id=moment.event_id)
        known = reversed(db.memories_as_of(agent_id, then, kinds=None if kind is None else [kind], state=state))
        fits = [record for record in known if env_id in (None, record.env_id)]
        records = [record for record in fits if before is None or record.memory_id < before][:limit]
    items = tuple(MemoryItem.model_validate(record) for record in records)
    return MemoriesPage(as_of=moment, items=items, next=find_next([item.memory_id for item in items], limit))


def read_memory_ids(
    db: AgentsDB, text: str, *, order: MemoryOrder = "newest", now: datetime, usual: MemoryState | None = None
) -> "array[int]":
    """Returns the ids of the memories of any agent that fit a filter, in order.

    Args:
        db: The store.
        text: The filter.
        order: Which come first.
        now: What spans of time in the filter count from.
        usual: The state that is meant where the filter names none; `None` for any.

    Raises:
        FilterError: The filter cannot be read.
    """
    conditions = parse_memory_filter(text, now=now)
    if usual is not None and all(condition.field != "state" for condition in conditions):
        conditions = (*conditions, Condition("state", "=", usual))
    return db.memory_ids(conditions, order=order)


def read_memory_items(db: AgentsDB, memory_ids: Sequence[int]) -> list[MemoryItem]:
    """Returns the memories of those ids in that order; those that are gone are left out."""
    return [MemoryItem.model_validate(record) for record in db.memories_by_id(memory_ids)]


def find_beginning(db: AgentsDB, agent: str, episode_id: int) -> Moment:
    """Returns the moment when an episode began for an agent; raises `NotStored` where it had no seat in it."""
    agent_id = db.agent(agent).agent_id
    for part in db.episode(episode_id).participations:
        clock, event = part.settings.get("clock"), part.settings.get("event")
        if part.agent_id == agent_id and isinstance(clock, int):
            event_id = event if isinstance(event, int) else None
            return Moment(episode_id=episode_id, clock=clock, event_id=event_id)
    raise NotStored(
        f"{agent!r} had no seat in episode {episode_id!r}; `langgym episodes list --agent {agent}` lists those it had."
    )


def read_history(
    db: AgentsDB, *, memory_id: int | None = None, agent: str | None = None, limit: int = 50
) -> HistoryPage:
    """Returns the last changes of a memory or of an agent's; raises `NotStored` or `UnknownAgent`."""
    if memory_id is not None:
        db.memory(memory_id)
    agent_id = None if agent is None else db.agent(agent).agent_id
    events = db.memory_events(memory_id=memory_id, agent_id=agent_id, limit=limit)
    return HistoryPage(items=tuple(MemoryEventItem.model_validate(event) for event in events))


def read_memory(db: AgentsDB, memory_id: int) -> MemoryDetail:
    """Returns a memory with its evidence; raises `NotStored`."""
    record = db.memory(memory_id)
    first, last = record.turn_from, record.turn_to
    steps: list[StepItem] = []
    if first is not None and last is not None:
        episode = db.episode(record.episode_id)
        steps = [step for step in read_steps(db, episode, seat=record.seat, prompts=True) if first <= step.turn <= last]
    return extend_model(
        MemoryDetail,
        MemoryItem.model_validate(record),
        steps=tuple(steps),
        evidence=tuple(EvidenceItem.model_validate(piece) for piece in db.evidence(memory_id)),
        history=read_history(db, memory_id=memory_id, limit=_ALL).items[::-1],
        recount=_recount(db, record),
        recalled_in=tuple(MemoryUse.model_validate(use) for use in db.recalls_of(memory_id)),
    )


def _recount(db: AgentsDB, memory: MemoryRecord) -> RecountItem | None:
    if memory.effect is None:
        return None
    from langgym.memory.strategies import recompute  # what it counts with is slow to load

    contrast = recompute(db, memory)
    return None if contrast is None else RecountItem.model_validate(contrast)
