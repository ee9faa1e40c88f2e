"""Places, motions and scores in words, as seen from a seat; x grows to the right and y downwards."""

import math
import re

from universe.renderers.atari.scene import Offset, Thing

NEAR, FAR = 24.0, 70.0
"""Bounds of distances in words, in pixels of a screen that is 160 wide: near, some way off, far off."""

LEVEL = 4.0
"""Pixels below which two things are level."""

ALIASES = {
    "stay": "wait",
    "nothing": "wait",
    "noop": "wait",
    "no-op": "wait",
    "no action": "wait",
    "none": "wait",
    "shoot": "fire",
    "west": "left",
    "east": "right",
    "north": "up",
    "south": "down",
}
_MOVE = re.compile(r"(?:move|go|press|push|hold)\s+(?:to the\s+)?(.+)")


def name_stick(name: str) -> str:
    """Returns the word for one of the emulator's actions.

    >>> [name_stick(name) for name in ("NOOP", "FIRE", "UPLEFT", "DOWNRIGHTFIRE")]
    ['wait', 'fire', 'up-left', 'fire down-right']
    """
    if name in ("NOOP", "FIRE"):
        return "wait" if name == "NOOP" else "fire"
    way = name.removesuffix("FIRE").lower().replace("upleft", "up-left").replace("upright", "up-right")
    way = way.replace("downleft", "down-left").replace("downright", "down-right")
    return f"fire {way}" if name.endswith("FIRE") else way


def place(offset: Offset) -> str:
    """Returns where something is as seen from a seat.

    >>> place((-34.2, -12)), place((0, 5)), place((0.2, 0))
    ('34 left, 12 above', '5 below', 'right here')
    """
    across, down = round(offset[0]), round(offset[1])
    parts: list[str] = []
    if across:
        parts.append(f"{abs(across)} {'right' if across > 0 else 'left'}")
    if down:
        parts.append(f"{abs(down)} {'below' if down > 0 else 'above'}")
    return ", ".join(parts) or "right here"


def motion(velocity: Offset, frames: int) -> str:
    """Returns how far something moves in a decision of so many frames, at its present speed.

    >>> motion((-1.0, 0.25), 12), motion((0.0, 0.0), 12)
    ('moving 12 left, 3 down', 'still')
    """
    across, down = round(velocity[0] * frames), round(velocity[1] * frames)
    parts: list[str] = []
    if across:
        parts.append(f"{abs(across)} {'right' if across > 0 else 'left'}")
    if down:
        parts.append(f"{abs(down)} {'down' if down > 0 else 'up'}")
    return f"moving {', '.join(parts)}" if parts else "still"


def closing(offset: Offset, velocity: Offset) -> str:
    """Returns how a motion changes the distance to who looks: coming closer, moving off, passing or still.

    >>> closing((-30, 0), (2.0, 0.5)), closing((-30, 0), (-2.0, 0)), closing((-30, 0), (0, 1.0))
    ('coming closer', 'moving off', 'passing')
    """
    speed = math.hypot(*velocity)
    if speed < 0.05:
        return "still"
    towards = -(offset[0] * velocity[0] + offset[1] * velocity[1]) / (math.hypot(*offset) or 1.0)
    return "coming closer" if towards > 0.4 * speed else "moving off" if towards < -0.4 * speed else "passing"


def octant(offset: Offset) -> str:
    """Returns the nearest of the eight directions.

    >>> octant((-9, -8)), octant((1, 9))
    ('up-left', 'down')
    """
    across, down = offset
    side, height = "right" if across > 0 else "left", "down" if down > 0 else "up"
    if abs(across) > 2.414 * abs(down):
        return side
    return height if abs(down) > 2.414 * abs(across) else f"{height}-{side}"


def nearness(offset: Offset) -> str:
    """Returns a distance in words: near, some way off or far off."""
    distance = math.hypot(*offset)
    return "near" if distance < NEAR else "some way off" if distance < FAR else "far off"


def subtract(one: Offset, other: Offset) -> Offset:
    """Returns the offset from the second point to the first."""
    return (one[0] - other[0], one[1] - other[1])


def find_offset(thing: Thing, own: Thing) -> Offset:
    """Returns where the middle of a thing is as seen from the middle of what a seat steers."""
    return subtract(thing.center, own.center)


def compare(mine: float, theirs: float) -> str:
    """Returns how two scores stand, in the same words for every game."""
    return "ahead" if mine > theirs else "behind" if mine < theirs else "level"


def read_stick(answer: str) -> str:
    """Returns the name of a stick that an answer means in other words, such as `go west` or `shoot left`."""
    said = re.sub(r"\s+", " ", answer.strip().lower())
    named = _MOVE.fullmatch(said)
    said = named[1] if named else said
    first, _, rest = said.partition(" ")
    if first in ("shoot", "fire") and rest:
        rest = ALIASES.get(rest, rest)
        return f"fire {rest.replace(' ', '-')}"
    if rest in ("fire", "and fire", "+ fire") and first:
        return f"fire {ALIASES.get(first, first)}"
    said = ALIASES.get(said, said)
    return said.replace(" ", "-") if said.startswith(("up ", "down ")) else said
