"""Words for Basketball Pong and Volleyball Pong: players that run on a floor and jump, and a ball that falls."""

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from universe.atari.shot import Ram
from universe.renderers.atari.pong_family import Court, CourtRenderer
from universe.renderers.atari.scene import Offset, Thing
from universe.renderers.atari.shapes import Box
from universe.renderers.atari.words import find_offset
from universe.view import View

_COLUMNS = (8, 152)
_JUMP = 51
"""Pixels by which a jump lifts a player, at once and for as long as the button is held."""

_FALL = 1 / 8
"""Pixels per frame by which the ball falls faster each frame, measured in free flight."""

_FLOORS = (150, 150, 112, 112)
"""By seat: a player whose upper edge lies above this row is in the air."""

_COURT = Court(name="player", lefts=(47, 47, 49, 49), sizes=((16, 4), (16, 4), (8, 4), (8, 4)), columns=_COLUMNS)


class FloorRenderer(CourtRenderer):
    """What both games share."""

    verbs: Mapping[str, str] = MappingProxyType({"FIRE": "jump", "RIGHTFIRE": "jump right", "LEFTFIRE": "jump left"})
    serves = "jump"
    court = _COURT
    colors: tuple[str, str] = ("", "")
    """Of the right and the left side."""

    def find_paddle(self, number: int, ram: Ram, earlier: Ram | None) -> Thing | None:
        """Returns a player, without a motion where it has jumped or come down: both are done at once."""
        thing = super().find_paddle(number, ram, earlier)
        leaps = thing is not None and thing.velocity is not None and thing.velocity[1] != 0
        return replace(thing, velocity=None) if thing is not None and leaps else thing

    def find_note(self, number: int, box: Box) -> str:
        """Returns whether a player is in the air."""
        return "in the air" if box[1] < _FLOORS[number] else ""

    def find_crossing(self, ball: Thing, own: Thing) -> Offset | None:
        """Returns where the falling ball will come down to a player's height, side walls counted, other players not."""
        height = find_offset(ball, own)[1]
        across, down = ball.velocity or (0.0, 0.0)
        if height >= 0:
            return None
        time = (math.sqrt(down * down - 2 * _FALL * height) - down) / _FALL
        first, last = _COLUMNS[0] + 0.5, _COLUMNS[1] - 1.5  # of the ball's middle
        span = last - first
        run = (ball.center[0] - first + across * time) % (2 * span)
        return (first + (run if run <= span else 2 * span - run) - own.center[0], 0.0)

    def tell_player(self, view: View) -> str:
        """Returns which player a seat is, and how it moves."""
        number = view.seats.index(view.seat)
        right = self.teams[view.seat] == "right"
        color, side = (self.colors[0], "right") if right else (self.colors[1], "left")
        size, floor = ("16 wide", 172) if number < 2 else ("8 wide, in the upper row", 140)
        bounds = "x 77 to 151" if right else "x 8 to 83"
        return (
            f"You are the {color} player on the {side} half ({size}, standing at y {floor}; {bounds}). left and right "
            f"move you about 3 pixels a frame, and you glide on for about 7; `jump` lifts you {_JUMP} pixels at once "
            "while it is held, and serves. "
        )


class BasketballPongRenderer(FloorRenderer):
    """Two hoops, one to each side."""

    colors = ("green", "gold")

    def brief(self, view: View) -> str:
        """Returns the seat's player and hoop."""
        mine, theirs = (24, 136) if self.teams[view.seat] == "right" else (136, 24)
        return (
            f"{self.tell_player(view)}You score in the far hoop (16 wide, middle at x {mine}, y 86), your rival in the "
            f"one above you (x {theirs}, y 86). Walls: x 8 and 151, y 34; floor: y 193."
        )


class VolleyballPongRenderer(FloorRenderer):
    """A net in the middle."""

    colors = ("light-blue", "gold")

    def brief(self, view: View) -> str:
        """Returns the seat's player, and where the net is."""
        return (
            f"{self.tell_player(view)}The net stands in the middle (x 76 to 83, from y 130 down). A ball on the floor "
            "(y 193) of your half, or in the net from it, is the rivals' point. Walls: x 8 and 151, y 34."
        )
