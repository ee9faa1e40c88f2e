"""Words for Ice Hockey: two teams of two men and a puck, read from the console's RAM."""

from collections.abc import Callable

from universe.atari.digits import read_decimal
from universe.atari.shot import Ram, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.motion import subtract
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.words import octant, place
from universe.renderers.atari.words import subtract as offset
from universe.view import View

SEATS = ("first_0", "second_0")
ROWS, COLUMNS = 53, 57
"""The first of four bytes of y and of x: the upper men of the first and the second team, then the lower men."""

HEADS = (169, 168)
"""The row of a man's head where his byte is 0, by team; rows are counted from the bottom."""

STEERED = (108, 109)
"""The bytes of the number of the man whom each seat steers."""

MAN, PUCK = (8, 20), (2, 2)
"""Columns and rows."""

PUCK_BYTES = (52, 51)
POINTS = (10, 11)
MINUTES, SECONDS = 7, 6
GOALS = ((79.5, 42.0), (79.5, 184.0))
"""The middle of the goal that each seat defends."""

SKATER, OTHER = "skater", "other man"


class IceHockeyRenderer(AtariRenderer):
    """The puck, your men and the rival's from the man you steer."""

    level = "exact"

    aims = ("puck", "rival")

    def see(self, shot: Shot) -> Scene:
        """Returns the puck and the four men, the steered ones first."""
        ram = shot.now.ram
        steered = [_find_steered(ram, team) for team in range(len(SEATS))]
        others = [(team + (2 if man < 2 else 0), team) for team, man in enumerate(steered)]
        men = [_find_man(shot, man, team, SKATER) for team, man in enumerate(steered)]
        puck = Thing(name="puck", box=(*_place_puck(ram), *PUCK), velocity=_move(shot, _place_puck))
        return Scene(
            things=(puck, *men, *(_find_man(shot, man, team, OTHER) for man, team in others)),
            own_lines={seat: (_tell_goal(men[team], 1 - team),) for team, seat in enumerate(SEATS)},
            scores={seat: read_decimal(ram, POINTS[team]) for team, seat in enumerate(SEATS)},
            clock=f"{int(ram[MINUTES]) & 15}:{int(ram[SECONDS]) >> 4}{int(ram[SECONDS]) & 15}",
        )

    def brief(self, view: View) -> str:
        """Returns the seat's team and goal, and whom it steers."""
        team, goal, other = ("blue", "top", "bottom") if view.seat == "first_0" else ("yellow", "bottom", "top")
        return (
            f"You are the {team} team of two men; your goal is at the {goal}, the rival's at the {other} (x 64 to "
            "95). The rink is x 32 to 127, y 42 to 185. You steer one man, mostly the one who is nearer to the puck; "
            "the other skates by himself."
        )

    def extra(self, view: View) -> tuple[str, ...]:
        """Returns where the rival's goal lies."""
        own = self.scene(view).own(view.seat)
        team = SEATS.index(view.seat)
        return () if own is None else (f"goal {octant(offset(GOALS[1 - team], own.center))}",)


def _find_steered(ram: Ram, team: int) -> int:
    """Returns the number of the man whom a seat steers."""
    man = int(ram[STEERED[team]])
    return man if man in (team, team + 2) else team


def _find_man(shot: Shot, man: int, team: int, name: str) -> Thing:
    def place_man(ram: Ram) -> Offset:
        return (int(ram[COLUMNS + man]) - 9, HEADS[team] - int(ram[ROWS + man]))

    x, y = place_man(shot.now.ram)
    taken = shot.earlier is not None and _find_steered(shot.earlier.ram, team) != _find_steered(shot.now.ram, team)
    return Thing(
        name=name,
        box=(x, y, *MAN),
        velocity=None if taken else _move(shot, place_man),
        owner=SEATS[team] if name == SKATER else None,
        whose=None if name == SKATER else SEATS[team],
        note="steered since a moment ago" if taken and name == SKATER else "",
    )


def _place_puck(ram: Ram) -> Offset:
    return (int(ram[PUCK_BYTES[0]]) - 10, 188 - int(ram[PUCK_BYTES[1]]))


def _move(shot: Shot, place_it: Callable[[Ram], Offset]) -> Offset | None:
    return subtract(place_it(shot.now.ram), place_it(shot.earlier.ram), shot.apart) if shot.earlier else None


def _tell_goal(man: Thing, team: int) -> str:
    return f"Rival's goal: {place(offset(GOALS[team], man.center))}"
