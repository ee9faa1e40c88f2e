"""Read models of episodes: who played, every decision with its attempts, recalls and rewards."""

from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from agents_db.filters import EpisodeOrder
from agents_db.knowledge import RecallRecord
from agents_db.records import (
    AttemptClass,
    AttemptRecord,
    EndReason,
    EpisodeRecord,
    EpisodeStatus,
    Result,
    Source,
    StepRecord,
)
from agents_db.store import AgentsDB
from langgym.query.agents import ChoiceItem, describe_choice
from langgym.query.filters import parse_episode_filter
from langgym.query.values import Document, Number, ReadModel, Time, extend_model, find_next


class Participation(ReadModel):
    """One player in one seat."""

    seat: str
    role: str
    team: str | None
    player: str
    """The agent's name, or the policy's."""
    agent_id: int | None
    """`None` where a policy plays that is no agent."""
    model: str | None
    n_decisions: int
    n_fallbacks: int
    n_first_try_legal: int
    total: Number
    """The return; `None` while it is played."""
    result: Result | None
    reason: EndReason | None


class EpisodeItem(ReadModel):
    """An episode in a list."""

    episode_id: int
    key: str
    run_id: int
    number: int
    """In its run, from 0."""
    env_id: str
    kwargs: Mapping[str, JsonValue]
    status: EpisodeStatus
    reason: EndReason | None
    fault: str | None
    drifted: bool
    """Whether it went on although its replay differed."""
    n_turns: int
    started_at: Time
    ended_at: Time | None
    participations: tuple[Participation, ...]


