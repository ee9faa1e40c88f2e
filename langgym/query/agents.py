"""Read models of agents."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pydantic import Field, JsonValue

from agents_db.records import AgentRecord, ChoiceRecord, Source
from agents_db.store import AgentsDB
from langgym.prices import PriceTable
from langgym.query.spending import Spending, read_agent_spending
from langgym.query.values import Document, Number, ReadModel, Time, extend_model

AgentOrder = Literal["newest", "oldest", "name", "most played"]
_ORDERS: Mapping[AgentOrder, Callable[[AgentRecord], int | str]] = {
    "newest": lambda agent: -agent.agent_id,
    "oldest": lambda agent: agent.agent_id,
    "name": lambda agent: agent.name,
    "most played": lambda agent: -agent.n_participations,
}


class AgentItem(ReadModel):
    """An agent in a list."""

    agent_id: int
    name: str
    model: str
    settings: Mapping[str, JsonValue]
    """What it keeps of the configuration."""
    created_at: Time
    last_played_at: Time | None
    n_participations: int
    """Finished ones: the agent's own clock."""
    n_decisions: int
    n_fallbacks: int
    """Decisions that nobody chose."""
    n_memories: int
    tokens_in: int
    tokens_out: int


class AgentsPage(Document):
    """Agents, oldest first unless another order was asked for."""

    schema_id: Literal["langgym.agents/1"] = Field(default="langgym.agents/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    items: tuple[AgentItem, ...]
    next: None = None


class EnvScore(ReadModel):
    """An agent's record in one environment."""

    env_id: str
    n_participations: int
    mean_total: Number
    best_total: Number
    last_total: Number
    n_wins: int
    n_draws: int
    n_losses: int
    mean_turns: Number
    mean_seconds: Number


class ChoiceItem(ReadModel):
    """What an agent chose to play."""

    choice_id: int
    run_id: int
    number: int
    """Of the episode in its run, from 0."""
    offered: tuple[str, ...]
    """In the order in which they were offered."""
    env_id: str | None
    """`None` until it is made."""
    reason: str | None
    source: Source | None
    created_at: Time


class AgentDetail(AgentItem, Document):
    """An agent with its record, its last choices and what it has not finished."""

    schema_id: Literal["langgym.agent/1"] = Field(default="langgym.agent/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    environments: tuple[EnvScore, ...]
    choices: tuple[ChoiceItem, ...]
    """The newest ten, newest first."""
    unfinished: tuple[int, ...]
    """Ids of episodes."""
    spent: Spending


def read_agents(db: AgentsDB, words: str = "", *, order: AgentOrder = "oldest") -> AgentsPage:
    """Returns the agents whose name or model holds every word, in an order."""
    return AgentsPage(items=tuple(read_agent_items(db, read_agent_ids(db, words, order=order))))


def read_agent(db: AgentsDB, name: str, *, prices: PriceTable) -> AgentDetail:
    """Returns one agent; raises `UnknownAgent`."""
    record = db.agent(name)
    return extend_model(
        AgentDetail,
        AgentItem.model_validate(record),
        environments=tuple(EnvScore.model_validate(stats) for stats in db.env_stats(record.agent_id)),
        choices=tuple(describe_choice(choice) for choice in db.choices(record.agent_id, limit=10)),
        unfinished=tuple(episode.episode_id for episode in db.unfinished(record.agent_id)),
        spent=read_agent_spending(db, prices, record),
    )


def describe_choice(record: ChoiceRecord) -> ChoiceItem:
    """Returns the read model of a stored choice."""
    offers = record.offered.get("offers")
    names = [offer.get("env_id") for offer in offers if isinstance(offer, dict)] if isinstance(offers, list) else []
    return ChoiceItem.model_validate(
        {**{name: getattr(record, name) for name in ChoiceItem.model_fields}, "offered": tuple(map(str, names))}
    )


def read_agent_ids(db: AgentsDB, words: str = "", *, order: AgentOrder = "newest") -> list[int]:
    """Returns the ids of the agents whose name or model holds every word, in an order."""
    wanted = words.casefold().split()
    found = [agent for agent in db.agents() if all(word in f"{agent.name} {agent.model}".casefold() for word in wanted)]
    return [agent.agent_id for agent in sorted(found, key=_ORDERS[order])]


def read_agent_items(db: AgentsDB, agent_ids: Sequence[int]) -> list[AgentItem]:
    """Returns the agents of those ids in that order; those that are gone are left out."""
    found = {agent.agent_id: agent for agent in db.agents()}
    return [AgentItem.model_validate(found[agent_id]) for agent_id in agent_ids if agent_id in found]
