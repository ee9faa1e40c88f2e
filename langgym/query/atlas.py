"""The read model of a map: an agent's memories as points of a plane, near each other where they mean the like."""

from typing import TYPE_CHECKING

import numpy as np

from agents_db.embed import HashedEmbedder
from agents_db.knowledge import Vectors
from agents_db.store import AgentsDB
from langgym.query.memories import read_memory_items
from langgym.query.values import Number, ReadModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_POINTS = 1000
"""Memories of a map: the newest."""
_LOOKED_AT = 20
"""Episodes, the newest, that are asked which embedder the agent had."""


class MapPoint(ReadModel):
    """A memory on a map."""

    memory_id: int
    x: float
    y: float
    kind: str
    env_id: str
    outcome: Number


class MemoryMap(ReadModel):
    """An agent's active memories in the plane in which their vectors differ most."""

    agent: str
    points: tuple[MapPoint, ...]
    """By id."""
    kept: Number
    """The share of the vectors' variance that the plane shows; `None` where there is none."""
    n_left_out: int
    """Older memories with a vector that are not shown."""


def read_map(db: AgentsDB, agent: str, *, limit: int = MOST_POINTS) -> MemoryMap:
    """Returns the map of an agent's newest memories that have a vector; raises `UnknownAgent`."""
    agent_id = db.agent(agent).agent_id
    found = _find_vectors(db, agent_id)
    ids, matrix = found.ids[-limit:], found.matrix[-limit:]
    places, kept = project_vectors(matrix)
    items = {item.memory_id: item for item in read_memory_items(db, ids.tolist())}
    return MemoryMap(
        agent=agent,
        points=tuple(
            MapPoint(
                memory_id=memory_id,
                x=float(place[0]),
                y=float(place[1]),
                kind=items[memory_id].kind,
                env_id=items[memory_id].env_id,
                outcome=items[memory_id].outcome,
            )
            for memory_id, place in zip(ids.tolist(), places, strict=True)
            if memory_id in items
        ),
        kept=kept,
        n_left_out=len(found.ids) - len(ids),
    )


def project_vectors(matrix: "NDArray[np.float32]") -> "tuple[NDArray[np.float64], float | None]":
    """Returns rows as points of the plane of their two principal components, and the share of variance it keeps.

    The signs are fixed, so that the same vectors give the same map: of each axis the largest weight is positive.

    >>> places, kept = project_vectors(np.array([[0, 0, 1], [0, 0, 3], [0, 0, 5]], dtype=np.float32))
    >>> places.round(6).tolist(), kept
    ([[-2.0, 0.0], [0.0, 0.0], [2.0, 0.0]], 1.0)
    """
    if len(matrix) < 2:
        return np.zeros((len(matrix), 2)), None
    centred = matrix.astype(np.float64) - matrix.mean(axis=0, dtype=np.float64)
    variances, axes = np.linalg.eigh(centred.T @ centred)
    plane = axes[:, ::-1][:, :2]
    plane = plane * np.sign(plane[np.abs(plane).argmax(axis=0), np.arange(plane.shape[1])])
    places = centred @ plane
    places = np.pad(places, ((0, 0), (0, 2 - places.shape[1]))) + 0.0
    total = float(variances.sum())
    return places, float(variances[::-1][:2].sum()) / total if total > 0 else None


def _find_vectors(db: AgentsDB, agent_id: int) -> Vectors:
    """Returns the vectors of an agent's last embedder that has left any."""
    fingerprints: list[str] = []
    for episode in db.episodes(agent_id=agent_id, limit=_LOOKED_AT):
        for part in episode.participations:
            told = part.settings.get("embedder_fingerprint")
            if part.agent_id == agent_id and isinstance(told, str):
                fingerprints.append(told)
    found = Vectors(ids=np.empty(0, np.int64), matrix=np.empty((0, 0), np.float32))
    for fingerprint in dict.fromkeys([*fingerprints, HashedEmbedder().fingerprint]):
        found = db.vectors(agent_id, fingerprint)
        if len(found.ids):
            break
    return found
