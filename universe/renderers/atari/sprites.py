"""Sprites that flicker: shapes of two frames as things, with the velocities of those that are recognised."""

from collections.abc import Sequence

from universe.atari.shot import APART, Look, Shot
from universe.renderers.atari.motion import find_velocity
from universe.renderers.atari.scene import Offset, Thing
from universe.renderers.atari.shapes import Shape, find_shapes


def find_sprites(look: Look | None, colors: Sequence[int], *, top: int, bottom: int, smallest: int = 8) -> list[Shape]:
    """Returns the shapes of some colours between two rows: the last frame's, then those that only the one before shows.

    Shapes of the two frames are not laid over each other, so that one sprite never hides a part of another.
    """
    if look is None:
        return []
    now, before = (
        find_shapes(screen, top=top, bottom=bottom, colors=colors, smallest=smallest)
        for screen in (look.screen, look.before)
    )
    return now + [shape for shape in before if not any(_is_same(shape, other) for other in now)]


def make_thing(
    shape: Shape, name: str, earlier: Sequence[Shape] = (), *, owner: str | None = None, note: str = ""
) -> Thing:
    """Returns a shape by its name, with its velocity where it was seen before."""
    velocity = find_velocity(shape, earlier, apart=APART, alike=False)
    return Thing(name=name, box=shape.box, velocity=velocity, owner=owner, note=note)


def make_spot(
    name: str,
    now: Offset,
    earlier: Offset | None,
    *,
    size: Offset = (8, 8),
    owner: str | None = None,
    whose: str | None = None,
    note: str = "",
) -> Thing:
    """Returns a thing whose middle is known now and, unless it has leapt, `APART` frames before.

    Args:
        name: What it is called.
        now: Its middle.
        earlier: Its middle before; `None` where it is not known.
        size: Its width and height.
        owner: The seat that steers it.
        whose: The seat that it belongs to without being steered.
        note: What else there is to say.
    """
    velocity = None
    if earlier is not None and abs(now[0] - earlier[0]) < _LEAP and abs(now[1] - earlier[1]) < _LEAP:
        velocity = ((now[0] - earlier[0]) / APART, (now[1] - earlier[1]) / APART)
    box = (now[0] - (size[0] - 1) / 2, now[1] - (size[1] - 1) / 2, *size)
    return Thing(name=name, box=box, velocity=velocity, owner=owner, whose=whose, note=note)


def list_seats(shot: Shot) -> tuple[str, ...]:
    """Returns the seats of the game, in the emulator's order."""
    return tuple(shot.lives)


def _is_same(one: Shape, other: Shape) -> bool:
    """Returns whether two shapes of neighbouring frames overlap, or nearly so."""
    across = max(one.x, other.x) - min(one.x + one.w, other.x + other.w)
    down = max(one.y, other.y) - min(one.y + one.h, other.y + other.h)
    return one.color == other.color and across <= _STEP and down <= _STEP


_STEP = 2  # pixels by which a sprite may move in a frame
_LEAP = 48  # pixels in `APART` frames that are no motion
