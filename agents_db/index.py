"""MemoryIndex: an agent's vectors in Chroma, derived from the store and rebuilt from it whenever anything is off."""

import shutil
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from agents_db.borders import reach
from agents_db.chroma import ChromaFolder, find_version
from agents_db.errors import IndexBroken
from agents_db.exact import ExactIndex, rank_vectors
from agents_db.knowledge import Vectors
from agents_db.ledger import IndexRecord
from agents_db.probe import probe_folder
from agents_db.records import Finding
from agents_db.seal import is_sealed, seal_folder
from agents_db.store import AgentsDB

BATCH = 200
"""Rows of the outbox that are applied at a time; more than that waiting are applied before a query."""
CHURN = 0.15
"""The part of the rows that may change before a rebuild; Chroma loses live rows to updates and deletions."""
WIDTH = 200
"""The fewest candidates that Chroma is asked for; they are ranked exactly, and a wide search misses fewer."""
_PROBES = 300
_CLOSE = 1e-4
_REBUILD = "It is rebuilt when the agent plays next, or by `langgym db repair`."


class MemoryIndex:
    """The vector index of one agent, in `<root>/<agent_id>/gen-N`.

    The caller holds the agent's `AgentLock`. Nothing is ever lost with the index: it holds ids and vectors of the
    store, and while it cannot be used, `query` reads the store's vectors instead.
    """

    def __init__(self, db: AgentsDB, agent_id: int, root: Path | str, *, embedder: str) -> None:
        """Use `MemoryIndex.open`."""
        self._db = db
        self._ledger = db.ledger
        self._agent_id = agent_id
        self._folder = Path(root).resolve() / str(agent_id)
        self._embedder = embedder
        self._exact = ExactIndex(db, agent_id, embedder=embedder)
        self._chroma: ChromaFolder | None = None
        self._dirty = False
        self._lock = threading.RLock()

    @classmethod
    def open(cls, db: AgentsDB, agent_id: int, root: Path | str, *, embedder: str) -> Self:
        """Opens the index and makes it equal to the store; where that fails, queries read the store.

        Args:
            db: open for writing.
            agent_id: whose memories.
            root: the folder of all indexes.
            embedder: the fingerprint of the embedder whose vectors are indexed.
        """
        index = cls(db, agent_id, root, embedder=embedder)
        with suppress(IndexBroken):
            index._open()
        return index

    @property
    def is_open(self) -> bool:
        """Whether Chroma answers; else queries read the store's vectors."""
        return self._chroma is not None

    def query(self, vector: NDArray[np.float32], k: int, *, until: int | None = None) -> list[tuple[int, float]]:
        """Returns the ids of the `k` nearest memories up to the id `until` with their exact cosines, best first.

        Memories that Chroma has not seen yet are among them; memories that the store no longer has are not.
        """
        wanted = k
        while True:
            found, is_all = self._query(vector, wanted)
            if found is None:
                return self._exact.query(vector, k, until=until)
            known = [pair for pair in found if until is None or pair[0] <= until]
            if len(known) >= k or is_all:
                return known[:k]
            wanted *= 2

    def _query(self, vector: NDArray[np.float32], k: int) -> tuple[list[tuple[int, float]] | None, bool]:
        """Returns the `k` nearest, `None` where Chroma does not answer, and whether there are no others."""
        with self._lock:
            pending = [row.memory_id for row in self._ledger.pending(self._agent_id)]
            if len(pending) > BATCH:
                with suppress(IndexBroken):
                    self.drain()
                pending = [row.memory_id for row in self._ledger.pending(self._agent_id)]
            try:
                nearest = self._find_nearest(vector, k + len(pending))
            except IndexBroken:
                self._give_up()
                nearest = None
        if nearest is None:
            return None, False
        found = self._db.vectors_by_id(self._agent_id, self._embedder, memory_ids=[*nearest, *pending])
        return rank_vectors(found, vector, k), len(found.ids) < k

    def drain(self) -> None:
        """Applies what waits in the outbox; raises `IndexBroken`, and may be called again at any time."""
        with self._lock:
            rows = self._ledger.pending(self._agent_id)
            for start in range(0, len(rows), BATCH):
                some = rows[start : start + BATCH]
                try:
                    self._apply(sorted({row.memory_id for row in some}))
                except IndexBroken:
                    self._give_up()
                    raise
                reach("after_chroma")
                self._ledger.settle(self._agent_id, [row.seq for row in some])
            state = self._ledger.state(self._agent_id)
            if rows and state is not None and state.n_changes > CHURN * max(1000, self._find_chroma().count()):
                self.rebuild()

    def verify(self) -> list[Finding]:
        """Compares every id and vector with the store, and looks some up by themselves; what waits is passed over."""
        with self._lock:
            chroma = self._chroma
            if chroma is None:
                return [Finding(severity="problem", what="The index could not be opened.", advice=_REBUILD)]
            pending = {row.memory_id for row in self._ledger.pending(self._agent_id)}
            stored = self._db.vectors(self._agent_id, self._embedder)
            try:
                return compare_index(chroma, stored, pending)
            except IndexBroken as error:
                return [Finding(severity="problem", what=str(error), advice=_REBUILD)]

    def rebuild(self) -> None:
        """Builds a new generation from the store, verifies it and switches to it; raises `IndexBroken`."""
        with self._lock:
            state = self._ledger.state(self._agent_id)
            generation = (0 if state is None else state.generation) + 1
            folder = self._folder / f"gen-{generation}"
            shutil.rmtree(folder, ignore_errors=True)
            seqs = [row.seq for row in self._ledger.pending(self._agent_id)]
            stored = self._db.vectors(self._agent_id, self._embedder)
            new = _build(folder, stored)
            record = IndexRecord(
                agent_id=self._agent_id,
                generation=generation,
                dirty=True,
                chroma_version=find_version(),
                embedder=self._embedder,
                n_changes=0,
            )
            self._ledger.switch(record, seqs=seqs)
            reach("after_pointer")
            old, self._chroma, self._dirty = self._chroma, new, True
            if old is not None:
                with suppress(IndexBroken):
                    old.close()
            self._remove_orphans(generation)

    def close(self) -> None:
        """Applies what waits, closes Chroma and marks the index clean; more calls do nothing."""
        with self._lock:
            chroma = self._chroma
            if chroma is None:
                return
            try:
                self.drain()
                chroma, self._chroma = self._find_chroma(), None
                chroma.close()
                seal_folder(chroma.folder)
            except IndexBroken:
                self._give_up()
                return
            if self._dirty:
                self._ledger.mark(self._agent_id, dirty=False)
                self._dirty = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        state = self._ledger.state(self._agent_id)
        self._remove_orphans(0 if state is None else state.generation)
        if state is None or not self._resume(state):
            self._give_up()
            self.rebuild()

    def _resume(self, state: IndexRecord) -> bool:
        """Opens the generation in use; returns False where it has to be rebuilt."""
        folder = self._folder / f"gen-{state.generation}"
        if (state.embedder, state.chroma_version) != (self._embedder, find_version()) or not folder.is_dir():
            return False
        whole = not state.dirty and is_sealed(folder)
        if not whole and not probe_folder(folder):
            return False
        try:
            self._chroma = ChromaFolder(folder, create=False)
            self._dirty = state.dirty
            if whole:
                return self._chroma.count() == self._count_indexed()
            self.drain()
        except IndexBroken:
            return False
        return not self.verify()

    def _count_indexed(self) -> int:
        """Returns how many rows an index has that was closed cleanly and has work waiting."""
        pending = {row.memory_id for row in self._ledger.pending(self._agent_id)}
        stored = set(self._ledger.ids(self._agent_id, self._embedder).tolist())
        known = self._find_chroma().find(sorted(pending)) if pending else []
        return len(stored - pending) + len(known)

    def _apply(self, memory_ids: Sequence[int]) -> None:
        """Makes Chroma's rows of those ids what the store's are now."""
        chroma = self._find_chroma()
        if not self._dirty:
            self._ledger.mark(self._agent_id, dirty=True)
            self._dirty = True
        there = chroma.find(memory_ids)
        rows = self._db.vectors_by_id(self._agent_id, self._embedder, memory_ids=memory_ids)
        wanted = set(rows.ids.tolist())
        chroma.upsert(rows)
        reach("mid_chroma")
        chroma.delete([memory_id for memory_id in there if memory_id not in wanted])
        state = self._ledger.state(self._agent_id)
        if there and state is not None:
            self._ledger.mark(self._agent_id, dirty=True, n_changes=state.n_changes + len(there))

    def _find_nearest(self, vector: NDArray[np.float32], k: int) -> list[int] | None:
        """Returns what Chroma finds; `None` where it is not open or holds back rows that it should find."""
        if self._chroma is None:
            return None
        wanted = min(max(k, WIDTH), self._chroma.count())
        if wanted == 0:
            return []
        found = self._chroma.query(np.asarray(vector, dtype=np.float32)[None, :], wanted)[0]
        return found if len(found) == wanted else None

    def _find_chroma(self) -> ChromaFolder:
        if self._chroma is None:
            raise IndexBroken(f"The vector index of agent {self._agent_id!r} is not open. {_REBUILD}")
        return self._chroma

    def _give_up(self) -> None:
        """Stops using Chroma; the index stays dirty, so that the next opening verifies it."""
        chroma, self._chroma = self._chroma, None
        if chroma is None:
            return
        with suppress(IndexBroken):
            chroma.close()
        if not self._dirty:
            self._ledger.mark(self._agent_id, dirty=True)
            self._dirty = True

    def _remove_orphans(self, generation: int) -> None:
        for folder in self._folder.glob("gen-*"):
            if folder.name != f"gen-{generation}":
                shutil.rmtree(folder, ignore_errors=True)


