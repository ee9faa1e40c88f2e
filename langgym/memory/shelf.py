"""Shelves: what an agent knew at a moment, whatever has changed since, with as few reads of the store as can be."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from threading import Lock
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from agents_db.knowledge import AsOf, MemoryEventRecord, MemoryRecord, Vectors

MOST_KEPT = 4096
"""Memories, and vectors of memories, that a shelf keeps in the process."""
MOST_EVENTS = 10_000
"""Changes that a shelf keeps in the process."""
PAGE = 50
MOST_LOOKED_AT = 400
"""Memories of an environment among which the latest of a role are looked for."""

Vector = NDArray[np.float32]
K = TypeVar("K")
T = TypeVar("T")


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def fingerprint(self) -> str:
        """What decides the vectors."""
        ...

    @property
    def name(self) -> str:
        """What a person calls it."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns one unit vector per text, shape (n, dim)."""
        ...


class MemorySource(Protocol):
    """Where memories are read; `agents_db.store.AgentsDB` is one."""

    def memories(
        self,
        agent_id: int,
        *,
        kind: str | None = None,
        env_id: str | None = None,
        limit: int = 50,
        before: int | None = None,
    ) -> list[MemoryRecord]:
        """Returns an agent's active memories, newest first."""
        ...

    def memories_as_of(
        self, agent_id: int, as_of: AsOf, *, kinds: Iterable[str] | None = None, state: str | None = "active"
    ) -> list[MemoryRecord]:
        """Returns an agent's memories as they were at a moment, oldest first."""
        ...

    def memories_by_id_as_of(self, memory_ids: Sequence[int], as_of: AsOf) -> list[MemoryRecord]:
        """Returns memories as they were at a moment; those that were not there yet are left out."""
        ...

    def vectors_by_id(self, agent_id: int, embedder: str, *, memory_ids: Sequence[int]) -> Vectors:
        """Returns the vectors of those of an agent's active memories that have one."""
        ...

    def pinned(self, agent_id: int) -> list[int]:
        """Returns the ids of an agent's pinned memories, whatever their state."""
        ...

    def newest_memory(self, agent_id: int, clock: int) -> int:
        """Returns the id of the last memory that an agent had at a moment of its clock; 0 where it had none."""
        ...

    def last_event(self, agent_id: int) -> int:
        """Returns the id of the last change of an agent's memories; 0 where there was none."""
        ...

    def memory_events(self, *, agent_id: int | None = None, limit: int = 50) -> list[MemoryEventRecord]:
        """Returns the changes of all memories of an agent, newest first."""
        ...


