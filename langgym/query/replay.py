"""Read models of a replay: an episode's decisions without their texts, and one decision with all of them."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from agents_db.errors import NotStored
from agents_db.listings import SpineRecord
from agents_db.records import EpisodeRecord, Source
from agents_db.store import AgentsDB
from langgym.query.episodes import EpisodeItem, PromptMessage, StepItem, read_steps
from langgym.query.values import Document, Number, ReadModel, extend_model

_BOARD = "board"
"""The section of a prompt that shows what the seat sees."""


class SpineItem(ReadModel):
    """A decision without its texts."""

    turn: int
    seat: str
    player: str
    action: int
    name: str
    source: Source
    first_try_legal: bool
    n_attempts: int
    n_recalled: int
    """Memories that were shown for it."""
    rewards: Mapping[str, Number]
    """What each seat earned when the environment moved on; seats that got nothing are left out."""


class Replay(EpisodeItem, Document):
    """An episode with all of its decisions, without their texts."""

    schema_id: Literal["langgym.replay/1"] = Field(default="langgym.replay/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    seed: int
    """Of the environment."""
    run_seed: int
    max_turns: int | None
    unfinished: bool
    """Whether more decisions may come."""
    spine: tuple[SpineItem, ...]
    memory_ids: tuple[int, ...]
    """What it taught, whatever became of it since; oldest first."""


class ReplayStep(Document):
    """A decision with everything that led to it and what it taught."""

    schema_id: Literal["langgym.replay-step/1"] = Field(default="langgym.replay-step/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    episode_id: int
    step: StepItem
    board: str | None
    """What the seat saw; where nobody kept it, what a seat last saw before; `None` where none was kept at all."""
    earned: Mapping[str, Number]
    """The return of every seat before this turn."""
    previous_prompt: tuple[PromptMessage, ...] | None
    """What the seat's model was first shown when it was last asked before; `None` where it was not."""
    taught: tuple[int, ...]
    """Ids of the memories that rest on this turn, whatever became of them since; oldest first."""


def read_replay(db: AgentsDB, episode_id: int) -> Replay:
    """Returns an episode's decisions without their texts; raises `NotStored`."""
    record = db.episode(episode_id)
    players = {part.seat: part.player for part in record.participations}
    payments = db.payments(episode_id)
    return extend_model(
        Replay,
        EpisodeItem.model_validate(record),
        seed=record.seed,
        run_seed=db.run(record.run_id).seed,
        max_turns=record.max_turns,
        unfinished=record.status == "running",
        spine=tuple(
            _spine(step, player=players.get(step.seat, step.seat), rewards=payments.get(step.turn + 1, {}))
            for step in db.spine(episode_id)
        ),
        memory_ids=tuple(db.memories_of_episode(episode_id)),
    )


def read_replay_step(db: AgentsDB, episode_id: int, turn: int, seat: str | None = None) -> ReplayStep:
    """Returns a decision with everything about it; raises `NotStored`.

    Args:
        db: the store.
        episode_id: of the episode.
        turn: from 0.
        seat: whose decision; `None` for the first one that is stored of the turn.
    """
    record = db.episode(episode_id)
    found = read_steps(db, record, turn=turn, seat=seat, prompts=True)
    if not found:
        raise NotStored(_explain(record, turn, seat))
    step = found[0]
    return ReplayStep(
        episode_id=episode_id,
        step=step,
        board=_find_board(db, episode_id, step),
        earned=_add_up(db, record, turn),
        previous_prompt=_find_previous(db, episode_id, step),
        taught=tuple(db.memories_of_episode(episode_id, seat=step.seat, turn=turn)),
    )


def _spine(step: SpineRecord, *, player: str, rewards: Mapping[str, float]) -> SpineItem:
    return SpineItem(
        turn=step.turn,
        seat=step.seat,
        player=player,
        action=step.action,
        name=step.name,
        source=step.source,
        first_try_legal=step.first_try_legal,
        n_attempts=step.n_attempts,
        n_recalled=step.n_recalled,
        rewards=dict(rewards),
    )


def _explain(record: EpisodeRecord, turn: int, seat: str | None) -> str:
    """Returns why there is no such decision."""
    if record.n_turns == 0:
        return f"No decision of episode {record.episode_id} is stored yet."
    whose = "" if seat is None else f" of {seat!r}"
    return (
        f"Episode {record.episode_id} has no decision{whose} in turn {turn}; its turns are 0 to {record.n_turns - 1}."
    )


def _find_board(db: AgentsDB, episode_id: int, step: StepItem) -> str | None:
    prompt = step.attempts[0].prompt if step.attempts else None
    sections = [message.text for message in prompt or () if message.section == _BOARD]
    if sections:
        return sections[0]
    return step.text if step.text is not None else db.last_seen(episode_id, step.turn)


def _add_up(db: AgentsDB, record: EpisodeRecord, turn: int) -> Mapping[str, float]:
    """Returns what every seat had earned when a turn began."""
    earned: dict[str, float] = defaultdict(float, {part.seat: 0.0 for part in record.participations})
    for payment in db.payments(record.episode_id, until=turn).values():
        for seat, reward in payment.items():
            earned[seat] += reward
    return dict(earned)


def _find_previous(db: AgentsDB, episode_id: int, step: StepItem) -> tuple[PromptMessage, ...] | None:
    turn = db.last_asked(episode_id, step.seat, before=step.turn)
    if turn is None:
        return None
    first = db.attempts(episode_id=episode_id, turn=turn, seat=step.seat)[0]
    return tuple(PromptMessage.model_validate(message) for message in first.prompt)
