"""ExactIndex: search by reading every vector of an agent; always right, and fast up to some ten thousand memories."""

import threading

import numpy as np
from numpy.typing import NDArray

from agents_db.knowledge import Vectors
from agents_db.store import AgentsDB


def rank_vectors(found: Vectors, vector: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
    """Returns the `k` nearest memories with their cosines, best first; of equals the newer one first."""
    n = len(found.ids)
    if n == 0 or k <= 0:
        return []
    # not by `@`: the threads of a BLAS go on spinning after the product and slow the model beside it by half
    cosines = np.vecdot(found.matrix, np.asarray(vector, dtype=np.float32))
    if k < n:
        edge = np.partition(cosines, n - k)[n - k]
        chosen = np.flatnonzero(cosines >= edge)
    else:
        chosen = np.arange(n)
    order = chosen[np.lexsort((-found.ids[chosen], -cosines[chosen]))][:k]
    return [(int(found.ids[at]), float(cosines[at])) for at in order]


class ExactIndex:
    """An agent's vectors in memory, brought up to date at every query; it needs no lock and works on a reader."""

    def __init__(self, db: AgentsDB, agent_id: int, *, embedder: str) -> None:
        self._db = db
        self._agent_id = agent_id
        self._embedder = embedder
        self._version = -1
        self._found = Vectors(ids=np.empty(0, np.int64), matrix=np.empty((0, 0), np.float32))
        self._lock = threading.Lock()

    def query(self, vector: NDArray[np.float32], k: int, *, until: int | None = None) -> list[tuple[int, float]]:
        """Returns the ids of the `k` nearest memories with their exact cosines, best first.

        Args:
            vector: unit norm, of the embedder's dimension.
            k: how many at most.
            until: the last id that counts; `None` takes all.
        """
        with self._lock:
            self._refresh()
            found = self._found
        if until is not None:
            n = int(np.searchsorted(found.ids, until, side="right"))
            found = Vectors(ids=found.ids[:n], matrix=found.matrix[:n])
        return rank_vectors(found, vector, k)

    def _refresh(self) -> None:
        ledger = self._db.ledger
        version = ledger.version(self._agent_id)
        if version == self._version:
            return
        last = int(self._found.ids[-1]) if len(self._found.ids) else 0
        new = self._db.vectors(self._agent_id, self._embedder, after=last)
        found = new if last == 0 else _join(self._found, new)
        if not np.array_equal(found.ids, ledger.ids(self._agent_id, self._embedder)):
            found = self._db.vectors(self._agent_id, self._embedder)  # an older memory came late, or one is gone
        self._found = found
        self._version = version


def _join(old: Vectors, new: Vectors) -> Vectors:
    if len(new.ids) == 0:
        return old
    return Vectors(ids=np.concatenate([old.ids, new.ids]), matrix=np.concatenate([old.matrix, new.matrix]))
