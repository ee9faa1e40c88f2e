"""Read models of what can be played."""

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field, JsonValue

from langgym.query.values import Document, Number, ReadModel, extend_model
from universe.card import EnvCard


class EnvItem(ReadModel):
    """An environment in a list."""

    env_id: str
    suite: str
    title: str
    summary: str
    seats: tuple[str, ...]
    """Of the default variant."""
    min_seats: int
    max_seats: int
    simultaneous: bool
    hidden: bool
    """Whether a seat may not know everything."""
    typical_turns: int
    """Decisions of one seat in an episode of random play (median)."""
    trains: tuple[str, ...]
    playable: bool
    """Whether its package is installed."""
    requires: str | None
    """What to install where it is not."""


class EnvsPage(Document):
    """The environments that fit a filter."""

    schema_id: Literal["langgym.envs/1"] = Field(default="langgym.envs/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    items: tuple[EnvItem, ...]
    next: None = None


class EnvKwarg(ReadModel):
    """A keyword of an environment."""

    name: str
    default: JsonValue
    meaning: str
    choices: tuple[JsonValue, ...]
    minimum: Number
    maximum: Number


class EnvBaseline(ReadModel):
    """What uniform random play earns in an episode."""

    mean: Number
    sd: Number
    episodes: int


class EnvDetail(EnvItem, Document):
    """Everything that an agent can read about an environment."""

    schema_id: Literal["langgym.env/1"] = Field(default="langgym.env/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    rules: str
    reward: str
    horizon: str
    hides: str | None
    """What a seat may not know."""
    max_turns: int | None
    fallback: Literal["forfeit", "random"]
    """What happens to a seat that gives no legal answer."""
    teams: Mapping[str, str]
    """By role."""
    kwargs: tuple[EnvKwarg, ...]
    baseline: Mapping[str, EnvBaseline]
    """Random play by role."""
    text_version: int
    situation_version: int


def read_envs(cards: Iterable[EnvCard], *, suite: str | None = None, hidden: bool | None = None) -> EnvsPage:
    """Returns the environments of a suite, or those that hide something, by id."""
    fitting = [
        card
        for card in cards
        if suite in (None, card.suite) and (hidden is None or hidden == (card.hidden is not None))
    ]
    return EnvsPage(items=tuple(_item(card) for card in sorted(fitting, key=lambda card: card.env_id)))


def read_env(card: EnvCard) -> EnvDetail:
    """Returns everything about an environment."""
    return extend_model(
        EnvDetail,
        _item(card),
        rules=card.rules,
        reward=card.reward,
        horizon=card.horizon,
        hides=card.hidden,
        max_turns=card.max_turns,
        fallback=card.fallback,
        teams=dict(card.teams),
        kwargs=tuple(EnvKwarg.model_validate(kwarg) for kwarg in card.kwargs),
        baseline={role: EnvBaseline.model_validate(base) for role, base in card.baseline.items()},
        text_version=card.text_version,
        situation_version=card.situation_version,
    )


def _item(card: EnvCard) -> EnvItem:
    return EnvItem(
        env_id=card.env_id,
        suite=card.suite,
        title=card.title,
        summary=card.summary,
        seats=card.seats,
        min_seats=card.min_seats,
        max_seats=card.max_seats,
        simultaneous=card.simultaneous,
        hidden=card.hidden is not None,
        typical_turns=card.typical_turns,
        trains=card.trains,
        playable=card.playable,
        requires=card.requires,
    )
