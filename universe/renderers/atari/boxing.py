"""Words for Boxing: two boxers from above, read from the console's RAM."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from universe.atari.digits import read_decimal
from universe.atari.shot import Look, Screen, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.motion import subtract
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.words import find_offset
from universe.view import View

SIZE = (14, 47)
"""Width and height of a boxer whose arms are drawn in."""

HIGH, LOW = 10, 26
"""Rows between two heads at which a glove meets the other head; nearer or farther it passes."""

CLOSE, REACH = 16, 26
"""Columns between two heads up to which a punch is worth two points, and up to which it lands at all."""

DRAWN_IN = 16  # the widest that a boxer is before an arm goes out
RING = (slice(36, 176), slice(32, 128))


class _Boxer(NamedTuple):
    seat: str
    name: str
    color: int
    x: int
    """The byte of its place across, and the one of its place down."""
    y: int
    points: int
    """The byte of the points, two decimal digits."""


BOXERS = (
    _Boxer("first_0", "white", 12, 32, 67, 18),
    _Boxer("second_0", "black", 0, 33, 71, 19),
)
RIGHTWARDS, LEFTWARDS = (5, 4), (3, 3)
"""What to add to the bytes of a boxer who faces right or left to get its left and top edge."""

MINUTES, SECONDS = 16, 17


class BoxingRenderer(AtariRenderer):
    """The rival's place from yours, and whether a punch would land."""

    level = "exact"

    aims = ("rival",)

    def see(self, shot: Shot) -> Scene:
        """Returns both boxers, their points and the time."""
        ram = shot.now.ram
        things = tuple(_find(boxer, shot) for boxer in BOXERS)
        return Scene(
            things=things,
            own_lines={
                things[0].owner or "": (tell_punch(find_offset(things[1], things[0])),),
                things[1].owner or "": (tell_punch(find_offset(things[0], things[1])),),
            },
            scores={boxer.seat: read_decimal(ram, boxer.points) for boxer in BOXERS},
            clock=f"{int(ram[MINUTES]) >> 4}:{int(ram[SECONDS]) >> 4}{int(ram[SECONDS]) & 15}",
        )

    def brief(self, view: View) -> str:
        """Returns the seat's colour and corner, and the ring."""
        name, side = ("white", "top left") if view.seat == "first_0" else ("black", "bottom right")
        return (
            f"You are the {name} boxer, seen from above, and start at the {side} of the ring (x 32 to 127, y 36 to "
            "175). Places are those of the heads. The arm on the rival's side strikes by itself."
        )

    def extra(self, view: View) -> Sequence[str]:
        """Returns whether a punch would land."""
        return (self.scene(view).own_lines[view.seat][0].removesuffix(".").lower(),)


def tell_punch(offset: Offset) -> str:
    """Returns whether a punch would land on a head that is so far away.

    >>> tell_punch((-20, 15)), tell_punch((12, 15)), tell_punch((12, 2)), tell_punch((40, 15)), tell_punch((12, -35))
    ('Your punch: would land for 1', 'Your punch: would land for 2', 'Your punch: would pass his head, too level', \
'Your punch: out of reach', 'Your punch: out of reach')
    """
    across, down = abs(offset[0]), abs(offset[1])
    if across > REACH or down > LOW:
        return "Your punch: out of reach"
    if down < HIGH:
        return "Your punch: would pass his head, too level"
    return f"Your punch: would land for {2 if across <= CLOSE else 1}"


def _find(boxer: _Boxer, shot: Shot) -> Thing:
    x, y = _place(boxer, shot.now)
    earlier = _place(boxer, shot.earlier) if shot.earlier else None
    return Thing(
        name=boxer.name,
        box=(x, y, *SIZE),
        velocity=subtract((x, y), earlier, shot.apart),
        owner=boxer.seat,
        note="arm out" if _strikes(boxer, shot.now.screen) else "",
    )


def _place(boxer: _Boxer, look: Look) -> Offset:
    """Returns the left and top edge; boxers always face each other."""
    other = BOXERS[boxer is BOXERS[0]]
    across, down = RIGHTWARDS if look.ram[boxer.x] < look.ram[other.x] else LEFTWARDS
    return (int(look.ram[boxer.x]) + across, int(look.ram[boxer.y]) + down)


def _strikes(boxer: _Boxer, screen: Screen) -> bool:
    columns = np.flatnonzero((screen[RING] == boxer.color).any(axis=0))
    return bool(columns.size) and int(columns[-1] - columns[0]) >= DRAWN_IN
