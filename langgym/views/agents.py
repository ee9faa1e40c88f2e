"""Agents as tables and lines."""

from typing import TYPE_CHECKING

from langgym.query.plain import plain_line
from langgym.views.columns import Column
from langgym.views.cost import describe_limits, describe_sums
from langgym.views.words import format_time

if TYPE_CHECKING:
    from langgym.query.agents import AgentDetail, AgentItem, ChoiceItem, EnvScore
    from langgym.views.columns import Columns

NO_AGENT = "no agent yet; make one and let it play: `langgym play --agent ada`"

LAST_EPISODES = 5
"""Of an agent, that are told beside its record."""

AGENT_COLUMNS: "Columns[AgentItem]" = (
    Column("agent", lambda agent: agent.name, width=20),
    Column("model", lambda agent: agent.model, width=24, rank=2),
    Column("played", lambda agent: agent.n_participations, width=7, right=True),
    Column("decisions", lambda agent: agent.n_decisions, width=9, right=True, rank=3),
    Column("fallbacks", lambda agent: agent.n_fallbacks, width=9, right=True, rank=1),
    Column("memories", lambda agent: agent.n_memories, width=8, right=True, rank=1),
    Column("last played", lambda agent: format_time(agent.last_played_at), width=16),
)

SCORE_COLUMNS: "Columns[EnvScore]" = (
    Column("environment", lambda score: score.env_id, width=32),
    Column("played", lambda score: score.n_participations, width=7, right=True),
    Column("mean", lambda score: score.mean_total, width=8, right=True),
    Column("best", lambda score: score.best_total, width=8, right=True, rank=1),
    Column("last", lambda score: score.last_total, width=8, right=True, rank=2),
    Column("won", lambda score: score.n_wins, width=5, right=True),
    Column("drawn", lambda score: score.n_draws, width=5, right=True),
    Column("lost", lambda score: score.n_losses, width=5, right=True),
)

CHOICE_COLUMNS: "Columns[ChoiceItem]" = (
    Column("environment", lambda choice: choice.env_id, width=32),
    Column("chosen by", lambda choice: choice.source, width=10, rank=1),
    Column("reason", lambda choice: choice.reason, width=60),
)


def describe_agent(agent: "AgentDetail") -> list[str]:
    """Returns what an agent is, has done and may spend, line by line; its tables are not in it."""
    kept = ", ".join(f"{name}={value}" for name, value in agent.settings.items())
    lines = [
        f"{agent.name}",
        f"  model      {agent.model}",
        f"  keeps      {kept or 'no settings of its own'}",
        f"  made       {format_time(agent.created_at)}",
        f"  played     {agent.n_participations} times to the end, last {format_time(agent.last_played_at)}",
        f"  decisions  {agent.n_decisions}, of these {agent.n_fallbacks} fallbacks that nobody chose",
        f"  memories   {agent.n_memories}",
        f"  spent      {describe_sums(agent.spent)}",
        f"  limits     {describe_limits(agent.spent)}",
    ]
    if agent.unfinished:
        which = ", ".join(map(str, agent.unfinished))
        lines.append(f"  unfinished episodes {which}: `langgym resume --agent {agent.name}`")
    return [plain_line(line) if not line.startswith(" ") else line for line in lines]
