"""Situations and facts: how what matters lies and moves, and how each stick stands to it."""

from collections.abc import Sequence
from typing import NamedTuple

from universe.renderers.atari.scene import Offset
from universe.renderers.atari.words import LEVEL, closing, nearness, octant

DIRECTIONS = {"UP": (0, -1), "DOWN": (0, 1), "LEFT": (-1, 0), "RIGHT": (1, 0)}


class Aim(NamedTuple):
    """A thing that a game is about, as a seat sees it."""

    name: str
    """With its article: `the ball`."""
    at: Offset
    """Where its middle lies as seen from the middle of what the seat steers."""
    velocity: Offset | None = None
    """Its own, in pixels per frame."""


def describe_aim(aim: Aim, *, ahead: int = 0, axis: str = "both") -> str:
    """Returns where an aim lies and how it comes, in coarse words without its article.

    Args:
        aim: The thing.
        ahead: -1 or 1 where the seat faces left or right, so that mirrored positions get the same words; else 0.
        axis: `x` or `y` where only that axis can be played on, else `both`.
    """
    name = aim.name.removeprefix("the ")
    parts = [name, nearness(aim.at), find_side(aim.at, ahead=ahead, axis=axis)]
    text = " ".join(part for part in parts if part)
    if aim.velocity is None:
        return text
    return f"{text}, {closing(aim.at, aim.velocity)}"


def find_side(at: Offset, *, ahead: int = 0, axis: str = "both") -> str:
    """Returns the direction of an offset, mirrored where a seat faces left.

    >>> find_side((-30, 2)), find_side((-30, 2), ahead=-1), find_side((30, -40), axis="y"), find_side((3, 2), axis="y")
    ('left', 'ahead', 'up', 'level')
    """
    if axis != "both":
        value = at[1] if axis == "y" else at[0] * (ahead or 1)
        if abs(value) < LEVEL:
            return "level"
        if axis == "y":
            return "down" if value > 0 else "up"
        return _across(value, ahead)
    if max(abs(at[0]), abs(at[1])) < LEVEL:
        return "here"
    side = octant((at[0] * (ahead or 1), at[1]))
    return side if not ahead else side.replace("right", "ahead").replace("left", "behind")


def stick_way(name: str, directions: dict[str, Offset] | None = None) -> Offset:
    """Returns where a stick goes, by the emulator's name: each axis -1, 0 or 1.

    >>> stick_way("UPLEFTFIRE"), stick_way("FIRE")
    ((-1, -1), (0, 0))
    """
    ways = directions or DIRECTIONS
    plain = name.removesuffix("FIRE")
    across = sum(way[0] for word, way in ways.items() if word in plain)
    down = sum(way[1] for word, way in ways.items() if word in plain)
    return (across, down)


def stick_facts(word: str, name: str, way: Offset, aims: Sequence[Aim]) -> tuple[str, ...]:
    """Returns the facts of a stick, coarse to fine.

    Args:
        word: What it is called in this game.
        name: The emulator's name.
        way: Where it moves the seat.
        aims: What moves are measured by, the weightiest first.
    """
    fires = name.endswith("FIRE")
    kind = "fire" if fires else "wait" if name == "NOOP" else "move"
    facts = [kind, *([] if word == kind else [word])]
    relations = [f"{_relate(way, aim.at)} {aim.name}" for aim in aims]
    verb = "" if way != (0, 0) else f"{kind}, "
    facts += [
        f"{verb}{relation}" if way != (0, 0) else f"{verb}{aim.name} {_stand(aim)}"
        for relation, aim in zip(relations, aims, strict=True)
    ]
    if way != (0, 0):
        facts += [f"{relation}, {_stand(aim)}" for relation, aim in zip(relations, aims, strict=True)]
        if fires:
            facts += [f"fire {relation}" for relation in relations]
    return tuple(dict.fromkeys(facts))


def _stand(aim: Aim) -> str:
    near = nearness(aim.at)
    return near if aim.velocity is None else f"{near} and {closing(aim.at, aim.velocity)}"


def _relate(way: Offset, at: Offset) -> str:
    """Returns whether a push goes towards something: by the axis it pushes along, the longer one for diagonals."""
    along = way[0] * at[0] + way[1] * at[1]
    on_axis = max(abs(at[0]) if way[0] else 0.0, abs(at[1]) if way[1] else 0.0)
    if on_axis < LEVEL:
        return "across to"
    return "towards" if along > 0 else "away from" if along < 0 else "across to"


def _across(value: float, ahead: int) -> str:
    if ahead:
        return "ahead" if value > 0 else "behind"
    return "right" if value > 0 else "left"