class MemoryShelf:
    """What one agent knows; one serves all of its episodes, from any thread, and none of another agent.

    It keeps memories as they were after the last change that it has heard of, and all changes since the first moment
    that it was asked for. An agent's clock never goes back, so changes come in its order.
    """

    def __init__(self, source: MemorySource, agent_id: int) -> None:
        self.source = source
        self.agent_id = agent_id
        self._lock = Lock()
        self._events: list[MemoryEventRecord] = []
        self._start = self._head = -1
        self._memories: dict[int, MemoryRecord] = {}
        self._vectors: dict[tuple[str, int], Vector] = {}
        self._pinned: set[int] | None = None

    def at(self, as_of: AsOf, embedder: Embedder) -> "Knowledge":
        """Returns what the agent knew at a moment.

        Args:
            as_of: The moment.
            embedder: Makes the vectors.
        """
        return Knowledge(self, as_of, embedder)

    def follow(self, as_of: AsOf, head: int) -> tuple[int, list[MemoryEventRecord]] | None:
        """Returns the last change and those that came after a moment; `None` where the last one still is `head`."""
        with self._lock:
            self._catch_up()
            if head == self._head:
                return None
            first = as_of.event_id or 0
            if first < self._start:
                self._events = [*self._read_events(first, until=self._start), *self._events]
                self._start = first
            return self._head, [event for event in self._events if is_later(event, as_of)]

    def find_pinned(self) -> set[int]:
        """Returns the ids of the memories that are pinned now."""
        with self._lock:
            if self._pinned is None:
                self._pinned = set(self.source.pinned(self.agent_id))
            return set(self._pinned)

    def take_memories(self, memory_ids: Iterable[int], *, head: int) -> dict[int, MemoryRecord]:
        """Returns what is at hand of some memories as they were after the change `head`."""
        with self._lock:
            return _pick(self._memories, memory_ids) if head == self._head else {}

    def keep_memories(self, memories: Mapping[int, MemoryRecord], *, head: int) -> None:
        """Keeps memories as they were after the change `head`."""
        with self._lock:
            if head == self._head:
                _keep(self._memories, memories)

    def take_vectors(self, embedder: str, memory_ids: Iterable[int]) -> dict[int, Vector]:
        """Returns what is at hand of the vectors of some memories' present texts."""
        with self._lock:
            found = _pick(self._vectors, [(embedder, memory_id) for memory_id in memory_ids])
        return {memory_id: vector for (_, memory_id), vector in found.items()}

    def keep_vectors(self, embedder: str, vectors: Mapping[int, Vector], *, head: int) -> None:
        """Keeps vectors of memories' texts as they were after the change `head`."""
        with self._lock:
            if head == self._head:
                _keep(self._vectors, {(embedder, memory_id): vector for memory_id, vector in vectors.items()})

    def _catch_up(self) -> None:
        """Hears of the changes since the last time, and forgets what they have made stale."""
        last = self.source.last_event(self.agent_id)
        if self._head < 0:
            self._start = self._head = last
        if last <= self._head:
            return
        new = self._read_events(self._head)
        self._events += new
        self._head = new[-1].event_id
        for event in new:
            self._memories.pop(event.memory_id, None)
            if self._pinned is not None and "pinned" in event.after:
                (self._pinned.add if event.after["pinned"] else self._pinned.discard)(event.memory_id)
        edited = {event.memory_id for event in new if "text" in event.after}
        if edited:
            self._vectors = {key: vector for key, vector in self._vectors.items() if key[1] not in edited}
        if len(self._events) > MOST_EVENTS:
            self._events = self._events[-MOST_EVENTS // 2 :]
            self._start = self._events[0].event_id - 1

    def _read_events(self, after: int, *, until: int | None = None) -> list[MemoryEventRecord]:
        """Returns the changes with ids over `after`, oldest first."""
        limit = PAGE
        while True:
            found = self.source.memory_events(agent_id=self.agent_id, limit=limit)
            if len(found) < limit or found[-1].event_id <= after:
                break
            limit *= 4
        return [event for event in reversed(found) if event.event_id > after and (not until or event.event_id <= until)]


class Knowledge:
    """What an agent knew at one moment; it stays the same for ever, though the store goes on changing."""

    def __init__(self, shelf: MemoryShelf, as_of: AsOf, embedder: Embedder) -> None:
        """Use `MemoryShelf.at`."""
        self._shelf = shelf
        self._source = shelf.source
        self._as_of = as_of
        self._embedder = embedder
        self._head = -1
        self._since: dict[int, set[str]] = {}
        self._changed = frozenset[int]()
        self._known: dict[int, MemoryRecord | None] = {}
        self._vectors: dict[int, Vector] = {}
        self._until: int | None = None
        self.follow()

    @property
    def changed(self) -> frozenset[int]:
        """The ids of memories whose text or state has changed since: no index has them as they were."""
        return self._changed

    def follow(self) -> None:
        """Hears of what has changed since the last time."""
        news = self._shelf.follow(self._as_of, self._head)
        if news is None:
            return
        self._head, events = news
        self._since = {}
        for event in events:
            self._since.setdefault(event.memory_id, set()).update(event.after)
        self._changed = frozenset(each for each, names in self._since.items() if names & {"text", "state"})

    def find(self, memory_ids: Sequence[int]) -> list[MemoryRecord]:
        """Returns those of some memories that were the agent's, and active, in that order."""
        self._load([memory_id for memory_id in memory_ids if memory_id not in self._known])
        found = [self._known[memory_id] for memory_id in memory_ids]
        return [memory for memory in found if memory is not None]

    def find_distilled(self) -> list[MemoryRecord]:
        """Returns the strategies and habits that were active."""
        kinds = ("strategy", "habit")
        found = self._source.memories_as_of(self._shelf.agent_id, self._as_of, kinds=kinds)
        return self._note(found)

    def find_pinned(self) -> list[MemoryRecord]:
        """Returns the memories that were pinned, by id."""
        since = {memory_id for memory_id, names in self._since.items() if "pinned" in names}
        return [memory for memory in self.find(sorted(self._shelf.find_pinned() | since)) if memory.pinned]

    def find_changed(self) -> list[MemoryRecord]:
        """Returns the memories that were active and whose text or state has changed since, by id."""
        return self.find(sorted(self._changed))

    def find_latest(self, env_id: str, role: str, n: int) -> list[MemoryRecord]:
        """Returns the latest episodic memories of an environment and role, newest first."""
        found = {memory.memory_id: memory for memory in self.find_changed() if memory.kind == "episodic"}
        before, n_looked = None, 0
        while n_looked < MOST_LOOKED_AT and len(found) < n + len(self._changed):
            page = self._source.memories(
                self._shelf.agent_id, kind="episodic", env_id=env_id, limit=PAGE, before=before
            )
            known = [memory for memory in page if memory.clock <= self._as_of.clock]
            of_role = self.find([memory.memory_id for memory in known if memory.role == role])
            found.update((memory.memory_id, memory) for memory in of_role)
            n_looked += len(known)
            if len(page) < PAGE:
                break
            before = page[-1].memory_id
        own = [memory for memory in found.values() if (memory.env_id, memory.role) == (env_id, role)]
        return sorted(own, key=lambda memory: (-memory.clock, -memory.memory_id))[:n]

    def find_until(self) -> int:
        """Returns the id of the last memory that there was; none with a higher one is needed."""
        if self._until is None:
            self._until = self._source.newest_memory(self._shelf.agent_id, self._as_of.clock)
        return self._until

    def find_vectors(self, memories: Sequence[MemoryRecord]) -> list[Vector]:
        """Returns the vectors of memories' texts; a text that has none any more, or not yet, is embedded now."""
        missing = [memory for memory in memories if memory.memory_id not in self._vectors]
        if missing:
            self._load_vectors(missing)
        return [self._vectors[memory.memory_id] for memory in memories]

    def _load(self, memory_ids: Sequence[int]) -> None:
        if not memory_ids:
            return
        same = [memory_id for memory_id in memory_ids if memory_id not in self._since]
        kept = self._shelf.take_memories(same, head=self._head)
        missing = [memory_id for memory_id in memory_ids if memory_id not in kept]
        read = self._source.memories_by_id_as_of(missing, self._as_of) if missing else []
        own = {memory.memory_id: memory for memory in read if memory.agent_id == self._shelf.agent_id}
        unchanged = {memory_id: memory for memory_id, memory in own.items() if memory_id not in self._since}
        self._shelf.keep_memories(unchanged, head=self._head)
        self._known.update(dict.fromkeys(memory_ids))
        self._note([*kept.values(), *own.values()])

    def _note(self, memories: Sequence[MemoryRecord]) -> list[MemoryRecord]:
        """Takes note of memories as they were; returns those that were known and active."""
        known = [memory for memory in memories if memory.state == "active" and memory.clock <= self._as_of.clock]
        self._known.update((memory.memory_id, memory) for memory in known)
        return known

    def _load_vectors(self, memories: Sequence[MemoryRecord]) -> None:
        mark = self._embedder.fingerprint
        same = [memory.memory_id for memory in memories if "text" not in self._since.get(memory.memory_id, ())]
        self._vectors.update(self._shelf.take_vectors(mark, same))
        missing = [memory_id for memory_id in same if memory_id not in self._vectors]
        if missing:
            stored = self._source.vectors_by_id(self._shelf.agent_id, mark, memory_ids=missing)
            read = dict(zip(stored.ids.tolist(), stored.matrix, strict=True))
            self._shelf.keep_vectors(mark, read, head=self._head)
            self._vectors.update(read)
        bare = [memory for memory in memories if memory.memory_id not in self._vectors]
        if bare:
            made = self._embedder.embed([memory.text for memory in bare])
            self._vectors.update((memory.memory_id, vector) for memory, vector in zip(bare, made, strict=True))


def is_later(event: MemoryEventRecord, as_of: AsOf) -> bool:
    """Returns whether a change was made after a moment."""
    return event.clock > as_of.clock or (as_of.event_id is not None and event.event_id > as_of.event_id)


def _pick(kept: Mapping[K, T], keys: Iterable[K]) -> dict[K, T]:
    return {key: kept[key] for key in keys if key in kept}


def _keep(kept: dict[K, T], new: Mapping[K, T]) -> None:
    """Adds what is new and lets go of what came first, so that at most `MOST_KEPT` stay."""
    kept.update(new)
    excess = len(kept) - MOST_KEPT
    if excess > 0:
        for key in list(islice(kept, excess)):
            del kept[key]
