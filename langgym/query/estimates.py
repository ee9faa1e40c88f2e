"""Read models of what a run is estimated to take, before it is played."""

from typing import Literal

from pydantic import Field

from langgym.query.values import Document, Number, ReadModel


class Amount(ReadModel):
    """What a run may take."""

    calls: int
    tokens_in: int
    tokens_out: int
    cost: Number
    """In US dollars; `None` where a model that is asked has no price."""


class EstimateItem(ReadModel):
    """What a run of an agent is estimated to take where every episode is of one environment."""

    agent: str
    model: str
    env_id: str
    episodes: int
    decisions: int
    """Of all seats that ask a model, choices of the environment included, in episodes of usual length."""
    expected: Amount
    """Each decision takes one call, and each reply is half as long as it may be."""
    most: Amount | None
    """Each episode lasts to its limit of turns, and each decision takes every attempt and the longest reply; `None`
    where nothing limits the turns.
    """
    unpriced: tuple[str, ...]
    """Models that are asked and have no price."""
    seconds: float | None
    """Of play, one episode after the other, at the agent's pace so far; `None` where it has not played."""
    reached: tuple[str, ...]
    """The limits that the expected amount would reach."""
    reachable: tuple[str, ...]
    """Those that only the most would reach."""


class EstimatePage(Document):
    """What runs are estimated to take, by agent and environment."""

    schema_id: Literal["langgym.estimate/1"] = Field(default="langgym.estimate/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    items: tuple[EstimateItem, ...]
    next: None = None
