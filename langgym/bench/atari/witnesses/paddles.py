"""Witnesses of the games with paddles: pixels where the text comes from RAM, and the reverse."""

import re
from collections.abc import Sequence
from functools import partial

import numpy as np

from langgym.bench.atari.statements import find_label, read_statements
from langgym.bench.atari.witness import Spot, Spots, Witness
from langgym.bench.atari.witnesses.courts import COURTS, Mask, find_color, find_middle
from universe.atari.shot import Look, Screen, Shot

_PLAYERS = {"first_0": 76, "second_0": 140}
_TENNIS_BALL, _TENNIS_SHADOW = 14, 2
_FIGURES_BELOW, _MAKER_ABOVE = 14, 190  # rows of the score and of the maker's name


def _find_lines() -> Mask:
    """Returns where tennis draws side lines, which have the players' colours: one pixel in eight rows outwards."""
    rows, columns = np.mgrid[0:210, 0:160]
    inner = np.abs(np.abs(columns - 79.5) - (33.35 + 0.1255 * rows)) <= 1.5
    return inner & (rows >= 48) & (rows < 180)


_LINES = _find_lines()


def find_tennis(look: Look) -> Spots:
    """Returns players, ball and shadow; the latter are drawn in every second frame at times."""
    spots: dict[str, Sequence[Spot]] = {}
    for seat, color in _PLAYERS.items():
        mask = (look.screen == color) & ~_LINES
        mask[:_FIGURES_BELOW] = False
        mask[_MAKER_ABOVE:] = False
        found = find_middle(mask)
        if found is not None:
            spots[seat] = [found]
    for name, color in (("ball", _TENNIS_BALL), ("shadow", _TENNIS_SHADOW)):
        found = find_middle(look.screen == color) or find_middle(look.before == color)
        if found is not None:
            spots[name] = [found]
    return spots


_BRICKS = (
    *((30, 7), (24, 7), (24, 5), (24, 3), (24, 1), (18, 1), (18, 3), (18, 5), (18, 7)),
    *((12, 5), (12, 7), (6, 7), (6, 5), (6, 3), (6, 1), (0, 1), (0, 3), (0, 5)),
)
"""Byte and bit of each brick of the lowest row; the row above it has the next bytes."""

_ROWS = ("red", "orange", "gold", "olive", "green", "blue")
_RED = 70
"""The colour of paddle, ball and the highest row of bricks."""


def find_breakout(look: Look) -> Spots:
    """Returns paddle and ball, the latter where it is not before red bricks or near the paddle."""
    paddle = _find_broad(look.screen[189:193, 8:152] == _RED, left=8, top=189)
    ball = _find_red(look.screen)
    spots: dict[str, Sequence[Spot]] = {} if ball is None else {"ball": [ball, _find_red(look.before) or ball]}
    return spots if paddle is None else {**spots, "first_0": [paddle]}


def _find_broad(mask: Mask, *, left: int, top: int) -> Spot | None:
    """Returns the middle of the broadest run of columns that are full."""
    columns = np.flatnonzero(mask.all(axis=0))
    runs = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    broad = max(runs, key=len)
    if len(broad) < 6:
        return None
    return (left + (int(broad[0]) + int(broad[-1])) / 2, top + (mask.shape[0] - 1) / 2)


def _find_red(screen: Screen) -> Spot | None:
    return find_color(screen, _RED, (8, 64, 152, 185)) or find_color(screen, _RED, (8, 32, 152, 56))


