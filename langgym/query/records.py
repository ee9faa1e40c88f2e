"""Read models of what the agents of a store have done in each environment, and why they chose it."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from agents_db.charts import ChosenRecord, EnvSums
from agents_db.records import Source
from agents_db.store import AgentsDB
from langgym.query.agents import EnvScore, describe_choice
from langgym.query.values import Document, Number, ReadModel, Time, extend_model
from universe.card import EnvCard


class EnvRecordItem(ReadModel):
    """What all agents together have done in an environment; those that were deleted are left out."""

    env_id: str
    title: str
    """Its id where the card is gone."""
    suite: str
    playable: bool
    """Whether its package is installed."""
    n_participations: int
    """Finished ones; those that a fork began with count again as its own."""
    n_agents: int
    wins: int
    draws: int
    losses: int
    mean_total: Number
    """`None` where none was finished."""
    best_total: Number


class EnvRecordsPage(Document):
    """The environments with what was done in them, by id."""

    schema_id: Literal["langgym.records/1"] = Field(default="langgym.records/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    items: tuple[EnvRecordItem, ...]
    next: None = None


class AgentEnvScore(EnvScore):
    """An agent's record in the environment."""

    agent: str


class EnvChoice(ReadModel):
    """An agent's choice of the environment."""

    choice_id: int
    agent: str
    episode_id: int
    """That was played of it."""
    n_offered: int
    place: int | None
    """Of the environment among those that were offered, from 1; `None` where it was not among them."""
    reason: str | None
    """In the agent's own words, asked before it chose."""
    source: Source | None
    created_at: Time


class EnvRecordDetail(EnvRecordItem, Document):
    """What was done in one environment, by whom, and why it was chosen."""

    schema_id: Literal["langgym.record/1"] = Field(default="langgym.record/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    agents: tuple[AgentEnvScore, ...]
    """Who has played most comes first."""
    choices: tuple[EnvChoice, ...]
    """The newest, newest first; those of which no episode began are left out."""


def read_records(db: AgentsDB | None, cards: Iterable[EnvCard]) -> EnvRecordsPage:
    """Returns what was done in every environment that is known or was played; `None` is an empty store."""
    found = {sums.env_id: sums for sums in db.env_sums()} if db is not None else {}
    known = {card.env_id: card for card in cards}
    env_ids = sorted(known.keys() | found.keys())
    return EnvRecordsPage(items=tuple(_describe(env_id, known.get(env_id), found.get(env_id)) for env_id in env_ids))


def read_record(db: AgentsDB | None, card: EnvCard, *, limit: int = 10) -> EnvRecordDetail:
    """Returns what was done in an environment, with its last choices; `None` is an empty store."""
    scores = [] if db is None else db.env_records(card.env_id)
    found = {} if db is None else {sums.env_id: sums for sums in db.env_sums()}
    return extend_model(
        EnvRecordDetail,
        _describe(card.env_id, card, found.get(card.env_id)),
        agents=tuple(
            extend_model(AgentEnvScore, EnvScore.model_validate(score.stats), agent=score.agent) for score in scores
        ),
        choices=() if db is None else tuple(_describe_choice(each) for each in db.chosen(card.env_id, limit=limit)),
    )


def _describe(env_id: str, card: EnvCard | None, sums: EnvSums | None) -> EnvRecordItem:
    return EnvRecordItem(
        env_id=env_id,
        title=env_id if card is None else card.title,
        suite=env_id.partition("/")[0] if card is None else card.suite,
        playable=card is not None and card.playable,
        n_participations=0 if sums is None else sums.n_participations,
        n_agents=0 if sums is None else sums.n_agents,
        wins=0 if sums is None else sums.n_wins,
        draws=0 if sums is None else sums.n_draws,
        losses=0 if sums is None else sums.n_losses,
        mean_total=None if sums is None else sums.sum_total / sums.n_participations,
        best_total=None if sums is None else sums.best_total,
    )


def _describe_choice(record: ChosenRecord) -> EnvChoice:
    choice = describe_choice(record.choice)
    offered = choice.offered
    return EnvChoice(
        choice_id=choice.choice_id,
        agent=record.agent,
        episode_id=record.episode_id,
        n_offered=len(offered),
        place=offered.index(choice.env_id) + 1 if choice.env_id in offered else None,
        reason=choice.reason,
        source=choice.source,
        created_at=choice.created_at,
    )
