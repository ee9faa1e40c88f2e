"""Changes of memories by a person's hand: what may be changed, and the line that says what was done."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from agents_db.keys import make_key
from agents_db.knowledge import ChangeOp, Field, MemoryChange, MemoryEventRecord, MemoryRecord
from agents_db.store import AgentsDB
from langgym.errors import UsageError

HAND = "hand"
"""Who makes these changes, as their history says."""
_LATER = "it counts from the next episode on"
_LATELY = 100
"""More changes of one memory than others make while this one is stored."""


@dataclass(frozen=True, slots=True)
class HandChange:
    """A change that was made."""

    event_id: int
    memory: MemoryRecord
    """As it is now."""
    words: str
    """What was done, in a line."""


def retire(db: AgentsDB, memory_id: int, reason: str | None = None) -> HandChange:
    """Takes a memory out of recall; raises `UsageError` where it is out already, `NotStored` where it is not there."""
    memory = db.memory(memory_id)
    if memory.state == "retired":
        raise UsageError(f"Memory {memory_id} is retired already.")
    return _change(db, memory, "retire", {"state": "retired"}, reason=reason, done="is retired")


def restore(db: AgentsDB, memory_id: int, reason: str | None = None) -> HandChange:
    """Brings a memory back into recall; raises `UsageError` or `NotStored`."""
    memory = db.memory(memory_id)
    if memory.state == "active":
        raise UsageError(f"Memory {memory_id} is active: there is nothing to restore.")
    fields: Mapping[str, Field] = {"state": "active", "superseded_by": None}
    return _change(db, memory, "restore", fields, reason=reason, done="is active again")


def pin(db: AgentsDB, memory_id: int, reason: str | None = None) -> HandChange:
    """Pins a memory: it is always among those that recall looks at; raises `UsageError` or `NotStored`."""
    memory = db.memory(memory_id)
    if memory.pinned:
        raise UsageError(f"Memory {memory_id} is pinned already.")
    return _change(db, memory, "pin", {"pinned": True}, reason=reason, done="is pinned")


def unpin(db: AgentsDB, memory_id: int, reason: str | None = None) -> HandChange:
    """Takes the pin of a memory away; raises `UsageError` or `NotStored`."""
    memory = db.memory(memory_id)
    if not memory.pinned:
        raise UsageError(f"Memory {memory_id} is not pinned.")
    return _change(db, memory, "unpin", {"pinned": False}, reason=reason, done="is not pinned any more")


def edit(db: AgentsDB, memory_id: int, text: str, reason: str | None = None, *, seen: str | None = None) -> HandChange:
    """Writes a memory's text anew.

    Args:
        db: Open for writing.
        memory_id: Of the memory.
        text: What it is to say.
        reason: Kept with the change.
        seen: What it said when the person looked at it; `None` is what it says now.

    Raises:
        UsageError: The text is empty, or the memory says that already.
        NotStored: There is no such memory, or it does not say any more what was seen.
    """
    check_text(text)
    memory = db.memory(memory_id)
    if memory.text == text:
        raise UsageError(f"Memory {memory_id} says that already.")
    before = {"text": memory.text if seen is None else seen}
    return _change(db, memory, "edit", {"text": text}, reason=reason, done="is edited by hand", seen=before)


def check_text(text: str) -> None:
    """Raises `UsageError` for a text that says nothing."""
    if not text.strip():
        raise UsageError("A memory must say something: give it a text, or retire it.")


def undo(db: AgentsDB, event_id: int) -> HandChange:
    """Undoes a change, by a change; raises `NotStored`, also where something was changed again since."""
    memory = db.undo_event(event_id)
    events = db.memory_events(memory_id=memory.memory_id, limit=_LATELY)
    event = next(each for each in events if each.op == "undo" and each.reason == f"undoes change {event_id}")
    words = f"change {event_id} of memory {memory.memory_id} of {memory.agent} is undone (change {event.event_id})"
    return HandChange(event.event_id, memory, f"{words}; {_LATER}")


def _change(
    db: AgentsDB,
    memory: MemoryRecord,
    op: ChangeOp,
    fields: Mapping[str, Field],
    *,
    reason: str | None,
    done: str,
    seen: Mapping[str, Field] | None = None,
) -> HandChange:
    """Stores a change, unless what it changes is otherwise by now than it was seen."""
    origin = (HAND, os.urandom(16).hex())
    memory_id = memory.memory_id
    change = MemoryChange(
        memory_id=memory_id,
        op=op,
        fields=fields,
        actor=HAND,
        reason=reason or None,
        origin=origin,
        seen={name: _read(memory, name) for name in fields} if seen is None else seen,
    )
    changed = db.change_memory(change)
    event = _find_event(db, memory_id, make_key("memory_event", memory.key, op, *origin))
    words = f"memory {memory_id} of {memory.agent} {done} (change {event.event_id}); {_LATER}"
    return HandChange(event.event_id, changed, words)


def _read(memory: MemoryRecord, name: str) -> Field:
    value: Field = getattr(memory, name)
    return value


def _find_event(db: AgentsDB, memory_id: int, key: str) -> MemoryEventRecord:
    """Returns the change of that key: others may have changed the memory since."""
    return next(event for event in db.memory_events(memory_id=memory_id, limit=_LATELY) if event.key == key)
