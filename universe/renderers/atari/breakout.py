"""Words for Breakout: ball and paddle from RAM, the wall from the picture."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from universe.atari.shot import APART, Ram, Screen, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.measure import Aim
from universe.renderers.atari.motion import subtract
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.words import find_offset
from universe.view import View

ROWS = ("red", "orange", "gold", "olive", "green", "blue")
"""Rows of bricks from the top, by colour."""

N_COLUMNS = 18
_LEFT, _TOP, _WIDE, _HIGH = 8, 57, 8, 6  # of the wall and of a brick
_RIGHT = 152  # the first column of the right wall

# Addresses by regression of all 128 bytes against the pixels of random play.
_PADDLE_X, _PADDLE_LEFT, _PADDLE_TOP = 72, 47, 189
_BALL_X, _BALL_Y, _BALL_LEFT, _BALL_TOP = 99, 101, 49, 9
_BALL_ACROSS, _BALL_DOWN = 105, 103  # the first counts to the left
_HUNDREDS, _TENS, _LIVES = 76, 77, 57


class BreakoutRenderer(AtariRenderer):
    """Places on the screen; the wall as a board of rows that are not whole."""

    level = "exact"

    aims = ("ball",)
    axis = "x"

    def see(self, shot: Shot) -> Scene:
        """Returns ball, paddle and the wall."""
        ram, earlier = shot.now.ram, shot.earlier.ram if shot.earlier else None
        ball = find_ball(ram)
        [seat] = shot.scores
        return Scene(
            things=(*([ball] if ball else []), find_paddle(seat, ram, earlier)),
            lines=(*tell_wall(read_wall(shot.now.screen)), tell_balls(ram, in_play=ball is not None)),
            scores={seat: read_score(ram)},
            phase="" if ball else "serve",
        )

    def brief(self, view: View) -> str:
        """Returns the paddle, and how the wall is told."""
        return (
            "You are the red paddle at the bottom (y 191), 16 wide, between walls at x 7 and x 152. The wall above "
            "has six rows of 18 bricks, 8 wide and 6 high, from x 8 and y 57: a # is a brick, a dot is a gap; rows "
            "that are not named are whole. The paddle gathers speed, 3 to 6 pixels a frame, and glides on a little."
        )

    def find_aims(self, view: View) -> list[Aim]:
        """Returns the ball and, while it falls, where it will come down to the paddle."""
        aims, scene = super().find_aims(view), self.scene(view)
        own, ball = scene.own(view.seat), next(iter(scene.find("ball")), None)
        crossing = find_crossing(ball, own) if own and ball else None
        return [*aims, Aim("the crossing", crossing)] if crossing else aims


def find_ball(ram: Ram) -> Thing | None:
    """Returns the ball with its speed at this moment; `None` until it is served."""
    if not ram[_BALL_Y]:
        return None
    velocity = (float(-_sign(ram[_BALL_ACROSS])), float(_sign(ram[_BALL_DOWN])))
    return Thing(
        name="ball", box=(int(ram[_BALL_X]) - _BALL_LEFT, int(ram[_BALL_Y]) + _BALL_TOP, 2, 4), velocity=velocity
    )


def find_paddle(seat: str, ram: Ram, earlier: Ram | None) -> Thing:
    """Returns the part of the paddle that is not behind the right wall."""
    thing = _place_paddle(seat, ram)
    if earlier is None:
        return thing
    velocity = subtract(thing.center, _place_paddle(seat, earlier).center, APART, reach=64.0)
    return Thing(name=thing.name, box=thing.box, owner=seat, velocity=velocity)


def _place_paddle(seat: str, ram: Ram) -> Thing:
    left = int(ram[_PADDLE_X]) - _PADDLE_LEFT
    return Thing(name="paddle", box=(left, _PADDLE_TOP, min(16, _RIGHT - left), 4), owner=seat)


def find_crossing(ball: Thing, own: Thing) -> Offset | None:
    """Returns where a falling ball will come down to the paddle, side walls counted, bricks not."""
    across, down = ball.velocity or (0.0, 0.0)
    height = -find_offset(ball, own)[1]
    if down <= 0 or height <= 0:
        return None
    first, last = _LEFT + 0.5, _RIGHT - 1.5  # of the ball's middle
    span = last - first
    run = (ball.center[0] - first + across * height / down) % (2 * span)
    return (first + (run if run <= span else 2 * span - run) - own.center[0], 0.0)


def read_wall(screen: Screen) -> NDArray[np.bool_]:
    """Returns which bricks are there, by row and column."""
    middles = screen[_TOP + 2 : _TOP + 6 * _HIGH : _HIGH, _LEFT + 3 : _RIGHT : _WIDE]
    edges = screen[_TOP + 2 : _TOP + 6 * _HIGH : _HIGH, _LEFT + 6 : _RIGHT : _WIDE]
    return (middles != 0) & (edges != 0)  # a ball in a gap covers two pixels at most


def tell_wall(wall: NDArray[np.bool_]) -> Sequence[str]:
    """Returns how many bricks are left, and the rows that have gaps."""
    rows = [
        f"{color}: {''.join('#' if brick else '.' for brick in row)}"
        for color, row in zip(ROWS, wall.tolist(), strict=True)
        if not all(row)
    ]
    return (f"Bricks left: {int(wall.sum())} of {wall.size}", *rows)


def tell_balls(ram: Ram, *, in_play: bool) -> str:
    """Returns how many balls are left, and whether one has to be served."""
    left = f"Balls left: {int(ram[_LIVES])}, this one included"
    return left if in_play else f"{left}; not served yet: fire serves it"


def read_score(ram: Ram) -> int:
    """Returns the score: each half of a byte is a figure."""
    tens = int(ram[_TENS])
    return 100 * int(ram[_HUNDREDS]) + 10 * (tens >> 4) + (tens & 15)


def _sign(byte: int) -> int:
    value = int(byte)
    return value - 256 if value > 127 else value
