"""Every table of the store; rows never leave this package."""

from sqlalchemy import Index, String, Table, UniqueConstraint, text
from sqlmodel import Field

from agents_db import memory_tables
from agents_db.columns import AUTO, BIG, BYTES, KEY, LONG, REAL, Row, make_id, make_ref


class Agent(Row, table=True):
    """A persistent agent; a deleted one keeps its row, and its name becomes free."""

    __table_args__ = (
        Index(
            "ix_agent_live_name",
            "name",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        AUTO,
    )
    agent_id: int | None = make_id()
    key: str = Field(sa_type=KEY, unique=True)
    name: str = Field(sa_type=String(32))
    model: str = Field(sa_type=LONG)
    settings: str = Field(sa_type=LONG)
    created_at: int = Field(sa_type=BIG)
    deleted_at: int | None = Field(sa_type=BIG)
    last_played_at: int | None = Field(sa_type=BIG)
    n_participations: int = Field(sa_type=BIG)
    n_decisions: int = Field(sa_type=BIG)
    n_fallbacks: int = Field(sa_type=BIG)
    n_memories: int = Field(sa_type=BIG)
    tokens_in: int = Field(sa_type=BIG)
    tokens_out: int = Field(sa_type=BIG)
    limits: str = Field(sa_type=LONG)
    """A JSON object: what the agent may spend in its whole life."""
    memory_version: int = Field(sa_type=BIG)
    """Rises with every change of the agent's memories or vectors, so that caches know when to look again."""


class Run(Row, table=True):
    """One invocation that plays episodes."""

    __table_args__ = (AUTO,)
    run_id: int | None = make_id()
    key: str = Field(sa_type=KEY, unique=True)
    seed: int = Field(sa_type=BIG)
    settings: str = Field(sa_type=LONG)
    langgym_version: str = Field(sa_type=String(64))
    commit_hash: str | None = Field(sa_type=String(64))
    status: str = Field(sa_type=String(16))
    started_at: int = Field(sa_type=BIG)
    ended_at: int | None = Field(sa_type=BIG)
    seconds: float = Field(sa_type=REAL)
    """Of play, over all invocations; those of one that was killed are counted up to its last finished episode."""


class Choice(Row, table=True):
    """An agent's choice of an environment."""

    __table_args__ = (Index("ix_choice_agent", "agent_id", "choice_id"), AUTO)
    choice_id: int | None = make_id()
    key: str = Field(sa_type=KEY, unique=True)
    run_id: int = make_ref("run.run_id", indexed=True)
    agent_id: int = make_ref("agent.agent_id")
    number: int = Field(sa_type=BIG)
    offered: str = Field(sa_type=LONG)
    env_id: str | None = Field(sa_type=LONG)
    reason: str | None = Field(sa_type=LONG)
    source: str | None = Field(sa_type=String(16))
    created_at: int = Field(sa_type=BIG)


class Variant(Row, table=True):
    """An environment with the arguments that differ from its card's defaults."""

    __table_args__ = (AUTO,)
    variant_id: int | None = make_id()
    key: str = Field(sa_type=KEY, unique=True)
    env_id: str = Field(sa_type=LONG)
    kwargs: str = Field(sa_type=LONG)


class Episode(Row, table=True):
    """An environment played from its reset to its end."""

    __table_args__ = (
        Index("ix_episode_env", "env_id", "episode_id"),
        Index("ix_episode_status", "status", "episode_id"),
        Index("ix_episode_run", "run_id", "number"),
        AUTO,
    )
    episode_id: int | None = make_id()
    key: str = Field(sa_type=KEY, unique=True)
    run_id: int = make_ref("run.run_id")
    number: int = Field(sa_type=BIG)
    choice_id: int | None = Field(foreign_key="choice.choice_id", sa_type=BIG)
    variant_id: int = make_ref("variant.variant_id")
    env_id: str = Field(sa_type=LONG)
    """Its variant's, repeated for the index."""
    text_version: int = Field(sa_type=BIG)
    situation_version: int = Field(sa_type=BIG)
    seed: int = Field(sa_type=BIG)
    max_turns: int | None = Field(sa_type=BIG)
    templates: str = Field(sa_type=LONG)
    packages: str = Field(sa_type=LONG)
    langgym_version: str = Field(sa_type=String(64))
    commit_hash: str | None = Field(sa_type=String(64))
    status: str = Field(sa_type=String(16))
    reason: str | None = Field(sa_type=String(16))
    fault: str | None = Field(sa_type=LONG)
    drifted: bool
    n_turns: int = Field(sa_type=BIG)
    started_at: int = Field(sa_type=BIG)
    ended_at: int | None = Field(sa_type=BIG)
    options: str = Field(sa_type=LONG)
    """What its reset was given beside the seed."""


class Participation(Row, table=True):
    """One player in one seat of one episode."""

    __table_args__ = (
        UniqueConstraint("episode_id", "seat"),
        Index("ix_participation_agent", "agent_id", "episode_id"),
        AUTO,
    )
    participation_id: int | None = make_id()
    key: str = Field(sa_type=KEY, unique=True)
    episode_id: int = make_ref("episode.episode_id")
    position: int = Field(sa_type=BIG)
    """The place of the seat in the order of the seats, from 0."""
    seat: str = Field(sa_type=LONG)
    role: str = Field(sa_type=LONG)
    team: str | None = Field(sa_type=LONG)
    player: str = Field(sa_type=LONG)
    agent_id: int | None = Field(foreign_key="agent.agent_id", sa_type=BIG)
    model: str | None = Field(sa_type=LONG)
    settings: str = Field(sa_type=LONG)
    n_decisions: int = Field(sa_type=BIG)
    n_fallbacks: int = Field(sa_type=BIG)
    n_first_try_legal: int = Field(sa_type=BIG)
    total: float | None = Field(sa_type=REAL)
    result: str | None = Field(sa_type=String(16))
    reason: str | None = Field(sa_type=String(16))


class Position(Row, table=True):
    """The state of an environment before a turn."""

    episode_id: int = make_ref("episode.episode_id", primary=True)
    turn: int = Field(sa_type=BIG, primary_key=True)
    digest: bytes = Field(sa_type=BYTES)
    payments: str = Field(sa_type=LONG)


class Step(Row, table=True):
    """A seat's decision in a turn."""

    __table_args__ = (UniqueConstraint("episode_id", "turn", "seat"), AUTO)
    step_id: int | None = make_id()
    episode_id: int = make_ref("episode.episode_id")
    turn: int = Field(sa_type=BIG)
    seat: str = Field(sa_type=LONG)
    action: int = Field(sa_type=BIG)
    name: str = Field(sa_type=LONG)
    source: str = Field(sa_type=String(16))
    text_id: int | None = Field(foreign_key="text.text_id", sa_type=BIG)
    situation_id: int | None = Field(foreign_key="text.text_id", sa_type=BIG)
    thought_id: int | None = Field(foreign_key="text.text_id", sa_type=BIG)
    n_attempts: int = Field(sa_type=BIG)
    first_try_legal: bool
    created_at: int = Field(sa_type=BIG)
    facts_id: int | None = Field(foreign_key="text.text_id", sa_type=BIG)
    """Facts of the state and of every legal action, as JSON: what experience is made of."""
    advice_id: int | None = Field(foreign_key="text.text_id", sa_type=BIG)
    """What an advised decision was made of, as JSON."""


class Attempt(Row, table=True):
    """One call of a model, for a decision or for a choice."""

    __table_args__ = (
        UniqueConstraint("episode_id", "turn", "seat", "ordinal"),
        UniqueConstraint("choice_id", "ordinal"),
        Index(
            "ix_attempt_pending",
            "attempt_id",
            sqlite_where=text("outcome = 'pending'"),
            postgresql_where=text("outcome = 'pending'"),
        ),
        AUTO,
    )
    attempt_id: int | None = make_id()
    episode_id: int | None = Field(foreign_key="episode.episode_id", sa_type=BIG)
    choice_id: int | None = Field(foreign_key="choice.choice_id", sa_type=BIG)
    turn: int | None = Field(sa_type=BIG)
    seat: str | None = Field(sa_type=LONG)
    ordinal: int = Field(sa_type=BIG)
    outcome: str = Field(sa_type=String(16))
    prompt: str = Field(sa_type=LONG)
    """A JSON list of `[role, section, text_id]`."""
    reply_id: int | None = Field(foreign_key="text.text_id", sa_type=BIG)
    problem: str | None = Field(sa_type=LONG)
    tokens_in: int | None = Field(sa_type=BIG)
    tokens_out: int | None = Field(sa_type=BIG)
    cached_tokens: int | None = Field(sa_type=BIG)
    milliseconds: int = Field(sa_type=BIG)
    created_at: int = Field(sa_type=BIG)
    model: str | None = Field(sa_type=LONG)
    """Who was asked; `NULL` in rows of the first schema."""
    est_in: int = Field(sa_type=BIG)
    """Tokens that one call was estimated to read before it was made."""
    est_out: int = Field(sa_type=BIG)
    lost_calls: int = Field(sa_type=BIG)
    """Calls of this attempt that were sent and whose answer never came; their estimates count as spent."""


class Spending(Row, table=True):
    """What an agent has spent on a model in a run: sums that the writer keeps; open calls are not in them yet."""

    run_id: int = make_ref("run.run_id", primary=True)
    agent_id: int = make_ref("agent.agent_id", primary=True)
    model: str = Field(sa_type=String(255), primary_key=True)
    n_calls: int = Field(sa_type=BIG)
    tokens_in: int = Field(sa_type=BIG)
    tokens_out: int = Field(sa_type=BIG)
    cached_tokens: int = Field(sa_type=BIG)
    milliseconds: int = Field(sa_type=BIG)
    lost_calls: int = Field(sa_type=BIG)
    lost_in: int = Field(sa_type=BIG)
    """Tokens by estimate."""
    lost_out: int = Field(sa_type=BIG)


class Job(Row, table=True):
    """Work that an episode leaves behind: done by whoever holds its lease, and again where that one died."""

    __table_args__ = (Index("ix_job_agent", "agent_id", "state", "job_id"), AUTO)
    job_id: int | None = make_id()
    key: str = Field(sa_type=KEY, unique=True)
    kind: str = Field(sa_type=String(32))
    agent_id: int = make_ref("agent.agent_id")
    episode_id: int | None = Field(foreign_key="episode.episode_id", sa_type=BIG)
    state: str = Field(sa_type=String(16))
    owner: str | None = Field(sa_type=String(255))
    lease_until: int | None = Field(sa_type=BIG)
    n_tries: int = Field(sa_type=BIG)
    error: str | None = Field(sa_type=LONG)
    created_at: int = Field(sa_type=BIG)
    ended_at: int | None = Field(sa_type=BIG)


class Text(Row, table=True):
    """A text, stored once."""

    __table_args__ = (AUTO,)
    text_id: int | None = make_id()
    digest: bytes = Field(sa_type=BYTES, unique=True)
    """blake2b of 16 bytes over the UTF-8 bytes, before compression, salted when `altered`."""
    codec: int = Field(sa_type=BIG)
    """0: UTF-8; 1: UTF-8 compressed by zstandard."""
    altered: bool
    """Whether NUL or lone surrogates were replaced at the border."""
    body: bytes = Field(sa_type=BYTES)


class EnvRecord(Row, table=True):
    """An agent's record in one environment: sums from which `EnvStats` is made."""

    __tablename__ = "env_record"  # pyright: ignore[reportAssignmentType]
    agent_id: int = make_ref("agent.agent_id", primary=True)
    env_id: str = Field(sa_type=String(255), primary_key=True)
    n_participations: int = Field(sa_type=BIG)
    sum_total: float = Field(sa_type=REAL)
    best_total: float = Field(sa_type=REAL)
    last_total: float = Field(sa_type=REAL)
    n_wins: int = Field(sa_type=BIG)
    n_draws: int = Field(sa_type=BIG)
    n_losses: int = Field(sa_type=BIG)
    sum_turns: int = Field(sa_type=BIG)
    sum_seconds: float = Field(sa_type=REAL)


class ServedTable(Row, table=True):
    """An episode whose seats are played over the wire; nothing of it leaves the store with an agent."""

    __tablename__ = "served_table"  # pyright: ignore[reportAssignmentType]
    episode_id: int = make_ref("episode.episode_id", primary=True)
    table_id: str = Field(sa_type=String(64), unique=True)
    owner_hash: bytes = Field(sa_type=BYTES)
    """SHA-256 of the token of who made it."""
    decision_seconds: float = Field(sa_type=REAL)


class ServedSeat(Row, table=True):
    """A seat of a served table."""

    __tablename__ = "served_seat"  # pyright: ignore[reportAssignmentType]
    episode_id: int = make_ref("served_table.episode_id", primary=True)
    seat: str = Field(sa_type=String(255), primary_key=True)
    who: str = Field(sa_type=LONG)
    """Who was to sit there when the table began: `open`, `guest` or a player of the house."""
    name: str | None = Field(sa_type=LONG)
    """As whoever claimed it calls itself; `NULL` where nobody has."""
    token_hash: bytes | None = Field(sa_type=BYTES)
    expires_at: float | None = Field(sa_type=REAL)
    """Seconds since 1970."""
    has_left: bool
    answered_turn: int | None = Field(sa_type=BIG)
    """The last turn in which it gave an answer that counts."""
    answered_action: int | None = Field(sa_type=BIG)


METADATA = memory_tables.Row.metadata


def _find_table(name: str) -> Table:
    return METADATA.tables[name]


agent = _find_table("agent")
run = _find_table("run")
choice = _find_table("choice")
variant = _find_table("variant")
episode = _find_table("episode")
participation = _find_table("participation")
position = _find_table("position")
step = _find_table("step")
attempt = _find_table("attempt")
texts = _find_table("text")
memory = _find_table("memory")
evidence = _find_table("evidence")
embedder = _find_table("embedder")
embedding = _find_table("embedding")
recall = _find_table("recall")
outbox = _find_table("outbox")
index_state = _find_table("index_state")
env_record = _find_table("env_record")
spending = _find_table("spending")
job = _find_table("job")
memory_event = _find_table("memory_event")
lived = _find_table("lived")
served_table = _find_table("served_table")
served_seat = _find_table("served_seat")
