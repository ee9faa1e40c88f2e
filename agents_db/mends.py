"""Faults of the store's rows that other rows can mend: how each is found, and how it is mended."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from agents_db.counters import COUNTERS, find_scores, recount_scores

_GONE = "outbox WHERE memory_id NOT IN (SELECT memory_id FROM memory)"
_UNPROVEN = "memory m WHERE NOT EXISTS (SELECT 1 FROM evidence v WHERE v.memory_id = m.memory_id)"
_FORGOTTEN = "index_state WHERE agent_id IN (SELECT agent_id FROM agent WHERE deleted_at IS NOT NULL)"
_VECTORS = (
    "SELECT v.agent_id, v.embedder_id, v.memory_id, CAST(v.vector AS BLOB), typeof(v.vector), e.dim, "
    "m.agent_id IS NOT v.agent_id "
    "FROM embedding v JOIN embedder e ON e.embedder_id = v.embedder_id "
    "LEFT JOIN memory m ON m.memory_id = v.memory_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """A kind of fault: looking for it changes nothing, mending it twice is mending it once."""

    find: Callable[[sqlite3.Connection], Iterator[str]]
    """Yields a line for each."""
    apply: Callable[[sqlite3.Connection], None]
    """Mends all of them, inside the caller's transaction."""
    plan: str
    """What `langgym db repair` does about it."""
    done: str
    severity: Literal["note", "problem"] = "problem"


def _find_gone(driver: sqlite3.Connection) -> Iterator[str]:
    (n_rows,) = driver.execute(f"SELECT count(*) FROM {_GONE}").fetchone()
    if n_rows:
        yield f"{n_rows} rows of the indexes' outbox are of memories that are gone."


def _drop_gone(driver: sqlite3.Connection) -> None:
    driver.execute(f"DELETE FROM {_GONE}")


def _find_forgotten(driver: sqlite3.Connection) -> Iterator[str]:
    for (agent_id,) in driver.execute(f"SELECT agent_id FROM {_FORGOTTEN}"):
        yield f"An index of agent {agent_id}, which was deleted, is still listed."


def _drop_forgotten(driver: sqlite3.Connection) -> None:
    driver.execute(f"DELETE FROM {_FORGOTTEN}")


def _find_unproven(driver: sqlite3.Connection) -> Iterator[str]:
    for (memory_id,) in driver.execute(f"SELECT m.memory_id FROM {_UNPROVEN}"):
        yield f"Memory {memory_id} has lost what it rests on."


def _prove_again(driver: sqlite3.Connection) -> None:
    driver.execute(
        "INSERT INTO evidence (memory_id, episode_id, seat, turn_from, turn_to, relation) "
        f"SELECT m.memory_id, m.episode_id, m.seat, m.turn_from, m.turn_to, 'source' FROM {_UNPROVEN}"
    )


def _list_vectors(driver: sqlite3.Connection) -> Iterator[tuple[tuple[int, int, int], str]]:
    """Yields the key of each vector that cannot be right, and what is wrong with it."""
    for agent_id, embedder_id, memory_id, body, kind, dim, stray in driver.execute(_VECTORS):
        place = (agent_id, embedder_id, memory_id)
        if stray:
            yield place, "belongs to an agent that has no such memory"
        elif kind != "blob" or len(body) != 4 * dim:
            yield place, f"has not the {dim} dimensions of its embedder"
        elif not np.isfinite(np.frombuffer(body, dtype="<f4")).all():
            yield place, "has values that are not finite"


def _find_vectors(driver: sqlite3.Connection) -> Iterator[str]:
    for (*_, memory_id), fault in _list_vectors(driver):
        yield f"A vector of memory {memory_id} {fault}."


def _drop_vectors(driver: sqlite3.Connection) -> None:
    for place, _ in list(_list_vectors(driver)):
        driver.execute("DELETE FROM embedding WHERE agent_id = ? AND embedder_id = ? AND memory_id = ?", place)
        driver.execute("INSERT INTO outbox (agent_id, memory_id) VALUES (?, ?)", (place[0], place[2]))
        driver.execute("UPDATE agent SET memory_version = memory_version + 1 WHERE agent_id = ?", place[:1])


def _list_probes(driver: sqlite3.Connection) -> list[tuple[int, str]]:
    query = (
        "SELECT embedder_id, name, dim, CAST(probe_vector AS BLOB), typeof(probe_vector) FROM embedder "
        "WHERE probe_vector IS NOT NULL"
    )
    return [
        (embedder_id, name)
        for embedder_id, name, dim, body, kind in driver.execute(query)
        if kind != "blob" or len(body) != 4 * dim or not np.isfinite(np.frombuffer(body, dtype="<f4")).all()
    ]


def _find_probes(driver: sqlite3.Connection) -> Iterator[str]:
    for _, name in _list_probes(driver):
        yield f"The probe of the embedder {name!r} is damaged."


def _drop_probes(driver: sqlite3.Connection) -> None:
    for embedder_id, _ in _list_probes(driver):
        driver.execute("UPDATE embedder SET probe_vector = NULL WHERE embedder_id = ?", (embedder_id,))


_RECOUNT = "`langgym db repair` counts the rows anew; nothing is lost."
_COUNTED = "The rows were counted anew."

MENDS: Sequence[Mend] = (
    Mend(
        find=_find_vectors,
        apply=_drop_vectors,
        plan="`langgym db repair` removes it; it is made again when the agent plays next, or by `langgym db reindex`.",
        done="It was removed, and is made again when the agent plays next, or by `langgym db reindex`.",
    ),
    Mend(
        find=_find_probes,
        apply=_drop_probes,
        plan="`langgym db repair` removes it; it is made again when the embedder is used next.",
        done="It was removed, and is made again when the embedder is used next.",
    ),
    Mend(
        find=_find_gone,
        apply=_drop_gone,
        plan="`langgym db repair` removes them; nothing is lost.",
        done="They were removed.",
        severity="note",
    ),
    Mend(
        find=_find_forgotten,
        apply=_drop_forgotten,
        plan="`langgym db repair` takes it off the list.",
        done="It was taken off the list.",
    ),
    Mend(
        find=_find_unproven,
        apply=_prove_again,
        plan="`langgym db repair` takes the episode, seat and turns from the memory's own row.",
        done="The episode, seat and turns were taken from the memory's own row.",
    ),
    *(Mend(find=counters.find, apply=counters.recount, plan=_RECOUNT, done=_COUNTED) for counters in COUNTERS),
    Mend(find=find_scores, apply=recount_scores, plan=_RECOUNT, done=_COUNTED),
)
"""In the order in which they are looked for and mended; none counts what another one mends."""
