"""The schema's history: append-only revisions and the code that applies them."""

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""Every revision, oldest first; kept here so that opening a current store imports no alembic."""
HEAD = REVISIONS[-1]
