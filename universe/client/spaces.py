"""The spaces of other people's training code: what a seat sees and does, as Gymnasium has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from gymnasium import spaces
from pydantic import JsonValue

from universe.card import EnvCard
from universe.client.remote import RemoteUniverse
from universe.errors import ServiceError
from universe.service.wire import SeatTurn
from universe.streams import Stream
from universe.text_env import Turn

LONGEST_TEXT = 20_000
"""Characters of a turn's text."""
LETTERS = frozenset(
    "\n"
    + "".join(
        chr(code)
        for first, last in (
            (0x20, 0x7E),
            (0xA0, 0xFF),
            (0x2010, 0x2027),
            (0x2190, 0x22FF),
            (0x2500, 0x26FF),
        )
        for code in range(first, last + 1)
    )
)
"""Of a turn's text: Latin, punctuation, arrows, signs, lines and chessmen."""
_MOST_EPISODES, _MOST_TURNS = 20, 60
"""How far is played until every seat has had a turn: a third of two-player poker hands end before one had."""


@dataclass(frozen=True, slots=True)
class SeatSpaces:
    """What a seat can see and do."""

    observation: "spaces.Space[Any]"
    n_actions: int


def find_spaces(
    universe: RemoteUniverse, card: EnvCard, kwargs: Mapping[str, JsonValue] | None = None
) -> dict[str, SeatSpaces]:
    """Returns the spaces of every seat of a variant, found by playing a little of it; the service tells no spaces.

    Bounds are those of the numbers' types.

    Raises:
        ServiceError: A seat never had a turn.
    """
    env = universe.open(card, kwargs, max_turns=_MOST_TURNS)
    found: dict[str, SeatSpaces] = {}
    try:
        for seed in range(_MOST_EPISODES):
            env.reset(seed)
            stream = Stream.of(seed, "spaces")
            while env.turns() and len(found) < len(env.seats):
                for turn in env.turns():
                    found.setdefault(turn.seat, _look(turn))
                env.play({turn.seat: stream.pick(turn.view.legal, turn.seat, turn.index) for turn in env.turns()})
            if len(found) == len(env.seats):
                return {seat: found[seat] for seat in env.seats}
    finally:
        env.close()
    raise ServiceError(f"{card.env_id}: {', '.join(set(env.seats) - set(found))} never had a turn.")


def describe_turn(turn: SeatTurn, n_actions: int) -> dict[str, Any]:
    """Returns what is told of a turn beside the observation: its words, its legal actions by name, their mask."""
    mask = np.zeros(n_actions, dtype=np.int8)
    mask[[option.action for option in turn.options]] = 1
    return {
        "brief": turn.brief,
        "text": turn.text,
        "situation": turn.situation,
        "names": {option.action: " + ".join(option.values) for option in turn.options},
        "action_mask": mask,
    }


def _look(turn: Turn) -> SeatSpaces:
    observation = turn.view.observation
    mask: Any = None
    if isinstance(observation, Mapping):
        mask = cast("Mapping[str, Any]", observation).get("action_mask")
    return SeatSpaces(_fit(cast("object", observation)), len(mask) if mask is not None else max(turn.view.legal) + 1)


def _fit(observation: object) -> "spaces.Space[Any]":
    """Returns the smallest space of its kind that surely holds an observation."""
    if isinstance(observation, Mapping):
        parts = cast("Mapping[str, object]", observation)
        return spaces.Dict({name: _fit(part) for name, part in parts.items()})
    array = cast("np.ndarray[Any, np.dtype[Any]]", observation)
    if array.dtype.kind == "f":
        low, high = -np.inf, np.inf
    elif array.dtype.kind == "b":
        low, high = 0, 1
    else:
        limits = np.iinfo(array.dtype)
        low, high = limits.min, limits.max
    return spaces.Box(low, high, shape=array.shape, dtype=cast("Any", array.dtype.type))
