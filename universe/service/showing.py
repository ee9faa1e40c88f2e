"""How a table looks over the wire: to everybody, and to a seat."""

import base64
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from pydantic import JsonValue

from universe.card import EnvCard
from universe.service.chairs import Chair
from universe.service.contracts import GUEST, OPEN
from universe.service.wire import Array, End, EnvSummary, MenuOption, SeatState, SeatTurn, TurnFacts
from universe.text_env import SeatEnd, Turn

THOUGHT = 400
"""Characters of the thought that an answer's schema leaves room for; the answer itself needs none."""


def show_summary(card: EnvCard) -> EnvSummary:
    """Returns a card as lists have it."""
    return EnvSummary(
        env_id=card.env_id,
        title=card.title,
        summary=card.summary,
        suite=card.suite,
        seats=list(card.seats),
        simultaneous=card.simultaneous,
        playable=card.playable,
    )


def show_chair(chair: Chair, card: EnvCard, *, due: bool) -> SeatState:
    """Returns a seat as everybody may see it."""
    claim = chair.claim
    return SeatState(
        seat=chair.seat,
        role=card.role(chair.seat),
        team=card.team(chair.seat),
        who=OPEN if chair.is_open else GUEST if chair.is_guest else chair.who,
        name=claim.name if claim is not None else None,
        due=due,
    )


def show_outcome(outcome: Mapping[str, SeatEnd]) -> list[End]:
    """Returns how an episode ended."""
    return [End(seat=seat, total=end.total, result=end.result, reason=end.reason) for seat, end in outcome.items()]


def show_turn(turn: Turn) -> SeatTurn:
    """Returns what a seat sees, with all its attempts and no time; made in the environment's thread."""
    menu, facts = turn.menu, turn.facts
    schema = cast("dict[str, JsonValue]", menu.schema())
    values = {option.action: list(option.values) for option in menu.options}
    return SeatTurn(
        seat=turn.seat,
        turn=turn.number,
        index=turn.index,
        reward=turn.reward,
        brief=turn.brief,
        text=turn.text,
        situation=turn.situation,
        facts=TurnFacts(
            state=list(facts.state), actions={str(action): list(facts.actions[action]) for action in menu.actions}
        ),
        fields=list(menu.fields),
        options=[MenuOption(action=action, values=values[action]) for action in menu.actions],
        schema_=schema,
        attempts_left=0,
        seconds_left=0.0,
    )


def show_array(value: Any) -> Array:
    """Returns an observation as it travels: arrays as their bytes, little-endian."""
    if isinstance(value, Mapping):
        parts = cast("Mapping[str, Any]", value)
        return Array(parts={str(key): show_array(part) for key, part in parts.items()})
    array = np.asarray(value)
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return Array(dtype=array.dtype.str, shape=list(array.shape), data=base64.b64encode(array.tobytes()).decode("ascii"))
