"""What alembic runs: the revisions, on the connection that `upgrade` hands over."""

from alembic import context
from sqlalchemy import Connection

from agents_db.tables import METADATA

_connection = context.config.attributes["connection"]
assert isinstance(_connection, Connection)
context.configure(connection=_connection, target_metadata=METADATA, render_as_batch=True)
context.run_migrations()
