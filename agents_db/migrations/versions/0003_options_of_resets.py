"""What each episode's reset was given beside its seed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds a column; no episode so far was given anything."""
    op.add_column("episode", sa.Column("options", sa.Text(), nullable=False, server_default="{}"))
