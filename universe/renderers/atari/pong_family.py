"""What the games of the Video Olympics cartridge share: paddles, ball and serves, all read from RAM."""

from collections.abc import Sequence
from dataclasses import dataclass

from universe.atari.shot import APART, Ram, Shot
from universe.renderers.atari.game import AtariRenderer
from universe.renderers.atari.measure import Aim
from universe.renderers.atari.motion import subtract
from universe.renderers.atari.scene import Offset, Scene, Thing
from universe.renderers.atari.shapes import Box
from universe.renderers.atari.words import find_offset
from universe.view import View

SEATS = ("first_0", "second_0", "third_0", "fourth_0")
TEAMS = {"first_0": "right", "second_0": "left", "third_0": "right", "fourth_0": "left"}

TOP, BOTTOM = 34, 194
"""The rows between which a court lies; the second is the first row of the lower wall."""

# Addresses by regression of all 128 bytes against the pixels of random play; no pixel off.
_X, _Y = (46, 45, 48, 47), (51, 50, 53, 52)
_EDGES = (14, 15, 15, 14)  # the picture is drawn in pairs of rows, which begin at other rows for each sprite
_BALL_X, _BALL_Y, _BALL_LEFT, _BALL_TOP = 49, 54, 49, 14
_BALL_ACROSS, _BALL_DOWN = 58, 56  # the first counts to the left
_RIGHT_SCORE, _LEFT_SCORE = 14, 13
_PAUSE = 11  # frames until a serve is possible, plus one
_LAST = 18  # who has touched the ball last: second, first, fourth, third; after a point the side that serves
_LEAP = 80.0  # pixels in eight frames: more than a paddle moves, or jumps


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """How a game of the cartridge draws its paddles."""

    name: str
    """What a paddle is called."""
    lefts: tuple[int, int, int, int]
    """By seat: what its byte of x is ahead of its left edge."""
    sizes: tuple[tuple[int, int], ...]
    """By seat: width and height."""
    columns: tuple[int, int] = (0, 160)
    """Left and right bound of what is to be seen."""
    bent: bool = False
    """Whether the button bends the ball that its seat has hit last."""


class CourtRenderer(AtariRenderer):
    """Words for one game of the cartridge; a game says how its paddles are drawn."""

    level = "exact"

    court: Court
    teams = TEAMS
    aims = ("ball",)
    serves = "fire"
    """The word for the button."""

    def see(self, shot: Shot) -> Scene:
        """Returns ball and paddles, or whose serve it is."""
        ram, earlier = shot.now.ram, shot.earlier.ram if shot.earlier else None
        seats = SEATS[: len(shot.scores)]
        ball = self.find_ball(ram)
        paddles = [self.find_paddle(number, ram, earlier) for number in range(len(seats))]
        return Scene(
            things=(*([ball] if ball else []), *(paddle for paddle in paddles if paddle)),
            own_lines={} if ball else {seat: (tell_serve(ram, seat, len(seats), self.serves),) for seat in seats},
            scores={seat: int(ram[_RIGHT_SCORE if TEAMS[seat] == "right" else _LEFT_SCORE]) for seat in seats},
            phase="" if ball else find_phase(ram),
        )

    def find_ball(self, ram: Ram) -> Thing | None:
        """Returns the ball with its speed at this moment; `None` between a point and the serve."""
        if not ram[_BALL_Y]:
            return None
        box = clip((int(ram[_BALL_X]) - _BALL_LEFT, int(ram[_BALL_Y]) - _BALL_TOP, 2, 4), self.court.columns)
        return Thing(name="ball", box=box, velocity=self.find_speed(ram)) if box else None

    def find_speed(self, ram: Ram) -> Offset:
        """Returns the ball's pixels per frame to the right and down."""
        across, down = -_sign(ram[_BALL_ACROSS]), _sign(ram[_BALL_DOWN])
        bent = self.court.bent and ram[_LAST] < len(SEATS) and ram[63 + int(ram[_LAST])] == 0
        return (float(across), float(2 * down if bent else down))

    def find_paddle(self, number: int, ram: Ram, earlier: Ram | None) -> Thing | None:
        """Returns the part of a seat's paddle that is to be seen."""
        box = self.find_box(number, ram)
        if box is None:
            return None
        before = self.find_box(number, earlier) if earlier is not None else None
        return Thing(
            name=self.court.name,
            box=box,
            owner=SEATS[number],
            note=self.find_note(number, box),
            velocity=measure(find_middle(box), find_middle(before)) if before else None,
        )

    def find_box(self, number: int, ram: Ram) -> Box | None:
        """Returns the rectangle of a seat's paddle that is to be seen."""
        width, height = self.court.sizes[number]
        left, top = int(ram[_X[number]]) - self.court.lefts[number], find_top(number, ram)
        return clip((left, top, width, height), self.court.columns)

    def find_note(self, number: int, box: Box) -> str:
        """Returns what else there is to say of a paddle."""
        return ""

    def ahead(self, view: View) -> int:
        """Returns that the right side faces left."""
        return -1 if TEAMS[view.seat] == "right" else 1

    def tell_score(self, scene: Scene, view: View) -> Sequence[str]:
        """Returns the line on the score, by side where four play."""
        if len(view.seats) == 2 or scene.scores is None:
            return super().tell_score(scene, view)
        mine, theirs = (scene.scores[seat] for seat in (view.seat, _find_rival(view)))
        return [f"Score: your side {mine}, rivals {theirs}"]

    def extra(self, view: View) -> Sequence[str]:
        """Returns whose serve it is."""
        scene = self.scene(view)
        if scene.phase != "serve":
            return ()
        return ("mine to serve",) if ", with " in scene.own_lines[view.seat][0] else ("theirs to serve",)

    def find_aims(self, view: View) -> list[Aim]:
        """Returns the ball and, where it comes a seat's way, the point at which it will cross the seat's line."""
        aims = super().find_aims(view)
        own = self.scene(view).own(view.seat)
        ball = next(iter(self.scene(view).find("ball")), None)
        crossing = self.find_crossing(ball, own) if ball and own else None
        return [*aims, Aim("the crossing", crossing)] if crossing else aims

    def find_crossing(self, ball: Thing, own: Thing) -> Offset | None:
        """Returns where the ball will cross the line on which a seat moves, as seen from the seat."""
        return cross_upright(ball, own)


