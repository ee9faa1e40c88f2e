"""Read models of agents side by side: where they have all played, and in what they differ."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from agents_db.records import AgentRecord
from agents_db.store import AgentsDB
from langgym.query.agents import AgentItem
from langgym.query.values import ReadModel


class Difference(ReadModel):
    """A setting that some agents do not share."""

    name: str
    values: Mapping[str, JsonValue]
    """By agent; `None` where it keeps no value of its own, and what holds then is the default."""


class SharedEnv(ReadModel):
    """An environment that agents have played."""

    env_id: str
    n_agents: int
    """Of those compared: how many have finished an episode there."""
    n_participations: int
    """Of all of them."""


class Comparison(ReadModel):
    """Agents side by side."""

    agents: tuple[AgentItem, ...]
    gone: tuple[str, ...]
    """Names that no agent of this store has."""
    envs: tuple[SharedEnv, ...]
    """Those that most agents have in common first, then by how often they were played."""
    differences: tuple[Difference, ...]


def read_comparison(db: AgentsDB, names: Sequence[str]) -> Comparison:
    """Returns agents side by side; names of agents that are gone are told, not raised."""
    found = {name: db.find_agent(name) for name in names}
    records = [record for record in found.values() if record is not None]
    return Comparison(
        agents=tuple(AgentItem.model_validate(record) for record in records),
        gone=tuple(name for name, record in found.items() if record is None),
        envs=tuple(_share_envs(db, records)),
        differences=find_differences(records),
    )


def find_differences(agents: Sequence[AgentItem | AgentRecord]) -> tuple[Difference, ...]:
    """Returns the settings that agents do not share: the model, and what each keeps of the configuration."""
    kept: dict[str, Mapping[str, JsonValue]] = {
        agent.name: {"model": agent.model, **agent.settings} for agent in agents
    }
    names = dict.fromkeys(name for settings in kept.values() for name in settings)
    tables = ({agent: settings.get(name) for agent, settings in kept.items()} for name in names)
    return tuple(
        Difference(name=name, values=values)
        for name, values in zip(names, tables, strict=True)
        if any(value != next(iter(values.values())) for value in values.values())
    )


def _share_envs(db: AgentsDB, agents: Sequence[AgentRecord]) -> list[SharedEnv]:
    counts: dict[str, list[int]] = defaultdict(list)
    for agent in agents:
        for stats in db.env_stats(agent.agent_id):
            counts[stats.env_id].append(stats.n_participations)
    shared = [
        SharedEnv(env_id=env_id, n_agents=len(each), n_participations=sum(each)) for env_id, each in counts.items()
    ]
    return sorted(shared, key=lambda env: (-env.n_agents, -env.n_participations, env.env_id))
