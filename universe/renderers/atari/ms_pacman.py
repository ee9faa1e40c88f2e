"""Words for Ms. Pac-Man: the ways from where she is, the dots along them, and the ghosts."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from universe.atari.shot import Look, Screen, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.sprites import list_seats, make_spot
from universe.renderers.atari.words import find_offset
from universe.view import View

HERSELF, FRUIT = 4, 5
GHOSTS = ("orange", "cyan", "pink", "red")
"""Slots of the game's table: `ram[6 + slot] - 12` is a sprite's left edge, `ram[12 + slot] + 1` its top."""
EDIBLE, IN_PEN = 0x80, 0x70
"""`ram[1 + slot]`: the bit of a ghost that can be eaten, and the upper half of one that is in the pen."""
ENERGIZERS: tuple[tuple[int, Offset], ...] = (
    (0x20, (9.5, 18)),
    (0x08, (149.5, 17)),
    (0x10, (9.5, 150)),
    (0x04, (149.5, 149)),
)
"""The bits of `ram[117]` and the places of the dots that blink."""
BOTTOM = 172
_WALL_AT = (4, 1)  # a pixel of the outer wall, by row and column
_LANE = 4  # pixels from the middle of a lane to its side
_FEWEST = 3  # pixels of free way that are as good as none


class Way(NamedTuple):
    """What lies in one direction up to the next wall."""

    name: str
    free: int
    """Pixels."""
    dots: int


class MsPacmanRenderer(AtariRenderer):
    """Ghosts and fruit by RAM, ways and dots by the picture."""

    aims = ("ghost", "edible ghost", "energizer", "fruit")
    closed = "You are not in the maze"

    def see(self, shot: Shot) -> Scene:
        """Returns Ms. Pac-Man, ghosts outside the pen, energizers and fruit, and the ways from her place."""
        seat = list_seats(shot)[0]
        herself = _find(shot, HERSELF, "Ms. Pac-Man", owner=seat)
        ghosts = [_find_ghost(shot, slot) for slot in range(len(GHOSTS)) if not _is_in_pen(shot.now, slot)]
        n_penned = len(GHOSTS) - len(ghosts)
        blinking = [
            make_spot("energizer", place, place, size=(4, 7))
            for bit, place in ENERGIZERS
            if int(shot.now.ram[117]) & bit
        ]
        fruit = [_find(shot, FRUIT, "fruit")] if shot.now.ram[6 + FRUIT] else []
        lines = [tell_ways(find_ways(shot.now.screen, herself.center))]
        lines += [f"Ghosts in the pen: {n_penned}"] if n_penned else []
        return Scene(things=(herself, *ghosts, *fruit, *blinking), lines=tuple(lines))

    def brief(self, view: View) -> str:
        """Returns what she does by herself."""
        return (
            "You are Ms. Pac-Man (gold), in a maze of lanes. She runs on in the direction she was given until a "
            "wall stops her, and turns as soon as the stick's direction is free. Ways tells of each direction from "
            "where you are how far it is free and how many dots lie along it. Tunnels at the sides lead from one "
            "side to the other."
        )

    def tell(self, thing: Thing, scene: Scene, view: View) -> str:
        """Returns a line on a thing; energizers do not move and the far ones are left out."""
        own = scene.own(view.seat)
        if thing.name == "energizer" and own is not None:
            offset = find_offset(thing, own)
            nearest = min(scene.find("energizer"), key=lambda each: sum(map(abs, find_offset(each, own))))
            return super().tell(thing, scene, view).replace("; still", "") if thing is nearest and any(offset) else ""
        return super().tell(thing, scene, view)

    def extra(self, view: View) -> Sequence[str]:
        """Returns which ways are open and which have dots."""
        line = self.scene(view).lines[0].removeprefix("Ways: ")
        parts = [part.split(" ") for part in line.split("; ")]
        with_dots = [part[0] for part in parts if "dots" in part[-1] or part[-1] == "dot"]
        return (
            f"open {' '.join(sorted(part[0] for part in parts))}",
            f"dots {' '.join(sorted(with_dots)) or 'nowhere'}",
        )


def find_ways(screen: Screen, at: Offset) -> list[Way]:
    """Returns the ways that are free from a place: walls and dots have one colour, and dots are small."""
    solid = screen[:BOTTOM] == int(screen[_WALL_AT])
    x, y = round(at[0]), round(at[1])
    across = solid[max(0, y - _LANE) : y + _LANE + 1]
    along = solid[:, max(0, x - _LANE + 1) : x + _LANE].T
    strips = {
        "up": along[:, :y][:, ::-1],
        "down": along[:, y:],
        "left": across[:, :x][:, ::-1],
        "right": across[:, x:],
    }
    ways = [_walk(name, strip) for name, strip in strips.items()]
    return [way for way in ways if way.free > _FEWEST]


def tell_ways(ways: Sequence[Way]) -> str:
    """Returns the ways in words."""
    told = [
        f"{way.name} {way.free} free, {way.dots} dot{'s' * (way.dots != 1)}"
        if way.dots
        else f"{way.name} {way.free} free"
        for way in ways
    ]
    return f"Ways: {'; '.join(told) or 'none'}"


def _walk(name: str, strip: NDArray[np.bool_]) -> Way:
    """Returns how far a strip (lane's width x its length) is free, and the dots up to there."""
    filled = strip.sum(axis=0)
    blocked = np.flatnonzero(filled >= strip.shape[0] - 2)
    end = int(blocked[0]) if blocked.size else filled.size
    dotted = (filled[:end] > 0).astype(int)
    starts = int((np.diff(np.concatenate(([0], dotted))) == 1).sum())
    return Way(name, max(0, end - _LANE), starts)


def _find(shot: Shot, slot: int, name: str, owner: str | None = None, note: str = "") -> Thing:
    now = _read_slot(shot.now, slot)
    before = _read_slot(shot.earlier, slot) if shot.earlier else None
    return make_spot(name, now, before, size=(8, 10), owner=owner, note=note)


def _read_slot(look: Look, slot: int) -> Offset:
    return (float(look.ram[6 + slot]) - 8.5, float(look.ram[12 + slot]) + 6)


def _find_ghost(shot: Shot, slot: int) -> Thing:
    edible = bool(int(shot.now.ram[1 + slot]) & EDIBLE)
    return _find(shot, slot, "edible ghost" if edible else "ghost", note=GHOSTS[slot])


def _is_in_pen(look: Look, slot: int) -> bool:
    return int(look.ram[1 + slot]) & 0xF0 == IN_PEN
