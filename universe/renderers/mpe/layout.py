"""The parts of each game's observation vector by name, as mpe2's `Scenario.observation` puts them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

from universe.renderers.mpe.words import COLOURS, Offset
from universe.view import View

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TREASURE_COLOURS = ("blue", "orange", "green", "red", "purple", "brown")
"""Treasure types by number (mpe2's `_TYPE_COLORS`)."""

PREDATOR, PREY, OBSTACLE = 0.075, 0.05, 0.2
SMALL_PREY, FOOD = 0.045, 0.03
SPREADER, PUSHER = 0.15, 0.05
COLLECTOR, DEPOSIT, TREASURE = 0.05, 0.075, 0.025
"""Radii: in simple_tag, what differs in simple_world_comm, in simple_spread and simple_push, in collect_treasure."""


class Thing(NamedTuple):
    """Something that a seat sees; `at` is where, from the seat."""

    name: str
    """As the text calls it."""
    kind: str
    at: Offset
    velocity: Offset | None = None
    """As the world has it, not relative to the seat; `None` where the seat does not see it."""
    reach: float = 0.0
    """The distance below which it touches the seat's own body; 0 where that does not matter."""
    colour: str | None = None
    """Of a landmark, a treasure or a deposit, or of what a collector carries."""


@dataclass(slots=True)
class Scene:
    """All that a seat sees at one moment; what its game does not show stays empty."""

    velocity: Offset | None = None
    position: Offset | None = None
    """From the middle of the arena."""
    goal: Thing | None = None
    landmarks: Sequence[Thing] = ()
    """Landmarks, obstacles or treasures."""
    others: Sequence[Thing] = ()
    foods: Sequence[Thing] = ()
    forests: Sequence[Thing] = ()
    hidden: Sequence[str] = ()
    """Seats that forests hide from this one."""
    inside: Sequence[int] = ()
    """The forests that this seat is in, by number."""
    colour: str | None = None
    """Of the landmark that the partner must reach, or of the treasure that this seat carries."""
    heard: int | None = None
    message: int | None = None
    key: int | None = None


class _Numbers:
    """A reader of a vector from front to back."""

    __slots__ = ("_next", "_numbers", "_seat")

    def __init__(self, view: View) -> None:
        self._numbers: list[float] = cast("NDArray[np.float32]", view.observation).tolist()
        self._next = 0
        self._seat = view.seat

    def pair(self) -> Offset:
        start = self._next
        self._next = start + 2
        return (self._numbers[start], self._numbers[start + 1])

    def pairs(self, n: int) -> list[Offset]:
        return [self.pair() for _ in range(n)]

    def some(self, n: int) -> list[float]:
        start = self._next
        self._next = start + n
        return self._numbers[start : self._next]

    def symbol(self, n: int) -> int | None:
        """Reads a vector of zeros with at most a single one."""
        found = self.some(n)
        return found.index(1.0) if 1.0 in found else None

    def colour(self) -> str:
        parts = self.some(3)
        return COLOURS[parts.index(max(parts))]

    def close(self, scene: Scene) -> Scene:
        if self._next != len(self._numbers):
            raise ValueError(f"{self._seat} sees {len(self._numbers)} numbers, {self._next} were expected.")
        return scene


def count(view: View, name: str) -> int:
    """Returns a whole number among the variant's keywords."""
    value = view.kwargs[name]
    if not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, not {value!r}.")
    return value


def flag(view: View, name: str) -> bool:
    """Returns a switch among the variant's keywords."""
    return view.kwargs[name] is True


def others(view: View) -> list[str]:
    """Returns the other seats, in the engine's order."""
    return [seat for seat in view.seats if seat != view.seat]


def is_predator(seat: str) -> bool:
    """Returns whether a seat of a chase hunts."""
    return "adversary" in seat


def _things(kind: str, offsets: Sequence[Offset], reach: float = 0.0) -> list[Thing]:
    return [Thing(f"{kind} {number}", kind, at, reach=reach) for number, at in enumerate(offsets)]


def _landmarks(offsets: Sequence[Offset]) -> list[Thing]:
    return _things("landmark", offsets)


def _coloured(offsets: Sequence[Offset]) -> list[Thing]:
    return [
        Thing(f"{colour} landmark ({number})", "landmark", at, colour=colour)
        for number, (colour, at) in enumerate(zip(COLOURS, offsets, strict=True))
    ]


def read_simple(view: View) -> Scene:
    """Reads velocity and landmark."""
    numbers = _Numbers(view)
    return numbers.close(Scene(velocity=numbers.pair(), goal=Thing("goal", "goal", numbers.pair())))


def read_adversary(view: View) -> Scene:
    """Reads the goal (good agents only), the landmarks and the others; nobody sees its own velocity."""
    numbers = _Numbers(view)
    good = view.role == "agent"
    at = numbers.pair() if good else None
    landmarks = _landmarks(numbers.pairs(len(view.seats) - 1))
    goal = None
    if at is not None:
        goal = next(mark for mark in landmarks if mark.at == at)._replace(kind="goal")
    seen = [
        Thing(seat, "teammate" if good and seat != "adversary_0" else "rival", numbers.pair()) for seat in others(view)
    ]
    return numbers.close(Scene(goal=goal, landmarks=landmarks, others=seen))


def read_push(view: View) -> Scene:
    """Reads velocity, goal (the agent only), landmarks and rival; colours repeat which landmark is the goal."""
    numbers = _Numbers(view)
    velocity = numbers.pair()
    good = view.role == "agent"
    at = None
    if good:
        at = numbers.pair()
        numbers.some(3)
    landmarks = _landmarks(numbers.pairs(2))
    if good:
        numbers.some(6)
    goal = next((mark for mark in landmarks if mark.at == at), None)
    rival = Thing(others(view)[0], "rival", numbers.pair(), reach=2 * PUSHER)
    return numbers.close(Scene(velocity=velocity, goal=goal, landmarks=landmarks, others=[rival]))


def read_reference(view: View) -> Scene:
    """Reads velocity, landmarks, the colour of the landmark that the partner must reach, and its word."""
    numbers = _Numbers(view)
    velocity, landmarks = numbers.pair(), _coloured(numbers.pairs(3))
    colour, heard = numbers.colour(), numbers.symbol(10)
    return numbers.close(Scene(velocity=velocity, landmarks=landmarks, colour=colour, heard=heard))


def read_speaker(view: View) -> Scene:
    """Reads the speaker's one colour, or the listener's velocity, landmarks and word."""
    numbers = _Numbers(view)
    if view.role == "speaker":
        return numbers.close(Scene(colour=numbers.colour()))
    velocity, landmarks = numbers.pair(), _coloured(numbers.pairs(3))
    return numbers.close(Scene(velocity=velocity, landmarks=landmarks, heard=numbers.symbol(3)))


def read_crypto(view: View) -> Scene:
    """Reads message and key (alice), key and alice's word (bob), or alice's word alone (eve)."""
    numbers = _Numbers(view)
    if view.role == "alice":
        return numbers.close(Scene(message=numbers.symbol(4), key=numbers.symbol(4)))
    key = numbers.symbol(4) if view.role == "bob" else None
    return numbers.close(Scene(key=key, heard=numbers.symbol(4)))


def read_spread(view: View) -> Scene:
    """Reads velocity, position, landmarks and team mates; the words at the end are always silence."""
    numbers = _Numbers(view)
    scene = Scene(velocity=numbers.pair(), position=numbers.pair())
    scene.landmarks = _landmarks(numbers.pairs(len(view.seats)))
    scene.others = [Thing(seat, "teammate", numbers.pair(), reach=2 * SPREADER) for seat in others(view)]
    numbers.some(2 * len(scene.others))
    return numbers.close(scene)


def read_tag(view: View) -> Scene:
    """Reads velocity, position, obstacles, the others, and the velocities of other prey."""
    numbers = _Numbers(view)
    hunts = is_predator(view.seat)
    own = PREDATOR if hunts else PREY
    scene = Scene(velocity=numbers.pair(), position=numbers.pair())
    scene.landmarks = _things("obstacle", numbers.pairs(count(view, "num_obstacles")), own + OBSTACLE)
    places = [(seat, numbers.pair()) for seat in others(view)]
    scene.others = [_runner(seat, at, numbers, own=own, prey=PREY, hunts=hunts) for seat, at in places]
    return numbers.close(scene)


def _runner(seat: str, at: Offset, numbers: _Numbers, *, own: float, prey: float, hunts: bool) -> Thing:
    """Returns someone in a chase; reads its velocity if it is prey."""
    if is_predator(seat):
        return Thing(seat, "teammate" if hunts else "predator", at, reach=own + PREDATOR)
    return Thing(seat, "prey" if hunts else "teammate", at, numbers.pair(), reach=own + prey)


def read_world(view: View) -> Scene:
    """Reads simple_world_comm: a hidden seat stands at (0, 0), and the parts after the places differ by side."""
    numbers = _Numbers(view)
    hunts = is_predator(view.seat)
    own = PREDATOR if hunts else SMALL_PREY
    scene = Scene(velocity=numbers.pair(), position=numbers.pair())
    n_obstacles, n_foods, n_forests = (count(view, f"num_{kind}") for kind in ("obstacles", "food", "forests"))
    scene.landmarks = _things("obstacle", numbers.pairs(n_obstacles), own + OBSTACLE)
    scene.foods = _things("food", numbers.pairs(n_foods), 0.0 if hunts else own + FOOD)
    scene.forests = _things("forest", numbers.pairs(n_forests))
    places = [(seat, numbers.pair()) for seat in others(view)]
    inside = [] if hunts else numbers.some(n_forests)
    found = [_runner(seat, at, numbers, own=own, prey=SMALL_PREY, hunts=hunts) for seat, at in places]
    inside = numbers.some(n_forests) if hunts else inside
    scene.inside = [number for number, mark in enumerate(inside) if mark > 0]
    scene.others = [thing for thing in found if thing.at != (0.0, 0.0)]
    scene.hidden = [thing.name for thing in found if thing.at == (0.0, 0.0)]
    scene.heard = numbers.symbol(4) if hunts else None
    return numbers.close(scene)


def read_formation(view: View) -> Scene:
    """Reads velocity, position and the landmark in the middle of the circle."""
    numbers = _Numbers(view)
    scene = Scene(velocity=numbers.pair(), position=numbers.pair(), goal=Thing("centre", "centre", numbers.pair()))
    return numbers.close(scene)


def read_line(view: View) -> Scene:
    """Reads velocity, position and the two ends of the line."""
    numbers = _Numbers(view)
    scene = Scene(velocity=numbers.pair(), position=numbers.pair(), landmarks=_landmarks(numbers.pairs(2)))
    return numbers.close(scene)


def read_treasure(view: View) -> Scene:
    """Reads everyone and every treasure, nearest first; a treasure that was just picked up is all zeros."""
    numbers = _Numbers(view)
    n_types = count(view, "num_deposits")
    collects = view.role == "collector"
    scene = Scene(position=numbers.pair(), velocity=numbers.pair())
    if collects:
        scene.colour = _treasure_colour(numbers.symbol(n_types))
    scene.others = [_hand(numbers, n_types, collects) for _ in range(len(view.seats) - 1)]
    treasures: list[Thing] = []
    for _ in range(count(view, "num_treasures")):
        at, colour = numbers.pair(), _treasure_colour(numbers.symbol(n_types))
        if colour is not None:
            treasures.append(Thing("treasure", "treasure", at, reach=COLLECTOR + TREASURE, colour=colour))
    scene.landmarks = treasures
    return numbers.close(scene)


def _hand(numbers: _Numbers, n_types: int, collects: bool) -> Thing:
    at, velocity = numbers.pair(), numbers.pair()
    takes, carries = numbers.symbol(n_types), numbers.symbol(n_types)
    own = COLLECTOR if collects else DEPOSIT
    if takes is not None:
        return Thing(f"deposit_{takes}", "deposit", at, velocity, reach=own + DEPOSIT, colour=_treasure_colour(takes))
    return Thing("a collector", "collector", at, velocity, reach=own + COLLECTOR, colour=_treasure_colour(carries))


def _treasure_colour(number: int | None) -> str | None:
    return None if number is None else TREASURE_COLOURS[number]
