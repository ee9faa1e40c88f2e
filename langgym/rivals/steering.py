"""How a body of the multi-particle environments is best pushed, by a look at its next places.

Each turn a body first travels a tenth of its velocity, then keeps three quarters of it, then its push is added.
"""

from collections.abc import Callable, Sequence
from itertools import permutations

from universe.renderers.mpe.layout import Scene, Thing
from universe.renderers.mpe.measure import COAST, UNITS
from universe.renderers.mpe.particle import PUSH
from universe.renderers.mpe.words import Offset, size
from universe.view import View

Cost = Callable[[Offset, int], float]
"""From where the body would be, as seen from where it is, and the turns until then, to what that costs."""

_STEP, _KEPT = 0.1, 0.75
_DEPTH = 3  # pushes that are looked ahead
_LASTING = 4.0  # how much the place where the body coasts out counts beside that of one turn


def look_ahead(cost: Cost, velocity: Offset | None, *, push: float = PUSH, top: float | None = None) -> int:
    """Returns the first of three pushes after which the body fares best, as the engine numbers them.

    Args:
        cost: Of each place.
        velocity: The body's own; `None` counts as at rest.
        push: What a push adds to the velocity.
        top: The speed that it cannot exceed.
    """
    start = velocity or (0.0, 0.0)
    costs = [_fare(cost, (0.0, 0.0), start, move, push=push, top=top, depth=_DEPTH) for move in range(len(UNITS))]
    return costs.index(min(costs))


def _fare(cost: Cost, at: Offset, velocity: Offset, move: int, *, push: float, top: float | None, depth: int) -> float:
    """Returns the least cost of the turns after a push, and of where the body coasts out."""
    at = (at[0] + _STEP * velocity[0], at[1] + _STEP * velocity[1])
    unit = UNITS[move]
    velocity = (_KEPT * velocity[0] + push * unit[0], _KEPT * velocity[1] + push * unit[1])
    if top is not None and (speed := size(velocity)) > top:
        velocity = (velocity[0] * top / speed, velocity[1] * top / speed)
    turn = _DEPTH - depth + 1
    here = cost(at, turn)
    if depth == 1:
        near = (at[0] + _STEP * velocity[0], at[1] + _STEP * velocity[1])
        rest = (at[0] + COAST * velocity[0], at[1] + COAST * velocity[1])
        return here + cost(near, turn + 1) + _LASTING * cost(rest, turn + 3)
    return here + min(
        _fare(cost, at, velocity, following, push=push, top=top, depth=depth - 1) for following in range(len(UNITS))
    )


def go_to(at: Offset, velocity: Offset | None, *, push: float = PUSH) -> int:
    """Returns the push that leads a body to a place and lets it rest there."""
    return look_ahead(lambda place, _: size((at[0] - place[0], at[1] - place[1])), velocity, push=push)


def drift(thing: Thing, turns: int) -> Offset:
    """Returns where a thing will be some turns on if it coasts."""
    if thing.velocity is None:
        return thing.at
    share = COAST * (1 - _KEPT**turns)
    return (thing.at[0] + share * thing.velocity[0], thing.at[1] + share * thing.velocity[1])


def own_velocity(view: View, *, push: float = PUSH) -> Offset:
    """Returns the velocity that a seat's own pushes have given it, in games that collide nothing and do not tell it."""
    across = along = 0.0
    for move in view.moves:
        unit = UNITS[move.action % len(UNITS)]
        across, along = _KEPT * across + push * unit[0], _KEPT * along + push * unit[1]
    return (across, along)


def middle(things: Sequence[Thing]) -> Offset:
    """Returns the mean place of things."""
    n = len(things) or 1
    return (sum(thing.at[0] for thing in things) / n, sum(thing.at[1] for thing in things) / n)


def share_out(scene: Scene) -> Thing:
    """Returns the seat's own landmark when all are shared out so that the distances add up to the least."""
    bodies = [(0.0, 0.0), *(mate.at for mate in scene.others)]
    gaps = [[size((mark.at[0] - body[0], mark.at[1] - body[1])) for mark in scene.landmarks] for body in bodies]
    best = min(
        permutations(range(len(scene.landmarks)), len(bodies)),
        key=lambda marks: sum(gaps[body][mark] for body, mark in enumerate(marks)),
    )
    return scene.landmarks[best[0]]
