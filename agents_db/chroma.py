"""The border to Chroma: one collection of ids and vectors in one folder, every failure as `IndexBroken`."""

import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Literal, Protocol, TypedDict, cast

import numpy as np
from numpy.typing import NDArray

from agents_db.errors import IndexBroken
from agents_db.knowledge import Vectors
from agents_db.statements import chunk

NAME = "memories"
BATCH = 5000
"""Chroma refuses more than 5,461 rows in one call."""

Include = list[Literal["embeddings", "distances"]]


class _Got(TypedDict):
    ids: list[str]
    embeddings: NDArray[np.float32] | None


class _Nearest(TypedDict):
    ids: list[list[str]]


class _Collection(Protocol):
    """What is used of `chromadb.Collection`."""

    def count(self) -> int: ...
    def upsert(self, *, ids: list[str], embeddings: NDArray[np.float32]) -> None: ...
    def delete(self, *, ids: list[str]) -> object: ...
    def get(
        self, *, ids: list[str] | None = None, limit: int | None = None, offset: int | None = None, include: Include
    ) -> _Got: ...
    def query(self, *, query_embeddings: NDArray[np.float32], n_results: int, include: Include) -> _Nearest: ...


class _Client(Protocol):
    """What is used of `chromadb.ClientAPI`."""

    def create_collection(self, name: str, **settings: object) -> _Collection: ...
    def get_collection(self, name: str, *, embedding_function: None) -> _Collection: ...
    def close(self) -> None: ...


_open_folders: set[str] = set()
_guard = threading.Lock()


def find_version() -> str:
    """Returns Chroma's version without importing it."""
    return version("chromadb")


@contextmanager
def contained() -> Generator[None]:
    """Turns whatever Chroma raises inside the block into `IndexBroken`, its engine's panics too."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, IndexBroken, MemoryError):
        raise
    except BaseException as error:
        reason = (str(error).splitlines() or [""])[0]
        raise IndexBroken(
            f"The vector index failed ({type(error).__name__}: {reason}); it is rebuilt when the agent plays next."
        ) from error


class ChromaFolder:
    """A folder of Chroma's, open in this process alone: two clients on one folder lose vectors silently."""

    def __init__(self, folder: Path, *, create: bool) -> None:
        """Opens the folder, or makes it; raises `IndexBroken`."""
        self._path = str(folder.resolve())
        with _guard:
            if self._path in _open_folders:
                raise IndexBroken(f"The vector index {self._path!r} is open already; close it first.")
            _open_folders.add(self._path)
        self._client: _Client | None = None
        try:
            with contained():
                self._client = _open_client(self._path)
                self._collection = _open_collection(self._client, create=create)
        except BaseException:
            self.close()
            raise

    @property
    def folder(self) -> Path:
        """Where it is."""
        return Path(self._path)

    def close(self) -> None:
        """Lets go of the folder; more calls do nothing. Raises `IndexBroken`."""
        client, self._client = self._client, None
        try:
            if client is not None:
                with contained():
                    client.close()
        finally:
            with _guard:
                _open_folders.discard(self._path)

    def count(self) -> int:
        """Returns how many rows there are."""
        with contained():
            return self._collection.count()

    def upsert(self, rows: Vectors) -> None:
        """Stores rows, or replaces them."""
        for places in chunk(range(len(rows.ids)), BATCH):
            some = slice(places[0], places[-1] + 1)
            with contained():
                ids = [str(memory_id) for memory_id in rows.ids[some].tolist()]
                self._collection.upsert(ids=ids, embeddings=rows.matrix[some])

    def find(self, memory_ids: Sequence[int]) -> list[int]:
        """Returns which of those ids are there."""
        found: list[int] = []
        for ids in chunk(memory_ids):
            with contained():
                got = self._collection.get(ids=[str(memory_id) for memory_id in ids], include=[])
                found.extend(map(int, got["ids"]))
        return found

    def delete(self, memory_ids: Sequence[int]) -> None:
        """Removes rows that are there."""
        for ids in chunk(memory_ids):
            with contained():
                self._collection.delete(ids=[str(memory_id) for memory_id in ids])

    def read(self) -> Generator[Vectors]:
        """Yields every row, in pieces."""
        for offset in range(0, self.count(), BATCH):
            with contained():
                got = self._collection.get(limit=BATCH, offset=offset, include=["embeddings"])
                ids = np.array([int(memory_id) for memory_id in got["ids"]], dtype=np.int64)
                matrix = np.asarray(got["embeddings"], dtype=np.float32)
            yield Vectors(ids=ids, matrix=matrix)

    def query(self, vectors: NDArray[np.float32], k: int) -> list[list[int]]:
        """Returns the ids of about the `k` nearest rows of each of `vectors`, best first."""
        with contained():
            found = self._collection.query(query_embeddings=vectors, n_results=k, include=["distances"])
            return [[int(memory_id) for memory_id in ids] for ids in found["ids"]]


def _open_client(path: str) -> _Client:
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False, allow_reset=False)
    return cast("_Client", chromadb.PersistentClient(path=path, settings=settings))


HNSW = {"space": "cosine", "ef_search": 300, "ef_construction": 300, "max_neighbors": 48}
"""Memories cluster by game: with the usual 16 neighbours some clusters of 100,000 rows are never reached, and a wider
search does not help. The graph takes about twice as long to build."""


def _open_collection(client: _Client, *, create: bool) -> _Collection:
    if not create:
        return client.get_collection(NAME, embedding_function=None)
    return client.create_collection(NAME, configuration={"hnsw": HNSW}, embedding_function=None, get_or_create=True)
