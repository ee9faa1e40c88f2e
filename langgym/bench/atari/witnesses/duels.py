"""Witnesses of the Atari games for two that fight, race or play ball, and of their neighbours for one."""

import math
import re
from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # pyright: ignore[reportMissingTypeStubs]

from langgym.bench.atari.statements import find_label, read_statements
from langgym.bench.atari.truth import find_key
from langgym.bench.atari.witness import Spot, Spots, Witness
from universe.atari.shot import Look, Screen, Shot

_label = cast("Callable[..., tuple[NDArray[np.int32], int]]", ndimage.label)
_find_objects = cast("Callable[..., list[tuple[slice, slice] | None]]", ndimage.find_objects)
_dilate = cast("Callable[..., NDArray[np.bool_]]", ndimage.binary_dilation)

Corner = tuple[int, int, int, int]
"""Left, top, right and bottom of pixels, the last two included."""


Mask = NDArray[np.bool_]


def bound(mask: Mask) -> Corner | None:
    """Returns the edges of what is set in a mask; `None` for nothing."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])) if rows.size else None


def find_parts(mask: Mask, *, smallest: int = 1, gap: int = 0) -> list[Corner]:
    """Returns the edges of the parts of a mask that hang together, by a corner or over gaps, the largest first."""
    labels, n = _label(_dilate(mask, iterations=gap) if gap else mask, structure=np.ones((3, 3), dtype=np.uint8))
    areas = np.bincount(labels[mask].ravel(), minlength=n + 1)
    order = sorted(range(1, n + 1), key=lambda number: -int(areas[number]))
    found = [bound(mask & (labels == number)) for number in order if areas[number] >= smallest]
    return [edges for edges in found if edges is not None]


def find_middle(edges: Corner, left: int, top: int) -> Spot:
    """Returns the middle of edges in a part of the screen that begins at a column and a row."""
    return (left + (edges[0] + edges[2]) / 2, top + (edges[1] + edges[3]) / 2)


RING_LEFT, RING_TOP, RING_RIGHT, RING_BOTTOM = 32, 36, 128, 176
BODY = 14  # columns of a boxer without an arm that is out


def _find_boxer(screen: Screen, color: int) -> list[Spot]:
    """Returns the middle of the fourteen columns with the most pixels of a boxer, and of all its rows."""
    mask = screen[RING_TOP:RING_BOTTOM, RING_LEFT:RING_RIGHT] == color
    edges = bound(mask)
    if edges is None:
        return []
    sums = np.convolve(mask.sum(axis=0), np.ones(BODY, dtype=np.int64), mode="valid")
    best = np.flatnonzero(sums == sums.max())
    return [(RING_LEFT + float(best.mean()) + (BODY - 1) / 2, RING_TOP + (edges[1] + edges[3]) / 2)]


def see_boxers(look: Look) -> Spots:
    """Reads both boxers from their colours."""
    return {"first_0": _find_boxer(look.screen, 12), "second_0": _find_boxer(look.screen, 0)}


COMBAT_ROWS = {"first_0": 36, "second_0": 37, "first_0:missile": 38, "second_0:missile": 39}
COMBAT_DOWN = {"first_0": 1.5, "second_0": 2.5, "first_0:missile": 7.5, "second_0:missile": 8.5}
"""Bytes of rows in Combat, and what to add to them; nothing in the RAM tells a column."""

SEATS = ("first_0", "second_0")
COMBAT_SLACK = 5.0
FACING = re.compile(r"^(?P<label>[A-Z][^:]*): .*facing (?P<facing>[a-z ,-]+?)(?:;|$)", re.MULTILINE)
COMPASS = {"right": (1, 0), "left": (-1, 0), "up": (0, -1), "down": (0, 1)}
FAST = 6.0
"""Pixels in a decision from which on a motion tells a heading."""


def judge_combat(text: str, seat: str, shot: Shot) -> list[bool]:
    """Compares rows with the RAM's, and headings with where vehicles have moved in the picture."""
    statements = read_statements(text)
    own = find_label(statements, "you (")
    facing = {found["label"]: found["facing"] for found in FACING.finditer(text)}
    verdicts: list[bool] = []
    for each in statements:
        key = find_key(each, seat, SEATS)
        row = each.at[1] if each.absolute else (own.at[1] + each.at[1] if own else 0.0)
        source = int(shot.now.ram[COMBAT_ROWS[key]]) + COMBAT_DOWN[key]
        verdicts.append(abs(row - source) <= COMBAT_SLACK)
        if each.motion is not None and each.label in facing and math.hypot(*each.motion) >= FAST:
            verdicts.append(_agree(facing[each.label], each.motion))
    return verdicts


