"""Words for Entombed: two runners in a maze that scrolls up and carries off whoever is stuck."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from universe.atari.shot import Screen, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Scene, Thing
from universe.renderers.atari.shapes import Shape
from universe.renderers.atari.sprites import find_sprites, list_seats, make_thing
from universe.view import View

SEATS = {"first_0": 108, "second_0": 28}
"""The colour of each seat's runner."""
WALL, MONSTERS = 24, (136, 138, 62)
TOP, BOTTOM = 14, 191
CELL, ROW = 8, 16
"""Pixels of a cell of the maze."""
ABOVE, BELOW = 2, 4
"""Rows of the maze that are told above and below a runner."""
STOCK = 98
"""`ram[98 + seat]` counts a runner's make-breaks."""
_NO_ROOM = 3  # pixels of free way that are as good as none


class EntombedRenderer(AtariRenderer):
    """Runners and monsters by colour, in the two frames that show them all; the maze as a small map."""

    aims = ("monster", "rival")
    closed = "You are not to be seen: a runner was lost and the maze starts anew in about 2 seconds"

    def see(self, shot: Shot) -> Scene:
        """Returns runners and monsters, and for each runner the maze round it and how far it is free to go."""
        runners = [
            make_thing(shape, "runner", _find(shot, color, earlier=True), owner=seat)
            for seat, color in SEATS.items()
            for shape in _find(shot, color)[:1]
        ]
        monsters = [
            make_thing(shape, "monster", _find(shot, color, earlier=True))
            for color in MONSTERS
            for shape in _find(shot, color)
        ]
        walls = read_walls(shot.now.screen)
        own = {each.owner: self._tell_maze(each, walls, shot) for each in runners if each.owner}
        return Scene(things=(*runners, *monsters), own_lines=own)

    def brief(self, view: View) -> str:
        """Returns which runner is the seat's and how to read the maze."""
        color, side = ("purple", "left") if view.seat == view.seats[0] else ("yellow", "right")
        return (
            f"You are the {color} runner and start on the {side}. The maze scrolls up; it is the same on the left "
            "and on the right half. You are shown the rows of the maze round you, from x 0 to 159, a sign for 8 "
            "pixels across and 16 down: # is wall, a dot is free, @ is you. Fire uses a make-break: it puts a block "
            "where there is none before you, or takes away the one that is there."
        )

    def extra(self, view: View) -> Sequence[str]:
        """Returns which ways are free, and whether there is a make-break left."""
        lines = self.scene(view).own_lines.get(view.seat)
        if not lines:
            return ("no runner",)
        ways = [part.rpartition(" ")[0] for part in lines[0].removeprefix("Free way: ").split(", ") if part != "none"]
        own = self.scene(view).own(view.seat)
        height = "in the upper third" if own and own.center[1] < 70 else "lower down"
        stock = "with make-breaks" if "Make-breaks: 0" not in lines[1] else "without make-breaks"
        return (f"free: {' '.join(ways) or 'nowhere'}", height, stock)

    def _tell_maze(self, runner: Thing, walls: NDArray[np.bool_], shot: Shot) -> tuple[str, ...]:
        seat = list_seats(shot).index(runner.owner or "")
        ways = {way: far for way, far in find_ways(walls, runner).items() if far > _NO_ROOM}
        return (
            f"Free way: {', '.join(f'{way} {far}' for way, far in ways.items()) or 'none'}",
            f"Make-breaks: {int(shot.now.ram[STOCK + seat])}",
            *draw_maze(walls, runner),
        )


class EntombedTogetherRenderer(EntombedRenderer):
    """The same with a mate instead of a rival."""

    teams: Mapping[str, str] = {"first_0": "runners", "second_0": "runners"}
    aims = ("monster", "mate")


def read_walls(screen: Screen) -> NDArray[np.bool_]:
    """Returns where walls are, in pixels; runners and monsters are drawn over free ground."""
    walls = screen == WALL
    walls[:TOP], walls[BOTTOM:] = False, False
    return walls


def find_ways(walls: NDArray[np.bool_], runner: Thing) -> dict[str, int]:
    """Returns how many pixels are free before the next wall in each direction."""
    x, y, w, h = (int(value) for value in runner.box)
    across, along = walls[y : y + h], walls[TOP:BOTTOM, x : x + w].T
    top, bottom = max(0, y - TOP), y + h - TOP
    return {
        "left": _measure(across[:, :x][:, ::-1]),
        "right": _measure(across[:, x + w :]),
        "up": _measure(along[:, :top][:, ::-1]),
        "down": _measure(along[:, bottom:]),
    }


def _measure(strip: NDArray[np.bool_]) -> int:
    """Returns how many columns of a strip are free before the first that is not."""
    hits = np.flatnonzero(strip.any(axis=0))
    return int(hits[0]) if hits.size else strip.shape[1]


def draw_maze(walls: NDArray[np.bool_], runner: Thing) -> list[str]:
    """Returns the rows of the maze from a little above a runner to some way below it."""
    changes = np.flatnonzero((walls[TOP + 1 : BOTTOM] != walls[TOP : BOTTOM - 1])[:, 2 * CELL : -2 * CELL].any(axis=1))
    if not changes.size:
        return ["No wall but the two sides is to be seen yet."]
    phase = int(np.bincount((changes + TOP + 1) % ROW, minlength=ROW).argmax())
    x, y = runner.center
    first = phase + ROW * ((int(y) - phase) // ROW - ABOVE)
    rows: list[str] = []
    for top in range(first, first + ROW * (ABOVE + BELOW + 1), ROW):
        if not TOP <= top + ROW // 2 < BOTTOM:
            continue
        signs = ["#" if wall else "." for wall in walls[top + ROW // 2, CELL // 2 :: CELL]]
        if top <= y < top + ROW:
            signs[int(x) // CELL] = "@"
        rows.append("".join(signs))
    return rows


def _find(shot: Shot, color: int, *, earlier: bool = False) -> list[Shape]:
    look = shot.earlier if earlier else shot.now
    shapes = find_sprites(look, (color,), top=TOP, bottom=BOTTOM, smallest=6)
    return [shape for shape in shapes if shape.w <= CELL and shape.h <= ROW]
