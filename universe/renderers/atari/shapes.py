"""What is on a screen: pixels of one colour that hang together, before a background that may change by row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # pyright: ignore[reportMissingTypeStubs]

from universe.atari.shot import Look, Screen

Box = tuple[float, float, float, float]
"""Left, top, width and height in pixels, y downwards."""

_label = cast("Callable[..., tuple[NDArray[np.int32], int]]", ndimage.label)
_find_objects = cast("Callable[..., list[tuple[slice, slice] | None]]", ndimage.find_objects)
_CORNERS = np.ones((3, 3), dtype=np.uint8)  # pixels that touch by a corner hang together
_COMB = 8  # width in pixels of the black teeth that moving sprites draw at the left edge


@dataclass(frozen=True, slots=True)
class Shape:
    """Pixels of one colour that hang together."""

    color: int
    """The palette's index."""
    x: int
    """The left edge."""
    y: int
    """The top edge, from the top of the screen."""
    w: int
    h: int
    area: int
    """Its pixels."""

    @property
    def box(self) -> Box:
        """The rectangle round it."""
        return (self.x, self.y, self.w, self.h)

    @property
    def center(self) -> tuple[float, float]:
        """The middle of the rectangle round it."""
        return (self.x + (self.w - 1) / 2, self.y + (self.h - 1) / 2)


def find_background(screen: Screen) -> NDArray[np.uint8]:
    """Returns the most frequent colour of each row."""
    height = screen.shape[0]
    places = cast("NDArray[np.int64]", screen + 256 * np.arange(height)[:, None])
    counts = np.bincount(places.ravel(), minlength=256 * height).reshape(height, 256)
    return counts.argmax(axis=1).astype(np.uint8)


def unite(look: Look, *, background: NDArray[np.uint8] | None = None) -> Screen:
    """Returns the last frame with what only the frame before showed: sprites that are drawn in every second frame."""
    screen = look.screen
    back = find_background(screen) if background is None else background
    return np.where(screen == back[:, None], look.before, screen)


def find_shapes(
    screen: Screen,
    *,
    top: int = 0,
    bottom: int | None = None,
    colors: Iterable[int] | None = None,
    background: NDArray[np.uint8] | None = None,
    smallest: int = 2,
) -> list[Shape]:
    """Returns the shapes between two rows, the largest first.

    Args:
        screen: Palette indices.
        top: The first row to look at.
        bottom: The row before which to stop; `None` for the last.
        colors: The only colours to look for; `None` for every colour that is not the background's.
        background: The colour of each row of the whole screen; found where `None`.
        smallest: Fewest pixels of a shape.
    """
    part = screen[top:bottom]
    if colors is None:
        back = find_background(part) if background is None else background[top:bottom]
        front = part != back[:, None]
        colors = cast("list[int]", np.unique(part[front]).tolist())
    else:
        front = None
    shapes: list[Shape] = []
    for color in colors:
        mask = part == color
        if front is not None:
            mask &= front
        shapes += _find_parts(mask, int(color), top, smallest)
    return sorted(shapes, key=lambda shape: (-shape.area, shape.y, shape.x))


def _find_parts(mask: NDArray[np.bool_], color: int, top: int, smallest: int) -> list[Shape]:
    rows = np.flatnonzero(mask.any(axis=1))
    if not rows.size:
        return []
    first = int(rows[0])
    labels, n = _label(mask[first : int(rows[-1]) + 1], structure=_CORNERS)
    areas = np.bincount(labels.ravel(), minlength=n + 1)
    found: list[Shape] = []
    for number, place in enumerate(_find_objects(labels), start=1):
        if place is None or areas[number] < smallest:
            continue
        rows_of, columns = place
        width, height = columns.stop - columns.start, rows_of.stop - rows_of.start
        if color == 0 and columns.start == 0 and width <= _COMB and height <= 2:
            continue  # a tooth of the comb
        found.append(Shape(color, columns.start, top + first + rows_of.start, width, height, int(areas[number])))
    return found


def count_color(screen: Screen, color: int, box: tuple[int, int, int, int]) -> int:
    """Returns how many pixels of a colour lie in a rectangle (left, top, width, height)."""
    x, y, w, h = box
    part: Any = screen[max(0, y) : y + h, max(0, x) : x + w] == color
    return int(part.sum())
