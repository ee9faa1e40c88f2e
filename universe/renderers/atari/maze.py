"""Words for maze craze: the ways from where a seat stands, the exit, the robbers."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from universe.atari.maze import (
    COLUMNS,
    PLAYERS,
    ROBBERS,
    ROWS,
    Cell,
    Walls,
    explore,
    find_cell,
    find_exits,
    list_open,
    read_walls,
    walk,
)
from universe.atari.shot import Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.words import bucket, count_of
from universe.view import Facts, View

_SEATS = ("first_0", "second_0")
_NEAR = 6  # steps
_FAR = 10_000
_NOWHERE = (_FAR, "")
_ENDS = {1: "a dead end", 2: "a bend"}


class _Way(NamedTuple):
    """Where a direction leads."""

    name: str
    run: int
    """Steps to the next branching, bend or end."""
    end: str
    to_exit: int
    """Steps to the exit by that way, `_FAR` where it does not lead there without turning back."""
    to_robber: int


class MazeRenderer(AtariRenderer):
    """Players and robbers in a maze of 19 by 12 cells; places are cells, not pixels."""

    level = "exact"

    fields = ("action",)
    closed = "You are out"

    def see(self, shot: Shot) -> Scene:
        """Returns who is where, and for each seat where its ways lead."""
        walls, ram = read_walls(shot.now.ram), shot.now.ram
        things = [_find_thing(shot, who) for who in (*PLAYERS, *ROBBERS)]
        exits = find_exits(walls)
        things += [Thing(name="exit", box=(column + 1, row + 1, 1, 1)) for column, row in exits]
        own: dict[str, tuple[str, ...]] = {}
        for seat in PLAYERS:
            cell = _round(find_cell(ram, seat))
            if cell is not None:
                own[_SEATS[seat]] = _tell_ways(_look_round(walls, cell, _find_robbers(shot)))
        return Scene(things=tuple(thing for thing in things if thing is not None), own_lines=own)

    def brief(self, view: View) -> str:
        """Returns the seat's colour and the maze."""
        mine, theirs = ("dark red", "blue") if view.seat == view.seats[0] else ("blue", "dark red")
        return (
            f"You are the {mine} figure; your rival is {theirs}. Both start in the same cell at the left. The maze is "
            f"{COLUMNS} cells wide and {ROWS} high: x 1 to {COLUMNS} from the left, y 1 to {ROWS} from the top. All "
            "distances are in cells, steps are counted along the ways. Of each open way you are told how far it goes "
            "straight on, where it ends, and how many steps the exit and the nearest robber are off by that way."
        )

    def situation(self, view: View) -> str:
        """Returns how many ways are open, how far the exit is and whether a robber is near."""
        return "; ".join(["maze", *self._state(view)])

    def facts(self, view: View) -> Facts:
        """Returns how the race stands, and where each stick leads."""
        ways = {way.name: way for way in self._ways(view)}
        best = min((way.to_exit for way in ways.values()), default=_FAR)
        sticks = view.kwargs["sticks"]
        assert isinstance(sticks, list | tuple)
        actions: dict[int, tuple[str, ...]] = {}
        for action, word in enumerate(self.words(view)):
            way = ways.get(str(sticks[action]))
            actions[action] = (*_judge(way, best, waits=sticks[action] == "NOOP"), word)
        return Facts(tuple(self._state(view)), {action: actions[action] for action in view.legal})

    def _ways(self, view: View) -> list[_Way]:
        shot = self.shot(view)
        cell = _round(find_cell(shot.now.ram, view.seats.index(view.seat)))
        return [] if cell is None else _look_round(read_walls(shot.now.ram), cell, _find_robbers(shot))

    def _state(self, view: View) -> list[str]:
        shot, ways = self.shot(view), self._ways(view)
        walls = read_walls(shot.now.ram)
        far = explore(walls, walk(find_exits(walls)[0], "LEFT"))
        mine, theirs = (
            far.get(_round(find_cell(shot.now.ram, seat)) or (-1, -1), _NOWHERE)[0]
            for seat in sorted(PLAYERS, key=lambda seat: view.seats[seat] != view.seat)
        )
        robber = min((way.to_robber for way in ways), default=_FAR)
        race = "rival out" if shot.lives.get(_rival(view), 0) < 0 else _compare(mine, theirs)
        danger = "robber near" if robber <= _NEAR else "no robber near"
        return [f"{len(ways)} ways", f"exit {bucket(min(mine, 999), (0, 4, 12, 30))} steps off", race, danger]


