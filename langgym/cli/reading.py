"""Opening the store for reading, and what is said where there is none."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from agents_db.errors import NoStore, StoreTooOld
from agents_db.store import AgentsDB
from langgym.errors import UsageError
from langgym.home import store_path

ENV_ID = re.compile(r"[a-z0-9_]+/[a-z0-9_]+_v\d+")


@contextmanager
def open_reader(home: Path) -> Generator[AgentsDB | None]:
    """Yields the store, or `None` where nothing has been stored yet."""
    try:
        db = AgentsDB.open_reader(store_path(home))
    except NoStore:
        yield None
        return
    with db:
        yield db


@contextmanager
def open_known(home: Path) -> Generator[AgentsDB | None]:
    """Does the same for a command that is about to write: a store of an earlier schema is brought up to date."""
    try:
        with open_reader(home) as db:
            yield db
    except StoreTooOld:
        with AgentsDB.open(store_path(home)) as db:
            yield db


@contextmanager
def open_stored(home: Path, what: str) -> Generator[AgentsDB]:
    """Yields the store; raises `UsageError` where nothing has been stored yet, for `what` cannot be there."""
    with open_reader(home) as db:
        if db is None:
            raise UsageError(
                f"No {what}: nothing is stored in {str(home)!r} yet. Start with `langgym play --agent ada`."
            )
        yield db


def find_env_id(name: str | None) -> str | None:
    """Returns the full id of an environment; an id whose package is gone stays as it is."""
    if name is None:
        return None
    from universe.catalog import default_catalog

    if ENV_ID.fullmatch(name) and name not in {card.env_id for card in default_catalog()}:
        return name
    return default_catalog().find(name).env_id
