"""Scripted players of the games with paddles; they read nothing but the text."""

import math
from collections.abc import Callable, Sequence

from langgym.bench.atari.contest import Player
from langgym.bench.atari.statements import Statement, find_label, read_statements

_FALL = 1 / 8
"""Pixels per frame by which the volleyball falls faster each frame."""

_VOLLEY_FRAMES = 6
"""Frames of a decision of volleyball pong."""


def fold(place: float, first: float, last: float) -> float:
    """Returns where something that runs to and fro between two walls is.

    >>> fold(5, 0, 10), fold(13, 0, 10), fold(-3, 0, 10)
    (5, 7, 3)
    """
    span = last - first
    run = (place - first) % (2 * span)
    return first + (run if run <= span else 2 * span - run)


def steer(gap: float, reach: float, less: str, more: str) -> str:
    """Returns the stick that closes a gap, or none within reach."""
    return more if gap > reach else less if gap < -reach else "wait"


class Glider:
    """Steers what glides on after its stick is let go, and so remembers the stick it has held last."""

    def __init__(self, find_gap: Callable[[str], float | str], *, sticks: tuple[str, str], glide: float) -> None:
        """Takes what reads the gap (or a stick to press at once), two sticks, and how many pixels they glide on."""
        self._find_gap = find_gap
        self._less, self._more = sticks
        self._glide = glide
        self._pending = 0.0

    def __call__(self, text: str, names: Sequence[str]) -> str:
        """Returns the stick that closes the gap."""
        gap = self._find_gap(text)
        if isinstance(gap, str):
            return gap
        stick = steer(gap - self._pending, 0.8 * self._glide, self._less, self._more)
        self._pending = {self._less: -self._glide, self._more: self._glide}.get(stick, 0.0)
        return stick


def _find(text: str) -> tuple[Statement | None, Statement | None]:
    statements = read_statements(text)
    return find_label(statements, "You ("), find_label(statements, "Ball")


def find_pong_gap(text: str) -> float | str:
    """Returns how far below a paddle the ball will cross its line; else how far it is from the middle."""
    own, ball = _find(text)
    if own is None or ball is None:
        return "fire" if ", with fire" in text else "wait"
    if ball.motion and ball.at[0] * ball.motion[0] < 0:
        crossing = own.at[1] + ball.at[1] - ball.motion[1] * ball.at[0] / ball.motion[0]
        return fold(crossing, 36, 191) - own.at[1]
    return (114 - own.at[1]) / 2


def find_volleyball_gap(text: str) -> float | str:
    """Returns how far a player must go to the right to be under the ball, a little behind it, to send it over."""
    own, ball = _find(text)
    if own is None or ball is None:
        return "jump" if ", with jump" in text else "wait"
    middle, behind = (116, 4) if own.at[0] > 80 else (44, -4)
    place = own.at[0] + ball.at[0]
    if ball.motion and ball.at[1] < 0:
        down = ball.motion[1] / _VOLLEY_FRAMES
        frames = (math.sqrt(down * down - 2 * _FALL * ball.at[1]) - down) / _FALL
        place = fold(place + ball.motion[0] / _VOLLEY_FRAMES * frames, 8, 151)
    is_mine = (place > 76) == (middle > 80)
    return (place + behind if is_mine else middle) - own.at[0]


def decide_tennis(text: str, names: Sequence[str]) -> str:
    """Returns the stick that takes a player to where the ball will pass it, else back to the middle."""
    statements = read_statements(text)
    own, shadow = find_label(statements, "You ("), find_label(statements, "Shadow")
    if "You serve" in text and shadow is not None:
        way = steer(shadow.at[0], 6, "left", "right")
        return "fire" if way == "wait" else way
    if own is None or shadow is None or not shadow.motion:
        return "wait"
    gap = 80 - own.at[0]
    if shadow.at[1] * shadow.motion[1] < 0:
        gap = shadow.at[0] - shadow.motion[0] * shadow.at[1] / shadow.motion[1]
    return steer(gap, 6, "left", "right")


def decide_breakout(text: str, names: Sequence[str]) -> str:
    """Returns the stick that takes the paddle under the ball: where it will come down, else where it is."""
    own, ball = _find(text)
    if own is None or ball is None or not ball.motion:
        return "fire"
    gap = ball.at[0]
    if ball.motion[1] > 0:
        place = own.at[0] + ball.at[0] - ball.motion[0] * ball.at[1] / ball.motion[1]
        gap = fold(place, 8.5, 150.5) - own.at[0]
    motion = own.motion[0] if own.motion else 0.0
    return steer(gap - motion / 2, 8, "left", "right")


PLAYERS: dict[str, Player] = {
    "atari/pong_v3": Player(
        make=lambda: Glider(find_pong_gap, sticks=("up", "down"), glide=13),
        seats=("first_0", "second_0"),
        max_turns=500,
    ),
    "atari/volleyball_pong_v3": Player(
        make=lambda: Glider(find_volleyball_gap, sticks=("left", "right"), glide=8),
        seats=("first_0", "second_0"),
        max_turns=400,
    ),
    "atari/tennis_v3": Player(make=lambda: decide_tennis, seats=("first_0", "second_0"), max_turns=300),
    "atari/breakout_v1": Player(make=lambda: decide_breakout, max_turns=500),
}
"""By environment."""
