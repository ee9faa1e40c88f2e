"""Witnesses of the Atari games: boards."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from langgym.bench.atari.statements import read_statements
from langgym.bench.atari.witness import Spot, Spots, Witness
from langgym.bench.atari.witnesses.solo_boards import SOLO_WITNESSES
from universe.atari.shot import Look, Screen, Shot
from universe.renderers.atari.shapes import find_shapes

_ROW = re.compile(r"^(\d) ((?:\S )*\S)$", re.MULTILINE)
_COUNTS = re.compile(r"you (\d+), rival (\d+)")


def _read_rows(text: str) -> list[list[str]]:
    """Returns the cells of the board in a text, row by row as they stand."""
    return [row[2].split() for row in _ROW.finditer(text)]


def _read_decimal(value: int) -> int:
    return 10 * (value >> 4) + (value & 15)


_LIGHT_TEAL, _BLACK = 190, 0


def _judge_othello(text: str, seat: str, shot: Shot) -> Sequence[bool]:
    """Judges each row by the middles of its places on the screen, and the counts by the game's own score.

    The place of the cursor is passed over: it blinks.
    """
    mine, theirs = (_LIGHT_TEAL, _BLACK) if seat == "first_0" else (_BLACK, _LIGHT_TEAL)
    marks = {mine: "o", theirs: "x"}
    cursor = 63 - int(shot.now.ram[79])
    verdicts: list[bool] = []
    for row, cells in enumerate(_read_rows(text)):
        seen = [marks.get(int(shot.now.screen[29 + 22 * row, 22 + 16 * column]), ".") for column in range(8)]
        verdicts.append(
            all(
                said.replace("+", ".") == real or row * 8 + column == cursor
                for column, (said, real) in enumerate(zip(cells, seen, strict=True))
            )
        )
    light, dark = _read_decimal(int(shot.now.ram[78])), _read_decimal(int(shot.now.ram[80]))
    counts = _COUNTS.search(text.splitlines()[-1])
    told = (int(counts[1]), int(counts[2])) if counts else None
    return [*verdicts, told == ((light, dark) if seat == "first_0" else (dark, light))]


_WHITE, _ORANGE = 12, 54
_FULL, _CROWNED = 90, 50  # pixels of a man and of a king, who has a hole in the middle


def _judge_checkers(text: str, seat: str, shot: Shot) -> Sequence[bool]:
    """Judges each row by the colours of its squares on the screen; squares under a cursor are passed over."""
    mine, theirs = (_ORANGE, _WHITE) if seat == "first_0" else (_WHITE, _ORANGE)
    hidden = {int(shot.now.ram[43]), int(shot.now.ram[105])}
    verdicts: list[bool] = []
    for row, cells in enumerate(_read_rows(text)):
        up = 7 - row
        verdicts.append(True)
        for column, said in enumerate(cells):
            place = 9 * (up // 2) + 4 * (up % 2) + 3 - column // 2
            if said != "-" and place not in hidden:
                box = (24 + 16 * column, 18 + 22 * row, 16, 22)
                verdicts[-1] &= said == _see_man(shot, mine, theirs, box)
    return verdicts


def _see_man(shot: Shot, mine: int, theirs: int, box: tuple[int, int, int, int]) -> str:
    x, y, w, h = box
    square = shot.now.screen[y : y + h, x : x + w]
    for color, marks in ((mine, "oO"), (theirs, "xX")):
        n = int((square == color).sum())
        if n >= _CROWNED:
            return marks[n < _FULL]
    return "."


_CLUES = {
    "1010101092543810": "arrow down",
    "0102048890a0c0f8": "arrow down-left",
    "804020110905031f": "arrow down-right",
    "102040ff40201000": "arrow left",
    "080402ff02040800": "arrow right",
    "1038549210101010": "arrow up",
    "f8c0a09088040201": "arrow up-left",
    "1f03050911204080": "arrow up-right",
    "000818280808083c": "distance 1",
    "003c04040810203c": "distance 2",
    "003c04043c04043c": "distance 3",
    "002424243e040404": "distance 4",
    "003c20203c04243c": "distance 5",
    "3820203c24243c00": "distance 6",
    "003c040810202020": "distance 7",
    "003c24243c24243c": "distance 8",
    "3c18ff1818244281": "man",
}
"""What is drawn on a cell: eight rows of eight points, each drawn two lines high, by what it looks like to the eye."""

_MEN = {"first_0": 230, "second_0": 70}
_LAST_CLUE = re.compile(r"(\w\d) ([^,(]+) \((you|rival)\)$")
_STAND = re.compile(r"^You .*; on (\w\d)\nRival .*; on (\w\d)$", re.MULTILINE)


def _judge_flags(text: str, seat: str, shot: Shot) -> Sequence[bool]:
    """Judges where the men stand and the last clue by what is drawn, and the flags found by what was paid."""
    rival = "second_0" if seat == "first_0" else "first_0"
    lines = text.splitlines()
    stand, last = _STAND.search(text), _LAST_CLUE.search(lines[0])
    if stand is None:
        return [False]
    verdicts = [bool(_see_points(shot, stand[1], seat)), bool(_see_points(shot, stand[2], rival))]
    if last is not None:
        who = seat if last[3] == "you" else rival
        seen = _CLUES.get(_see_points(shot, last[1], who), "nothing")
        verdicts.append(seen in ("nothing", "man") if last[2] == "bomb" else seen == last[2])
    counts = _COUNTS.search(lines[-1])
    told = (int(counts[1]), int(counts[2])) if counts else (-1, -1)
    first, second = told if seat == "first_0" else told[::-1]
    return [*verdicts, _read_decimal(5 * first + 5) - 5 == shot.scores["first_0"], second == shot.scores["second_0"]]


def _see_points(shot: Shot, cell: str, seat: str) -> str:
    """Returns what is drawn on a cell in a seat's colour, as hexadecimal digits; nothing where there is none of it."""
    x, y = 12 + 16 * (ord(cell[0]) - ord("a")), 26 + 24 * (int(cell[1]) - 1)
    points = shot.now.screen[y : y + 16 : 2, x : x + 8] == _MEN[seat]
    return "".join(f"{byte:02x}" for byte in np.packbits(points).tolist()) if points.any() else ""


