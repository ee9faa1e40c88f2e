"""Words for Space War: two ships that drift, read from the console's RAM."""

from universe.atari.digits import read_decimal, read_signed
from universe.atari.shot import Look, Ram, Shot
from universe.renderers.atari.heading import FACING, WINDS, HeadingRenderer
from universe.renderers.atari.motion import subtract
from universe.renderers.atari.scene import Scene, Thing
from universe.renderers.atari.shapes import Shape, find_shapes
from universe.view import View

SEATS = ("first_0", "second_0")
COLORS = (90, 154)
NAMES = ("green ship", "blue ship")
TOP, BOTTOM = 41, 229
"""The rows of space below the score and the bars."""

HEADINGS, POINTS, SHELLS = (6, 7), (39, 40), (25, 26)
"""The bytes of each seat's heading (low half), score (two decimal digits) and shots left (a bit each)."""

MISSILE = (2, 4)
"""Columns and rows of a missile."""

SHIP = (8, 10)
"""Columns and rows of a ship."""

LEFT = 156
PLACE, VELOCITY = (43, 47), (51, 55)
"""The first seat's bytes of x and y; the second's follow."""

SPEED = 16
"""Parts of a unit of place in which speeds are counted."""


VERBS = {
    "LEFT": "turn left",
    "RIGHT": "turn right",
    "UP": "thrust",
    "UPLEFT": "thrust and turn left",
    "UPRIGHT": "thrust and turn right",
    "UPFIRE": "fire and thrust",
    "LEFTFIRE": "fire and turn left",
    "RIGHTFIRE": "fire and turn right",
}
"""What the sticks do, by the emulator's names."""


class SpaceWarRenderer(HeadingRenderer):
    """Where the rival's ship bears, where both drift, and the missiles."""

    level = "exact"

    verbs = VERBS

    def see(self, shot: Shot) -> Scene:
        """Returns both ships, the missiles in flight and who has how many shots left."""
        ram = shot.now.ram
        missiles = [_find_missile(shot, number) for number in range(len(SEATS))]
        shells = [int(ram[byte]).bit_count() for byte in SHELLS]
        return Scene(
            things=(
                *(_find_ship(ram, number) for number in range(len(SEATS))),
                *(missile for missile in missiles if missile is not None),
            ),
            own_lines={
                seat: (f"Shots left: you {shells[number]}, rival {shells[1 - number]}",)
                for number, seat in enumerate(SEATS)
            },
            scores={seat: read_decimal(ram, POINTS[number]) for number, seat in enumerate(SEATS)},
        )

    def brief(self, view: View) -> str:
        """Returns the seat's ship, space and what a turn is."""
        name, place = ("green", "top left") if view.seat == "first_0" else ("blue", "bottom right")
        return (
            f"You fly the {name} ship, which starts at the {place} and keeps drifting as it was pushed. Space is x 0 "
            "to 159, y 42 to 228; ships and missiles bounce off its edges. A turn is 22.5 degrees, one in 8 frames."
        )


def _find_ship(ram: Ram, number: int) -> Thing:
    """Returns a seat's ship; the RAM counts x to the left and y in steps of two rows."""
    across, down = (read_signed(ram, byte + number) / SPEED for byte in VELOCITY)
    return Thing(
        name=NAMES[number],
        box=(LEFT - int(ram[PLACE[0] + number]), TOP + 2 * int(ram[PLACE[1] + number]), *SHIP),
        velocity=(_steady(-across), _steady(2 * down)),
        owner=SEATS[number],
        note=f"{FACING}{WINDS[int(ram[HEADINGS[number]]) & 15]}",
    )


def _find_missile(shot: Shot, number: int) -> Thing | None:
    """Returns a seat's missile as the picture shows it; the RAM does not tell whether it is still in flight."""
    now = _look_for_missile(shot.now, number)
    if now is None:
        return None
    before = _look_for_missile(shot.earlier, number) if shot.earlier else None
    velocity = before and subtract(now.center, before.center, shot.apart)
    return Thing(name="missile", box=now.box, velocity=velocity, whose=SEATS[number])


def _look_for_missile(look: Look, number: int) -> Shape | None:
    shapes = find_shapes(look.screen, top=TOP, bottom=BOTTOM, colors=(COLORS[number],))
    return next((shape for shape in shapes if (shape.w, shape.h) == MISSILE), None)


def _steady(speed: float) -> float:
    """Returns a speed, 0 where it is less than a pixel in eight frames."""
    return speed if abs(speed) >= 1 / 8 else 0.0
