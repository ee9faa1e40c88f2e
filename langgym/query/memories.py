"""Read models of memories: what an agent knows, what it rests on, where it was shown."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from agents_db.embed import Embedder
from agents_db.exact import ExactIndex
from agents_db.knowledge import MemoryRecord
from agents_db.store import AgentsDB
from langgym.query.episodes import StepItem, read_steps
from langgym.query.values import Document, Number, ReadModel, Time, extend_model, find_next


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
    state: Literal["active", "retired"]
    created_at: Time


class MemoriesPage(Document):
    """An agent's memories, newest first."""

    schema_id: Literal["langgym.memories/1"] = Field(default="langgym.memories/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
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


class MemoryDetail(MemoryItem, Document):
    """A memory with what it rests on and where it was shown."""

    schema_id: Literal["langgym.memory/1"] = Field(default="langgym.memory/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    steps: tuple[StepItem, ...]
    """The decisions that it rests on, with their prompts."""
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
) -> MemoriesPage:
    """Returns a page of an agent's active memories; raises `UnknownAgent`."""
    agent_id = db.agent(agent).agent_id
    records = db.memories(agent_id, kind=kind, env_id=env_id, limit=limit, before=before)
    ids = [record.memory_id for record in records]
    return MemoriesPage(
        items=tuple(MemoryItem.model_validate(record) for record in records), next=find_next(ids, limit)
    )


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
        recalled_in=tuple(MemoryUse.model_validate(use) for use in db.recalls_of(memory_id)),
    )


def find_words(db: AgentsDB, agent: str, words: str, *, limit: int) -> FoundPage:
    """Returns an agent's memories that hold every word, newest first; raises `UnknownAgent`."""
    records = db.find_text(db.agent(agent).agent_id, words, limit=limit)
    items = tuple(_found(record, None) for record in records)
    return FoundPage(how="text", embedder=None, n_without_vector=0, items=items)


def find_similar(db: AgentsDB, agent: str, words: str, *, embedder: Embedder, limit: int) -> FoundPage:
    """Returns an agent's memories nearest to words, best first, by exact search; raises `UnknownAgent`."""
    agent_id = db.agent(agent).agent_id
    [vector] = embedder.embed([words])
    near = ExactIndex(db, agent_id, embedder=embedder.fingerprint).query(vector, limit)
    scores = dict(near)
    records = db.memories_by_id(list(scores))
    return FoundPage(
        how="vectors",
        embedder=embedder.name,
        n_without_vector=len(db.unembedded(agent_id, embedder.fingerprint)),
        items=tuple(_found(record, scores[record.memory_id]) for record in records),
    )


def _found(record: MemoryRecord, score: float | None) -> FoundMemory:
    return extend_model(FoundMemory, MemoryItem.model_validate(record), score=score)