_HEADS = {"first_0": 132, "second_0": 200}
_MAP = re.compile(r"^Map, x (\d+) to \d+, y (\d+) to \d+$", re.MULTILINE)


def _spot_heads(look: Look) -> Spots:
    """Returns the cells, 4 by 9 points each, whose middle has a head's colour."""
    cells = _see_cells(look)
    return {seat: [(float(x), float(y)) for y, x in np.argwhere(cells == color)] for seat, color in _HEADS.items()}


def _see_cells(look: Look) -> Screen:
    return look.screen[30:210:9, 2:160:4]


def _judge_surround(text: str, seat: str, shot: Shot) -> Sequence[bool]:
    """Judges each row of the map by what is drawn, and the headings by where the trails are."""
    found = _MAP.search(text)
    if found is None:
        return [False]
    cells = _see_cells(shot.now)
    free = int(np.bincount(cells[1:-1, 1:-1].ravel()).argmax())
    rival = "second_0" if seat == "first_0" else "first_0"
    marks = {free: ".", _HEADS[seat]: "Y", _HEADS[rival]: "R"}
    verdicts: list[bool] = []
    for row, said in enumerate(text[found.end() + 1 :].splitlines()[:-1]):
        seen = cells[int(found[2]) + row, int(found[1]) : int(found[1]) + len(said)]
        verdicts.append(said == "".join(marks.get(int(color), "#") for color in seen))
    for label, who in (("You", seat), ("Rival", rival)):
        way = re.search(rf"^{label} .*; heading (\w+)$", text, re.MULTILINE)
        spots = _spot_heads(shot.now)[who]
        if way is not None and spots:
            across, down = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}[way[1]]
            behind = cells[int(spots[0][1]) - down, int(spots[0][0]) - across]
            trails = [cells[int(spots[0][1]) + y, int(spots[0][0]) + x] for x, y in ((0, 1), (1, 0), (0, -1), (-1, 0))]
            verdicts.append(bool(behind != free or all(color == free for color in trails)))
    return verdicts


