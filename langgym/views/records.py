"""What was done in each environment, and why it was chosen, as tables and lines."""

from typing import TYPE_CHECKING

from langgym.views.columns import Column
from langgym.views.words import format_return, format_time, tell_times

if TYPE_CHECKING:
    from langgym.query.records import AgentEnvScore, EnvChoice, EnvRecordItem
    from langgym.views.columns import Columns

NO_RECORD = "no agent has finished an episode here; `langgym play --agent ada` plays one"

RECORD_COLUMNS: "Columns[EnvRecordItem]" = (
    Column("environment", lambda item: item.env_id, width=32),
    Column("title", lambda item: item.title, width=24, rank=3),
    Column("played", lambda item: item.n_participations, width=7, right=True),
    Column("agents", lambda item: item.n_agents, width=6, right=True, rank=1),
    Column("won", lambda item: item.wins, width=6, right=True, rank=2),
    Column("drawn", lambda item: item.draws, width=6, right=True, rank=2),
    Column("lost", lambda item: item.losses, width=6, right=True, rank=2),
    Column("mean", lambda item: item.mean_total, width=8, right=True),
    Column("best", lambda item: item.best_total, width=8, right=True, rank=1),
    Column("installed", lambda item: "yes" if item.playable else "no", width=9, rank=3),
)

AGENT_COLUMNS: "Columns[AgentEnvScore]" = (
    Column("agent", lambda score: score.agent, width=20),
    Column("played", lambda score: score.n_participations, width=7, right=True),
    Column("mean", lambda score: score.mean_total, width=8, right=True),
    Column("best", lambda score: score.best_total, width=8, right=True, rank=1),
    Column("last", lambda score: score.last_total, width=8, right=True, rank=2),
    Column("won", lambda score: score.n_wins, width=5, right=True),
    Column("drawn", lambda score: score.n_draws, width=5, right=True),
    Column("lost", lambda score: score.n_losses, width=5, right=True),
    Column("turns", lambda score: score.mean_turns, width=7, right=True, rank=3),
)

CHOICE_COLUMNS: "Columns[EnvChoice]" = (
    Column("when", lambda choice: format_time(choice.created_at), width=16, rank=1),
    Column("agent", lambda choice: choice.agent, width=20),
    Column("episode", lambda choice: choice.episode_id, width=7, right=True),
    Column("offered", lambda choice: tell_place(choice), width=10, rank=2),
    Column("by", lambda choice: choice.source, width=9, rank=1),
    Column("reason", lambda choice: choice.reason, width=50),
)


def tell_place(choice: "EnvChoice") -> str:
    """Returns where in the list the environment was offered, and how long the list was."""
    return f"{choice.n_offered}" if choice.place is None else f"{choice.place} of {choice.n_offered}"


def describe_record(item: "EnvRecordItem") -> str:
    """Returns what was done in an environment, in one line."""
    if not item.n_participations:
        return f"{item.env_id}  {item.title}: not played to an end yet"
    who = "1 agent" if item.n_agents == 1 else f"{item.n_agents} agents"
    games = item.wins + item.draws + item.losses
    came = f", won {item.wins}, drawn {item.draws}, lost {item.losses}" if games else ""
    times, mean, best = (
        tell_times(item.n_participations),
        format_return(item.mean_total),
        format_return(item.best_total),
    )
    return f"{item.env_id}  {item.title}: played {times} by {who}{came}, mean return {mean}, best {best}"


def describe_choice(choice: "EnvChoice") -> list[str]:
    """Returns who chose the environment, when, from how many, and why, line by line."""
    by = "" if choice.source is None else f", by {choice.source}"
    when = format_time(choice.created_at)
    head = f"episode {choice.episode_id}: {choice.agent}{by}, {tell_place(choice)} offered, {when}"
    return [head, choice.reason or "gave no reason"]
