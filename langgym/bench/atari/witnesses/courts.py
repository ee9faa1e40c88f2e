"""Witnesses of the games of the Video Olympics: pixels where the text comes from RAM."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from langgym.bench.atari.statements import find_label, read_statements
from langgym.bench.atari.witness import Spot, Spots, Witness
from universe.atari.shot import Look, Screen, Shot

Mask = NDArray[np.bool_]

Area = tuple[int, int, int, int]
"""Left, top, right and bottom; the last two are not in it."""

TOP, BOTTOM = 34, 194
"""Rows of the courts of the Video Olympics."""

_DIGITS = (0x7B6F, 0x2492, 0x73E7, 0x72CF, 0x5BC9, 0x79CF, 0x49EF, 0x7249, 0x7BEF, 0x7BC9)
"""How that cartridge draws figures: three by five dots, row by row from the top left."""

_LEFT_FIGURE, _RIGHT_FIGURE = 36, 116


@dataclass(frozen=True, slots=True, kw_only=True)
class Paddle:
    """How a seat's paddle is found among pixels."""

    color: int
    areas: tuple[Area, ...]
    """Where it can be; the first area with enough of its colour counts."""
    fewest: int = 4
    """Pixels that are enough."""
    crossed: tuple[Area, ...] = ()
    """Where another thing of its colour may run into it: nothing is known while its colour is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """How a game of the cartridge is read from pixels."""

    paddles: Mapping[str, Paddle]
    ball: int
    """The ball's colour."""
    scenery: tuple[Area, ...] = ()
    """What has the ball's colour all the time."""
    hides: bool = False
    """Whether the ball may be lost before the scenery."""
    near: tuple[Area, ...] = ()
    """Where a ball may just have been hit, so that its last step says nothing on its next."""


def find_middle(mask: Mask, *, left: int = 0, top: int = 0) -> Spot | None:
    """Returns the middle of the rectangle round the pixels of a mask, whose corner lies at (left, top)."""
    rows, columns = np.nonzero(mask)
    if not rows.size:
        return None
    return (left + (int(columns.min()) + int(columns.max())) / 2, top + (int(rows.min()) + int(rows.max())) / 2)


def find_color(screen: Screen, color: int, area: Area) -> Spot | None:
    """Returns the middle of what has a colour in an area."""
    left, top, right, bottom = area
    return find_middle(screen[top:bottom, left:right] == color, left=left, top=top)


def find_ball(screen: Screen, court: Court) -> Spot | None:
    """Returns the middle of what has the ball's colour and is no scenery."""
    mask = screen == court.ball
    mask[:TOP] = False
    mask[BOTTOM:] = False
    for left, top, right, bottom in court.scenery:
        mask[top:bottom, left:right] = False
    return find_middle(mask)


def find_spots(look: Look, court: Court) -> Spots:
    """Returns where paddles and ball are; the ball as two spots of two frames, since its speed is judged elsewhere."""
    spots: dict[str, Sequence[Spot]] = {}
    for seat, paddle in court.paddles.items():
        found = find_paddle(look.screen, paddle)
        if found is not None:
            spots[seat] = [found]
    ball = find_ball(look.screen, court)
    if ball is not None:
        spots["ball"] = [ball, find_ball(look.before, court) or ball]
    elif not court.hides:
        spots["ball"] = []
    return spots


def find_paddle(screen: Screen, paddle: Paddle) -> Spot | None:
    """Returns the middle of a paddle; `None` where its colour does not tell."""
    if any(bool((screen[top:bottom, left:right] == paddle.color).any()) for left, top, right, bottom in paddle.crossed):
        return None
    for left, top, right, bottom in paddle.areas:
        mask = screen[top:bottom, left:right] == paddle.color
        if int(mask.sum()) >= paddle.fewest:
            return find_middle(mask, left=left, top=top)
    return None