def _agree(facing: str, motion: tuple[float, float]) -> bool:
    """Returns whether a motion goes within about sixty degrees of where a vehicle is said to face."""
    ways = [COMPASS[word] for word in re.findall(r"right|left|up|down", facing)]
    weights = (1.0, 0.4) if "slightly" in facing else (1.0, 1.0)
    across, down = (sum(way[axis] * weight for way, weight in zip(ways, weights, strict=False)) for axis in (0, 1))
    along = (across * motion[0] + down * motion[1]) / (math.hypot(across, down) * math.hypot(*motion))
    return along >= 0.5


SHIP_COLORS = (90, 154)
SPACE_TOP, SPACE_BOTTOM = 41, 229
SHIP_SIZE = (8, 12)
SPEED = 16
"""Parts of a unit of place in which Space War counts speeds."""


def _signed(byte: int, *, below: int = 128) -> int:
    """Returns a byte as a number of which values from `below` on are negative."""
    return byte - 256 if byte >= below else byte


def see_ships(look: Look) -> Spots:
    """Reads ships from the picture, and missiles from the RAM, which is a frame ahead of it."""
    ram = [int(byte) for byte in look.ram]
    spots: dict[str, list[Spot]] = {}
    for number, seat in enumerate(SEATS):
        spots[seat] = _find_ship(look.screen[SPACE_TOP:SPACE_BOTTOM] == SHIP_COLORS[number])
        back = (_signed(ram[53 + number]) / SPEED, _signed(ram[57 + number]) / SPEED)
        spots[f"{seat}:missile"] = [(160.0 - ram[45 + number] + back[0], 2 * (ram[49 + number] - back[1]) + 42.5)]
    return spots


def _find_ship(mask: Mask) -> list[Spot]:
    """Returns the middle of what lies round the largest of the parts of a mask."""
    parts = find_parts(mask)
    if not parts:
        return []
    edges = parts[0]
    left, top = max(0, edges[2] - SHIP_SIZE[0]), max(0, edges[3] - SHIP_SIZE[1])
    whole = bound(mask[top : edges[1] + SHIP_SIZE[1], left : edges[0] + SHIP_SIZE[0]])
    return [] if whole is None else [find_middle(whole, left, SPACE_TOP + top)]


RINK_TOP, RINK_BOTTOM, RINK_LEFT, RINK_RIGHT = 34, 186, 30, 130
SHIRTS = ((132,), (252, 250))
"""The colours of each team's shirts."""

ICE_TOP, ICE_BOTTOM, ICE_LEFT, ICE_RIGHT = 47, 180, 32, 128
"""The ice between the goals, which are black as the puck is."""

SHIRT = 10  # the fewest pixels of one


STEERED = (108, 109)
"""The bytes of the man whom each seat steers: 0 or 1 for the upper one, 2 or 3 for the lower one."""


def see_skaters(look: Look) -> Spots:
    """Reads shirts and the puck from the picture; which of two men is steered, from the RAM, and sticks confirm it."""
    part = look.screen[RINK_TOP:RINK_BOTTOM, RINK_LEFT:RINK_RIGHT]
    spots: dict[str, list[Spot]] = {}
    for team, seat in enumerate(SEATS):
        men = sorted(_find_shirts(np.isin(part, SHIRTS[team])), key=lambda man: man[1])
        if len(men) == 2:
            lower = int(look.ram[STEERED[team]]) >= 2
            spots[seat], spots[f"{seat}:other man"] = [men[lower]], [men[not lower]]
    puck = _find_puck(look.screen)
    return spots if puck is None else {**spots, "puck": [puck]}


