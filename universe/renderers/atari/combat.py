"""Words for Combat: tanks and planes, with headings from the console's RAM and places from the picture."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from universe.atari.digits import read_decimal
from universe.atari.shot import Look, Ram, Screen, Shot
from universe.renderers.atari.heading import FACING, WINDS, HeadingRenderer
from universe.renderers.atari.motion import subtract
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.shapes import Box, Shape, find_shapes
from universe.renderers.atari.words import name_stick
from universe.view import View

SEATS = ("first_0", "second_0")
TOP = 18
"""The first row below the score."""

WIDTH = 160
SPRITE = (8, 16)
"""The most columns and rows of a vehicle."""

COLORS, HEADINGS, POINTS = (88, 89), (21, 22), (33, 34)
"""The bytes of each seat's colour, heading (low half) and score."""

BULLET = 4  # the most pixels of a missile


BIPLANE = {"UP": "turn right", "DOWN": "turn left", "LEFT": "slow down", "RIGHT": "speed up"}
JET = {"UP": "speed up", "DOWN": "slow down", "LEFT": "turn left", "RIGHT": "turn right"}
"""What sticks do, by the emulator's names."""


NAMES = {58: "lime", 106: "pink", 42: "gold", 90: "green", 218: "blue", 138: "purple"}
"""What colours look like in these games, whose cartridge is for the European console."""


class _Seen(NamedTuple):
    vehicle: Box | None
    missile: Box | None


class CombatRenderer(HeadingRenderer):
    """What tanks and planes share."""

    craft: str
    """`tank` or `plane`."""

    def see(self, shot: Shot) -> Scene:
        """Returns both vehicles and the missiles in flight."""
        ram = shot.now.ram
        things: list[Thing] = []
        missiles: list[Thing] = []
        for number, seat in enumerate(SEATS):
            seen = find_craft(shot.now, number)
            before = find_craft(shot.earlier, number) if shot.earlier else _Seen(None, None)
            if seen.vehicle is not None:
                things.append(
                    Thing(
                        name=f"{NAMES[read_color(ram, number)]} {self.craft}",
                        box=seen.vehicle,
                        velocity=_move(seen.vehicle, before.vehicle, shot.apart),
                        owner=seat,
                        note=f"{FACING}{WINDS[int(ram[HEADINGS[number]]) & 15]}",
                    )
                )
            if seen.missile is not None:
                velocity = _move(seen.missile, before.missile, shot.apart)
                missiles.append(Thing(name="missile", box=seen.missile, velocity=velocity, whose=seat))
        points = {seat: read_decimal(ram, POINTS[number]) for number, seat in enumerate(SEATS)}
        return Scene(things=(*things, *missiles), scores=points)


VERBS = {
    "LEFT": "turn left",
    "RIGHT": "turn right",
    "UP": "drive",
    "UPLEFT": "drive and turn left",
    "UPRIGHT": "drive and turn right",
    "UPFIRE": "fire and drive",
    "LEFTFIRE": "fire and turn left",
    "RIGHTFIRE": "fire and turn right",
}
"""What the sticks do, by the emulator's names."""


class TankRenderer(CombatRenderer):
    """Tanks among walls."""

    craft = "tank"
    verbs = VERBS

    def brief(self, view: View) -> str:
        """Returns the seat's side, the walls and what a turn is."""
        side, other = ("left", "right") if view.seat == "first_0" else ("right", "left")
        walls = (
            "Walls: brackets at x 20 to 27 and 132 to 139 (y 97 to 176), blocks at x 44 to 59 and 100 to 115 (y 129 to "
            "144), bars at x 76 to 83 (y 49 to 80 and 193 to 224). "
        )
        return (
            f"You drive the tank that starts on the {side}, facing {other}. The field is x 4 to 155, y 25 to 248, "
            f"with a wall round it. {walls if view.kwargs['has_maze'] else ''}A turn is 22.5 degrees, one in 15 "
            "frames."
        )