def find_middle(box: Box) -> Offset:
    """Returns the middle of a rectangle."""
    x, y, width, height = box
    return (x + (width - 1) / 2, y + (height - 1) / 2)


def measure(now: Offset, before: Offset) -> Offset | None:
    """Returns pixels per frame between two looks; a pixel's trembling of the knob is no motion."""
    if max(abs(now[0] - before[0]), abs(now[1] - before[1])) <= 1:
        return (0.0, 0.0)
    return subtract(now, before, APART, reach=_LEAP)


def cross_upright(ball: Thing, own: Thing) -> Offset | None:
    """Returns where a ball will cross the upright line of a seat, walls above and below; `None` if it moves away."""
    gap = find_offset(ball, own)[0]
    across, down = ball.velocity or (0.0, 0.0)
    if not across or gap * across >= 0:
        return None
    first, last = TOP + 1.5, BOTTOM - 2.5  # of the ball's middle
    span = last - first
    run = (ball.center[1] - first + down * -gap / across) % (2 * span)
    return (0.0, first + (run if run <= span else 2 * span - run) - own.center[1])


def clip(box: Box, columns: tuple[int, int]) -> Box | None:
    """Returns the part of a rectangle that is on the court; `None` if none is."""
    x, y, width, height = box
    left, right = max(x, columns[0]), min(x + width, columns[1])
    top, bottom = max(y, TOP), min(y + height, BOTTOM)
    return (left, top, right - left, bottom - top) if left < right and top < bottom else None


def find_top(number: int, ram: Ram) -> int:
    """Returns the row of the upper edge of a seat's paddle, which may lie above the court."""
    return 2 * ((int(ram[_Y[number]]) + 1) // 2) - _EDGES[number]


def find_side(ram: Ram) -> str | None:
    """Returns the side that serves: `right` or `left`; `None` for the first ball, which nobody serves."""
    return {0: "left", 1: "right"}.get(int(ram[_LAST]))


def find_phase(ram: Ram) -> str:
    """Returns whether a side has to serve, or the first ball is awaited."""
    return "first ball awaited" if find_side(ram) is None else "serve"


def tell_serve(ram: Ram, seat: str, n_seats: int, button: str) -> str:
    """Returns who puts the next ball into play, as a seat is told it."""
    side = find_side(ram)
    wait = int(ram[_PAUSE]) - 1
    when = f" in {wait} frames at the earliest" if wait > 0 else " now"
    if side is None:
        return "No ball yet: the first one comes by itself."
    if side == TEAMS[seat]:
        return f"No ball: {'you serve' if n_seats == 2 else 'your side serves'}, with {button},{when}."
    return f"No ball: {'your rival serves' if n_seats == 2 else 'the rivals serve'}{when}."


def _find_rival(view: View) -> str:
    return next(seat for seat in view.seats if TEAMS[seat] != TEAMS[view.seat])


def _sign(byte: int) -> int:
    """Returns a byte as a number from -128 to 127."""
    value = int(byte)
    return value - 256 if value > 127 else value
