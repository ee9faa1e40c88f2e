"""Words for Warlords, read from the picture; only a ball among bricks, whose colours it has, is read from RAM."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from universe.atari.shot import APART, Look, Screen, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.motion import subtract
from universe.renderers.atari.scene import Scene, Thing
from universe.renderers.atari.shapes import Box
from universe.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Corner:
    """A seat's corner of the screen."""

    name: str
    color: str
    index: int
    """The colour's palette index."""
    king: tuple[int, int]
    """The middle of the king."""
    ways: tuple[tuple[int, int, int, int], ...]
    """Where the shield alone has its colour: left, top, right and bottom, the last two not in it."""
    outer: tuple[int, ...]
    """Rows of the three courses of the wall, from the outside in."""
    columns: tuple[int, ...]
    inner: tuple[tuple[int, int], ...]
    """The three high bricks before the king: columns and row of a spot in each."""


_LEFT, _RIGHT = (0, 8, 16, 24, 32, 40), (112, 120, 128, 136, 144, 152)
_UPPER, _LOWER = (52, 44, 36), (146, 154, 162)
CORNERS = {
    "first_0": Corner(
        name="upper left", color="orange", index=40, king=(16, 20), ways=((0, 56, 68, 80), (48, 14, 68, 56)),
        outer=_UPPER, columns=_LEFT, inner=((29, 24), (35, 24), (43, 24)),
    ),
    "second_0": Corner(
        name="upper right", color="blue", index=164, king=(142, 19), ways=((92, 56, 160, 80), (92, 14, 112, 56)),
        outer=_UPPER, columns=_RIGHT, inner=((115, 24), (123, 24), (129, 24)),
    ),
    "third_0": Corner(
        name="lower left", color="green", index=212, king=(16, 177), ways=((0, 118, 68, 142), (48, 142, 68, 182)),
        outer=_LOWER, columns=_LEFT, inner=((29, 174), (35, 174), (43, 174)),
    ),
    "fourth_0": Corner(
        name="lower right", color="purple", index=98, king=(142, 177), ways=((92, 118, 160, 142), (92, 142, 112, 182)),
        outer=_LOWER, columns=_RIGHT, inner=((115, 174), (123, 174), (129, 174)),
    ),
}  # fmt: skip

N_BRICKS = 21
_BALL_X, _BALL_Y, _BALL_LEFT, _BALL_BASE = 4, 14, 4, 191  # by regression of all 128 bytes; drawn a frame late
_WALLED = ((0, 16, 48, 56), (112, 16, 160, 56), (0, 142, 48, 182), (112, 142, 160, 182))
"""Where bricks are or were: left, top, right and bottom."""

_TOP, _BOTTOM = 16, 192
_BRICK = (64, 70)
"""Colours of bricks: from and to."""

_TOUCH = 7.0
"""Pixels between the middles of a shield and of a ball that it holds."""


class WarlordsRenderer(AtariRenderer):
    """Places on the screen; castles as bricks left."""

    aims = ("ball",)
    closed = "Your king is dead"

    def see(self, shot: Shot) -> Scene:
        """Returns ball, shields of the living, castles and who holds the ball."""
        alive = [seat for seat in shot.scores if shot.lives[seat] >= 0]
        pairs = {
            seat: (find_shield(seat, shot.now), find_shield(seat, shot.earlier) if shot.earlier else None)
            for seat in alive
        }
        ball, before = find_ball(shot.now), find_ball(shot.earlier) if shot.earlier else None
        holder = find_holder(pairs, (ball, before)) if ball and before else None
        walls = {seat: read_wall(seat, shot.now.screen) for seat in alive}
        things = [move(ball, before), *(move(*pair) for pair in pairs.values())]
        return Scene(
            things=tuple(thing for thing in things if thing is not None),
            lines=() if ball else ("No ball yet.",),
            own_lines={seat: tell_castles(seat, walls, shot, holder) for seat in shot.scores},
            phase="" if ball else "no ball",
        )

    def brief(self, view: View) -> str:
        """Returns the seat's castle and how its shield runs."""
        corner = CORNERS[view.seat]
        return (
            f"You are the {corner.color} warlord: your king sits in the castle in the {corner.name} corner (x "
            f"{corner.king[0]}, y {corner.king[1]}), and you move a shield round it, along its level and its upright "
            "side. `left` and `right` move it, round the corner too, about 1 pixel a frame; held `fire` catches the "
            "ball and lets it go when it is released. Castles are told from the outside in: three rows of six bricks, "
            "and three high ones before the king; # is a brick, a dot a gap."
        )

    def tell_score(self, scene: Scene, view: View) -> tuple[str, ...]:
        """Returns nothing: what counts is who lives."""
        return ()

    def extra(self, view: View) -> tuple[str, ...]:
        """Returns how whole the castle is, in thirds, and whether the seat holds the ball."""
        lines = self.scene(view).own_lines[view.seat]
        left = sum(row.count("#") for row in read_wall(view.seat, self.shot(view).now.screen))
        whole = "castle sound" if left > 14 else "castle broken" if left > 7 else "castle in ruins"
        return (whole, "ball in hand") if "You hold the ball." in lines else (whole,)