def _find_shirts(mask: Mask) -> list[Spot]:
    """Returns the middles of men: the middles of their shirts across, five and a half rows below the tops of these."""
    shirts = find_parts(mask, smallest=SHIRT, gap=2)
    return [(RINK_LEFT + (edges[0] + edges[2]) / 2, RINK_TOP + edges[1] + 5.5) for edges in shirts]


def _find_puck(screen: Screen) -> Spot | None:
    """Returns the middle of the only black speck on the ice, `None` where there is none or more than one."""
    parts = find_parts(screen[ICE_TOP:ICE_BOTTOM, ICE_LEFT:ICE_RIGHT] == 0)
    specks = [edges for edges in parts if (edges[2] - edges[0], edges[3] - edges[1]) == (1, 1)]
    return find_middle(specks[0], ICE_LEFT, ICE_TOP) if len(specks) == 1 else None


TEAMS = {"first_0": (180,), "second_0": (12, 14)}
"""The colours of each team's shirts in Double Dunk."""

NEAR_X, NEAR_Y, CLOTH = 6, 12, 8
"""Columns and rows round a man's place in which that many pixels of his team's colour must lie."""

BOTH = {"first_0": 70, "second_0": 55}
"""Pixels of a team's colour from which on both men are to be seen: the console draws two men in a row at most."""

FLOOR_TOP, FLOOR_BOTTOM = 46, 176
LEATHER = 34
BALL = 4


def judge_dunk(text: str, seat: str, shot: Shot) -> list[bool]:
    """Compares places with the team's colours in the picture, and the ball's with the ball's own."""
    statements = read_statements(text)
    own = find_label(statements, "you (")
    if own is None:
        return [False]
    ball = _find_ball(shot.now.screen)
    cloth = {team: np.isin(shot.now.screen, colors) for team, colors in TEAMS.items()}
    verdicts: list[bool] = []
    for each in statements:
        key = find_key(each, seat, SEATS).split(":")[0]
        x, y = each.at if each.absolute else (own.at[0] + each.at[0], own.at[1] + each.at[1])
        if key == "ball":
            verdicts += [] if ball is None else [abs(x - ball[0]) <= BALL and abs(y - ball[1]) <= BALL]
        elif int(cloth[key][FLOOR_TOP:FLOOR_BOTTOM].sum()) >= BOTH[key]:
            left, top = max(0, round(x) - NEAR_X), max(0, round(y) - NEAR_Y)
            verdicts.append(int(cloth[key][top : top + 2 * NEAR_Y, left : left + 2 * NEAR_X].sum()) >= CLOTH)
    return verdicts


def _find_ball(screen: Screen) -> Spot | None:
    """Returns the middle of a square of the ball's colour; `None` where it is hidden in part."""
    parts = find_parts(screen[FLOOR_TOP:FLOOR_BOTTOM] == LEATHER)
    whole = (edges for edges in parts if (edges[2] - edges[0], edges[3] - edges[1]) == (BALL - 1, BALL - 1))
    edges = next(whole, None)
    return None if edges is None else find_middle(edges, 0, FLOOR_TOP)


CARS = (66, 220, 18, 74, 130, 36, 136, 68, 216, 26)
"""The colours of the cars, from the uppermost lane."""

LANE, LANE_TOP = 16, 24
FIELD_TOP, FIELD_BOTTOM = 14, 196
FEATHERS, CHICKEN_LEFT, CHICKEN_RIGHT = 30, 40, 56


def see_road(look: Look) -> Spots:
    """Reads the chicken and the cars from their colours."""
    spots: dict[str, list[Spot]] = {}
    for number, color in enumerate(CARS):
        top = LANE_TOP + LANE * number
        edges = bound(look.screen[top : top + LANE, 8:] == color)
        if edges is not None and edges[2] - edges[0] < 8:
            spots[f"car, lane {len(CARS) - number}"] = [find_middle(edges, 8, top)]
    parts = find_parts(look.screen[FIELD_TOP:FIELD_BOTTOM, CHICKEN_LEFT:CHICKEN_RIGHT] == FEATHERS)
    if parts:
        spots["first_0"] = [find_middle(parts[0], CHICKEN_LEFT, FIELD_TOP)]
    return spots