_FIGURES = {"first_0": 98, "second_0": 178}
_WAY = re.compile(r"^Way (\w+): .*?(?:exit (\d+) steps|not to the exit)", re.MULTILINE)
_STEPS = {"up": (0, -1), "right": (1, 0), "left": (-1, 0), "down": (0, 1)}


def _judge_maze(text: str, seat: str, shot: Shot) -> Sequence[bool]:
    """Judges who is where by the figures that are drawn, and the ways by the walls that are.

    A figure or robber that others hide is passed over; a figure has holes, a robber has none.
    """
    figures, robbers = _see_sprites(shot.now)
    rival = "second_0" if seat == "first_0" else "first_0"
    statements = read_statements(text)
    own = next((each.at for each in statements if each.absolute), None)
    if own is None:
        return [shot.lives[seat] < 0]
    verdicts = [_fits(own, figures[seat])] if seat in figures else []
    for each in statements:
        spot = (own[0] + each.at[0], own[1] + each.at[1])
        if each.label.startswith("Rival") and rival in figures:
            verdicts.append(_fits(spot, figures[rival]))
        elif each.label == "Robber" and len(robbers) == 2:
            verdicts.append(any(_fits(spot, robber) for robber in robbers))
    middles = shot.now.screen[67::6, 2::4][:25, :39]
    walls = middles == middles[0, 0]
    return [*verdicts, *_judge_ways(text, walls, (int(own[0]) - 1, int(own[1]) - 1))]


def _judge_ways(text: str, walls: NDArray[np.bool_], cell: tuple[int, int]) -> list[bool]:
    """Judges which ways are open, and how far the exit is, by a wave that runs through the maze from its exit."""
    told = {way[1]: way[2] for way in _WAY.finditer(text)}
    column, row = 2 * cell[0] + 1, 2 * cell[1] + 1
    steps = {name: (column + x, row + y) for name, (x, y) in _STEPS.items()}
    is_open = {name for name, (x, y) in steps.items() if not walls[y, x]}
    wave = ~walls & False
    wave[:, -1] = ~walls[:, -1]
    far, n = np.full(walls.shape, -1), 0
    while wave.any():
        far[wave] = n
        wave = _spread(wave) & ~walls & (far < 0)
        n += 1
    exits = [(name, far[row, column] // 2 + 1) for name, (x, y) in steps.items() if 0 <= far[y, x] < far[row, column]]
    said = [(name, int(steps)) for name, steps in told.items() if steps]
    return [set(told) == is_open, said == [(name, int(steps)) for name, steps in exits]]


def _spread(wave: NDArray[np.bool_]) -> NDArray[np.bool_]:
    wide = np.pad(wave, 1)
    return wide[1:-1, 1:-1] | wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]


def _see_sprites(look: Look) -> tuple[dict[str, Spot], list[Spot]]:
    """Returns the cells (column and row, from 1) of the figures and robbers that are drawn, in parts of a cell."""
    figures: dict[str, Spot] = {}
    robbers: list[Spot] = []
    for seat, color in _FIGURES.items():
        for shape in find_shapes(look.screen, top=64, colors=[color]):
            spot = ((shape.x - 4) / 8 + 1, (shape.y - 70) / 12 + 1)
            if shape.area == shape.w * shape.h:
                robbers.append(spot)
            else:
                figures[seat] = spot
    return figures, robbers


def _fits(said: Spot, seen: Spot) -> bool:
    return abs(said[0] - seen[0]) <= 0.75 and abs(said[1] - seen[1]) <= 0.75


WITNESSES: dict[str, Witness] = {
    **SOLO_WITNESSES,
    "atari/othello_v3": Witness(source="pixels", judge=_judge_othello),
    "atari/video_checkers_v4": Witness(source="pixels", judge=_judge_checkers),
    "atari/flag_capture_v2": Witness(source="pixels", judge=_judge_flags),
    "atari/maze_craze_v3": Witness(source="pixels", judge=_judge_maze),
    "atari/surround_v2": Witness(source="pixels", spots=_spot_heads, tolerance=0.0, judge=_judge_surround),
}
"""Independent sources of what the words about a game say: one table per family of games."""