def judge_court(text: str, seat: str, shot: Shot, *, court: Court, frames: int) -> list[bool]:
    """Returns whether the score is what the figures show, and whether the ball goes on as it went in the last frame."""
    verdicts: list[bool] = []
    shown = read_score(shot.now.screen, seat)
    if shown is not None and shown == read_score(shot.now.before, seat):  # figures follow a frame late
        said = re.search(r"^Score: (?:you|your side) (\d+), rivals? (\d+)", text, re.MULTILINE)
        verdicts.append(said is not None and (int(said[1]), int(said[2])) == shown)
    now, before = find_ball(shot.now.screen, court), find_ball(shot.now.before, court)
    statement = find_label(read_statements(text), "Ball")
    if now and before and statement and statement.motion and not _is_hit(now, shot.now.screen, court):
        step = (now[0] - before[0], now[1] - before[1])
        verdicts.append(
            all(abs(one - other * frames) <= frames + 1 for one, other in zip(statement.motion, step, strict=True))
        )
    return verdicts


def read_score(screen: Screen, seat: str) -> tuple[int, int] | None:
    """Returns a seat's score and its rivals' as they are drawn; `None` where they cannot be read."""
    right, left = _read_figures(screen, _RIGHT_FIGURE), _read_figures(screen, _LEFT_FIGURE)
    if right is None or left is None:
        return None
    return (right, left) if seat in ("first_0", "third_0") else (left, right)


def _read_figures(screen: Screen, left: int) -> int | None:
    figures: list[int] = []
    for start in (left - 16, left):
        dots = screen[3:21:4, start + 1 : start + 12 : 4] != screen[0, 80]
        bits = int("".join("1" if dot else "0" for dot in dots.ravel()), 2)
        if bits in _DIGITS:
            figures.append(_DIGITS.index(bits))
        elif bits:
            return None
    return int("".join(map(str, figures))) if figures else None


def _is_hit(ball: Spot, screen: Screen, court: Court) -> bool:
    """Returns whether a ball may just have been hit: near a wall or a paddle."""
    if any(left <= ball[0] < right and top <= ball[1] < bottom for left, top, right, bottom in court.near):
        return True
    middles = [find_paddle(screen, paddle) for paddle in court.paddles.values()]
    return any(middle and abs(middle[0] - ball[0]) < 16 and abs(middle[1] - ball[1]) < 14 for middle in middles)


def watch_court(court: Court, frames: int) -> Witness:
    """Returns the witness of a game of the Video Olympics whose decisions take so many frames."""
    return Witness(
        source="pixels", spots=partial(find_spots, court=court), judge=partial(judge_court, court=court, frames=frames)
    )


def _whole(color: int, left: int, right: int) -> Paddle:
    return Paddle(color=color, areas=((left, TOP, right, BOTTOM),))


_PONG = Court(
    paddles={"first_0": _whole(200, 138, 146), "second_0": _whole(56, 14, 22)},
    ball=14,
    near=((0, 0, 30, 210), (130, 0, 160, 210), (0, 0, 160, 44), (0, 182, 160, 210)),
)

_FLOOR, _AIR = (165, 175), (115, 125)
"""Rows in which a player of the lower row stands, and is in the air."""

_HIGH_FLOOR, _HIGH_AIR = (134, 144), (84, 94)


def _runner(color: int, rows: tuple[tuple[int, int], ...]) -> Paddle:
    return Paddle(color=color, areas=tuple((8, top, 152, bottom) for top, bottom in rows), fewest=12)


_WALLS: tuple[Area, ...] = ((0, TOP, 8, BOTTOM), (152, TOP, 160, BOTTOM))
_EDGES: tuple[Area, ...] = ((0, 0, 14, 210), (146, 0, 160, 210), (0, 0, 160, 44), (0, 182, 160, 210))

_BASKETBALL = Court(
    paddles={"first_0": _runner(200, (_FLOOR, _AIR)), "second_0": _runner(44, (_FLOOR, _AIR))},
    ball=154,
    scenery=(*_WALLS, (16, 82, 32, 90), (128, 82, 144, 90)),
    hides=True,
    near=(*_EDGES, (8, 74, 40, 98), (120, 74, 152, 98)),
)

