"""What happens in a run, as `langgym play` tells it: lines for people, JSON Lines for programs."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue, RootModel

from agents_db.records import EndReason, Result, Source
from langgym.query.spending import Sums
from langgym.query.values import Document, Number, ReadModel


class _Event(Document):
    schema_id: Literal["langgym.event/1"] = Field(default="langgym.event/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]


class RunEvent(_Event):
    """A run begins or goes on."""

    event: Literal["run"] = "run"
    run_id: int
    seed: int
    agent: str
    model: str
    episodes: int
    parallel: int = 1
    """Episodes under way at once."""
    resumed: bool


class NoteEvent(_Event):
    """Something that a person should know."""

    event: Literal["note"] = "note"
    text: str


class ChoiceEvent(_Event):
    """An agent chose what to play."""

    event: Literal["choice"] = "choice"
    agent: str
    offered: tuple[str, ...]
    env_id: str
    reason: str | None
    source: Source


class StartEvent(_Event):
    """An episode begins, or goes on at turn `turn`."""

    event: Literal["start"] = "start"
    run_id: int
    episode_id: int
    number: int
    """In its run, from 0."""
    env_id: str
    title: str
    kwargs: Mapping[str, JsonValue]
    players: Mapping[str, str]
    """By seat."""
    agent_seats: tuple[str, ...]
    turn: int
    resumed: bool


class RecalledMemory(ReadModel):
    """A memory that was shown for a decision."""

    memory_id: int
    rank: int
    score: Number


class TurnEvent(_Event):
    """A seat decided."""

    event: Literal["turn"] = "turn"
    episode_id: int
    turn: int
    seat: str
    player: str
    action: str | None
    """Its name; `None` where the seat forfeits."""
    source: Source
    thought: str | None
    outcomes: tuple[str, ...]
    """The class of each attempt."""
    recalled: tuple[RecalledMemory, ...]
    earned: Number
    """The seat's return before this decision."""
    seconds: float
    """Of the whole turn."""


class SeatResult(ReadModel):
    """How an episode ended for one seat."""

    seat: str
    player: str
    total: Number
    result: Result | None
    reason: EndReason


class EndEvent(_Event):
    """An episode ended."""

    event: Literal["end"] = "end"
    episode_id: int
    number: int
    """In its run, from 0."""
    env_id: str
    n_turns: int
    seconds: float
    seats: tuple[SeatResult, ...]


class MemoryEvent(_Event):
    """An agent remembers something new."""

    event: Literal["memory"] = "memory"
    memory_id: int
    episode_id: int
    agent: str
    seat: str
    text: str


class FaultEvent(_Event):
    """An environment failed."""

    event: Literal["fault"] = "fault"
    episode_id: int
    fault: str


class SummaryEvent(_Event):
    """What came of a run; counts are of the agent's own seats in the episodes that ended."""

    event: Literal["summary"] = "summary"
    run_id: int
    agent: str
    stopped: bool
    finished: tuple[int, ...]
    """Ids of episodes."""
    failed: tuple[int, ...]
    n_decisions: int
    n_by_model: int
    """Of these, those that a language model was asked for, and answered by itself."""
    n_first_try_legal: int
    """Of these, those that were legal at first try."""
    n_advised: int
    """Decisions by a model's likelihoods and experience together: they do not count as the model's own."""
    n_fallbacks: int
    n_forfeits: int
    totals: tuple[Number, ...]
    """The agent's return in each finished participation."""
    memory_ids: tuple[int, ...]
    seconds: float
    limit: str | None = None
    """The limit that stopped it, and whose."""
    advice: str | None = None
    """The command that raises that limit."""
    spent: Sums
    """By every agent in the whole run, earlier invocations included."""


AnyEvent = (
    RunEvent | NoteEvent | ChoiceEvent | StartEvent | TurnEvent | EndEvent | MemoryEvent | FaultEvent | SummaryEvent
)


class Event(RootModel[Annotated[AnyEvent, Field(discriminator="event")]]):
    """One line of `langgym play --json`."""