def judge_breakout(text: str, seat: str, shot: Shot, *, frames: int) -> list[bool]:
    """Returns whether each row of bricks is what RAM holds, and whether the ball goes on as it went."""
    ram = shot.now.ram
    verdicts: list[bool] = []
    for number, color in enumerate(_ROWS):
        said = re.search(rf"^{color}: ([#.]+)$", text, re.MULTILINE)
        row = said[1] if said else "#" * len(_BRICKS)
        held = ["#" if int(ram[byte + 5 - number]) >> bit & 1 else "." for byte, bit in _BRICKS]
        verdicts.append(row == "".join(held))
    now, before = _find_red(shot.now.screen), _find_red(shot.now.before)
    statement = find_label(read_statements(text), "Ball")
    if now and before and statement and statement.motion and 110 < now[1] < 178 and 14 < now[0] < 145:
        step = (now[0] - before[0], now[1] - before[1])
        verdicts.append(
            all(abs(one - other * frames) <= frames + 1 for one, other in zip(statement.motion, step, strict=True))
        )
    return verdicts


_SHIELDS = {
    "first_0": (2, 4, 9, 191),
    "second_0": (3, 4, 10, 190),
    "third_0": (5, 1, 12, 190),
    "fourth_0": (6, 7, 13, 190),
}
"""Byte of x and what to add for the middle, byte of the height and what it is taken from, in pairs of rows."""

_COURSES = {
    "first_0": ((23, 25, 27), (15, 17, 19), (4, 6), (6, 4, 2, 0), 29),
    "second_0": ((31, 33, 35), (39, 41, 43), (6, 4), (0, 2, 4, 6), 37),
    "third_0": ((55, 57, 59), (47, 49, 51), (4, 6), (6, 4, 2, 0), 61),
    "fourth_0": ((63, 65, 67), (71, 73, 75), (6, 4), (0, 2, 4, 6), 69),
}
"""Bytes of the four inner bricks of each course and of the two outer ones, the bits of the outer and of the inner ones
from the left, and the byte of the high bricks before the king."""


def find_warlords(look: Look) -> Spots:
    """Returns shields and the fireball; what is drawn is a frame older, and a shield may have moved 6 pixels since."""
    ram = look.ram
    spots: dict[str, Sequence[Spot]] = {
        seat: [(int(ram[x]) + plus - 0.5, base - 2 * int(ram[y]) - 0.5)]
        for seat, (x, plus, y, base) in _SHIELDS.items()
    }
    ball = (int(ram[4]) - 3.5, 192.5 - 2 * int(ram[14]))
    return {**spots, "ball": [ball] if ball[1] > 0 else []}


def judge_warlords(text: str, seat: str, shot: Shot) -> list[bool]:
    """Returns whether the castle and the others' bricks are what RAM holds."""
    verdicts: list[bool] = []
    held = {each: _read_courses(each, shot) for each in _COURSES}
    said = re.search(r"^Your castle: ([#. ]+)$", text, re.MULTILINE)
    if said:
        verdicts.append(said[1] == " ".join(held[seat]))
    for other, number in re.findall(r"(\w+_0) (\d+) of 21", text):
        verdicts.append(int(number) == sum(row.count("#") for row in held[other]))
    return verdicts


def _read_courses(seat: str, shot: Shot) -> list[str]:
    inner, outer, outer_bits, inner_bits, high = _COURSES[seat]
    ram, is_left = shot.now.ram, seat in ("first_0", "third_0")
    courses: list[str] = []
    for near, far in zip(inner, outer, strict=True):
        whole = [int(ram[near]) >> bit & 1 for bit in inner_bits]
        edge = [int(ram[far]) >> bit & 1 for bit in outer_bits]
        courses.append(_draw(edge + whole if is_left else whole + edge))
    return [*courses, _draw([int(ram[high]) >> bit & 1 for bit in ((4, 2, 0) if is_left else (0, 2, 4))])]


def _draw(bricks: Sequence[int]) -> str:
    return "".join("#" if brick else "." for brick in bricks)


WITNESSES: dict[str, Witness] = {
    **COURTS,
    "atari/tennis_v3": Witness(source="pixels", spots=find_tennis),
    "atari/warlords_v3": Witness(source="RAM", spots=find_warlords, judge=judge_warlords, tolerance=6.0, drift=7.0),
    "atari/breakout_v1": Witness(source="pixels", spots=find_breakout, judge=partial(judge_breakout, frames=4)),
}
"""By environment."""
