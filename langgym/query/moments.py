"""Moments of an agent's life: what it knew when an episode began."""

from agents_db.errors import NotStored
from agents_db.knowledge import AsOf
from agents_db.store import AgentsDB
from langgym.memory.moments import find_as_of


def find_moment(db: AgentsDB, agent: str, episode_id: int) -> AsOf:
    """Returns the moment in which an agent began an episode.

    Raises:
        UnknownAgent: There is no such agent.
        NotStored: There is no such episode, or the agent did not sit in it.
    """
    agent_id = db.agent(agent).agent_id
    for part in db.episode(episode_id).participations:
        if part.agent_id == agent_id:
            return find_as_of(part)
    raise NotStored(f"{agent!r} has no seat in episode {episode_id!r}; see `langgym episodes list --agent {agent}`.")


def find_clock_at(db: AgentsDB, agent: str, episode_id: int) -> int:
    """Returns an agent's clock when it began an episode; raises as `find_moment` does."""
    return find_moment(db, agent, episode_id).clock
