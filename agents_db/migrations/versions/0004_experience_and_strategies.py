"""Facts of decisions, whose experience a participation is, memories that change, and the record of their changes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL = sa.Float(precision=53)


def upgrade() -> None:
    """Adds columns with what is true of the rows that are there, and gives every agent what it has lived through."""
    _tell_more_of_steps()
    _let_memories_change()
    _create_event()
    _create_lived()
    op.add_column("recall", sa.Column("credit", BIG, nullable=True))


def _tell_more_of_steps() -> None:
    with op.batch_alter_table("step", table_kwargs={"sqlite_autoincrement": True}) as batch:
        for name in ("facts_id", "advice_id"):
            batch.add_column(sa.Column(name, BIG, nullable=True))
            batch.create_foreign_key(f"fk_step_{name}", "text", [name], ["text_id"])


def _let_memories_change() -> None:
    with op.batch_alter_table("memory", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("scope", sa.String(length=16), nullable=False, server_default="environment"))
        for name in ("subject", "condition", "action"):
            batch.add_column(sa.Column(name, sa.Text(), nullable=True))
        for name in ("effect", "low", "high"):
            batch.add_column(sa.Column(name, REAL, nullable=True))
        batch.add_column(sa.Column("maker", sa.Text(), nullable=False, server_default="template"))
        batch.add_column(sa.Column("trust", sa.String(length=16), nullable=False, server_default="self"))
        for name in ("votes", "n_helped", "n_hurt"):
            batch.add_column(sa.Column(name, BIG, nullable=False, server_default="0"))
        batch.add_column(sa.Column("pinned", sa.Boolean(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("rev", BIG, nullable=False, server_default="0"))
        batch.add_column(sa.Column("superseded_by", BIG, nullable=True))
        batch.create_foreign_key("fk_memory_superseded_by", "memory", ["superseded_by"], ["memory_id"])


def _create_event() -> None:
    op.create_table(
        "memory_event",
        sa.Column("event_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("memory_id", BIG, nullable=False),
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("clock", BIG, nullable=False),
        sa.Column("op", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("episode_id", BIG, nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["memory_id"], ["memory.memory_id"]),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.agent_id"]),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.episode_id"]),
        sa.PrimaryKeyConstraint("event_id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_memory_event_memory", "memory_event", ["memory_id", "event_id"], unique=False)
    op.create_index("ix_memory_event_agent", "memory_event", ["agent_id", "event_id"], unique=False)


def _create_lived() -> None:
    op.create_table(
        "lived",
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("participation_id", BIG, nullable=False),
        sa.Column("clock", BIG, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.agent_id"]),
        sa.ForeignKeyConstraint(["participation_id"], ["participation.participation_id"]),
        sa.PrimaryKeyConstraint("agent_id", "participation_id"),
    )
    op.create_index("ix_lived_participation", "lived", ["participation_id"], unique=False)
    op.execute(
        "INSERT INTO lived (agent_id, participation_id, clock) "
        "SELECT p.agent_id, p.participation_id, m.clock FROM participation p JOIN memory m "
        "ON m.agent_id = p.agent_id AND m.episode_id = p.episode_id AND m.seat = p.seat AND m.kind = 'episodic'"
    )
