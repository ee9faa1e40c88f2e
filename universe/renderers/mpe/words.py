"""Directions, distances and motions in words; x grows to the right and y upwards, as the actions are named."""

import math
import re

Offset = tuple[float, float]
"""How far something lies to the right and up, as seen from the seat."""

MOVES = ("stay", "left", "right", "down", "up")
"""The engine's moves in its order."""

COLOURS = ("red", "green", "blue")
"""Colours by the strongest of their three parts."""

HERE, NEAR, FAR = 0.1, 0.35, 0.9
"""Bounds of the distances in words: here, near, some way off, far; the arena is 2 wide."""

_ALIASES = {
    "west": "left",
    "east": "right",
    "south": "down",
    "north": "up",
    "none": "stay",
    "nothing": "stay",
    "no action": "stay",
    "no-op": "stay",
    "noop": "stay",
    "wait": "stay",
}
_MOVE = re.compile(r"(?:move|go|push|action)\s+(?:to the\s+)?(\w+)")
_WORD = re.compile(r"(?:say|word|symbol|guess)?[\s:]*(\d)")


def size(offset: Offset) -> float:
    """Returns the length of an offset."""
    return math.hypot(offset[0], offset[1])


def direct(offset: Offset) -> str:
    """Returns an offset in words and numbers, empty where it rounds to nothing.

    >>> direct((-0.94, 0.591))
    '0.94 left, 0.59 up'
    """
    across, along = offset
    parts: list[str] = []
    if abs(across) >= 0.005:
        parts.append(f"{across:.2f} right" if across > 0 else f"{-across:.2f} left")
    if abs(along) >= 0.005:
        parts.append(f"{along:.2f} up" if along > 0 else f"{-along:.2f} down")
    return ", ".join(parts)


def place(offset: Offset, reach: float = 0.0) -> str:
    """Returns where something lies, with its distance; bodies closer than `reach` touch.

    >>> place((-0.3, 0.4))
    '0.30 left, 0.40 up (distance 0.50)'
    """
    distance = size(offset)
    touching = ", touching" if distance < reach else ""
    return f"{direct(offset) or 'here'} (distance {distance:.2f}{touching})"


def motion(velocity: Offset) -> str:
    """Returns a velocity in words.

    >>> motion((0.5, 0.0)), motion((0.0, 0.0))
    ('moving 0.50 right', 'at rest')
    """
    moving = direct(velocity)
    return f"moving {moving}" if moving else "at rest"


def octant(offset: Offset) -> str:
    """Returns the nearest of the eight directions.

    >>> octant((-0.9, 0.8)), octant((0.1, -0.9))
    ('up-left', 'down')
    """
    across, along = offset
    side = "right" if across > 0 else "left"
    height = "up" if along > 0 else "down"
    if abs(across) > 2.414 * abs(along):
        return side
    if abs(along) > 2.414 * abs(across):
        return height
    return f"{height}-{side}"


def quarter(offset: Offset) -> str:
    """Returns the nearest of the four directions."""
    across, along = offset
    if abs(across) >= abs(along):
        return "right" if across > 0 else "left"
    return "up" if along > 0 else "down"


def nearness(distance: float) -> str:
    """Returns a distance in words: here, near, some way off or far off."""
    if distance < HERE:
        return "here"
    return "near" if distance < NEAR else "some way off" if distance < FAR else "far off"


def relation(distance: float, name: str) -> str:
    """Returns how far something is from a thing of that name, in words.

    >>> relation(0.5, "the goal")
    'some way from the goal'
    """
    how = "at" if distance < HERE else "near" if distance < NEAR else "some way from" if distance < FAR else "far from"
    return f"{how} {name}"


def bearing(offset: Offset) -> str:
    """Returns distance and direction in words, for situations.

    >>> bearing((-0.9, 0.8)), bearing((0.01, 0.0))
    ('far up-left', 'here')
    """
    distance = size(offset)
    if distance < HERE:
        return "here"
    how = "near" if distance < NEAR else "some way" if distance < FAR else "far"
    return f"{how} {octant(offset)}"


def closing(offset: Offset, velocity: Offset) -> str:
    """Returns how a relative velocity changes the distance: closing in, moving off, passing or steady."""
    speed = size(velocity)
    if speed < 0.1:
        return "steady"
    towards = (offset[0] * velocity[0] + offset[1] * velocity[1]) / (size(offset) or 1.0)
    return "closing in" if towards > 0.5 * speed else "moving off" if towards < -0.5 * speed else "passing"


def read_action(answer: str) -> str:
    """Returns the action's name that an answer means in other words, such as `go west`, `3` or `word 3`."""
    said = answer.strip().lower()
    named = _MOVE.fullmatch(said)
    said = named[1] if named else said
    word = _WORD.fullmatch(said)
    return f"say {word[1]}" if word else _ALIASES.get(said, said)