WELL_ROWS = 22
CELL_LEFT, CELL_BOTTOM = 25, 200
"""A pixel inside the lowest cell on the left; cells are 4 wide and 8 high."""

GROUND = (0, 4)
DRAWN = re.compile(r"^row (\d+) ([.#o]{10})$", re.MULTILINE)


def judge_well(text: str, seat: str, shot: Shot) -> list[bool]:
    """Compares every row of the drawing with the picture, the falling piece included; rows left out must be empty."""
    drawn = {int(row): marks for row, marks in DRAWN.findall(text)}
    cells = ~np.isin(
        shot.now.screen[CELL_BOTTOM : CELL_BOTTOM - 8 * WELL_ROWS : -8, CELL_LEFT : CELL_LEFT + 40 : 4], GROUND
    )
    seen = ["".join("#" if cell else "." for cell in row) for row in cells]
    return [drawn.get(row + 1, "." * 10).replace("o", "#") == marks for row, marks in enumerate(seen)]


SUBMARINE = 24
WATER_TOP, WATER_BOTTOM = 60, 156
OXYGEN_BAR = (172, 49, 112, 12)
"""The row, the columns and the colour of the bar of oxygen."""

HUNTERS, SWIMMERS = 33, 74
"""Bytes of the left edge of the first hunter and of the diver on the uppermost level; lower levels lie before."""

LEVEL, LEVEL_TOP = 24, 73.5
OUTSIDE = 192
"""Bytes of places from here on mean a place to the left of the screen."""

PACKS = 39
COPIES = ((4, 0), (2, 16), (1, 32))
"""The byte of who is left of a pack on the uppermost level, by bits, and how far each swims behind its place."""


def see_sea(look: Look) -> Spots:
    """Reads the submarine from its colour, where it is seen as a whole, and hunters and divers from the RAM."""
    rows = [LEVEL_TOP + LEVEL * level for level in range(4)]
    spots: dict[str, list[Spot]] = {
        "hunter": [
            (_signed(int(look.ram[HUNTERS - level]), below=OUTSIDE) + behind + 3.5, row)
            for level, row in enumerate(rows)
            for bit, behind in COPIES
            if int(look.ram[PACKS - level]) & bit
        ],
        "diver": [(int(look.ram[SWIMMERS - level]) + 3.5, row) for level, row in enumerate(rows)],
    }
    for edges in find_parts(look.screen[WATER_TOP:WATER_BOTTOM] == SUBMARINE):
        if edges[2] - edges[0] == 15 and edges[3] - edges[1] >= 8:
            spots["first_0"] = [find_middle(edges, 0, WATER_TOP)]
    return spots


def judge_air(text: str, seat: str, shot: Shot) -> list[bool]:
    """Compares the oxygen with the bar in the picture."""
    row, left, right, color = OXYGEN_BAR
    said = re.search(r"Oxygen: (\d+)", text)
    return [] if said is None else [abs(int(said[1]) - int((shot.now.screen[row, left:right] == color).sum())) <= 1]


WITNESSES: dict[str, Witness] = {
    "atari/boxing_v2": Witness(source="pixels", spots=see_boxers),
    "atari/combat_tank_v2": Witness(
        source="stick", sticks=("LEFT", "RIGHT"), probe_frames=16, reach=10.0, judge=judge_combat
    ),
    "atari/combat_plane_v2": Witness(
        source="stick", sticks=("UP", "DOWN"), probe_frames=8, reach=10.0, judge=judge_combat
    ),
    "atari/space_war_v2": Witness(source="pixels", spots=see_ships, tolerance=4.5),
    "atari/ice_hockey_v2": Witness(
        source="pixels", spots=see_skaters, sticks=("LEFT", "RIGHT", "UP", "DOWN"), probe_frames=8, reach=12.0
    ),
    "atari/double_dunk_v3": Witness(
        source="pixels", sticks=("LEFT", "RIGHT", "UP", "DOWN"), probe_frames=8, reach=12.0, judge=judge_dunk
    ),
    "atari/freeway_v1": Witness(source="pixels", spots=see_road),
    "atari/tetris_v1": Witness(source="pixels", judge=judge_well),
    "atari/seaquest_v1": Witness(source="pixels", spots=see_sea, judge=judge_air, tolerance=5.0),
}
