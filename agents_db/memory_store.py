"""What the store can do with memories: read, add, change, and see them as they were."""

import os
from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agents_db import changes, lives, memories, standings, vectors
from agents_db.door import Door
from agents_db.knowledge import (
    AsOf,
    EmbedderRecord,
    EvidenceRecord,
    LivedRecord,
    LivedStep,
    MemoryChange,
    MemoryDraft,
    MemoryEventRecord,
    MemoryRecord,
    PlacedRecord,
    RecallRecord,
    Vectors,
)
from agents_db.records import JsonObject
from agents_db.writer import Transaction


class MemoryStore(Door):
    """The part of the store that agents remember by; its methods are those of `AgentsDB`."""

    def memory(self, memory_id: int) -> MemoryRecord:
        """Returns a memory; raises `NotStored`."""
        return self._read(memories.read_memory, memory_id)

    def memories(
        self,
        agent_id: int,
        *,
        kind: str | None = None,
        env_id: str | None = None,
        limit: int = 50,
        before: int | None = None,
        state: str | None = "active",
    ) -> list[MemoryRecord]:
        """Returns an agent's memories, newest first; the next page is `before` the last id of this one.

        Args:
            agent_id: whose.
            kind: only this kind.
            env_id: only of this environment.
            limit: how many at most.
            before: only ids under this one.
            state: only in this state; `None` for any.
        """
        query = partial(memories.list_memories, kind=kind, env_id=env_id, limit=limit, before=before, state=state)
        return self._read(query, agent_id)

    def newest_memory(self, agent_id: int, clock: int) -> int:
        """Returns the id of the last memory that an agent had at a moment of its clock; 0 where it had none."""
        return self._read(standings.find_newest, agent_id, clock)

    def memories_by_id(self, memory_ids: Sequence[int]) -> list[MemoryRecord]:
        """Returns the memories of those ids in that order; those that are gone are left out."""
        return self._read(memories.load_memories, memory_ids)

    def pinned(self, agent_id: int) -> list[int]:
        """Returns the ids of an agent's pinned memories, whatever their state, rising."""
        return self._read(memories.list_pinned, agent_id)

    def recalls_of(self, memory_id: int) -> list[RecallRecord]:
        """Returns every turn in which a memory was shown, oldest first."""
        return self._read(memories.list_memory_recalls, memory_id)

    def vectors(self, agent_id: int, embedder: str, *, after: int = 0) -> Vectors:
        """Returns the vectors of an agent's active memories with ids over `after`, by id."""
        return self._read(vectors.read_vectors, agent_id, embedder, after=after)

    def vectors_by_id(self, agent_id: int, embedder: str, *, memory_ids: Sequence[int]) -> Vectors:
        """Returns the vectors of those of an agent's active memories, by id."""
        return self._read(vectors.read_some_vectors, agent_id, embedder, memory_ids)

    def unembedded(self, agent_id: int, embedder: str) -> list[MemoryRecord]:
        """Returns an agent's active memories that have no vector of that embedder, oldest first."""
        return self._read(lambda c: memories.load_memories(c, vectors.find_unembedded(c, agent_id, embedder)))

    def add_vectors(self, embedder: str, pairs: Sequence[tuple[int, NDArray[np.float32]]]) -> None:
        """Stores vectors of memories that had none of that embedder."""
        self._write(partial(vectors.add_vectors, fingerprint=embedder, pairs=pairs))

    def register_embedder(
        self, fingerprint: str, name: str, *, dim: int, probe_text: str, probe_vector: NDArray[np.float32]
    ) -> EmbedderRecord:
        """Stores an embedder with its probe; returns the probe that was stored first, to be compared with."""
        return self._write(
            partial(
                vectors.register_embedder,
                fingerprint=fingerprint,
                name=name,
                dim=dim,
                probe_text=probe_text,
                probe_vector=probe_vector,
            )
        )

    def find_embedder(self, fingerprint: str) -> EmbedderRecord | None:
        """Returns a registered embedder, or `None`."""
        return self._read(vectors.find_embedder, fingerprint)

    # Learning and changing

    def add_memories(self, drafts: Sequence[MemoryDraft]) -> list[MemoryRecord]:
        """Stores memories that were made between episodes; those that are stored already are returned as they are."""
        return self._write(partial(memories.add_memories, drafts=drafts, now=self._clock()))

    def change_memory(self, change: MemoryChange) -> MemoryRecord:
        """Stores a change and returns the memory; the same change again, by its origin, does nothing."""
        return self.learn((), (change,))[0]

    def learn(self, drafts: Sequence[MemoryDraft], made: Sequence[MemoryChange]) -> list[MemoryRecord]:
        """Stores new memories and changes of others in one transaction; returns them in that order."""
        now = self._clock()

        def write(transaction: Transaction) -> list[MemoryRecord]:
            new = memories.add_memories(transaction, drafts, now=now)
            return new + [
                changes.change_memory(transaction, change, now=now, entropy=os.urandom(16)) for change in made
            ]

        return self._write(write)

    def undo_event(self, event_id: int) -> MemoryRecord:
        """Makes of a memory what it was before a change; raises `NotStored`, also where it was changed again since."""
        return self._write(partial(changes.undo_event, event_id=event_id, now=self._clock()))

    def memory_events(
        self, *, memory_id: int | None = None, agent_id: int | None = None, limit: int = 50
    ) -> list[MemoryEventRecord]:
        """Returns the changes of a memory or of all memories of an agent, newest first."""
        return self._read(changes.list_events, memory_id=memory_id, agent_id=agent_id, limit=limit)

    def last_event(self, agent_id: int) -> int:
        """Returns the id of the last change of an agent's memories; 0 where there was none."""
        return self._read(changes.find_last_event, agent_id)

    def evidence(self, memory_id: int) -> list[EvidenceRecord]:
        """Returns what a memory rests on, its own source first, then by episode."""
        return self._read(memories.list_evidence, memory_id)

    # As of a moment

    def memories_as_of(
        self, agent_id: int, as_of: AsOf, *, kinds: Iterable[str] | None = None, state: str | None = "active"
    ) -> list[MemoryRecord]:
        """Returns an agent's memories as they were at a moment, oldest first.

        Args:
            agent_id: whose memories.
            as_of: the moment.
            kinds: only these; `None` for all.
            state: that they had then; `None` for any.
        """
        return self._read(changes.list_as_of, agent_id, as_of, kinds=kinds, state=state)

    def memories_by_id_as_of(self, memory_ids: Sequence[int], as_of: AsOf) -> list[MemoryRecord]:
        """Returns memories as they were at a moment, in that order; those that were not there yet are left out."""
        return self._read(changes.load_as_of, memory_ids, as_of)

    # Experience

    def lived(
        self,
        agent_id: int,
        *,
        env_id: str,
        kwargs: JsonObject,
        situation_version: int,
        until: int,
        after: int = 0,
    ) -> list[LivedRecord]:
        """Returns the participations in a variant that an agent has the experience of, in the order it came by them.

        Args:
            agent_id: whose experience.
            env_id: of the environment.
            kwargs: of the variant.
            situation_version: of the texts that decisions are counted by.
            until: the last clock that counts.
            after: the last clock that does not.
        """
        query = partial(
            lives.list_lived,
            env_id=env_id,
            kwargs=kwargs,
            situation_version=situation_version,
            after=after,
            until=until,
        )
        return self._read(query, agent_id)

    def totals(
        self, agent_id: int, *, env_id: str, kwargs: JsonObject, role: str, until: int, limit: int = 20
    ) -> list[float]:
        """Returns an agent's last returns in a role of a variant up to a moment of its clock, newest first."""
        query = partial(lives.list_totals, env_id=env_id, kwargs=kwargs, role=role, until=until, limit=limit)
        return self._read(query, agent_id)

    def recent_totals(self, agent_id: int, *, until: int, limit: int = 20) -> dict[str, list[float]]:
        """Returns an agent's last returns by environment up to a moment of its clock, newest first."""
        return self._read(lives.list_recent, agent_id, until=until, limit=limit)

    def lived_lately(self, agent_id: int, *, until: int, limit: int) -> list[PlacedRecord]:
        """Returns the last participations that an agent came by up to a clock, in any environment, newest first."""
        return self._read(lives.list_lately, agent_id, until=until, limit=limit)

    def started(
        self, agent_id: int, *, env_id: str, kwargs: JsonObject, situation_version: int, until: int
    ) -> int | None:
        """Returns the agent's clock when it began its first episode in a variant; `None` where it has ended none there.

        Args:
            agent_id: whose clock.
            env_id: of the environment.
            kwargs: of the variant.
            situation_version: of the texts that decisions are counted by.
            until: the last clock that counts.
        """
        place = partial(lives.find_start, env_id=env_id, kwargs=kwargs, situation_version=situation_version)
        return self._read(partial(place, until=until), agent_id)

    def lived_steps(self, episode_id: int) -> list[LivedStep]:
        """Returns the decisions of an episode whose facts were kept, by turn."""
        return self._read(lives.list_lived_steps, episode_id)

    def places(self, agent_id: int, *, until: int) -> Sequence[tuple[str, str, int, str]]:
        """Returns where an agent has experience: environment, variant as JSON, version of situations and role."""
        return self._read(lives.list_places, agent_id, until=until)
