"""Bringing a store's schema to the newest revision: all of it, or nothing."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from agents_db.borders import reach
from agents_db.engine import find_driver, make_engine, open_sqlite, translated
from agents_db.errors import MigrationFailed, StoreCorrupt, StoreTooNew, StoreTooOld
from agents_db.migrations import REVISIONS

HERE = Path(__file__).parent
_one_at_a_time = threading.Lock()
"""Alembic keeps the connection that it works on in a module: two upgrades in one process would mix them up."""
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


def find_revision(driver: sqlite3.Connection, path: Path) -> str | None:
    """Returns the stored revision, `None` for an empty file; raises `StoreCorrupt` for somebody else's database."""
    names = {name for (name,) in driver.execute(_TABLES)}
    if not names:
        return None
    rows = driver.execute("SELECT version_num FROM alembic_version").fetchall() if "alembic_version" in names else []
    if len(rows) != 1 or "episode" not in names:
        raise StoreCorrupt(f"The file {str(path)!r} is a database, but not a store of agents; choose another path.")
    return str(rows[0][0])


def check_revision(revision: str | None, path: Path, *, known: Sequence[str] = REVISIONS) -> None:
    """Raises `StoreTooNew` or `StoreTooOld` unless a store of that revision can be read as it is."""
    if revision is not None and revision not in known:
        raise StoreTooNew(f"The store {str(path)!r} was written by a later LangGym ({revision!r}); update LangGym.")
    if revision != known[-1]:
        raise StoreTooOld(
            f"The store {str(path)!r} has an earlier schema ({revision!r}); any command that writes brings it up to "
            "date, for example `langgym play`."
        )


def upgrade(path: Path, *, location: Path = HERE, known: Sequence[str] = REVISIONS) -> None:
    """Brings the store at `path`, made when it is missing, to the last revision of `known`.

    One transaction holds every revision; foreign keys and row counts are checked before it is committed, and a store
    that holds something is copied to `<path>.<revision>.backup` first.

    Args:
        path: the store.
        location: the folder with `env.py` and `versions`.
        known: every revision there, oldest first.
    """
    with _one_at_a_time, translated(path), make_engine(path, "rwc").connect() as connection:
        driver = find_driver(connection)
        driver.execute("PRAGMA foreign_keys=OFF")
        revision = find_revision(driver, path)
        if revision == known[-1]:
            return
        if revision is not None and revision not in known:
            check_revision(revision, path, known=known)
        if revision is not None:
            _back_up(driver, Path(f"{path}.{revision}.backup"))
        connection.begin()  # tells alembic that the transaction is not its own; the next line begins it
        driver.execute("BEGIN IMMEDIATE")
        try:
            _apply(connection, location, known[-1])
            reach("mid_migration")
            driver.execute("COMMIT")
        except BaseException as error:
            if driver.in_transaction:
                driver.execute("ROLLBACK")
            if isinstance(error, (MigrationFailed, sqlite3.Error)) or not isinstance(error, Exception):
                raise
            raise MigrationFailed(
                f"The store {str(path)!r} could not be upgraded from {revision!r} ({_first_line(error)}); "
                "nothing has changed."
            ) from error


def _apply(connection: Connection, location: Path, target: str) -> None:
    driver = find_driver(connection)
    before = _count_rows(driver)
    _run_alembic(connection, location, target)
    if driver.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise MigrationFailed("A schema change left rows without their parents; nothing has changed.")
    after = _count_rows(driver)
    lost = sorted(name for name, n_rows in before.items() if after.get(name, 0) < n_rows)
    if lost:
        raise MigrationFailed(f"A schema change lost rows of {lost!r}; nothing has changed.")


def _run_alembic(connection: Connection, location: Path, target: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    run: Callable[[Config, str], None] = command.upgrade
    run(config, target)


def _count_rows(driver: sqlite3.Connection) -> dict[str, int]:
    names = [name for (name,) in driver.execute(_TABLES) if name != "alembic_version"]
    return {name: driver.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def _back_up(driver: sqlite3.Connection, target: Path) -> None:
    target.unlink(missing_ok=True)
    with closing(open_sqlite(target, "rwc")) as copy:
        driver.backup(copy)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
