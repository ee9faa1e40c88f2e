"""NearestIndex: exact search while an agent has few memories, Chroma beyond, kept up to date beside the play."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents_db.errors import AgentsDBError
from agents_db.exact import ExactIndex
from agents_db.index import MemoryIndex
from agents_db.store import AgentsDB

EXACT_UP_TO = 100_000
"""Memories up to which every vector is read: never wrong, and no slower than Chroma.

Measured on one core of a Xeon at 2.5 GHz with 384 dimensions, the 40 nearest, exactly and by Chroma (200 candidates,
before their exact ranking): 0.1 and 2.4 ms of 1,000; 0.5 and 4.2 ms of 10,000; 1.2 and 5.2 ms of 20,000. Exact search
grows with the memories, 7 ms of 100,000, and keeps 1.5 KB of each. Memories cluster by game, and of 100,000 a graph
misses whole clusters: with Chroma's own settings it found 0.90 to 0.97 of the ten nearest, with ours 0.99. Importing
Chroma costs 1.3 s of CPU once in a process.
"""


class NearestIndex:
    """The vectors of one agent, wherever they are searched; the caller holds the agent's `AgentLock`.

    Nothing of Chroma is loaded before the first `drain` that has work, or the first query beyond `EXACT_UP_TO`.
    """

    def __init__(
        self,
        db: AgentsDB,
        agent_id: int,
        root: Path | str,
        *,
        embedder: str,
        note: Callable[[str], None],
        drain_at: int = 1,
    ) -> None:
        """Prepares to search.

        Args:
            db: open for writing.
            agent_id: whose memories.
            root: the folder of all indexes.
            embedder: the fingerprint of the embedder whose vectors are searched.
            note: is told once, in the thread that drains or closes, when Chroma's index fails; searches stay right.
            drain_at: how much must wait before it is taken over; one row costs Chroma about as much as fifty.
        """
        self._db = db
        self._agent_id = agent_id
        self._root = root
        self._embedder = embedder
        self._note = note
        self._drain_at = drain_at
        self._exact = ExactIndex(db, agent_id, embedder=embedder)
        self._index: MemoryIndex | None = None
        self._opening = threading.Lock()
        self._thread: threading.Thread | None = None
        self._fault: AgentsDBError | None = None
        self._told = False

    def query(self, vector: NDArray[np.float32], k: int, *, until: int | None = None) -> list[tuple[int, float]]:
        """Returns the ids of the `k` nearest memories up to the id `until` with their exact cosines, best first."""
        if self._db.ledger.size(self._agent_id) <= EXACT_UP_TO:
            return self._exact.query(vector, k, until=until)
        return self._find_index().query(vector, k, until=until)

    def drain(self) -> None:
        """Begins to take over what was stored, in a thread, where enough waits; one still at it, or failed, is left."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._tell_fault()
        if self._fault is None and self._db.ledger.n_pending(self._agent_id) >= self._drain_at:
            self._thread = threading.Thread(target=self._work, name="agents-db-index", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Waits for the thread and leaves the files clean, with all that waits where they are open; harmless twice."""
        if self._thread is not None:
            self._thread.join()
        self._tell_fault()
        if self._index is not None:
            self._index.close()

    def _work(self) -> None:
        try:
            self._find_index().drain()
        except AgentsDBError as error:
            self._fault = error

    def _tell_fault(self) -> None:
        if self._fault is not None and not self._told:
            self._told = True
            self._note(f"{self._fault} Memories are searched exactly until then.")

    def _find_index(self) -> MemoryIndex:
        with self._opening:
            if self._index is None:
                self._index = MemoryIndex.open(self._db, self._agent_id, self._root, embedder=self._embedder)
            return self._index
