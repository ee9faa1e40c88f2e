"""The multi-particle environments without opponents: each seat goes to its own place, and says what a partner needs."""

import math
from collections.abc import Sequence

from langgym.rivals.steering import drift, go_to, look_ahead, middle, share_out
from universe.renderers.mpe.layout import (
    TREASURE_COLOURS,
    Scene,
    Thing,
    read_formation,
    read_line,
    read_reference,
    read_simple,
    read_speaker,
    read_spread,
    read_treasure,
)
from universe.renderers.mpe.words import COLOURS, Offset, size
from universe.streams import Stream
from universe.text_env import Turn

_RADIUS = 0.5  # of the circle: mpe2 simple_formation `TARGET_RADIUS`
_PUSHES = {"collector": 0.15, "deposit": 0.067}
_ROOM = 0.16  # the distance that collectors keep from each other: they touch below 0.10
_MOVES = 5


def choose_simple(turn: Turn, stream: Stream) -> int:
    """Returns the push towards the landmark."""
    scene = read_simple(turn.view)
    assert scene.goal is not None
    return go_to(scene.goal.at, scene.velocity)


def choose_spread(turn: Turn, stream: Stream) -> int:
    """Returns the push towards the landmark that is the seat's when all are shared out."""
    scene = read_spread(turn.view)
    return go_to(share_out(scene).at, scene.velocity)


def choose_formation(turn: Turn, stream: Stream) -> int:
    """Returns the push towards the circle's point of the seat's number."""
    scene = read_formation(turn.view)
    assert scene.goal is not None
    angle = 2 * math.pi * turn.view.seats.index(turn.seat) / len(turn.view.seats)
    centre = scene.goal.at
    return go_to((centre[0] + _RADIUS * math.cos(angle), centre[1] + _RADIUS * math.sin(angle)), scene.velocity)


def choose_line(turn: Turn, stream: Stream) -> int:
    """Returns the push towards the spot of the seat's number."""
    scene = read_line(turn.view)
    first, last = (mark.at for mark in scene.landmarks)
    share = turn.view.seats.index(turn.seat) / (len(turn.view.seats) - 1)
    return go_to((first[0] + (last[0] - first[0]) * share, first[1] + (last[1] - first[1]) * share), scene.velocity)


def choose_reference(turn: Turn, stream: Stream) -> int:
    """Returns the push towards the landmark whose number was heard, and the number of the partner's."""
    scene = read_reference(turn.view)
    assert scene.colour is not None
    return go_to(_named(scene), scene.velocity) + _MOVES * COLOURS.index(scene.colour)


def choose_speaker_listener(turn: Turn, stream: Stream) -> int:
    """Returns the number of the goal, or the push towards the landmark whose number was heard."""
    scene = read_speaker(turn.view)
    if scene.colour is not None:
        return COLOURS.index(scene.colour)
    return go_to(_named(scene), scene.velocity)


def _named(scene: Scene) -> Offset:
    """Returns where the landmark lies whose number was heard; the middle of all while none was."""
    if scene.heard is None or scene.heard >= len(scene.landmarks):
        return middle(scene.landmarks)
    return scene.landmarks[scene.heard].at


def choose_treasure(turn: Turn, stream: Stream) -> int:
    """Returns the push towards a treasure or its deposit, clear of others; for a deposit towards who brings one."""
    scene = read_treasure(turn.view)
    collectors = [each for each in scene.others if each.kind == "collector"]
    push = _PUSHES[turn.view.role]
    if turn.view.role == "deposit":
        carriers = _find_carriers(turn, collectors)
        return go_to(carriers[0].at if carriers else middle(collectors), scene.velocity, push=push)
    target = _find_target(scene, collectors)

    def cost(place: Offset, turns: int) -> float:
        aim = drift(target, turns)
        crowd = sum(
            max(0.0, _ROOM - size((at[0] - place[0], at[1] - place[1])))
            for at in (drift(mate, turns) for mate in collectors)
        )
        return size((aim[0] - place[0], aim[1] - place[1])) + 20.0 * crowd

    return look_ahead(cost, scene.velocity, push=push)


def _find_carriers(turn: Turn, collectors: Sequence[Thing]) -> list[Thing]:
    """Returns the collectors that carry a deposit's own colour, nearest first."""
    colour = TREASURE_COLOURS[int(turn.seat.rsplit("_", 1)[1])]
    return sorted((each for each in collectors if each.colour == colour), key=lambda each: size(each.at))


def _find_target(scene: Scene, collectors: Sequence[Thing]) -> Thing:
    """Returns the deposit of what is carried, or the treasure that is the seat's when the nearest pairs go first."""
    if scene.colour is not None:
        return next(each for each in scene.others if each.kind == "deposit" and each.colour == scene.colour)
    nobody = Thing("", "nobody", (0.0, 0.0))
    empty = [nobody, *(each for each in collectors if each.colour is None)]
    pairs = sorted(
        (size((mark.at[0] - body.at[0], mark.at[1] - body.at[1])), who, which)
        for who, body in enumerate(empty)
        for which, mark in enumerate(scene.landmarks)
    )
    taken: set[int] = set()
    settled: set[int] = set()
    for _, who, which in pairs:
        if who in settled or which in taken:
            continue
        if who == 0:
            return scene.landmarks[which]
        settled.add(who)
        taken.add(which)
    return nobody
