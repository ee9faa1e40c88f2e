"""What an agent carries over to an environment that is new to it: what facts of actions were worth elsewhere.

Only facts whose words both environments share go over, in the measure of the new one's returns, and as a weak prior:
each counts for a few decisions, so that experience of the new environment soon weighs more.
"""

from collections.abc import Iterable, Mapping

from agents_db.knowledge import PlacedRecord
from langgym.memory.advice import scale_for, weighing_for
from langgym.memory.experience import Experience
from langgym.memory.life import LifeStore, Lived, read_episode
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.errors import UnknownEnv

CAP = 10.0
"""Decisions that a fact from elsewhere counts for at most (`langgym bench transfer`: 3, 10 and 30 are alike)."""
MOST_DECISIONS = 3000
"""That are looked at, the newest first: an agent of many years must not read its whole life for a new game."""
MOST_EPISODES = 300

Prior = Mapping[str, tuple[float, float]]
"""What facts of actions are worth, and for how many decisions that counts."""


def join_worths(worths: Iterable[tuple[float, Mapping[str, tuple[float, int]]]], *, cap: float = CAP) -> Prior:
    """Returns a prior from what facts were worth in several places.

    Args:
        worths: For each place, by how much its returns are to be multiplied, and what facts are worth there with how
            often they were seen.
        cap: Decisions that a fact counts for at most.
    """
    sums: dict[str, tuple[float, int]] = {}
    for measure, found in worths:
        for fact, (worth, seen) in found.items():
            total, n = sums.get(fact, (0.0, 0))
            sums[fact] = (total + measure * worth * seen, n + seen)
    return {fact: (total / n, min(float(n), cap)) for fact, (total, n) in sums.items() if n}


def carry_over(store: LifeStore, agent_id: int, card: EnvCard, role: str, *, until: int) -> Prior:
    """Returns what an agent's last decisions in other environments say of the facts of actions.

    Args:
        store: Where lives are read.
        agent_id: Whose.
        card: The environment that is new to it.
        role: In it.
        until: The agent's clock when it began to play it.
    """
    lives = _read_elsewhere(store, agent_id, card, until=until)
    told: list[tuple[float, Mapping[str, tuple[float, int]]]] = []
    for (env_id, other), some in lives.items():
        there = default_catalog().find(env_id)
        experience = Experience(weighing_for(there))
        for life in some:
            experience.absorb(life.moments, source=life.episode_id, result=life.result)
        told.append((scale_for(card, role) / scale_for(there, other), experience.at().find_worths()))
    return join_worths(told)


def _read_elsewhere(
    store: LifeStore, agent_id: int, card: EnvCard, *, until: int
) -> dict[tuple[str, str], list[Lived]]:
    """Returns what was lived through elsewhere, by environment and role, oldest first."""
    found: list[tuple[str, Lived]] = []
    n_decisions = 0
    for episode in _group(store.lived_lately(agent_id, until=until, limit=MOST_EPISODES)):
        if n_decisions >= MOST_DECISIONS:
            break
        first = episode[0]
        if first.env_id == card.env_id:
            continue
        try:
            there = default_catalog().find(first.env_id)
        except UnknownEnv:
            continue  # its package is gone
        if there.situation_version != first.situation_version:
            continue
        lives = read_episode(store, there, first.episode_id, [each.lived for each in episode])
        found = [*((first.env_id, life) for life in lives), *found]
        n_decisions += sum(len(life.moments) for life in lives)
    grouped: dict[tuple[str, str], list[Lived]] = {}
    for env_id, life in found:
        grouped.setdefault((env_id, life.role), []).append(life)
    return grouped


def _group(records: Iterable[PlacedRecord]) -> list[list[PlacedRecord]]:
    """Returns records by episode, in their order."""
    found: dict[int, list[PlacedRecord]] = {}
    for record in records:
        found.setdefault(record.episode_id, []).append(record)
    return list(found.values())
