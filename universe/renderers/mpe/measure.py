"""Facts about moves: how each one stands to the things that matter in a game."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from universe.renderers.mpe.layout import Thing
from universe.renderers.mpe.words import Offset, nearness, size

UNITS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
"""What the engine's moves push towards, in its order."""

COAST = 0.4
"""Distance travelled by coasting, for each unit of velocity: 0.1 + 0.1 * 0.75 + …; mpe2 `World.integrate_state`."""

_LEVEL = 0.03  # an offset on the axis of a move that counts as none


class Aim(NamedTuple):
    """A thing that moves are measured by."""

    name: str
    at: Offset
    rest: Offset | None = None
    """Where it will lie when both have coasted out, without a further push; `None` where velocities are not seen."""
    given: str = ""
    """What must be the case for it to matter, as a prefix: `heard 3: `."""


def aim(name: str, thing: Thing, velocity: Offset | None) -> Aim:
    """Returns a thing as an aim of a seat that moves with `velocity`."""
    if velocity is None:
        return Aim(name, thing.at)
    other = thing.velocity or (0.0, 0.0)
    rest = (
        thing.at[0] + COAST * (other[0] - velocity[0]),
        thing.at[1] + COAST * (other[1] - velocity[1]),
    )
    return Aim(name, thing.at, rest)


def nearest(things: Iterable[Thing]) -> Thing | None:
    """Returns the nearest thing, or `None` where there is none."""
    return min(things, key=lambda thing: size(thing.at), default=None)


def apart(one: Thing, other: Thing) -> float:
    """Returns the distance between two things."""
    return size((one.at[0] - other.at[0], one.at[1] - other.at[1]))


def move_facts(aims: Sequence[Aim], *, carry: float, edge: Offset | None = None) -> dict[int, tuple[str, ...]]:
    """Returns the facts of the five moves, coarse to fine.

    Args:
        aims: What moves are measured by, the weightiest first.
        carry: How far one push carries in all.
        edge: The seat's position, where leaving the arena costs something.
    """
    near = [nearness(size(target.at)) for target in aims]
    found: dict[int, tuple[str, ...]] = {0: _stay_facts(aims, near, carry)}
    for action in range(1, 5):
        unit = UNITS[action]
        ways = [_way(unit, target.at) for target in aims]
        facts = ["move"]
        facts += [f"{target.given}{way} {target.name}" for (way, _), target in zip(ways, aims, strict=True)]
        facts += [
            f"{target.given}{way} {target.name}{side}, {how}"
            for (way, side), target, how in zip(ways, aims, near, strict=True)
        ]
        facts += [fact for target in aims if target.rest for fact in _coast_facts(unit, target, carry)]
        if edge is not None:
            facts += _edge_facts(unit, edge)
        found[action] = tuple(facts)
    return found


def join_facts(
    moves: Mapping[int, tuple[str, ...]], sayings: Mapping[int, tuple[str, ...]]
) -> dict[int, tuple[str, ...]]:
    """Returns the facts of every move with every word; the engine numbers them move + 5 * word."""
    return {move + 5 * word: (*facts, *said) for word, said in sayings.items() for move, facts in moves.items()}


def _way(unit: Offset, at: Offset) -> tuple[str, str]:
    """Returns whether a push goes towards something, and along which side of the way there."""
    along = unit[0] * at[0] + unit[1] * at[1]
    across = abs(unit[1] * at[0] + unit[0] * at[1])
    if abs(along) < _LEVEL:
        return "across to", ""
    side = " along the longer side" if abs(along) >= across else " along the shorter side"
    return ("towards" if along > 0 else "away from"), side


def _coast_facts(unit: Offset, target: Aim, carry: float) -> list[str]:
    rest = target.rest or target.at
    along = unit[0] * rest[0] + unit[1] * rest[1]
    across = abs(unit[1] * rest[0] + unit[0] * rest[1])
    if abs(along - carry) >= abs(along):
        return [f"coasts out further from {target.name}"]
    side = "longer" if along >= across else "shorter"
    return [f"coasts out nearer to {target.name}", f"coasts out nearer to {target.name} along the {side} side"]


def _stay_facts(aims: Sequence[Aim], near: Sequence[str], carry: float) -> tuple[str, ...]:
    facts = ["stay"]
    facts += [f"{target.given}stay, {target.name} {how}" for target, how in zip(aims, near, strict=True)]
    facts += [
        f"stay, coasts out {'at' if size(target.rest) < carry else 'off'} {target.name}"
        for target in aims
        if target.rest is not None
    ]
    return tuple(facts)


def _edge_facts(unit: Offset, position: Offset) -> list[str]:
    out = unit[0] * position[0] + unit[1] * position[1]
    if out >= 0.9:
        return ["further out of the arena"]
    if out >= 0.6:
        return ["towards the near edge"]
    return ["back into the arena"] if out <= -0.9 else ["away from the near edge"] if out <= -0.6 else []
