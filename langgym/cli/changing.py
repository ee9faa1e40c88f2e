"""Changing memories by hand: what may be changed, and the line that says what was done."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from agents_db.knowledge import ChangeOp, Field, MemoryChange, MemoryRecord
from agents_db.store import AgentsDB
from langgym.config import store_path
from langgym.errors import UsageError

HAND = "hand"
"""Who makes these changes, as their history says."""
_LATER = "it counts from the next episode on"


def retire(home: Path, memory_id: int, reason: str | None) -> str:
    """Takes a memory out of recall; returns what was done."""

    def find(memory: MemoryRecord) -> Mapping[str, Field]:
        if memory.state == "retired":
            raise UsageError(f"Memory {memory_id} is retired already.")
        return {"state": "retired"}

    return _change(home, memory_id, "retire", find, reason=reason, done="is retired")


def restore(home: Path, memory_id: int, reason: str | None) -> str:
    """Brings a memory back into recall; returns what was done."""

    def find(memory: MemoryRecord) -> Mapping[str, Field]:
        if memory.state == "active":
            raise UsageError(f"Memory {memory_id} is active: there is nothing to restore.")
        return {"state": "active", "superseded_by": None}

    return _change(home, memory_id, "restore", find, reason=reason, done="is active again")


def pin(home: Path, memory_id: int, reason: str | None) -> str:
    """Pins a memory; returns what was done."""
    return _pin(home, memory_id, reason, pinned=True)


def unpin(home: Path, memory_id: int, reason: str | None) -> str:
    """Takes the pin of a memory away; returns what was done."""
    return _pin(home, memory_id, reason, pinned=False)


def edit(home: Path, memory_id: int, text: str, reason: str | None) -> str:
    """Writes a memory's text anew; returns what was done."""
    if not text.strip():
        raise UsageError("A memory must say something: give it a text, or retire it.")

    def find(memory: MemoryRecord) -> Mapping[str, Field]:
        if memory.text == text:
            raise UsageError(f"Memory {memory_id} says that already.")
        return {"text": text}

    return _change(home, memory_id, "edit", find, reason=reason, done="is edited by hand")


def undo(home: Path, event_id: int) -> str:
    """Undoes a change; returns what was done."""
    with _open(home, f"change {event_id}") as db:
        memory = db.undo_event(event_id)
        [event] = db.memory_events(memory_id=memory.memory_id, limit=1)
    return (
        f"change {event_id} of memory {memory.memory_id} of {memory.agent} is undone "
        f"(change {event.event_id}); {_LATER}"
    )


def _pin(home: Path, memory_id: int, reason: str | None, *, pinned: bool) -> str:
    done = "is pinned" if pinned else "is not pinned any more"

    def find(memory: MemoryRecord) -> Mapping[str, Field]:
        if memory.pinned is pinned:
            raise UsageError(f"Memory {memory_id} is {'pinned already' if pinned else 'not pinned'}.")
        return {"pinned": pinned}

    return _change(home, memory_id, "pin" if pinned else "unpin", find, reason=reason, done=done)


def _change(
    home: Path,
    memory_id: int,
    op: ChangeOp,
    find: Callable[[MemoryRecord], Mapping[str, Field]],
    *,
    reason: str | None,
    done: str,
) -> str:
    with _open(home, f"memory {memory_id}") as db:
        fields = find(db.memory(memory_id))
        memory = db.change_memory(
            MemoryChange(memory_id=memory_id, op=op, fields=fields, actor=HAND, reason=reason or None)
        )
        [event] = db.memory_events(memory_id=memory_id, limit=1)
    return f"memory {memory_id} of {memory.agent} {done} (change {event.event_id}); {_LATER}"


@contextmanager
def _open(home: Path, what: str) -> Generator[AgentsDB]:
    """Yields the store for writing; raises `UsageError` where there is none."""
    if not store_path(home).exists():
        raise UsageError(f"No {what}: nothing is stored in {str(home)!r} yet. Start with `langgym play --agent ada`.")
    with AgentsDB.open(store_path(home)) as db:
        yield db