def _rival(view: View) -> str:
    return next(seat for seat in view.seats if seat != view.seat)


def _compare(mine: int, theirs: int) -> str:
    return (
        "as near to it as the rival" if mine == theirs else f"{'nearer' if mine < theirs else 'farther'} than the rival"
    )


def _round(cell: tuple[float, float] | None) -> Cell | None:
    return None if cell is None else (round(cell[0]), round(cell[1]))


def _find_thing(shot: Shot, who: int) -> Thing | None:
    """Returns a player or robber that is in the maze; robbers with their motion in cells."""
    if who in PLAYERS and shot.lives.get(_SEATS[who], 0) < 0:
        return None
    at = find_cell(shot.now.ram, who)
    if at is None:
        return None
    before = find_cell(shot.earlier.ram, who) if shot.earlier else None
    velocity: Offset | None = None
    if before is not None and who in ROBBERS:
        velocity = ((at[0] - before[0]) / shot.apart, (at[1] - before[1]) / shot.apart)
    box = (round(at[0]) + 1, round(at[1]) + 1, 1, 1)
    if who in PLAYERS:
        return Thing(name="figure", box=box, owner=_SEATS[who])
    return Thing(name="robber", box=box, velocity=velocity)


def _find_robbers(shot: Shot) -> list[Cell]:
    cells = [_round(find_cell(shot.now.ram, who)) for who in ROBBERS]
    return [cell for cell in cells if cell is not None]


def _look_round(walls: Walls, cell: Cell, robbers: Sequence[Cell]) -> list[_Way]:
    """Returns where each open way leads, without coming back through the cell."""
    ways: list[_Way] = []
    seen = explore(walls, cell)
    for stick in list_open(walls, cell):
        run, at = 1, walk(cell, stick)
        while set(list_open(walls, at)) == {stick, _BACK[stick]}:
            run, at = run + 1, walk(at, stick)
        end = "the exit" if at[0] >= COLUMNS else _ENDS.get(len(list_open(walls, at)), "a branching")
        to_exit, to_robber = (
            min((seen[goal][0] for goal in goals if seen.get(goal, _NOWHERE)[1] in (stick, "NOOP")), default=_FAR)
            for goals in (find_exits(walls), robbers)
        )
        ways.append(_Way(stick, run, end, to_exit, to_robber))
    return ways


_BACK: Mapping[str, str] = {"UP": "DOWN", "DOWN": "UP", "LEFT": "RIGHT", "RIGHT": "LEFT"}


def _tell_ways(ways: Sequence[_Way]) -> tuple[str, ...]:
    lines: list[str] = []
    for way in ways:
        parts = [f"{count_of(way.run, 'cell')} to {way.end}"]
        parts.append(f"exit {way.to_exit} steps" if way.to_exit < _FAR else "not to the exit")
        parts += [f"robber {way.to_robber} steps"] if way.to_robber < _FAR else []
        lines.append(f"Way {way.name.lower()}: {'; '.join(parts)}")
    return tuple(lines)


def _judge(way: _Way | None, best: int, *, waits: bool) -> tuple[str, ...]:
    if way is None:
        return ("wait",) if waits else ("into a wall",)
    goal = "towards the exit" if way.to_exit == best < _FAR else "away from the exit"
    danger = "a robber near that way" if way.to_robber <= _NEAR else "no robber near that way"
    return (goal, f"{goal}, {danger}", f"{goal}, to {way.end}")
