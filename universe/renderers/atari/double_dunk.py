"""Words for Double Dunk: two against two under one basket, read from the console's RAM."""

from collections.abc import Callable

from universe.atari.digits import read_decimal
from universe.atari.shot import Ram, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.motion import subtract
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.words import octant
from universe.renderers.atari.words import subtract as offset
from universe.view import View

SEATS = ("first_0", "second_0")
ROWS, COLUMNS = 33, 37
"""The first of four bytes of y and of x: the inner men of the first and the second team, then the outer men."""

MAN, BALL = (8, 26), (4, 4)
"""Columns and rows."""

MAN_LEFT, MAN_TOP = 11, 159
BALL_BYTES = (47, 45)
BALL_LEFT, BALL_TOP = 12, 182
"""What to add to bytes of x, and what to take bytes of y from."""

OUTER = (0, 0x80)
"""The byte and the bit that say whether both seats steer their outer men."""

WHITE_ATTACKS = (1, 0x40)
"""The byte and the bit that say whether the second seat has the attack."""

MESSAGE = 13
TURNOVER, CLEAR = 0x08, 0x10
"""The byte of the message below the court, and its bits for a turnover and for clearing the ball."""

CLEAR_IT = "The attackers must take the ball out of the arc first."

POINTS = (118, 119)
BASKET = (79.5, 45.0)
STEERED, OTHER = "man", "other man"


class DoubleDunkRenderer(AtariRenderer):
    """The ball and the four men from the man you steer, and who attacks."""

    aims = ("ball", "rival")

    def see(self, shot: Shot) -> Scene:
        """Returns the ball and the four men, the steered ones first."""
        ram = shot.now.ram
        steered = [_find_steered(ram, team) for team in range(len(SEATS))]
        men = [_find_man(shot, man, team, STEERED) for team, man in enumerate(steered)]
        others = [_find_man(shot, (man + 2) % 4, team, OTHER) for team, man in enumerate(steered)]
        ball = Thing(name="ball", box=(*_place_ball(ram), *BALL), velocity=_move(shot, _place_ball))
        white = bool(int(ram[WHITE_ATTACKS[0]]) & WHITE_ATTACKS[1])
        return Scene(
            things=(ball, *men, *others),
            own_lines={
                seat: ("You attack." if white == bool(team) else "You defend.",) for team, seat in enumerate(SEATS)
            },
            scores={seat: read_decimal(ram, POINTS[team]) for team, seat in enumerate(SEATS)},
            lines=("Play is stopped.",) if ram[MESSAGE] & TURNOVER else (CLEAR_IT,) if ram[MESSAGE] & CLEAR else (),
            phase="stopped" if ram[MESSAGE] & TURNOVER else "clear the ball" if ram[MESSAGE] & CLEAR else "",
        )

    def brief(self, view: View) -> str:
        """Returns the seat's team, the basket and whom it steers."""
        team = "teal" if view.seat == "first_0" else "white"
        return (
            f"You are the {team} team of two men. Both teams play to the one basket at the top (x 68 to 91, y 42); "
            "the court is x 8 to 151, y 74 to 180. You steer one man, the other plays by himself. Before each attack "
            "both teams choose a play: hold a direction, then let it go."
        )

    def extra(self, view: View) -> tuple[str, ...]:
        """Returns who attacks and where the basket lies."""
        scene = self.scene(view)
        own = scene.own(view.seat)
        attack = scene.own_lines[view.seat][0].rstrip(".").lower()
        return (attack,) if own is None else (attack, f"basket {octant(offset(BASKET, own.center))}")


def _find_steered(ram: Ram, team: int) -> int:
    """Returns the number of the man whom a seat steers."""
    return team + (2 if int(ram[OUTER[0]]) & OUTER[1] else 0)


def _find_man(shot: Shot, man: int, team: int, name: str) -> Thing:
    def place_man(ram: Ram) -> Offset:
        return (int(ram[COLUMNS + man]) + MAN_LEFT, MAN_TOP - int(ram[ROWS + man]))

    x, y = place_man(shot.now.ram)
    return Thing(
        name=name,
        box=(x, y, *MAN),
        velocity=_move(shot, place_man),
        owner=SEATS[team] if name == STEERED else None,
        whose=None if name == STEERED else SEATS[team],
    )


def _place_ball(ram: Ram) -> Offset:
    return (int(ram[BALL_BYTES[0]]) + BALL_LEFT, BALL_TOP - int(ram[BALL_BYTES[1]]))


def _move(shot: Shot, place_it: Callable[[Ram], Offset]) -> Offset | None:
    return subtract(place_it(shot.now.ram), place_it(shot.earlier.ram), shot.apart) if shot.earlier else None
