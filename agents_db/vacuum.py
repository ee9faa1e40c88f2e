"""Giving back the space that a store no longer needs."""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path

from agents_db.engine import open_sqlite, translate_error
from agents_db.errors import AgentOwned, NoStore, StoreBusy, StoreFull
from agents_db.owner import AgentLock


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacuumed:
    """How many bytes a store took, and takes."""

    before: int
    after: int
    """Of its files; while others read, the last part of the saving waits until they are done."""
    waits: bool
    """Whether a reader keeps SQLite's log from being folded into the file."""


def vacuum_store(store: Path, root: Path, agents: Mapping[int, str]) -> Vacuumed:
    """Writes the store anew without its gaps; nothing is lost, whatever happens.

    Args:
        store: the file.
        root: the folder of all indexes, where each agent's lock is.
        agents: their names by id; none of them may be in play.

    Raises:
        StoreBusy: an agent is in play, or another process writes or reads for too long.
        StoreFull: there is no space for a second copy.
    """
    if not store.is_file():
        raise NoStore(f"Nothing is stored at {str(store)!r} yet.")
    with ExitStack() as locks:
        for agent_id, name in agents.items():
            if (root / str(agent_id)).is_dir():
                locks.enter_context(_hold(root, agent_id, name))
        before = measure_store(store)
        waits = _vacuum(store)
        return Vacuumed(before=before, after=measure_store(store), waits=waits)


def measure_store(store: Path) -> int:
    """Returns the bytes of a store's files."""
    files = (Path(f"{store}{suffix}") for suffix in ("", "-wal", "-shm"))
    return sum(file.stat().st_size for file in files if file.is_file())


def _hold(root: Path, agent_id: int, name: str) -> AgentLock:
    try:
        return AgentLock(root, agent_id, name=name)
    except AgentOwned as error:
        whom = f"process {error.pid} on {error.host!r}" if error.pid else "another process"
        raise StoreBusy(f"The agent {name!r} is in play ({whom}); vacuum when it is done.") from error


def _vacuum(store: Path) -> bool:
    """Returns whether a reader keeps the log from being folded into the file."""
    try:
        with closing(open_sqlite(store, "rw")) as driver:
            try:
                driver.execute("VACUUM")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
                    with suppress(sqlite3.Error):
                        _fold(driver)  # gives back what the log has taken
                raise
            return _fold(driver)
    except sqlite3.Error as error:
        raise _explain(error, store) from error


def _fold(driver: sqlite3.Connection) -> bool:
    """Folds the log into the file; returns whether a reader hinders it."""
    (busy, *_) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return bool(busy)


def _explain(error: sqlite3.Error, store: Path) -> Exception:
    failure = translate_error(error, store)
    if isinstance(failure, StoreFull):
        return StoreFull(
            f"No space left to write the store {str(store)!r} anew: that takes about {store.stat().st_size} bytes more "
            "for a while; free some. Nothing is lost."
        )
    if isinstance(failure, StoreBusy):
        holders = find_holders(store)
        named = f" (open in process {', '.join(map(str, holders))})" if holders else ""
        return StoreBusy(f"Another process keeps the store {str(store)!r} locked{named}; vacuum when it is done.")
    return failure or error


def find_holders(store: Path) -> list[int]:
    """Returns the other processes that have the store open, as far as the system lets this one see."""
    wanted = os.path.realpath(store)
    found: set[int] = set()
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with suppress(OSError):
            if any(os.readlink(link) == wanted for link in folder.iterdir()):
                found.add(int(folder.parent.name))
    return sorted(found - {os.getpid()})
