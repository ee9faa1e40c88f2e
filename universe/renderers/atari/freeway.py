"""Words for Freeway: a chicken, ten lanes and a car on each, read from the console's RAM."""

from universe.atari.digits import read_decimal
from universe.atari.shot import Ram, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.measure import Aim, describe_aim
from universe.renderers.atari.motion import subtract
from universe.renderers.atari.scene import Scene, Thing
from universe.renderers.atari.words import find_offset
from universe.view import View

SEAT = "first_0"
LANES = 10
PITCH, FIRST = 16, 27
"""Rows from one lane to the next, and the top row of a car in the uppermost lane."""

SPEEDS = (-1 / 5, -1 / 4, -1 / 3, -1 / 2, -1.0, 1.0, 1 / 2, 1 / 3, 1 / 4, 1 / 5)
"""Pixels per frame to the right, by lane from the top."""

CARS = 117
"""The byte of the car's x in the uppermost lane; the others lie before it."""

CHICKEN, POINTS = 14, 103
CHICKEN_X, BOTTOM = 44, 193
CHICKEN_SIZE, CAR_SIZE = (7, 8), (8, 10)
SIDES = (8, 152)
"""Left edges between which a car is on the screen as a whole."""

TOLD = 3
"""Lanes above the chicken's that are told."""


class FreewayRenderer(AtariRenderer):
    """The chicken, and the cars of its lane and of the next ones."""

    level = "exact"

    aims = ("car",)
    axis = "x"

    def see(self, shot: Shot) -> Scene:
        """Returns the chicken and the cars near its row, lane by lane upwards."""
        ram = shot.now.ram
        row = BOTTOM - int(ram[CHICKEN])
        before = BOTTOM - int(shot.earlier.ram[CHICKEN]) if shot.earlier else None
        velocity = None if before is None else subtract((0, row), (0, before), shot.apart)
        chicken = Thing(name="chicken", box=(CHICKEN_X, row, *CHICKEN_SIZE), velocity=velocity, owner=SEAT)
        near = [lane for lane in range(LANES - 1, -1, -1) if _is_near(lane, row)]
        cars = [_find_car(ram, lane) for lane in near]
        return Scene(
            things=(chicken, *(car for car in cars if car is not None)),
            own_lines={SEAT: (_tell_lane(row),)},
            scores={SEAT: read_decimal(ram, POINTS)},
        )

    def brief(self, view: View) -> str:
        """Returns who one is, and the road."""
        return (
            "You are the left chicken (x 44 to 50) and want to get from the bottom (y 187) to the top (y 16). Ten "
            "lanes, lane 1 at the bottom (y 171 to 180), one each 16 rows, lane 10 at the top; cars are 8 wide, one "
            "on each lane. Lanes 1 to 5 go right, 6 to 10 left; 5 and 6 are the fastest. You are told the cars from "
            "just below you to three lanes above."
        )

    def called(self, thing: Thing, view: View) -> str:
        """Returns a car's lane."""
        return f"car, lane {read_lane(thing)}" if thing.name == "car" else super().called(thing, view)

    def situation(self, view: View) -> str:
        """Returns how the cars of the next two lanes come."""
        scene = self.scene(view)
        own = scene.own(view.seat)
        if own is None:
            return "nothing to be seen"
        above = [car for car in scene.find("car") if car.center[1] <= own.center[1] + PITCH / 2][:2]
        parts = [describe_aim(Aim("car", find_offset(car, own), car.velocity), axis="x") for car in above]
        return "; ".join([scene.own_lines[SEAT][0].rstrip(".").lower(), *parts])


def read_lane(car: Thing) -> int:
    """Returns the number of a car's lane, counted from the bottom."""
    return LANES - (int(car.box[1]) - FIRST) // PITCH


def _is_near(lane: int, row: int) -> bool:
    """Returns whether a lane is the chicken's, the one just below or one of the next above."""
    gap = row - (FIRST + PITCH * lane)
    return -PITCH <= gap <= PITCH * TOLD


def _find_car(ram: Ram, lane: int) -> Thing | None:
    """Returns the car of a lane; `None` while it is going off one side and coming in at the other."""
    x = int(ram[CARS - lane]) - (2 if lane == LANES // 2 - 1 else 3)
    if not SIDES[0] <= x <= SIDES[1]:
        return None
    return Thing(name="car", box=(x, FIRST + PITCH * lane, *CAR_SIZE), velocity=(SPEEDS[lane], 0.0))


def _tell_lane(row: int) -> str:
    lane = LANES - round((row - FIRST) / PITCH)
    return "On the lower kerb." if lane < 1 else "Almost across." if lane > LANES else f"On lane {lane}."
