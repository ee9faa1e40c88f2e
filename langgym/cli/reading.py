"""Opening the store for reading, and what is said where there is none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agents_db.errors import NoStore
from agents_db.store import AgentsDB
from langgym.config import store_path
from langgym.errors import UsageError


@contextmanager
def open_reader(home: Path) -> Iterator[AgentsDB | None]:
    """Yields the store, or `None` where nothing has been stored yet."""
    try:
        db = AgentsDB.open_reader(store_path(home))
    except NoStore:
        yield None
        return
    with db:
        yield db


@contextmanager
def open_stored(home: Path, what: str) -> Iterator[AgentsDB]:
    """Yields the store; raises `UsageError` where nothing has been stored yet, for `what` cannot be there."""
    with open_reader(home) as db:
        if db is None:
            raise UsageError(
                f"No {what}: nothing is stored in {str(home)!r} yet. Start with `langgym play --agent ada`."
            )
        yield db