class EpisodesPage(Document):
    """Episodes, newest first."""

    schema_id: Literal["langgym.episodes/1"] = Field(default="langgym.episodes/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    items: tuple[EpisodeItem, ...]
    next: int | None
    """What the next page is `--before`."""


class PromptMessage(ReadModel):
    """One message of a prompt."""

    role: str
    section: str
    text: str


class AttemptItem(ReadModel):
    """One call of a model within a decision."""

    attempt_id: int
    ordinal: int
    outcome: AttemptClass
    problem: str | None
    reply: str | None
    tokens_in: int | None
    tokens_out: int | None
    cached_tokens: int | None
    milliseconds: int
    prompt: tuple[PromptMessage, ...] | None
    """`None` where it was not asked for."""


class RecalledItem(ReadModel):
    """A memory that was shown for a decision."""

    memory_id: int
    rank: int
    score: Number
    parts: Mapping[str, Number]
    """The terms of the score."""
    credit: int | None
    """Whether the episode went better (1) or worse (-1) than expected, or neither (0); `None` until it has ended."""


class AdvisedItem(ReadModel):
    """What memory said of one legal action."""

    action: int
    name: str | None = None
    """`None` in what was stored before names were kept."""
    value: Number
    """The return that experience promised."""
    evidence: Number
    tried: int
    """How often exactly this had been tried in exactly this situation."""
    effect: Number
    """By how much the strategies that were shown spoke for it."""
    share: Number
    """The model's likelihood; `None` where no model was asked for it."""
    score: Number


class ToldItem(ReadModel):
    """What had come of an action before."""

    action: int
    n: int
    wins: int
    draws: int
    losses: int
    mean: Number
    fact: str | None
    """The fact by which it is counted; `None` where it is the exact action in the exact situation."""
    episodes: tuple[int, ...]
    """That the numbers are from."""


class AdviceItem(ReadModel):
    """What experience said before a decision."""

    exact: bool
    """Whether the records are of exactly this situation."""
    outlook: Number
    """The return that was promised of the best action; `None` where there was no experience."""
    options: tuple[AdvisedItem, ...]
    records: tuple[ToldItem, ...]


class StepItem(ReadModel):
    """A decision: what was seen, tried, recalled, done, and what came of it."""

    step_id: int
    turn: int
    seat: str
    player: str
    action: int
    name: str
    source: Source
    first_try_legal: bool
    text: str | None
    """What the seat saw; kept for seats of agents."""
    situation: str | None
    thought: str | None
    attempts: tuple[AttemptItem, ...]
    recalled: tuple[RecalledItem, ...]
    advice: AdviceItem | None
    """What experience said; `None` where nobody asked it."""
    rewards: Mapping[str, Number]
    """What each seat earned when the environment moved on; seats that got nothing are left out."""


class PendingItem(ReadModel):
    """Attempts at a decision that is not made yet, or that was forfeited."""

    turn: int
    seat: str
    attempts: tuple[AttemptItem, ...]


class EpisodeDetail(EpisodeItem, Document):
    """An episode with its decisions."""

    schema_id: Literal["langgym.episode/1"] = Field(default="langgym.episode/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    seed: int
    """Of the environment."""
    options: Mapping[str, JsonValue]
    """What the environment's reset was given beside the seed."""
    run_seed: int
    max_turns: int | None
    langgym_version: str
    commit: str | None
    packages: Mapping[str, JsonValue]
    templates: str
    """The hash of the prompt templates."""
    text_version: int
    situation_version: int
    choice: ChoiceItem | None
    """How it was chosen; `None` where it was not the agent's choice."""
    steps: tuple[StepItem, ...]
    pending: tuple[PendingItem, ...]
    memory_ids: tuple[int, ...]
    """What agents remember of it."""


def read_episodes(
    db: AgentsDB,
    *,
    agent: str | None = None,
    env_id: str | None = None,
    status: EpisodeStatus | None = None,
    limit: int = 50,
    before: int | None = None,
) -> EpisodesPage:
    """Returns a page of episodes; raises `UnknownAgent`."""
    agent_id = db.agent(agent).agent_id if agent is not None else None
    records = db.episodes(agent_id=agent_id, env_id=env_id, status=status, limit=limit, before=before)
    ids = [record.episode_id for record in records]
    return EpisodesPage(
        items=tuple(EpisodeItem.model_validate(record) for record in records), next=find_next(ids, limit)
    )


def read_episode_ids(db: AgentsDB, text: str, *, order: EpisodeOrder = "newest", now: datetime) -> "array[int]":
    """Returns the ids of the episodes that fit a filter, in order; raises `FilterError`."""
    return db.episode_ids(parse_episode_filter(text, now=now), order=order)


def read_episode_items(db: AgentsDB, episode_ids: Sequence[int]) -> list[EpisodeItem]:
    """Returns the episodes of those ids in that order; those that are gone are left out."""
    return [EpisodeItem.model_validate(record) for record in db.episodes_by_id(episode_ids)]


def read_episode(
    db: AgentsDB, episode_id: int, *, turn: int | None = None, seat: str | None = None, prompts: bool = False
) -> EpisodeDetail:
    """Returns an episode with all of its decisions, those of a turn or those of a seat; raises `NotStored`."""
    record = db.episode(episode_id)
    run = db.run(record.run_id)
    steps = read_steps(db, record, turn=turn, seat=seat, prompts=prompts)
    decided = {(step.turn, step.seat) for step in steps}
    return extend_model(
        EpisodeDetail,
        EpisodeItem.model_validate(record),
        seed=record.seed,
        options=dict(record.options),
        run_seed=run.seed,
        max_turns=record.max_turns,
        langgym_version=record.langgym_version,
        commit=record.commit,
        packages=dict(record.packages),
        templates=record.templates,
        text_version=record.text_version,
        situation_version=record.situation_version,
        choice=_find_choice(db, record),
        steps=tuple(steps),
        pending=tuple(
            PendingItem(turn=place[0], seat=place[1], attempts=tuple(attempts))
            for place, attempts in _read_attempts(db, episode_id, turn=turn, seat=seat, prompts=prompts).items()
            if place not in decided
        ),
        memory_ids=tuple(db.memories_of_episode(episode_id, state="active")),
    )


def read_steps(
    db: AgentsDB,
    record: EpisodeRecord,
    *,
    turn: int | None = None,
    seat: str | None = None,
    prompts: bool = False,
) -> list[StepItem]:
    """Returns the decisions of an episode, in order."""
    episode_id = record.episode_id
    players = {part.seat: part.player for part in record.participations}
    attempts = _read_attempts(db, episode_id, turn=turn, seat=seat, prompts=prompts)
    recalls: dict[tuple[int, str], list[RecallRecord]] = defaultdict(list)
    for recall in db.recalls(episode_id, turn=turn, seat=seat):
        recalls[recall.turn, recall.seat].append(recall)
    payments = db.payments(episode_id, until=None if turn is None else turn + 1)
    paid = {reached - 1: payment for reached, payment in payments.items()}
    return [
        _step(
            step,
            player=players.get(step.seat, step.seat),
            attempts=attempts.get((step.turn, step.seat), ()),
            recalls=recalls.get((step.turn, step.seat), ()),
            rewards=paid.get(step.turn, {}),
        )
        for step in db.steps(episode_id, turn=turn, seat=seat)
    ]


def _step(
    step: StepRecord,
    *,
    player: str,
    attempts: Sequence[AttemptItem],
    recalls: Sequence[RecallRecord],
    rewards: Mapping[str, float],
) -> StepItem:
    return StepItem(
        step_id=step.step_id,
        turn=step.turn,
        seat=step.seat,
        player=player,
        action=step.action,
        name=step.name,
        source=step.source,
        first_try_legal=step.first_try_legal,
        text=step.text,
        situation=step.situation,
        thought=step.thought,
        attempts=tuple(attempts),
        recalled=tuple(RecalledItem.model_validate(recall) for recall in recalls),
        advice=None if step.advice is None else AdviceItem.model_validate_json(step.advice),
        rewards=dict(rewards),
    )


def _read_attempts(
    db: AgentsDB, episode_id: int, *, turn: int | None, seat: str | None, prompts: bool
) -> dict[tuple[int, str], list[AttemptItem]]:
    """Returns attempts by turn and seat."""
    found: dict[tuple[int, str], list[AttemptItem]] = defaultdict(list)
    for record in db.attempts(episode_id=episode_id, turn=turn, seat=seat):
        if record.turn is not None and record.seat is not None:
            found[record.turn, record.seat].append(_attempt(record, prompts=prompts))
    return found


def _attempt(record: AttemptRecord, *, prompts: bool) -> AttemptItem:
    attempt = AttemptItem.model_validate(record)
    return attempt if prompts else attempt.model_copy(update={"prompt": None})


def _find_choice(db: AgentsDB, record: EpisodeRecord) -> ChoiceItem | None:
    if record.choice_id is None:
        return None
    choice = db.find_choice(record.run_id, record.number)
    return describe_choice(choice) if choice is not None and choice.choice_id == record.choice_id else None
