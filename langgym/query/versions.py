"""Read model of versions: what was said of the same thing over time, memory by memory and change by change."""

from collections.abc import Iterator, Mapping, Sequence

from agents_db.knowledge import Field, MemoryEventRecord, MemoryRecord
from agents_db.store import AgentsDB
from langgym.query.values import Number, ReadModel, Time

_ALL = 2**31
_STATED = ("text", "effect", "low", "high")
"""Fields that make a new version when they change."""


class Version(ReadModel):
    """What a memory said for a while."""

    memory_id: int
    text: str
    effect: Number
    low: Number
    high: Number
    """The bounds of the effect's interval; `None` where it claimed none."""
    clock: int
    """The agent's clock when it was said: participations finished."""
    episode_id: int | None
    """The episode that triggered it; `None` where it was a person."""
    actor: str
    """Who said it: `grounded`, `model:NAME`, `hand`."""
    event_id: int | None
    """The change that made it; `None` where the memory was made so."""
    reason: str | None
    created_at: Time


def read_versions(db: AgentsDB, memory_ids: Sequence[int]) -> tuple[Version, ...]:
    """Returns what memories have said, each from its making through its changes, in the order of the ids."""
    versions: list[Version] = []
    for memory in db.memories_by_id(memory_ids):
        events = db.memory_events(memory_id=memory.memory_id, limit=_ALL) if memory.rev else []
        versions += _list_versions(memory, [event for event in reversed(events) if _states(event)])
    return tuple(versions)


def _states(event: MemoryEventRecord) -> bool:
    return any(name in event.after for name in _STATED)


def _list_versions(memory: MemoryRecord, events: Sequence[MemoryEventRecord]) -> Iterator[Version]:
    """Yields the versions of a memory; what it said at first is found by going back through its changes."""
    said: dict[str, object] = {name: getattr(memory, name) for name in _STATED}
    for event in reversed(events):
        said |= _pick(event.before)
    made = {"clock": memory.clock, "episode_id": memory.episode_id, "actor": memory.maker}
    yield _make_version(memory, said, {**made, "event_id": None, "reason": None, "created_at": memory.created_at})
    for event in events:
        said |= _pick(event.after)
        names = ("clock", "episode_id", "actor", "event_id", "reason", "created_at")
        yield _make_version(memory, said, {name: getattr(event, name) for name in names})


def _pick(fields: Mapping[str, Field]) -> dict[str, object]:
    return {name: fields[name] for name in _STATED if name in fields}


def _make_version(memory: MemoryRecord, said: Mapping[str, object], made: Mapping[str, object]) -> Version:
    return Version.model_validate({"memory_id": memory.memory_id, **said, **made})
