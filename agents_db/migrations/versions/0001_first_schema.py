"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Creates every table."""
    _create_agent()
    _create_embedder()
    _create_run()
    _create_text()
    _create_variant()
    _create_choice()
    _create_env_record()
    _create_index_state()
    _create_outbox()
    _create_episode()
    _create_attempt()
    _create_memory()
    _create_participation()
    _create_position()
    _create_step()
    _create_embedding()
    _create_evidence()
    _create_recall()


def _create_agent() -> None:
    op.create_table(
        "agent",
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("deleted_at", BIG, nullable=True),
        sa.Column("last_played_at", BIG, nullable=True),
        sa.Column("n_participations", BIG, nullable=False),
        sa.Column("n_decisions", BIG, nullable=False),
        sa.Column("n_fallbacks", BIG, nullable=False),
        sa.Column("n_memories", BIG, nullable=False),
        sa.Column("tokens_in", BIG, nullable=False),
        sa.Column("tokens_out", BIG, nullable=False),
        sa.Column("memory_version", BIG, nullable=False),
        sa.PrimaryKeyConstraint("agent_id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_agent_live_name",
        "agent",
        ["name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def _create_embedder() -> None:
    op.create_table(
        "embedder",
        sa.Column("embedder_id", BIG, nullable=False),
        sa.Column("fingerprint", sa.String(length=255), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("dim", BIG, nullable=False),
        sa.Column("probe_text", sa.Text(), nullable=True),
        sa.Column("probe_vector", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("embedder_id"),
        sa.UniqueConstraint("fingerprint"),
        sqlite_autoincrement=True,
    )


def _create_run() -> None:
    op.create_table(
        "run",
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("seed", BIG, nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("langgym_version", sa.String(length=64), nullable=False),
        sa.Column("commit_hash", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("started_at", BIG, nullable=False),
        sa.Column("ended_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("run_id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )


def _create_text() -> None:
    op.create_table(
        "text",
        sa.Column("text_id", BIG, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("codec", BIG, nullable=False),
        sa.Column("altered", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("text_id"),
        sa.UniqueConstraint("digest"),
        sqlite_autoincrement=True,
    )


def _create_variant() -> None:
    op.create_table(
        "variant",
        sa.Column("variant_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("env_id", sa.Text(), nullable=False),
        sa.Column("kwargs", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("variant_id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )


def _create_choice() -> None:
    op.create_table(
        "choice",
        sa.Column("choice_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("offered", sa.Text(), nullable=False),
        sa.Column("env_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agent.agent_id"],
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.run_id"],
        ),
        sa.PrimaryKeyConstraint("choice_id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_choice_agent", "choice", ["agent_id", "choice_id"], unique=False)
    op.create_index("ix_choice_run_id", "choice", ["run_id"], unique=False)


def _create_env_record() -> None:
    op.create_table(
        "env_record",
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("env_id", sa.String(length=255), nullable=False),
        sa.Column("n_participations", BIG, nullable=False),
        sa.Column("sum_total", sa.Float(precision=53), nullable=False),
        sa.Column("best_total", sa.Float(precision=53), nullable=False),
        sa.Column("last_total", sa.Float(precision=53), nullable=False),
        sa.Column("n_wins", BIG, nullable=False),
        sa.Column("n_draws", BIG, nullable=False),
        sa.Column("n_losses", BIG, nullable=False),
        sa.Column("sum_turns", BIG, nullable=False),
        sa.Column("sum_seconds", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agent.agent_id"],
        ),
        sa.PrimaryKeyConstraint("agent_id", "env_id"),
    )


def _create_index_state() -> None:
    op.create_table(
        "index_state",
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("generation", BIG, nullable=False),
        sa.Column("dirty", sa.Boolean(), nullable=False),
        sa.Column("chroma_version", sa.String(length=64), nullable=False),
        sa.Column("embedder", sa.String(length=255), nullable=False),
        sa.Column("n_changes", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agent.agent_id"],
        ),
        sa.PrimaryKeyConstraint("agent_id"),
    )


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", BIG, nullable=False),
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("memory_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agent.agent_id"],
        ),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_agent", "outbox", ["agent_id", "seq"], unique=False)


def _create_episode() -> None:
    op.create_table(
        "episode",
        sa.Column("episode_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("choice_id", BIG, nullable=True),
        sa.Column("variant_id", BIG, nullable=False),
        sa.Column("env_id", sa.Text(), nullable=False),
        sa.Column("text_version", BIG, nullable=False),
        sa.Column("situation_version", BIG, nullable=False),
        sa.Column("seed", BIG, nullable=False),
        sa.Column("max_turns", BIG, nullable=True),
        sa.Column("templates", sa.Text(), nullable=False),
        sa.Column("packages", sa.Text(), nullable=False),
        sa.Column("langgym_version", sa.String(length=64), nullable=False),
        sa.Column("commit_hash", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("drifted", sa.Boolean(), nullable=False),
        sa.Column("n_turns", BIG, nullable=False),
        sa.Column("started_at", BIG, nullable=False),
        sa.Column("ended_at", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["choice_id"],
            ["choice.choice_id"],
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.run_id"],
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["variant.variant_id"],
        ),
        sa.PrimaryKeyConstraint("episode_id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_episode_env", "episode", ["env_id", "episode_id"], unique=False)
    op.create_index("ix_episode_run_id", "episode", ["run_id"], unique=False)
    op.create_index("ix_episode_status", "episode", ["status", "episode_id"], unique=False)


def _create_attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("attempt_id", BIG, nullable=False),
        sa.Column("episode_id", BIG, nullable=True),
        sa.Column("choice_id", BIG, nullable=True),
        sa.Column("turn", BIG, nullable=True),
        sa.Column("seat", sa.Text(), nullable=True),
        sa.Column("ordinal", BIG, nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("reply_id", BIG, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("tokens_in", BIG, nullable=True),
        sa.Column("tokens_out", BIG, nullable=True),
        sa.Column("cached_tokens", BIG, nullable=True),
        sa.Column("milliseconds", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["choice_id"],
            ["choice.choice_id"],
        ),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.episode_id"],
        ),
        sa.ForeignKeyConstraint(
            ["reply_id"],
            ["text.text_id"],
        ),
        sa.PrimaryKeyConstraint("attempt_id"),
        sa.UniqueConstraint("choice_id", "ordinal"),
        sa.UniqueConstraint("episode_id", "turn", "seat", "ordinal"),
        sqlite_autoincrement=True,
    )


def _create_memory() -> None:
    op.create_table(
        "memory",
        sa.Column("memory_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("altered", sa.Boolean(), nullable=False),
        sa.Column("env_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("episode_id", BIG, nullable=False),
        sa.Column("seat", sa.Text(), nullable=False),
        sa.Column("turn_from", BIG, nullable=True),
        sa.Column("turn_to", BIG, nullable=True),
        sa.Column("outcome", sa.Float(precision=53), nullable=True),
        sa.Column("importance", sa.Float(precision=53), nullable=False),
        sa.Column("clock", BIG, nullable=False),
        sa.Column("n_recalled", BIG, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agent.agent_id"],
        ),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.episode_id"],
        ),
        sa.PrimaryKeyConstraint("memory_id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_memory_agent", "memory", ["agent_id", "state", "kind", "env_id"], unique=False)
    op.create_index("ix_memory_episode", "memory", ["episode_id"], unique=False)


def _create_participation() -> None:
    op.create_table(
        "participation",
        sa.Column("participation_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("episode_id", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("seat", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("player", sa.Text(), nullable=False),
        sa.Column("agent_id", BIG, nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("n_decisions", BIG, nullable=False),
        sa.Column("n_fallbacks", BIG, nullable=False),
        sa.Column("n_first_try_legal", BIG, nullable=False),
        sa.Column("total", sa.Float(precision=53), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agent.agent_id"],
        ),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.episode_id"],
        ),
        sa.PrimaryKeyConstraint("participation_id"),
        sa.UniqueConstraint("episode_id", "seat"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_participation_agent", "participation", ["agent_id", "episode_id"], unique=False)


def _create_position() -> None:
    op.create_table(
        "position",
        sa.Column("episode_id", BIG, nullable=False),
        sa.Column("turn", BIG, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("payments", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.episode_id"],
        ),
        sa.PrimaryKeyConstraint("episode_id", "turn"),
    )


def _create_step() -> None:
    op.create_table(
        "step",
        sa.Column("step_id", BIG, nullable=False),
        sa.Column("episode_id", BIG, nullable=False),
        sa.Column("turn", BIG, nullable=False),
        sa.Column("seat", sa.Text(), nullable=False),
        sa.Column("action", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("text_id", BIG, nullable=True),
        sa.Column("situation_id", BIG, nullable=True),
        sa.Column("thought_id", BIG, nullable=True),
        sa.Column("n_attempts", BIG, nullable=False),
        sa.Column("first_try_legal", sa.Boolean(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.episode_id"],
        ),
        sa.ForeignKeyConstraint(
            ["situation_id"],
            ["text.text_id"],
        ),
        sa.ForeignKeyConstraint(
            ["text_id"],
            ["text.text_id"],
        ),
        sa.ForeignKeyConstraint(
            ["thought_id"],
            ["text.text_id"],
        ),
        sa.PrimaryKeyConstraint("step_id"),
        sa.UniqueConstraint("episode_id", "turn", "seat"),
        sqlite_autoincrement=True,
    )


def _create_embedding() -> None:
    op.create_table(
        "embedding",
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("embedder_id", BIG, nullable=False),
        sa.Column("memory_id", BIG, nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agent.agent_id"],
        ),
        sa.ForeignKeyConstraint(
            ["embedder_id"],
            ["embedder.embedder_id"],
        ),
        sa.ForeignKeyConstraint(
            ["memory_id"],
            ["memory.memory_id"],
        ),
        sa.PrimaryKeyConstraint("agent_id", "embedder_id", "memory_id"),
    )
    op.create_index("ix_embedding_memory", "embedding", ["memory_id"], unique=False)


def _create_evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("memory_id", BIG, nullable=False),
        sa.Column("episode_id", BIG, nullable=False),
        sa.Column("seat", sa.String(length=255), nullable=False),
        sa.Column("turn_from", BIG, nullable=True),
        sa.Column("turn_to", BIG, nullable=True),
        sa.Column("relation", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.episode_id"],
        ),
        sa.ForeignKeyConstraint(
            ["memory_id"],
            ["memory.memory_id"],
        ),
        sa.PrimaryKeyConstraint("memory_id", "episode_id", "seat"),
    )


def _create_recall() -> None:
    op.create_table(
        "recall",
        sa.Column("episode_id", BIG, nullable=False),
        sa.Column("turn", BIG, nullable=False),
        sa.Column("seat", sa.String(length=255), nullable=False),
        sa.Column("memory_id", BIG, nullable=False),
        sa.Column("rank", BIG, nullable=False),
        sa.Column("score", sa.Float(precision=53), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episode.episode_id"],
        ),
        sa.ForeignKeyConstraint(
            ["memory_id"],
            ["memory.memory_id"],
        ),
        sa.PrimaryKeyConstraint("episode_id", "turn", "seat", "memory_id"),
    )
    op.create_index("ix_recall_memory", "recall", ["memory_id"], unique=False)
