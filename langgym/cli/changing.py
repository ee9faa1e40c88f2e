"""Changing memories by hand: each returns the line that says what was done."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from agents_db.store import AgentsDB
from langgym.errors import UsageError
from langgym.home import store_path
from langgym.memory import hand


def retire(home: Path, memory_id: int, reason: str | None) -> str:
    """Takes a memory out of recall."""
    with _open(home, f"memory {memory_id}") as db:
        return hand.retire(db, memory_id, reason).words


def restore(home: Path, memory_id: int, reason: str | None) -> str:
    """Brings a memory back into recall."""
    with _open(home, f"memory {memory_id}") as db:
        return hand.restore(db, memory_id, reason).words


def pin(home: Path, memory_id: int, reason: str | None) -> str:
    """Pins a memory."""
    with _open(home, f"memory {memory_id}") as db:
        return hand.pin(db, memory_id, reason).words


def unpin(home: Path, memory_id: int, reason: str | None) -> str:
    """Takes the pin of a memory away."""
    with _open(home, f"memory {memory_id}") as db:
        return hand.unpin(db, memory_id, reason).words


def edit(home: Path, memory_id: int, text: str, reason: str | None) -> str:
    """Writes a memory's text anew."""
    hand.check_text(text)
    with _open(home, f"memory {memory_id}") as db:
        return hand.edit(db, memory_id, text, reason).words


def undo(home: Path, event_id: int) -> str:
    """Undoes a change."""
    with _open(home, f"change {event_id}") as db:
        return hand.undo(db, event_id).words


@contextmanager
def _open(home: Path, what: str) -> Generator[AgentsDB]:
    """Yields the store for writing; raises `UsageError` where there is none."""
    if not store_path(home).exists():
        raise UsageError(f"No {what}: nothing is stored in {str(home)!r} yet. Start with `langgym play --agent ada`.")
    with AgentsDB.open(store_path(home)) as db:
        yield db
