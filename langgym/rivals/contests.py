"""The multi-particle environments with two sides: secret goals, a secret message, chases."""

from collections.abc import Sequence

from langgym.rivals.steering import drift, go_to, look_ahead, middle, own_velocity
from universe.renderers.mpe.layout import (
    Scene,
    Thing,
    flag,
    is_predator,
    read_adversary,
    read_crypto,
    read_push,
    read_tag,
    read_world,
)
from universe.renderers.mpe.measure import apart, nearest
from universe.renderers.mpe.words import Offset, size
from universe.streams import Stream
from universe.text_env import Turn

_HELD = 0.25  # how near a good agent is to a landmark that it seems to hold
_HUNT, _FLEE = 0.3, 0.4  # what a push adds to a predator's and to a prey's velocity
_TOP_HUNT, _TOP_FLEE = 1.0, 1.3
_EDGE = 0.9
_MOVES = 5
_QUARTERS = ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5))
"""What the leader's four words mean: the quarter of the arena in which the prey is."""


def choose_adversary(turn: Turn, stream: Stream) -> int:
    """Returns the push to the goal or a decoy for the good, to the landmark that is held or the middle for the other.

    Of the good agents the one nearest to the goal takes it, and the others stand on other landmarks.
    """
    scene = read_adversary(turn.view)
    velocity = own_velocity(turn.view)
    if scene.goal is None:
        return go_to(_guess(scene), velocity)
    goal = scene.goal
    mates = [other for other in scene.others if other.kind == "teammate"]
    if all(apart(goal, mate) >= size(goal.at) for mate in mates):
        return go_to(goal.at, velocity)
    decoys = [mark for mark in scene.landmarks if mark.name != goal.name]
    decoy = nearest(decoys)
    return go_to(goal.at if decoy is None else decoy.at, velocity)


def _guess(scene: Scene) -> Offset:
    """Returns the landmark that a good agent holds, the one held closest; the middle of all while none is held."""
    good = [other for other in scene.others if other.kind == "rival"]
    held = min(scene.landmarks, key=lambda mark: min(apart(mark, other) for other in good))
    if min(apart(held, other) for other in good) < _HELD:
        return held.at
    return middle(scene.landmarks)


def choose_push(turn: Turn, stream: Stream) -> int:
    """Returns the push to the goal; for the adversary to the landmark that its rival is nearest to."""
    scene = read_push(turn.view)
    if scene.goal is not None:
        return go_to(scene.goal.at, scene.velocity)
    [rival] = scene.others
    return go_to(min(scene.landmarks, key=lambda mark: apart(mark, rival)).at, scene.velocity)


def choose_crypto(turn: Turn, stream: Stream) -> int:
    """Returns Alice's message turned by the key, what Bob makes of it, and for Eve the word heard where it fits."""
    scene = read_crypto(turn.view)
    if scene.message is not None:
        assert scene.key is not None
        return scene.message ^ scene.key
    if scene.heard is None or scene.heard > 1:
        return stream.integer(turn.seat, turn.index) % 2
    return scene.heard if scene.key is None else scene.heard ^ scene.key


def choose_tag(turn: Turn, stream: Stream) -> int:
    """Returns the push after the nearest prey, or away from the predators and the edge."""
    scene = read_tag(turn.view)
    if is_predator(turn.seat):
        return _hunt(scene, (0.0, 0.0))
    slow = 0.5 if flag(turn.view, "curriculum") else 1.0
    return _flee(scene, push=_FLEE * slow, top=_TOP_FLEE * slow)


def choose_world(turn: Turn, stream: Stream) -> int:
    """Returns the push as in a plain chase; prey also goes for food, and the leader's word says where the prey is."""
    scene = read_world(turn.view)
    if not is_predator(turn.seat):
        return _flee(scene, push=_FLEE, top=_TOP_FLEE)
    own = scene.position or (0.0, 0.0)
    quarter = _QUARTERS[scene.heard or 0]
    move = _hunt(scene, (quarter[0] - own[0], quarter[1] - own[1]))
    if turn.view.role != "leadadversary":
        return move
    prey = nearest(other for other in scene.others if other.kind == "prey")
    at = (0.0, 0.0) if prey is None else (own[0] + prey.at[0], own[1] + prey.at[1])
    return move + _MOVES * ((at[0] > 0) + 2 * (at[1] > 0))


def _hunt(scene: Scene, otherwise: Offset) -> int:
    """Returns the push that leads to where the nearest prey will be, or to a place where no prey is seen."""
    prey = nearest(other for other in scene.others if other.kind == "prey")

    def cost(place: Offset, turns: int) -> float:
        at = otherwise if prey is None else drift(prey, turns)
        return _gap(at, place) + _blocked(scene.landmarks, place)

    return look_ahead(cost, scene.velocity, push=_HUNT, top=_TOP_HUNT)


def _flee(scene: Scene, *, push: float, top: float) -> int:
    """Returns the push that leads away from predators, stays in the arena, and goes to food where there is some."""
    own = scene.position or (0.0, 0.0)
    predators = [other for other in scene.others if other.kind == "predator"]

    def cost(place: Offset, turns: int) -> float:
        fear = sum(_fear(_gap(other.at, place), other.reach, turns) for other in predators)
        out = sum(max(0.0, abs(own[axis] + place[axis]) - _EDGE) for axis in (0, 1))
        food = min((_gap(each.at, place) for each in scene.foods), default=0.0)
        return fear + 100.0 * out + food + _blocked(scene.landmarks, place)

    return look_ahead(cost, scene.velocity, push=push, top=top)


def _fear(gap: float, reach: float, turns: int) -> float:
    """Returns what a predator's nearness costs; it may come nearer by its top speed meanwhile."""
    left = gap - reach - 0.05 * turns
    return 10.0 - 10.0 * left if left < 0.0 else 0.4 / (left + 0.1)


def _gap(at: Offset, place: Offset) -> float:
    return size((at[0] - place[0], at[1] - place[1]))


def _blocked(obstacles: Sequence[Thing], place: Offset) -> float:
    """Returns what it costs to be inside of an obstacle, which throws bodies back."""
    return sum(max(0.0, each.reach - _gap(each.at, place)) for each in obstacles)