def remove_index(root: Path | str, agent_id: int) -> None:
    """Removes the index of an agent that was deleted; it must not be open."""
    shutil.rmtree(Path(root) / str(agent_id), ignore_errors=True)


def _build(folder: Path, stored: Vectors) -> ChromaFolder:
    """Returns a new folder that holds those rows and has been verified; raises `IndexBroken`."""
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise IndexBroken(f"Cannot make the folder {str(folder)!r} ({error.strerror}).") from error
    chroma = ChromaFolder(folder, create=True)
    try:
        chroma.upsert(stored)
        reach("mid_rebuild")
        findings = compare_index(chroma, stored, frozenset())
        if findings:
            raise IndexBroken(f"A new vector index differs from the store: {findings[0].what}")
    except BaseException:
        chroma.close()
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return chroma


def compare_index(chroma: ChromaFolder, stored: Vectors, pending: set[int] | frozenset[int]) -> list[Finding]:
    """Compares every id and vector of an index with the store's, and looks some up by themselves.

    Args:
        chroma: the index.
        stored: every vector that it should hold.
        pending: ids that wait in the outbox; what the index has of them is passed over.

    Raises:
        IndexBroken: it cannot be read.
    """
    places = {memory_id: at for at, memory_id in enumerate(stored.ids.tolist())}
    seen: set[int] = set()
    strange: list[int] = []
    changed: list[int] = []
    for rows in chroma.read():
        for memory_id, vector in zip(rows.ids.tolist(), rows.matrix, strict=True):
            if memory_id in pending:
                continue
            seen.add(memory_id)
            at = places.get(memory_id)
            if at is None:
                strange.append(memory_id)
            elif len(vector) != stored.matrix.shape[1] or not np.allclose(vector, stored.matrix[at], atol=_CLOSE):
                changed.append(memory_id)
    missing = sorted(places.keys() - seen - pending)
    whole = not (missing or changed or strange)
    lost = _find_unreachable(chroma, stored, sorted(places.keys() & seen), pending=pending) if whole else []
    faults = {
        "has rows that the store has not": strange,
        "lacks rows of the store": missing,
        "has other vectors than the store": changed,
        "does not find rows that it has": lost,
    }
    return [
        Finding(severity="problem", what=f"The index {fault}: {ids[:5]!r}, {len(ids)} in all.", advice=_REBUILD)
        for fault, ids in faults.items()
        if ids
    ]


def _find_unreachable(
    chroma: ChromaFolder, stored: Vectors, memory_ids: Sequence[int], *, pending: set[int] | frozenset[int]
) -> list[int]:
    """Returns which of some rows, evenly spread, are not the nearest to their own vectors; a twin may be, too.

    A row that waits in the outbox may be what another one's twin was.
    """
    if not memory_ids:
        return []
    probed = np.array(memory_ids)[:: max(1, len(memory_ids) // _PROBES)]
    places = np.searchsorted(stored.ids, probed)
    vectors = stored.matrix[places]
    lost: list[int] = []
    for own, vector, nearest in zip(probed.tolist(), vectors, chroma.query(vectors, 1), strict=True):
        if nearest == [own] or not pending.isdisjoint(nearest):
            continue
        at = int(np.searchsorted(stored.ids, nearest[0])) if nearest else len(stored.ids)
        known = at < len(stored.ids) and int(stored.ids[at]) == nearest[0]
        twin = known and float(vector @ stored.matrix[at]) >= 1 - _CLOSE
        if not twin:
            lost.append(own)
    return lost
