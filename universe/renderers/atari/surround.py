"""Words for surround: heads, trails, and the room that is left."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # pyright: ignore[reportMissingTypeStubs]

from universe.atari.shot import Ram, Shot
from universe.atari.surround import HEIGHT, WIDTH, Field, count_rounds, find_head, find_heading, read_field
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Scene, Thing
from universe.renderers.words import bucket
from universe.view import Facts, View

_SEATS = ("first_0", "second_0")
_WAYS = {"UP": (0, -1), "RIGHT": (1, 0), "LEFT": (-1, 0), "DOWN": (0, 1)}
_ACROSS, _DOWN = 10, 5  # cells that the map shows on each side of the head
_NEAR = 8  # cells
_label = cast("Callable[..., tuple[NDArray[np.int32], int]]", ndimage.label)


class _Way(NamedTuple):
    """What lies in a direction."""

    name: str
    run: int
    """Free cells straight on."""
    room: int
    """Cells that can be reached after a step that way; 0 where it is blocked."""


class SurroundRenderer(AtariRenderer):
    """Heads that draw trails; places are cells, not pixels."""

    level = "exact"

    fields = ("action",)
    verbs: Mapping[str, str] = {"NOOP": "straight on"}
    closed = "Your head is not to be seen"

    def see(self, shot: Shot) -> Scene:
        """Returns the heads, and for each seat what lies round it."""
        ram = shot.now.ram
        field = _block(ram)
        things = tuple(_find_thing(ram, seat) for seat in (0, 1))
        own = {name: _tell_round(field, ram, seat) for seat, name in enumerate(_SEATS)}
        scores = {name: count_rounds(ram, seat) for seat, name in enumerate(_SEATS)}
        return Scene(things=things, own_lines=own, scores=scores)

    def brief(self, view: View) -> str:
        """Returns the seat's colour and the field."""
        mine, theirs = ("blue", "green") if view.seat == view.seats[0] else ("green", "blue")
        sides = ("right", "left") if view.seat == view.seats[0] else ("left", "right")
        return (
            f"Your head is {mine} and starts on the {sides[0]} heading {sides[1]}; your rival's is {theirs}. The "
            f"field is {WIDTH - 2} cells wide and {HEIGHT - 2} high inside its walls: x 1 to {WIDTH - 2} from the "
            f"left, y 1 to {HEIGHT - 2} from the top. All distances are in cells. On the map Y is your head, R your "
            "rival's, # a wall or a trail, . a free cell. Free straight on: free cells in each direction before "
            "something is hit. Room: cells that can still be reached after a step that way."
        )

    def situation(self, view: View) -> str:
        """Returns what is free ahead and to the sides, and where the rival is, all as seen along the heading."""
        return "; ".join(["surround", *self._state(view)])

    def facts(self, view: View) -> Facts:
        """Returns what is free round the head, and of each stick what it runs into."""
        ram, seat = self.shot(view).now.ram, view.seats.index(view.seat)
        ways = {way.name: way for way in _look_round(_block(ram), find_head(ram, seat))}
        heading = find_heading(ram, seat)
        most = max(way.room for way in ways.values())
        words = self.words(view)
        actions: dict[int, tuple[str, ...]] = {}
        for action in view.legal:
            step = _WAYS.get(str(cast("Sequence[str]", view.kwargs["sticks"])[action]), heading)
            goes = heading if heading and step == (-heading[0], -heading[1]) else step
            way = next((way for name, way in ways.items() if _WAYS[name] == goes), None)
            turn = "straight on" if goes == heading else "a turn"
            actions[action] = (turn, *_judge(way, most), words[action])
        return Facts(tuple(self._state(view)), actions)

    def _state(self, view: View) -> list[str]:
        ram, seat = self.shot(view).now.ram, view.seats.index(view.seat)
        head, heading = find_head(ram, seat), find_heading(ram, seat) or (1, 0)
        ways = {_WAYS[way.name]: way for way in _look_round(_block(ram), head)}
        left, right = (heading[1], -heading[0]), (-heading[1], heading[0])
        runs = [f"{bucket(ways[way].run, (0, 1, 3, 8))} free" for way in (heading, left, right)]
        most = max(way.room for way in ways.values())
        uneven = any(0 < way.room < most for way in ways.values())
        rival = find_head(ram, 1 - seat)
        off = (rival[0] - head[0], rival[1] - head[1])
        near = "near" if max(abs(off[0]), abs(off[1])) <= _NEAR else "far"
        before = off[0] * heading[0] + off[1] * heading[1] >= 0
        sides = f"ahead {runs[0]}, sides {min(runs[1:])} and {max(runs[1:])}"
        return [sides, "rooms apart" if uneven else "one room", f"rival {near}, {'ahead' if before else 'behind'}"]


def _find_thing(ram: Ram, seat: int) -> Thing:
    x, y = find_head(ram, seat)
    heading = find_heading(ram, seat)
    name = next((name for name, way in _WAYS.items() if way == heading), "")
    return Thing(
        name="head", box=(x, y, 1, 1), owner=_SEATS[seat], note=f"heading {name.lower()}" if name else "standing"
    )


def _block(ram: Ram) -> Field:
    """Returns the cells that are not free, those of the heads among them."""
    field = read_field(ram)
    for seat in (0, 1):
        x, y = find_head(ram, seat)
        field[y % HEIGHT, x % WIDTH] = True
    return field


def _look_round(field: Field, head: tuple[int, int]) -> list[_Way]:
    """Returns what lies in each direction of a head."""
    rooms, _ = _label(~field)
    sizes = np.bincount(rooms.ravel()).tolist()
    ways: list[_Way] = []
    for name, (across, down) in _WAYS.items():
        x, y = head[0] + across, head[1] + down
        inside = 0 <= x < WIDTH and 0 <= y < HEIGHT
        room = sizes[int(rooms[y, x])] if inside and not field[y, x] else 0
        run = 0
        while 0 <= x < WIDTH and 0 <= y < HEIGHT and not field[y, x]:
            run, x, y = run + 1, x + across, y + down
        ways.append(_Way(name, run, room))
    return ways


def _judge(way: _Way | None, most: int) -> tuple[str, ...]:
    if way is None or not way.run:
        return ("crashes",)
    room = "into the largest room" if way.room == most else "into a smaller room"
    return (room, f"{bucket(way.run, (1, 3, 8))} cells free", f"{room}, {bucket(way.room, (1, 10, 40, 150))} cells")


def _tell_round(field: Field, ram: Ram, seat: int) -> tuple[str, ...]:
    head, rival = find_head(ram, seat), find_head(ram, 1 - seat)
    ways = _look_round(field, head)
    runs = ", ".join(f"{way.name.lower()} {way.run}" for way in ways)
    rooms = ", ".join(f"{way.name.lower()} {way.room}" for way in ways)
    left, right = max(0, head[0] - _ACROSS), min(WIDTH, head[0] + _ACROSS + 1)
    top, bottom = max(0, head[1] - _DOWN), min(HEIGHT, head[1] + _DOWN + 1)
    marks = {head: "Y", rival: "R"}
    rows = [
        "".join(marks.get((x, y), "#" if field[y, x] else ".") for x in range(left, right)) for y in range(top, bottom)
    ]
    where = f"Map, x {left} to {right - 1}, y {top} to {bottom - 1}"
    return (f"Free straight on: {runs}", f"Room: {rooms}", where, *rows)
