"""Words for Pong, and for Quadrapong, in which two of four seats move across."""

from collections.abc import Mapping
from types import MappingProxyType

from universe.atari.shot import Shot
from universe.renderers.atari.pong_family import Court, CourtRenderer
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.words import find_offset
from universe.view import Facts, View

UPRIGHT_VERBS = {"RIGHT": "up", "LEFT": "down", "RIGHTFIRE": "fire up", "LEFTFIRE": "fire down"}
"""Paddles are turned by a knob: its right is up."""

UPRIGHT_WAYS: dict[str, Offset] = {"RIGHT": (0, -1), "LEFT": (0, 1)}

_WALLS = "The court reaches from y 34 to y 193, with walls above and below"
_SIDES = {"right": ("green", "right edge (x 142)", "left"), "left": ("orange", "left edge (x 18)", "right")}


class PongRenderer(CourtRenderer):
    """Two paddles, or four with two at each side."""

    verbs = UPRIGHT_VERBS
    ways = UPRIGHT_WAYS
    axis = "y"
    court = Court(name="paddle", lefts=(48, 48, 49, 49), sizes=((4, 16), (4, 16), (4, 14), (4, 14)), bent=True)

    def brief(self, view: View) -> str:
        """Returns the seat's paddle and its rivals'."""
        color, edge, other = _SIDES[self.teams[view.seat]]
        dashed = "dashed " if view.seats.index(view.seat) > 1 else ""
        rivals = f"your rival plays at the {other} edge."
        if len(view.seats) > 2:
            rivals = f"a mate moves along the same line, and two rivals at the {other} edge."
        return (
            f"You are the {dashed}{color} paddle at the {edge}, 16 high; {rivals} {_WALLS}. `up` and `down` move you "
            "about 5 pixels a frame, and you glide on for about 12; `fire` serves, and held after your own hit it "
            "doubles how fast the ball rises or falls."
        )


class _UprightRenderer(CourtRenderer):
    """Quadrapong for the seats at the left and right edges."""

    verbs = UPRIGHT_VERBS
    ways = UPRIGHT_WAYS
    axis = "y"
    court = Court(name="paddle", lefts=(47, 47, 49, 49), sizes=((16, 4), (16, 4), (4, 14), (4, 14)))

    def brief(self, view: View) -> str:
        """Returns the seat's paddle, goal, mate and rivals."""
        return _tell_quadrapong(view)


class _LyingRenderer(_UprightRenderer):
    """Quadrapong for the seats at the lower and upper edges."""

    verbs: Mapping[str, str] = MappingProxyType({})
    ways: Mapping[str, Offset] = MappingProxyType({})
    axis = "x"

    def ahead(self, view: View) -> int:
        """Returns that left and right are what they are: a seat looks up or down the court."""
        return 0

    def find_crossing(self, ball: Thing, own: Thing) -> Offset | None:
        """Returns where the ball will cross the seat's line on its present course."""
        gap = find_offset(ball, own)
        across, down = ball.velocity or (0.0, 0.0)
        return (gap[0] - gap[1] * across / down, 0.0) if down and gap[1] * down < 0 else None


class QuadrapongRenderer(_UprightRenderer):
    """Four paddles, one at each edge; words are right for the way a seat moves."""

    _lying, _upright = _LyingRenderer(), _UprightRenderer()

    def _by_way(self, view: View) -> CourtRenderer:
        return self._lying if view.seats.index(view.seat) < 2 else self._upright

    def see(self, shot: Shot) -> Scene:
        """Returns ball and paddles, or whose serve it is."""
        return self._upright.see(shot)

    def words(self, view: View) -> list[str]:
        """Returns the sticks' words for a seat's edge."""
        return self._by_way(view).words(view)

    def situation(self, view: View) -> str:
        """Returns ball and crossing along the line on which a seat moves."""
        return self._by_way(view).situation(view)

    def facts(self, view: View) -> Facts:
        """Returns facts along the line on which a seat moves."""
        return self._by_way(view).facts(view)


def _tell_quadrapong(view: View) -> str:
    edge, line, goal = {
        "first_0": ("violet paddle at the lower edge", "y 180, 16 wide", "left or right"),
        "second_0": ("gold paddle at the upper edge", "y 43, 16 wide", "left or right"),
        "third_0": ("dashed violet paddle at the right edge", "x 140, 14 high", "up or down"),
        "fourth_0": ("dashed gold paddle at the left edge", "x 16, 14 high", "up or down"),
    }[view.seat]
    mate = {"first_0": "third_0", "second_0": "fourth_0", "third_0": "first_0", "fourth_0": "second_0"}[view.seat]
    return (
        f"You are the {edge} ({line}) and move {goal}, about 5 pixels a frame, gliding on for about 12. Every edge has "
        f"a goal behind it: x 48 to 111 above and below, y 74 to 153 left and right; the corners are walls. {mate} is "
        "your mate: a ball in your goal or your mate's is a point for the rivals. `fire` serves."
    )
