"""Motion: which shape of an earlier moment is which shape of now."""

from collections.abc import Sequence

from universe.renderers.atari.scene import Offset
from universe.renderers.atari.shapes import Shape

REACH = 40.0
"""Pixels beyond which a shape is another one."""

_UNLIKE = 0.5  # the share by which two shapes of one thing may differ in width or height


def find_velocity(
    shape: Shape, earlier: Sequence[Shape], *, apart: int, reach: float = REACH, alike: bool = True
) -> Offset | None:
    """Returns how a shape has moved since an earlier moment, in pixels per frame; `None` where it was not there.

    Args:
        shape: Where it is now.
        earlier: The shapes of the earlier moment.
        apart: Frames between the two moments.
        reach: Pixels beyond which a shape is another one.
        alike: Whether it must have kept its size, but for half of it.
    """
    x, y = shape.center
    best, found = reach, None
    for other in earlier:
        if other.color != shape.color or (alike and not _is_alike(shape, other)):
            continue
        across, down = x - other.center[0], y - other.center[1]
        distance = (across * across + down * down) ** 0.5
        if distance < best:
            best, found = distance, (across / apart, down / apart)
    return found


def subtract(now: Offset, earlier: Offset | None, apart: int, *, reach: float = REACH) -> Offset | None:
    """Returns the velocity of a point whose earlier place is known; `None` after a leap."""
    if earlier is None:
        return None
    across, down = now[0] - earlier[0], now[1] - earlier[1]
    return (across / apart, down / apart) if across * across + down * down <= reach * reach else None


def _is_alike(one: Shape, other: Shape) -> bool:
    return abs(one.w - other.w) <= _UNLIKE * max(one.w, 4) and abs(one.h - other.h) <= _UNLIKE * max(one.h, 4)
