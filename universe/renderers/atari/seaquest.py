"""Words for Seaquest: a submarine and its state from the RAM, what hunts it and divers to save from the picture."""

from collections.abc import Sequence

import numpy as np

from universe.atari.shot import Look, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.motion import find_velocity, subtract
from universe.renderers.atari.scene import Scene, Thing
from universe.renderers.atari.shapes import Shape, count_color, find_shapes
from universe.view import View

SEAT = "first_0"
BOAT, DIVER = 24, 134
"""The colours of the submarine with its torpedo, and of divers."""

SEA = (0, 14, 144, 146, 160, 176, 192)
"""The colours of water and ground."""

TOP, BOTTOM = 60, 156
"""The rows of the water below the waves."""

BOAT_SIZE = (16, 11)
BOAT_X, BOAT_Y, BOAT_TOP = 70, 97, 33
"""The bytes of the submarine's place, and the row of its top where the byte is 0."""

FACES_LEFT = (86, 0x08)
OXYGEN, DIVERS, LIVES = 102, 62, 59
FULL, CREW = 64, 6
SEEN = 20  # pixels of its colour from which on the submarine is there
SMALLEST = 12  # pixels of a hunter that has come in from the side
TORPEDO = (8, 1)
MOST = 5
"""Hunters that are told, the nearest first."""

SURFACE = 13
"""The byte of the submarine's row at the surface."""


class SeaquestRenderer(AtariRenderer):
    """The submarine, the nearest hunters, divers and what is left of the air."""

    aims = ("hunter", "diver")
    closed = "Your submarine is not there: it has been hit"

    def see(self, shot: Shot) -> Scene:
        """Returns the submarine, its torpedo, hunters and divers, with what it carries."""
        ram = shot.now.ram
        boat = _find_boat(shot)
        now = _look_round(shot.now)
        earlier = _look_round(shot.earlier) if shot.earlier else []
        things = [_name(shape, earlier, shot.apart) for shape in now]
        hunters = [thing for thing in things if thing.name == "hunter"]
        if boat is not None:
            hunters.sort(key=lambda thing: _distance(thing, boat))
        others = [thing for thing in things if thing.name != "hunter"]
        air, crew, lives = (int(ram[byte]) for byte in (OXYGEN, DIVERS, LIVES))
        state = f"Oxygen: {air} of {FULL}; divers on board: {crew} of {CREW}; lives left: {lives}"
        return Scene(
            things=(*([] if boat is None else [boat]), *hunters[:MOST], *others),
            lines=(state,),
            phase="at the surface" if int(ram[BOAT_Y]) <= SURFACE else "",
        )

    def brief(self, view: View) -> str:
        """Returns what one steers, and the sea."""
        return (
            "You steer the yellow submarine. The surface is at y 46, the ground at y 155; x 8 to 159. Hunters (sharks "
            "and enemy submarines) and divers come in from the sides on four levels, about y 71, 95, 119 and 143. The "
            "torpedo flies where the boat faces, 5 pixels a frame."
        )

    def extra(self, view: View) -> Sequence[str]:
        """Returns how the air and the crew stand."""
        ram = self.shot(view).now.ram
        air = int(ram[OXYGEN])
        crew = int(ram[DIVERS])
        return (
            "air low" if air < FULL // 4 else "air half" if air < FULL // 2 else "air enough",
            "no diver" if crew == 0 else "all divers" if crew >= CREW else "divers on board",
        )


def _find_boat(shot: Shot) -> Thing | None:
    """Returns the submarine; `None` while none of its colour is where the RAM has it."""
    ram = shot.now.ram
    x, y = int(ram[BOAT_X]), int(ram[BOAT_Y]) + BOAT_TOP
    if count_color(shot.now.screen, BOAT, (x, y, *BOAT_SIZE)) < SEEN:
        return None
    velocity = None
    if shot.earlier:
        before = shot.earlier.ram
        velocity = subtract((x, y), (int(before[BOAT_X]), int(before[BOAT_Y]) + BOAT_TOP), shot.apart)
    note = "facing left" if int(ram[FACES_LEFT[0]]) & FACES_LEFT[1] else "facing right"
    return Thing(name="submarine", box=(x, y, *BOAT_SIZE), velocity=velocity, owner=SEAT, note=note)


def _look_round(look: Look) -> list[Shape]:
    """Returns hunters, divers and the torpedo."""
    shown = np.flatnonzero(np.bincount(look.screen[TOP:BOTTOM].ravel(), minlength=256)).tolist()
    colors = [color for color in shown if color not in SEA]
    shapes = find_shapes(look.screen, top=TOP, bottom=BOTTOM, colors=colors)
    return [shape for shape in shapes if _kind(shape) is not None]


def _kind(shape: Shape) -> str | None:
    if shape.color == BOAT:
        return "torpedo" if (shape.w, shape.h) == TORPEDO else None
    if shape.color == DIVER:
        return "diver" if shape.h > TORPEDO[0] else None
    return "hunter" if shape.area >= SMALLEST else None


def _name(shape: Shape, earlier: list[Shape], apart: int) -> Thing:
    name = _kind(shape) or ""
    velocity = find_velocity(shape, earlier, apart=apart)
    return Thing(name=name, box=shape.box, velocity=velocity, whose=SEAT if name == "torpedo" else None)


def _distance(one: Thing, other: Thing) -> float:
    return abs(one.center[0] - other.center[0]) + abs(one.center[1] - other.center[1])
