"""Standings: how far a run and its agents have come, in few and cheap reads, for whoever begins an episode."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from agents_db.engine import find_driver

_NUMBERS = "SELECT number, status FROM episode WHERE run_id = ? ORDER BY number"
_HIDDEN = (
    "SELECT e.episode_id, e.env_id, p.agent_id FROM episode e JOIN participation p ON p.episode_id = e.episode_id "
    "WHERE e.run_id = ? AND e.number >= ? AND e.number < ? AND e.status = 'finished' AND p.agent_id IS NOT NULL"
)
_CLOCK = "SELECT n_participations FROM agent WHERE agent_id = ?"
_PLAYED = "SELECT env_id, n_participations FROM env_record WHERE agent_id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What some agents had behind them when a number of episodes of a run had not ended yet."""

    hidden: tuple[int, ...]
    """Ids of the episodes that have ended since, and are not counted."""
    clocks: Mapping[int, int]
    """Finished participations by agent id."""
    played: Mapping[str, int]
    """Finished participations of the first agent by environment."""


_NEWEST = "SELECT memory_id FROM memory WHERE +agent_id = ? AND clock <= ? ORDER BY memory_id DESC LIMIT 1"
# by `+` the rows are read from the newest back, not all of the agent's sorted


def find_newest(connection: Connection, agent_id: int, clock: int) -> int:
    """Returns the id of the last memory that an agent had at a moment of its clock; 0 where it had none."""
    row = find_driver(connection).execute(_NEWEST, (agent_id, clock)).fetchone()
    return 0 if row is None else int(row[0])


def list_numbers(connection: Connection, run_id: int) -> dict[int, str]:
    """Returns the status of each episode that a run has begun, by its number."""
    return dict(find_driver(connection).execute(_NUMBERS, (run_id,)).fetchall())


def read_standing(
    connection: Connection, run_id: int, agent_ids: Sequence[int], *, since: int, before: int
) -> Standing:
    """Returns how agents stood before the episodes of the numbers in [since, before) had ended."""
    driver = find_driver(connection)
    rows = driver.execute(_HIDDEN, (run_id, since, before)).fetchall() if since < before else []
    taught = Counter(agent_id for _, _, agent_id in rows)
    first = agent_ids[0]
    played = Counter(dict(driver.execute(_PLAYED, (first,)).fetchall()))
    played.subtract(env_id for _, env_id, agent_id in rows if agent_id == first)
    clocks = {agent_id: driver.execute(_CLOCK, (agent_id,)).fetchone()[0] - taught[agent_id] for agent_id in agent_ids}
    hidden = tuple(dict.fromkeys(episode_id for episode_id, _, _ in rows))
    return Standing(hidden=hidden, clocks=clocks, played=dict(played))
