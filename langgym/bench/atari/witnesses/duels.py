"""Witnesses of the Atari games for two that fight, race or play ball, and of their neighbours for one."""

import numpy as np

from langgym.bench.atari.statements import find_label, read_statements
from langgym.bench.atari.truth import find_key
from langgym.bench.atari.witness import Spot, Spots, Witness
from universe.atari.shot import Look, Screen, Shot

Corner = tuple[int, int, int, int]
"""Left, top, right and bottom of pixels, the last two included."""


def bound(mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Corner | None:
    """Returns the edges of what is set in a mask; `None` for nothing."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])) if rows.size else None


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

COMBAT_HEADINGS = (21, 22)
COMBAT_SLACK = 5.0
SEATS = ("first_0", "second_0")


def judge_combat(text: str, seat: str, shot: Shot) -> list[bool]:
    """Compares rows with the RAM's, and headings with how vehicles have moved."""
    statements = read_statements(text)
    own = find_label(statements, "you (")
    verdicts: list[bool] = []
    for each in statements:
        key = find_key(each, seat, SEATS)
        row = each.at[1] if each.absolute else (own.at[1] + each.at[1] if own else 0.0)
        source = int(shot.now.ram[COMBAT_ROWS[key]]) + COMBAT_DOWN[key]
        verdicts.append(abs(row - source) <= COMBAT_SLACK)
    return verdicts


SPEED = 16
"""Parts of a unit of place in which Space War counts speeds."""


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def see_ships(look: Look) -> Spots:
    """Reads ships and missiles from the RAM, where x grows to the left, and missiles are a frame ahead of the picture."""
    ram = [int(byte) for byte in look.ram]
    spots: dict[str, list[Spot]] = {}
    for number, seat in enumerate(SEATS):
        spots[seat] = [(159.5 - ram[43 + number], 2 * ram[47 + number] + 46)]
        back = (_signed(ram[53 + number]) / SPEED, _signed(ram[57 + number]) / SPEED)
        spots[f"{seat}:missile"] = [(160.0 - ram[45 + number] + back[0], 2 * (ram[49 + number] - back[1]) + 42.5)]
    return spots


WITNESSES: dict[str, Witness] = {
    "atari/boxing_v2": Witness(source="pixels", spots=see_boxers),
    "atari/combat_tank_v2": Witness(
        source="stick", sticks=("LEFT", "RIGHT"), probe_frames=16, reach=10.0, judge=judge_combat
    ),
    "atari/combat_plane_v2": Witness(
        source="stick", sticks=("UP", "DOWN"), probe_frames=8, reach=10.0, judge=judge_combat
    ),
    "atari/space_war_v2": Witness(source="RAM", spots=see_ships),
}
