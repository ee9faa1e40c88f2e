"""Words for Pitfall!: Harry, what rolls and lies on the ground, pits, the rope, and what is underground."""

from collections.abc import Sequence

import numpy as np

from universe.atari.shot import Look, Screen, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.sprites import list_seats, make_spot
from universe.view import View

SURFACE, PIT_ROW, GRASS_Y = 32, 124, 125.5
"""`ram[105]` of Harry on the ground, and the rows of the ground's pits and objects."""
LOGS = {0: (0,), 1: (0, 16), 2: (0, 32), 3: (0, 32, 64), 4: (0,), 5: (0, 32, 64)}
"""How far the logs of `ram[19]` lie from `ram[98]`; those of kinds 0 to 3 roll."""
FIRE, COBRA = 6, 7
CROCODILES, TREASURE = 4, 5
"""`ram[20]`, the kind of screen."""
CROCODILES_AT, CROCODILE, JAWS = (63.5, 79.5, 95.5), 208, 120
"""Where crocodiles are, their colour, and the row that open jaws reach up to."""
WATER, BLACK, TRUNK, WALL, SCORPION = 164, 0, 16, 66, 14
ROPE_ROWS, TRUNK_ROW = (64, 102), 108
UNDERGROUND = (148, 180)
SWAMP_WIDE = 24  # pixels from which a hole is a pit
PITS_FROM, PITS_TO = 40, 120


class PitfallRenderer(AtariRenderer):
    """Harry and logs by RAM; pits, rope, wall and scorpion by the picture."""

    aims = ("log", "pit", "hole", "scorpion")

    def see(self, shot: Shot) -> Scene:
        """Returns Harry, objects of the ground, pits, the rope's end, and what is underground."""
        seat, ram = list_seats(shot)[0], shot.now.ram
        harry = _find_harry(shot, seat)
        things = [harry, *_find_objects(shot), *find_pits(shot.now.screen), *_find_rope(shot), *_find_below(shot)]
        minutes, seconds = int(ram[88]), int(ram[89])
        clock = f"{minutes >> 4}{minutes & 15}:{seconds >> 4}{seconds & 15}"
        return Scene(things=tuple(things), clock=clock)

    def brief(self, view: View) -> str:
        """Returns what Harry can do."""
        return (
            "You are Harry, in a jungle of screens side by side; leaving a screen at x 8 or x 152 brings the next "
            "one. Left and right run, fire jumps (with left or right about 16 pixels far), up and down climb the "
            "ladder at x 80. A jump into the end of the rope catches it, down lets go. Underground a screen's step "
            "is three screens."
        )

    def extra(self, view: View) -> Sequence[str]:
        """Returns where Harry is."""
        own = self.scene(view).own(view.seat)
        return (own.note,) if own is not None else ()


def find_pits(screen: Screen) -> list[Thing]:
    """Returns the holes, tar pits and swamps of the ground."""
    row = screen[PIT_ROW, PITS_FROM:PITS_TO]
    columns = np.flatnonzero((row == BLACK) | (row == WATER)) + PITS_FROM
    things: list[Thing] = []
    for part in np.split(columns, np.flatnonzero(np.diff(columns) > 9) + 1):
        if part.size < 4:
            continue
        left, right = int(part[0]), int(part[-1])
        wide = right - left + 1
        water = bool((row[part - PITS_FROM] == WATER).any())
        name = "pit" if wide > SWAMP_WIDE else "hole"
        note = f"x {left} to {right}" + (", water" if water else "")
        things.append(Thing(name=name, box=(left, PIT_ROW - 2, wide, 6), note=note))
    return things


def _find_harry(shot: Shot, seat: str) -> Thing:
    now, before = (_read_harry(look) if look else None for look in (shot.now, shot.earlier))
    assert now is not None
    height = int(shot.now.ram[105])
    note = "on the ground" if height == SURFACE else "in the air" if height < SURFACE else "under the ground"
    return make_spot("Harry", now, before, size=(7, 22), owner=seat, note=note)


def _read_harry(look: Look) -> Offset:
    """Returns the middle of Harry: left edge at `ram[97]`, top of his head at `ram[105] + 73`, a number with a sign."""
    height = int(look.ram[105])
    return (float(look.ram[97]) + 3.5, (height - 256 if height > 200 else height) + 83.5)


def _find_objects(shot: Shot) -> list[Thing]:
    """Returns what lies or rolls on the ground, by the kind of object and the kind of screen."""
    ram, earlier = shot.now.ram, shot.earlier
    kind, screen = int(ram[19]), int(ram[20])
    if screen == CROCODILES:
        jaws = "jaws open" if (shot.now.screen[JAWS] == CROCODILE).any() else "jaws shut"
        return [make_spot("crocodile", (x, GRASS_Y), None, note=jaws) for x in CROCODILES_AT]
    at = float(ram[98]) + 3.5
    before = float(earlier.ram[98]) + 3.5 if earlier else None
    if screen == TREASURE or kind in (FIRE, COBRA):
        name = "treasure" if screen == TREASURE else "fire" if kind == FIRE else "cobra"
        return [make_spot(name, (at, GRASS_Y), None)]
    return [
        make_spot(
            "log",
            ((at + gap) % 160, GRASS_Y),
            None if before is None else ((before + gap) % 160, GRASS_Y),
            size=(6, 14),
        )
        for gap in LOGS.get(kind, ())
    ]


def _find_rope(shot: Shot) -> list[Thing]:
    now, before = (find_rope_end(look.screen) if look else None for look in (shot.now, shot.earlier))
    return [make_spot("end of the rope", now, before, size=(1, 1))] if now else []


def find_rope_end(screen: Screen) -> Offset | None:
    """Returns the lowest place of the rope, which has the colour of the trunks; `None` where there is no rope."""
    first, last = ROPE_ROWS
    thin = screen[first:last] == TRUNK
    thin[:, screen[TRUNK_ROW] == TRUNK] = False
    thin[:, :10] = False
    rows, columns = np.nonzero(thin)
    if rows.size < 12 or rows.max() < 16:
        return None
    lowest = int(rows.argmax())
    return (float(columns[lowest]), float(rows[lowest] + first))


def _find_below(shot: Shot) -> list[Thing]:
    top, bottom = UNDERGROUND
    part = shot.now.screen[top:bottom]
    wall = np.flatnonzero((part == WALL).any(axis=0))
    things: list[Thing] = []
    if wall.size:
        x = float(wall[0] + wall[-1]) / 2
        things.append(make_spot("wall", (x, 163.5), None, size=(7, 35), note="under the ground"))
    elif (part[16:] == SCORPION).any():
        now, before = (
            (float(look.ram[99]) + 3.5, 174.0) if look is not None else None for look in (shot.now, shot.earlier)
        )
        if now:
            things.append(make_spot("scorpion", now, before, note="under the ground"))
    return things
