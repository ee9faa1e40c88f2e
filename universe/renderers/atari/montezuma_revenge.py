"""Words for Montezuma's Revenge: Joe, the skull, key, doors and rope of his room, and the ground under his feet."""

from collections.abc import Sequence

import numpy as np

from universe.atari.shot import Look, Screen, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.shapes import Shape, find_shapes
from universe.renderers.atari.sprites import find_sprites, list_seats, make_spot, make_thing
from universe.view import View

TOP, BOTTOM = 48, 190
KEY = 2  # the bit of `ram[65]` while Joe carries a key
GOLD, PALE = 252, 14
"""Colours of keys, doors and ropes, and of skulls."""
TALL = 20
DOOR_BARS = 12
"""Fewest bars of a door, which are drawn in every second row."""
STEP = 3
"""Pixels under the feet that still count as standing."""


class MontezumaRevengeRenderer(AtariRenderer):
    """Joe by RAM, the rest of the room by the picture."""

    aims = ("skull", "key", "door")

    def see(self, shot: Shot) -> Scene:
        """Returns Joe, the skull, and what gold there is: keys, doors, ropes."""
        seat, ram = list_seats(shot)[0], shot.now.ram
        joe = _find_joe(shot, seat)
        skulls = [make_thing(shape, "skull", _find_skulls(shot.earlier)) for shape in _find_skulls(shot.now)]
        things = [joe, *skulls, *find_gold(shot.now.screen)]
        held = "a key" if int(ram[65]) & KEY else "something" if ram[65] else "nothing"
        lines = [f"Room {int(ram[3])}; you carry {held}."]
        own = {seat: (tell_ground(shot.now.screen, joe),)}
        return Scene(things=tuple(things), lines=tuple(lines), own_lines=own)

    def brief(self, view: View) -> str:
        """Returns what Joe can do, and the first room."""
        return (
            "You are Joe, in red. Left and right walk, up and down climb ladders and ropes, fire jumps (with left "
            "or right about 20 pixels far); you catch a rope by jumping into it. A fall from more than Joe's height "
            "kills. Room 1: you start on the middle ledge (y 93, x 68-90), whose ladder (x 72-87) goes down to a "
            "moving belt (y 136, x 60-99). At y 93 there are ledges to the left (x 0-55) and right (x 104-159), "
            "from which doors lead on; a rope hangs at x 112 (y 96-134). Ledges at y 136 (x 8-35 and 124-151) have "
            "ladders (x 16-31 and 128-143) down to the floor (y 180), on which the skull rolls. The key hangs over "
            "the lower left ledge."
        )

    def extra(self, view: View) -> Sequence[str]:
        """Returns the room and what Joe carries."""
        own = self.scene(view).own_lines[view.seat][0]
        stands = "standing" if own.endswith("right there") else "no ground"
        return (self.scene(view).lines[0].removesuffix("."), stands)


def find_gold(screen: Screen) -> list[Thing]:
    """Returns keys, doors and ropes: all are golden, but of different shapes."""
    shapes = find_shapes(screen, top=TOP, bottom=BOTTOM, colors=(GOLD,), smallest=4)
    ropes = [
        Thing(name="rope", box=shape.box, note=f"y {shape.y} to {shape.y + shape.h}")
        for shape in shapes
        if _is_rope(shape)
    ]
    keys = [Thing(name="key", box=shape.box) for shape in shapes if 5 <= shape.w <= 8 and 12 <= shape.h <= 16]
    doors: list[Thing] = []
    for x in sorted({shape.x for shape in shapes if shape.w == 4 and shape.h == 1}):
        bars = [shape.y for shape in shapes if shape.x == x and shape.w == 4 and shape.h == 1]
        if len(bars) >= DOOR_BARS:
            doors.append(Thing(name="door", box=(x, min(bars), 4, max(bars) - min(bars) + 1)))
    return [*keys, *doors, *ropes]


def tell_ground(screen: Screen, joe: Thing) -> str:
    """Returns how far below Joe's feet something is drawn: ground, a rung, or what rolls on it."""
    x, y, w, h = (int(value) for value in joe.box)
    strip = screen[y + h : BOTTOM, max(0, x + 2) : x + w - 2]
    drawn = np.flatnonzero((strip != 0).any(axis=1))
    gap = int(drawn[0]) if drawn.size else strip.shape[0]
    return f"Ground under your feet: {'right there' if gap <= STEP else f'{gap} down'}"


def _find_joe(shot: Shot, seat: str) -> Thing:
    now, before = (_read_joe(look) if look else None for look in (shot.now, shot.earlier))
    assert now is not None
    return make_spot("Joe", now, before, size=(8, TALL), owner=seat)


def _read_joe(look: Look) -> Offset:
    """Returns the middle of Joe: left edge at `ram[42] - 1`, feet at `328 - ram[43]`."""
    return (float(look.ram[42]) + 2.5, 328.0 - float(look.ram[43]) - TALL / 2)


def _find_skulls(look: Look | None) -> list[Shape]:
    shapes = find_sprites(look, (PALE,), top=TOP, bottom=BOTTOM, smallest=20)
    return [shape for shape in shapes if shape.w <= 9 and shape.h <= 15]


def _is_rope(shape: Shape) -> bool:
    return shape.w <= 2 and shape.h > TALL // 2