def find_shield(seat: str, look: Look) -> Thing | None:
    """Returns a seat's shield; `None` where it is not drawn."""
    corner = CORNERS[seat]
    boxes = [_surround(look.screen == corner.index, way) for way in corner.ways]
    found = [box for box in boxes if box is not None]
    if not found:
        return None
    left, top = min(box[0] for box in found), min(box[1] for box in found)
    right, bottom = max(box[0] + box[2] for box in found), max(box[1] + box[3] for box in found)
    return Thing(name="shield", box=(left, top, right - left, bottom - top), owner=seat)


def find_ball(look: Look) -> Thing | None:
    """Returns the fireball; `None` until it flies."""
    top = _BALL_BASE - 2 * int(look.ram[_BALL_Y])
    if not _TOP <= top < _BOTTOM:
        return None
    mask = (look.screen >= _BRICK[0]) & (look.screen <= _BRICK[1])
    for left, upper, right, lower in _WALLED:
        mask[upper:lower, left:right] = False
    box = _surround(mask, (0, 0, 160, 210)) or (int(look.ram[_BALL_X]) - _BALL_LEFT, top, 2, 4)
    return Thing(name="ball", box=box)


def _surround(mask: NDArray[np.bool_], area: tuple[int, int, int, int]) -> Box | None:
    left, top, right, bottom = area
    rows, columns = np.nonzero(mask[top:bottom, left:right])
    if not rows.size:
        return None
    x, y = int(columns.min()), int(rows.min())
    return (left + x, top + y, int(columns.max()) - x + 1, int(rows.max()) - y + 1)


def move(thing: Thing | None, before: Thing | None) -> Thing | None:
    """Returns a thing with its velocity since an earlier look."""
    if thing is None or before is None:
        return thing
    return replace(thing, velocity=subtract(thing.center, before.center, APART))


def find_holder(pairs: Mapping[str, tuple[Thing | None, Thing | None]], ball: tuple[Thing, Thing]) -> str | None:
    """Returns the seat whose shield has had the ball at both looks; `None` while it flies."""
    for seat, (now, then) in pairs.items():
        if now and then and _near(ball[0], now) and _near(ball[1], then):
            return seat
    return None


def _near(one: Thing, other: Thing) -> bool:
    return all(abs(here - there) <= _TOUCH for here, there in zip(one.center, other.center, strict=True))


def read_wall(seat: str, screen: Screen) -> list[str]:
    """Returns the courses of a seat's castle from the outside in: # for a brick, a dot for a gap."""
    corner = CORNERS[seat]
    courses = [[(x + 3, y) for x in corner.columns] for y in corner.outer] + [list(corner.inner)]
    return ["".join("#" if _is_brick(screen, x, y) else "." for x, y in course) for course in courses]


def _is_brick(screen: Screen, x: int, y: int) -> bool:
    """Returns whether a spot and one below it show a brick: a ball in a gap covers one of them at most."""
    return all(_BRICK[0] <= int(screen[row, x]) <= _BRICK[1] for row in (y - 3, y + 2))


def tell_castles(seat: str, walls: dict[str, list[str]], shot: Shot, holder: str | None) -> tuple[str, ...]:
    """Returns a seat's castle, how many bricks the others have left, and who holds the ball."""
    lines = [f"Your castle: {' '.join(walls[seat])}"] if seat in walls else []
    others = [
        f"{other} {sum(row.count('#') for row in walls[other])} of {N_BRICKS}" if other in walls else f"{other} dead"
        for other in shot.scores
        if other != seat
    ]
    lines.append(f"Bricks of the others: {', '.join(others)}.")
    if holder is not None:
        lines.append("You hold the ball." if holder == seat else f"{holder} holds the ball.")
    return tuple(lines)
