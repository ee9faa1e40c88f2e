"""The tables of what agents know: memories, what they rest on, how they changed, their vectors, and their uses."""

from sqlalchemy import Index, String
from sqlmodel import Field

from agents_db.columns import AUTO, BIG, BYTES, KEY, LONG, REAL, Row, make_id, make_ref


class Memory(Row, table=True):
    """A thing that an agent knows."""

    __table_args__ = (
        Index("ix_memory_agent", "agent_id", "state", "kind", "env_id"),
        Index("ix_memory_episode", "episode_id"),
        AUTO,
    )
    memory_id: int | None = make_id()
    key: str = Field(sa_type=KEY, unique=True)
    agent_id: int = make_ref("agent.agent_id")
    kind: str = Field(sa_type=String(32))
    text: str = Field(sa_type=LONG)
    folded: str = Field(sa_type=LONG)
    """The text with its case folded, for searching."""
    altered: bool
    env_id: str = Field(sa_type=LONG)
    role: str = Field(sa_type=LONG)
    episode_id: int = make_ref("episode.episode_id")
    seat: str = Field(sa_type=LONG)
    turn_from: int | None = Field(sa_type=BIG)
    turn_to: int | None = Field(sa_type=BIG)
    outcome: float | None = Field(sa_type=REAL)
    importance: float = Field(sa_type=REAL)
    clock: int = Field(sa_type=BIG)
    n_recalled: int = Field(sa_type=BIG)
    state: str = Field(sa_type=String(16))
    created_at: int = Field(sa_type=BIG)
    scope: str = Field(sa_type=String(16))
    subject: str | None = Field(sa_type=LONG)
    """What it is about, where another memory about the same would replace it: a rival, a pair of facts."""
    condition: str | None = Field(sa_type=LONG)
    action: str | None = Field(sa_type=LONG)
    effect: float | None = Field(sa_type=REAL)
    low: float | None = Field(sa_type=REAL)
    high: float | None = Field(sa_type=REAL)
    maker: str = Field(sa_type=LONG)
    trust: str = Field(sa_type=String(16))
    votes: int = Field(sa_type=BIG)
    n_helped: int = Field(sa_type=BIG)
    n_hurt: int = Field(sa_type=BIG)
    pinned: bool
    rev: int = Field(sa_type=BIG)
    """How often it was changed."""
    superseded_by: int | None = Field(foreign_key="memory.memory_id", sa_type=BIG)


class MemoryEvent(Row, table=True):
    """A change of a memory; append-only, so that what an agent knew at any moment can be read."""

    __tablename__ = "memory_event"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("ix_memory_event_memory", "memory_id", "event_id"),
        Index("ix_memory_event_agent", "agent_id", "event_id"),
        AUTO,
    )
    event_id: int | None = make_id()
    key: str = Field(sa_type=KEY, unique=True)
    memory_id: int = make_ref("memory.memory_id")
    agent_id: int = make_ref("agent.agent_id")
    clock: int = Field(sa_type=BIG)
    """The agent's clock when it was changed."""
    op: str = Field(sa_type=String(16))
    actor: str = Field(sa_type=LONG)
    reason: str | None = Field(sa_type=LONG)
    before: str = Field(sa_type=LONG)
    """A JSON object: what the changed fields were."""
    after: str = Field(sa_type=LONG)
    episode_id: int | None = Field(foreign_key="episode.episode_id", sa_type=BIG)
    created_at: int = Field(sa_type=BIG)


class Lived(Row, table=True):
    """A participation that an agent has the experience of: one of its own, or of an agent that it was forked from."""

    __table_args__ = (Index("ix_lived_participation", "participation_id"),)
    agent_id: int = make_ref("agent.agent_id", primary=True)
    participation_id: int = make_ref("participation.participation_id", primary=True)
    clock: int = Field(sa_type=BIG)
    """The agent's clock when it had ended."""


class Evidence(Row, table=True):
    """What a memory rests on."""

    memory_id: int = make_ref("memory.memory_id", primary=True)
    episode_id: int = make_ref("episode.episode_id", primary=True)
    seat: str = Field(sa_type=String(255), primary_key=True)
    turn_from: int | None = Field(sa_type=BIG)
    turn_to: int | None = Field(sa_type=BIG)
    relation: str = Field(sa_type=String(16))


class Embedder(Row, table=True):
    """A maker of vectors, with a probe that shows whether it has silently changed."""

    __table_args__ = (AUTO,)
    embedder_id: int | None = make_id()
    fingerprint: str = Field(sa_type=String(255), unique=True)
    name: str = Field(sa_type=LONG)
    dim: int = Field(sa_type=BIG)
    probe_text: str | None = Field(sa_type=LONG)
    probe_vector: bytes | None = Field(sa_type=BYTES)


class Embedding(Row, table=True):
    """A memory's vector: little-endian float32."""

    __table_args__ = (Index("ix_embedding_memory", "memory_id"),)
    agent_id: int = make_ref("agent.agent_id", primary=True)
    embedder_id: int = make_ref("embedder.embedder_id", primary=True)
    memory_id: int = make_ref("memory.memory_id", primary=True)
    vector: bytes = Field(sa_type=BYTES)


class Recall(Row, table=True):
    """A memory that was shown in a turn."""

    __table_args__ = (Index("ix_recall_memory", "memory_id"),)
    episode_id: int = make_ref("episode.episode_id", primary=True)
    turn: int = Field(sa_type=BIG, primary_key=True)
    seat: str = Field(sa_type=String(255), primary_key=True)
    memory_id: int = make_ref("memory.memory_id", primary=True)
    rank: int = Field(sa_type=BIG)
    score: float = Field(sa_type=REAL)
    parts: str = Field(sa_type=LONG)
    credit: int | None = Field(sa_type=BIG)
    """Whether the episode went better (1) or worse (-1) than the agent expected, or neither (0); `NULL` before."""


class Outbox(Row, table=True):
    """A memory whose vector the index has yet to look at; what to do with it is in the memory's own row."""

    __table_args__ = (Index("ix_outbox_agent", "agent_id", "seq"), AUTO)
    seq: int | None = make_id()
    agent_id: int = make_ref("agent.agent_id")
    memory_id: int = Field(sa_type=BIG)
    """No foreign key: it may be gone by now."""


class IndexState(Row, table=True):
    """Which generation of an agent's vector index is in use, and whether it may be off."""

    __tablename__ = "index_state"  # pyright: ignore[reportAssignmentType]
    agent_id: int = make_ref("agent.agent_id", primary=True)
    generation: int = Field(sa_type=BIG)
    dirty: bool
    chroma_version: str = Field(sa_type=String(64))
    embedder: str = Field(sa_type=String(255))
    n_changes: int = Field(sa_type=BIG)
    """Updates and deletions since it was built; Chroma loses live records to churn."""