_VOLLEYBALL = Court(
    paddles={
        "first_0": _runner(154, (_FLOOR, _AIR)),
        "second_0": _runner(44, (_FLOOR, _AIR)),
        "third_0": _runner(154, (_HIGH_FLOOR, _HIGH_AIR)),
        "fourth_0": _runner(44, (_HIGH_FLOOR, _HIGH_AIR)),
    },
    ball=14,
    scenery=(*_WALLS, *((76, top, 84, top + 8) for top in (130, 146, 162, 178))),
    hides=True,
    near=(*_EDGES, (68, 122, 92, 194)),
)

_CORNERS: tuple[Area, ...] = ((0, TOP, 8, 74), (152, TOP, 160, 74), (0, 154, 8, BOTTOM), (152, 154, 160, BOTTOM))


_QUADRAPONG = Court(
    paddles={
        "first_0": Paddle(color=118, areas=((0, 178, 139, 182), (143, 178, 160, 182)), fewest=36),
        "second_0": Paddle(color=24, areas=((19, 41, 160, 45),), fewest=36),
        "third_0": Paddle(
            color=118, areas=((139, TOP, 143, BOTTOM),), crossed=((124, 176, 139, 184), (143, 176, 160, 184))
        ),
        "fourth_0": Paddle(color=24, areas=((15, TOP, 19, BOTTOM),), crossed=((0, 39, 15, 47), (19, 39, 34, 47))),
    },
    ball=14,
    scenery=_CORNERS,
    near=((0, 0, 30, 210), (130, 0, 160, 210), (0, 0, 160, 56), (0, 166, 160, 210)),
)

_FOOZPONG = Court(paddles={}, ball=14, scenery=_CORNERS, near=((0, 0, 160, 46), (0, 182, 160, 210)))

_MEN = {"first_0": (118, 102, 134), "second_0": (24, 22, 54), "third_0": (118, 38, 70), "fourth_0": (24, 86, 118)}
"""Colour and left edges of each seat's columns of men."""


_FIRST = 89.5
"""The least height at which a man counts as the one in the middle; the next one lies 64 below."""


def find_men(screen: Screen, seat: str) -> list[float]:
    """Returns the heights of the middles of a seat's men that are to be seen whole."""
    color, left, _ = _MEN[seat]
    rows = np.flatnonzero((screen[TOP:BOTTOM, left : left + 4] == color).all(axis=1)) + TOP
    men = np.split(rows, np.flatnonzero(np.diff(rows) > 8) + 1)
    return [float(man[0] + man[-1]) / 2 for man in men if man.size and man[0] > TOP + 2 and man[-1] < BOTTOM - 3]


def find_foozpong(look: Look) -> Spots:
    """Returns ball and the men whose middle lies nearest to that of the court."""
    spots = dict(find_spots(look, _FOOZPONG))
    for seat, (_, left, right) in _MEN.items():
        men = [man for man in find_men(look.screen, seat) if _FIRST - 3 < man < _FIRST + 67]
        if len(men) == 1 and _FIRST + 2 < men[0] < _FIRST + 62:  # else the next man may be the one in the middle
            spot = ((left + right + 3) / 2, men[0])
            spots[seat] = [spot] if _FIRST + 22 < men[0] < _FIRST + 42 else [spot, spot]  # it may have taken turns
    return spots


def judge_foozpong(text: str, seat: str, shot: Shot, *, frames: int) -> list[bool]:
    """Returns whether score and ball are right, and each of the seat's men that is to be seen whole."""
    said = re.search(r"men at y ([\d, ]+)\.", text)
    heights = [float(height) for height in said[1].split(", ")] if said else []
    found = find_men(shot.now.screen, seat)
    men = [any(abs(height - man) <= 3 for height in heights) for man in found]
    return judge_court(text, seat, shot, court=_FOOZPONG, frames=frames) + men


COURTS: dict[str, Witness] = {
    "atari/pong_v3": watch_court(_PONG, 4),
    "atari/basketball_pong_v3": watch_court(_BASKETBALL, 6),
    "atari/volleyball_pong_v3": watch_court(_VOLLEYBALL, 6),
    "atari/foozpong_v3": Witness(source="pixels", spots=find_foozpong, judge=partial(judge_foozpong, frames=6)),
    "atari/quadrapong_v4": watch_court(_QUADRAPONG, 4),
}
"""By environment."""
