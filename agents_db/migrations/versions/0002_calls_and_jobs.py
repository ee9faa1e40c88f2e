"""Calls that are stored before they are made, what was spent, limits, jobs with leases, and numbers found fast."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds columns with what is true of the rows that are there, and fills the sums of spending."""
    _add_columns()
    _find_numbers_fast()
    _create_job()
    _create_spending()
    _fill_spending()
    for table, key in (("agent", "agent_id"), ("run", "run_id"), ("participation", "participation_id")):
        _rename_setting(table, key)


def _add_columns() -> None:
    op.add_column("agent", sa.Column("limits", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("run", sa.Column("seconds", sa.Float(precision=53), nullable=False, server_default="0"))
    op.add_column("attempt", sa.Column("model", sa.Text(), nullable=True))
    for name in ("est_in", "est_out", "lost_calls"):
        op.add_column("attempt", sa.Column(name, BIG, nullable=False, server_default="0"))
    op.create_index(
        "ix_attempt_pending",
        "attempt",
        ["attempt_id"],
        unique=False,
        sqlite_where=sa.text("outcome = 'pending'"),
        postgresql_where=sa.text("outcome = 'pending'"),
    )


def _find_numbers_fast() -> None:
    op.drop_index("ix_episode_run_id", table_name="episode")
    op.create_index("ix_episode_run", "episode", ["run_id", "number"], unique=False)


def _create_job() -> None:
    op.create_table(
        "job",
        sa.Column("job_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("episode_id", BIG, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("lease_until", BIG, nullable=True),
        sa.Column("n_tries", BIG, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("ended_at", BIG, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.agent_id"]),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.episode_id"]),
        sa.PrimaryKeyConstraint("job_id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_job_agent", "job", ["agent_id", "state", "job_id"], unique=False)


def _create_spending() -> None:
    sums = ("n_calls", "tokens_in", "tokens_out", "cached_tokens", "milliseconds", "lost_calls", "lost_in", "lost_out")
    op.create_table(
        "spending",
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        *(sa.Column(name, BIG, nullable=False) for name in sums),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.agent_id"]),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"]),
        sa.PrimaryKeyConstraint("run_id", "agent_id", "model"),
    )


_SUMS = (
    "count(*), coalesce(sum(a.tokens_in), 0), coalesce(sum(a.tokens_out), 0), coalesce(sum(a.cached_tokens), 0), "
    "coalesce(sum(a.milliseconds), 0), 0, 0, 0"
)


def _fill_spending() -> None:
    op.execute(
        "UPDATE attempt SET model = (SELECT p.model FROM participation p "
        "WHERE p.episode_id = attempt.episode_id AND p.seat = attempt.seat) WHERE episode_id IS NOT NULL"
    )
    op.execute(
        "UPDATE attempt SET model = (SELECT g.model FROM choice c JOIN agent g ON g.agent_id = c.agent_id "
        "WHERE c.choice_id = attempt.choice_id) WHERE choice_id IS NOT NULL"
    )
    op.execute(
        f"INSERT INTO spending SELECT run_id, agent_id, coalesce(model, ''), {_SUMS} FROM ("
        "SELECT e.run_id, p.agent_id, a.* FROM attempt a "
        "JOIN participation p ON p.episode_id = a.episode_id AND p.seat = a.seat "
        "JOIN episode e ON e.episode_id = a.episode_id WHERE p.agent_id IS NOT NULL "
        "UNION ALL SELECT c.run_id, c.agent_id, a.* FROM attempt a JOIN choice c ON c.choice_id = a.choice_id) a "
        "WHERE outcome <> 'provider_error' GROUP BY run_id, agent_id, coalesce(model, '')"
    )


def _rename_setting(table: str, key: str) -> None:
    """Calls the limit of a reply `reply_tokens`: `max_tokens` is a limit of what a run may spend from here on."""
    connection = op.get_bind()
    for row_id, stored in connection.execute(sa.text(f"SELECT {key}, settings FROM {table}")).fetchall():
        if "max_tokens" not in stored:
            continue
        settings: dict[str, Any] = json.loads(stored)
        inner: dict[str, Any] = settings if table == "agent" else settings.get("settings", {})
        if "max_tokens" in inner:
            inner["reply_tokens"] = inner.pop("max_tokens")
            packed = json.dumps(settings, ensure_ascii=False, separators=(",", ":"))
            statement = sa.text(f"UPDATE {table} SET settings = :settings WHERE {key} = :row_id")
            connection.execute(statement, {"settings": packed, "row_id": row_id})
