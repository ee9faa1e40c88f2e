"""Tables that are served to other programs: who may play which seat."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL = sa.Float(precision=53)


def upgrade() -> None:
    """Adds two tables; nothing was served so far."""
    op.create_table(
        "served_table",
        sa.Column("episode_id", BIG, nullable=False),
        sa.Column("table_id", sa.String(length=64), nullable=False),
        sa.Column("owner_hash", sa.LargeBinary(), nullable=False),
        sa.Column("decision_seconds", REAL, nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.episode_id"]),
        sa.PrimaryKeyConstraint("episode_id"),
        sa.UniqueConstraint("table_id"),
    )
    op.create_table(
        "served_seat",
        sa.Column("episode_id", BIG, nullable=False),
        sa.Column("seat", sa.String(length=255), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", REAL, nullable=True),
        sa.Column("has_left", sa.Boolean(), nullable=False),
        sa.Column("answered_turn", BIG, nullable=True),
        sa.Column("answered_action", BIG, nullable=True),
        sa.ForeignKeyConstraint(["episode_id"], ["served_table.episode_id"]),
        sa.PrimaryKeyConstraint("episode_id", "seat"),
    )