class PlaneRenderer(CombatRenderer):
    """Planes between clouds."""

    craft = "plane"
    closed = "You are not to be seen: in a cloud, or just hit"

    def words(self, view: View) -> list[str]:
        """Returns the words of the sticks: biplanes turn by up and down, jets by left and right."""
        return [_name_stick(str(name), BIPLANE if _is_biplane(view) else JET) for name in self._names(view)]

    def turn(self, name: str, view: View) -> int:
        """Returns which way a stick turns the plane, as a pilot says it."""
        return int("DOWN" in name) - int("UP" in name) if _is_biplane(view) else super().turn(name, view)

    def brief(self, view: View) -> str:
        """Returns what a seat flies, the clouds and what a turn is."""
        return (
            "You fly a plane that never stops. The field is x 0 to 159, y 20 to 255; who leaves it comes back on the "
            "other side. Clouds at x 24 to 71 and 88 to 135, y 113 to 160 hide planes. A turn is 22.5 degrees, one in "
            "15 "
            "frames." + (" Your missile turns with your plane." if view.kwargs["guided_missile"] else "")
        )


def _is_biplane(view: View) -> bool:
    return view.kwargs["game_version"] == "bi-plane"


def _name_stick(name: str, words: Mapping[str, str]) -> str:
    said = words.get(name.removesuffix("FIRE"))
    return name_stick(name) if said is None else f"fire and {said}" if name.endswith("FIRE") else said


def read_color(ram: Ram, number: int) -> int:
    """Returns the colour of a seat."""
    return int(ram[COLORS[number]]) & 0xFE


def find_craft(look: Look, number: int) -> _Seen:
    """Returns a seat's vehicle and missile as the picture shows them."""
    screen, color = look.screen, read_color(look.ram, number)
    shift = _find_shift(screen, color)
    shapes = find_shapes(np.roll(screen, shift, axis=1) if shift else screen, top=TOP, colors=(color,), smallest=1)
    vehicle: Box | None = None
    missile: Box | None = None
    if shapes and shapes[0].area > BULLET:
        vehicle = shapes[0].box
    for shape in shapes[1:] if vehicle is not None else shapes:
        joined = None if vehicle is None else _join(vehicle, shape)
        if joined is not None:
            vehicle = joined
        elif shape.area <= BULLET:
            missile = missile or shape.box
    return _Seen(_shift(vehicle, shift), _shift(missile, shift))


def _find_shift(screen: Screen, color: int) -> int:
    """Returns by how many columns to roll a picture so that nothing of a colour lies across its edge."""
    columns = (screen[TOP:] == color).any(axis=0)
    return WIDTH // 2 if columns[0] and columns[-1] else 0


def _join(vehicle: Box, shape: Shape) -> Box | None:
    """Returns a vehicle with a part of it that hangs loose, `None` where the part is too far away to belong to it."""
    left, top = min(vehicle[0], shape.x), min(vehicle[1], shape.y)
    right = max(vehicle[0] + vehicle[2], shape.x + shape.w)
    bottom = max(vehicle[1] + vehicle[3], shape.y + shape.h)
    fits = right - left <= SPRITE[0] and bottom - top <= SPRITE[1]
    return (left, top, right - left, bottom - top) if fits else None


def _shift(box: Box | None, shift: int) -> Box | None:
    if box is None:
        return None
    x, y, w, h = box
    return ((x - shift + w / 2) % WIDTH - w / 2, y, w, h)


def _move(now: Box, before: Box | None, apart: int) -> Offset | None:
    """Returns the velocity of a box's middle; `None` after a leap or across an edge."""
    if before is None:
        return None
    return subtract(_middle(now), _middle(before), apart)


def _middle(box: Box) -> Offset:
    return (box[0] + (box[2] - 1) / 2, box[1] + (box[3] - 1) / 2)
