"""Words for Foozpong: table football, in which each seat moves rows of men up and down."""

from dataclasses import replace

from universe.atari.shot import Ram, Shot
from universe.renderers.atari.measure import Aim
from universe.renderers.atari.pong import UPRIGHT_VERBS, UPRIGHT_WAYS
from universe.renderers.atari.pong_family import BOTTOM, TOP, Court, CourtRenderer, cross_upright, find_top, measure
from universe.renderers.atari.scene import Scene, Thing
from universe.renderers.atari.shapes import Box
from universe.view import View

PITCH = 64
"""Rows from a man to the next one below him."""

_HIGH = 16
_MIDDLE = 82  # the first row at which the man in the middle may begin
_X = (46, 45, 48, 47)
_LEFTS = (48, 48, 49, 49)
_TWO_SEATS = 192  # byte of the first seat's x where two play: columns lie 64 apart and go on at the left edge


class FoozpongRenderer(CourtRenderer):
    """Each seat has two columns of three men; what is told of it is where its men in the middle are."""

    verbs = UPRIGHT_VERBS
    ways = UPRIGHT_WAYS
    axis = "y"
    court = Court(name="men", lefts=_LEFTS, sizes=((4, _HIGH),) * 4)

    def see(self, shot: Shot) -> Scene:
        """Returns ball and men, with the heights of all men of each seat."""
        scene, ram = super().see(shot), shot.now.ram
        lines = {
            seat: (*scene.own_lines.get(seat, ()), tell_men(number, ram)) for number, seat in enumerate(shot.scores)
        }
        return replace(scene, own_lines=lines)

    def find_box(self, number: int, ram: Ram) -> Box | None:
        """Returns the rectangle round a seat's men nearest to the middle of the court."""
        left, right = find_columns(number, ram)
        return (left, _MIDDLE + (find_top(number, ram) - _MIDDLE) % PITCH, right + 4 - left, _HIGH)

    def find_paddle(self, number: int, ram: Ram, earlier: Ram | None) -> Thing | None:
        """Returns a seat's men; they move as one, also where another man becomes the one in the middle."""
        thing = super().find_paddle(number, ram, None)
        if thing is None or earlier is None:
            return thing
        moved = find_top(number, ram) - find_top(number, earlier)
        return replace(thing, velocity=measure((0, moved), (0, 0)))

    def brief(self, view: View) -> str:
        """Returns the seat's men, and which goal is whose."""
        right = self.teams[view.seat] == "right"
        color = "violet" if right else "gold"
        goal, other = ("right", "left") if right else ("left", "right")
        dashed = "dashed " if view.seats.index(view.seat) > 1 else ""
        return (
            f"You move the {dashed}{color} men, two columns of three (4 wide, 16 high, 64 apart), all up or down "
            f"together, about 3 pixels a frame, gliding on for about 7. Your goal is at the {goal} edge, you score at "
            f"the {other} one (y 74 to 153); the court reaches from y 34 to y 193. Places of seats are those of their "
            "men in the middle. `fire` serves."
        )

    def find_aims(self, view: View) -> list[Aim]:
        """Returns the ball, and where it will cross the seat's next column, both from the nearest man there."""
        number, ram = view.seats.index(view.seat), self.shot(view).now.ram
        ball = next(iter(self.scene(view).find("ball")), None)
        if ball is None:
            return []
        men = find_men(number, ram)
        column = find_next(ball, find_columns(number, ram))
        aims = [Aim("the ball", (ball.center[0] - column, nearest(ball.center[1], men)), ball.velocity)]
        line = Thing(name="", box=(column - 1.5, 0, 4, 1))
        crossing = cross_upright(ball, line)
        return [*aims, Aim("the crossing", (0.0, nearest(crossing[1], men)))] if crossing else aims


def find_columns(number: int, ram: Ram) -> tuple[int, int]:
    """Returns the left edges of a seat's two columns of men."""
    left = int(ram[_X[number]]) - _LEFTS[number]
    return ((left + 64) % 160, left) if int(ram[_X[0]]) == _TWO_SEATS else (left, left + 32)


def find_men(number: int, ram: Ram) -> list[float]:
    """Returns the heights of the middles of a seat's men that are to be seen."""
    tops = [find_top(number, ram) + PITCH * man for man in range(3)]
    return [top + (_HIGH - 1) / 2 for top in tops if top + _HIGH > TOP and top < BOTTOM]


def tell_men(number: int, ram: Ram) -> str:
    """Returns the places of all of a seat's men."""
    columns = " and ".join(str(left + 2) for left in find_columns(number, ram))
    heights = ", ".join(f"{middle:.0f}" for middle in find_men(number, ram))
    return f"All your men: columns at x {columns}, men at y {heights}."


def find_next(ball: Thing, columns: tuple[int, int]) -> float:
    """Returns the middle of the column that the ball will meet next, else of the nearest."""
    middles = [left + 1.5 for left in columns]
    across = (ball.velocity or (0.0, 0.0))[0]
    before = [x for x in middles if (x - ball.center[0]) * across > 0]
    return min(before or middles, key=lambda x: abs(x - ball.center[0]))


def nearest(height: float, men: list[float]) -> float:
    """Returns how far below the nearest man a height lies."""
    return min((height - man for man in men), key=abs)
