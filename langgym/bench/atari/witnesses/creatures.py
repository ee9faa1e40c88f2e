"""Where creatures are by the consoles' RAM, or on the screen where the words come from RAM."""

import re
from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # pyright: ignore[reportMissingTypeStubs]

from langgym.bench.atari.witness import Spot, Spots, Witness
from universe.atari.shot import Look, Screen, Shot

_label = cast("Callable[..., tuple[NDArray[np.int32], int]]", ndimage.label)

SEATS = ("first_0", "second_0")

BLANK = 13
"""Joust's poses from this one on are a hatching bird, an empty sprite and an explosion."""


def spot_joust(look: Look) -> Spots:
    """Returns the birds by RAM: five slots, the two seats' first.

    Slot `i` has its left edge at `ram[52 + i] + 15`, its top at `ram[60 + i] + 8`, its pose at `ram[76 + i]`.
    """
    ram = look.ram.astype(int)
    slots = [(float(ram[52 + slot]) + 18.5, float(ram[60 + slot]) + 13.5) for slot in range(5)]
    spots = {"enemy": slots[2:]}
    for slot, seat in enumerate(("first_0", "second_0")):
        hidden = ram[76 + slot] >= BLANK or not 2 <= ram[52 + slot] <= 116
        if not hidden:
            spots[seat] = [slots[slot]]
    return spots


def list_spots(screen: Screen, color: int, *, top: int, bottom: int, fewest: int = 4, most: int = 12) -> list[Spot]:
    """Returns the middle of each patch of a colour between two rows, unless it is smaller or wider than a sprite."""
    labels, n = _label(screen[top:bottom] == color, structure=np.ones((3, 3)))
    spots: list[Spot] = []
    for number in range(1, n + 1):
        rows, columns = np.nonzero(labels == number)
        if rows.size >= fewest and columns.max() - columns.min() < most:
            spots.append((float(columns.min() + columns.max()) / 2, float(rows.min() + rows.max()) / 2 + top))
    return spots


def flicker(look: Look, color: int, *, top: int, bottom: int, fewest: int = 4, most: int = 12) -> list[Spot]:
    """Returns the patches of a colour in both of a look's frames."""
    screens = (look.screen, look.before)
    return [
        spot
        for screen in screens
        for spot in list_spots(screen, color, top=top, bottom=bottom, fewest=fewest, most=most)
    ]


def spot_invaders(look: Look) -> Spots:
    """Returns cannons and the mother ship by colour; bombs and shots look alike."""
    missiles = flicker(look, 6, top=20, bottom=196, fewest=1)
    spots: dict[str, list[Spot]] = {"bomb": missiles, "first_0:shot": missiles, "second_0:shot": missiles}
    spots["mother ship"] = list_spots(look.screen, 82, top=0, bottom=24, most=9)
    for seat, color in (("first_0", 196), ("second_0", 246)):
        columns = np.flatnonzero((look.screen[185:195] == color).any(axis=0))
        if columns.size and columns[-1] - columns[0] < 9:
            spots[seat] = [(float(columns[0] + columns[-1]) / 2, 189.5)]
    return spots


def judge_invaders(text: str, seat: str, shot: Shot) -> list[bool]:
    """Returns whether an invader is drawn where each column's lowest is said to be, and no living one below it."""
    own, line = (
        re.search(r"^You \(cannon\): x (\d+)", text, re.M),
        re.search(r"lowest of each column: (.*)$", text, re.M),
    )
    if not own or not line:
        return []
    drawn = np.pad(np.asarray(shot.now.screen[:184] == 20), ((0, 40), (0, 100)))
    verdicts: list[bool] = []
    for words in re.findall(r"(?:(\d+) (left|right), )?(\d+) above", line[1]):
        across, side, up = words
        x, y = int(own[1]) + int(across or 0) * (-1 if side == "left" else 1) - 4, 190 - int(up)
        x = max(0, x)
        verdicts.append(bool(drawn[y - 6 : y + 7, x : x + 9].any()) and not _is_alive(drawn, x, y + 13))
    return verdicts


def _is_alive(drawn: NDArray[np.bool_], x: int, top: int) -> bool:
    """Returns whether what is drawn at a place of the block looks like another one of its row; a burst does not."""
    here = drawn[top : top + 10, x : x + 8]
    others = (drawn[top : top + 10, left : left + 8] for left in range(x % 16, 160, 16) if left != x)
    return bool(here.any()) and any(np.array_equal(here, other) for other in others)


def spot_worriors(look: Look) -> Spots:
    """Returns the yellow worrior by its colour; blue ones and blue monsters look alike."""
    blue = flicker(look, 140, top=24, bottom=142, fewest=25, most=14)
    yellow = flicker(look, 44, top=24, bottom=142, fewest=25, most=14)
    spots: dict[str, list[Spot]] = {}
    if len(yellow) == 1:
        spots["first_0"] = yellow
    if len(blue) == 1:
        spots["second_0"] = blue
    return spots


def spot_plumbers(look: Look) -> Spots:
    """Returns the plumbers by the colours of their hats and legs, pests and the fireball by theirs."""
    spots: dict[str, list[Spot]] = {}
    for seat, color in (("first_0", 118), ("second_0", 202)):
        rows, columns = np.nonzero((look.screen[24:178] == color) | (look.before[24:178] == color))
        if rows.size and columns.max() - columns.min() < 14:
            spots[seat] = [(float(columns.min() + columns.max()) / 2, float(rows.min() + rows.max()) / 2 + 24)]
    spots["fireball"] = flicker(look, 58, top=24, bottom=178, fewest=20)
    spots["pest"] = flicker(look, 230, top=24, bottom=178, fewest=12)
    return {key: value for key, value in spots.items() if value}


def spot_runners(look: Look) -> Spots:
    """Returns the runners by RAM: left edge at `ram[50 + seat]`, top about 17 below `ram[48 + seat]`.

    `ram[115]` counts the frames after a loss, in which there are none.
    """
    ram = look.ram.astype(int)
    if ram[115] > 3:
        return {seat: [] for seat in SEATS}
    return {seat: [(float(ram[50 + slot]) + 2, float(ram[48 + slot]) + 21)] for slot, seat in enumerate(SEATS)}


def spot_ghosts(look: Look) -> Spots:
    """Returns Ms. Pac-Man and the ghosts by colour, those of the pen among them."""
    ghosts = [spot for color in (38, 184, 88, 70) for spot in flicker(look, color, top=2, bottom=172, fewest=15)]
    edible = [spot for color in (150, 12) for spot in flicker(look, color, top=2, bottom=172, fewest=15)]
    herself = flicker(look, 42, top=2, bottom=172, fewest=12)
    fruit = flicker(look, 68, top=2, bottom=172, fewest=12)
    found = {"first_0": herself, "ghost": ghosts, "edible ghost": edible, "fruit": fruit}
    return {key: spots for key, spots in found.items() if spots}


def spot_bailey(look: Look) -> Spots:
    """Returns Bailey by the colour of his hat, and geese by theirs."""
    hats = list_spots(look.screen, 36, top=40, bottom=185, fewest=30)
    geese = list_spots(look.screen, 142, top=78, bottom=170, fewest=8)
    found = {"first_0": [(x, y + 6.0) for x, y in hats], "goose": geese}
    return {key: spots for key, spots in found.items() if spots}


def spot_harry(look: Look) -> Spots:
    """Returns Harry by the colours of his face, shirt and trousers, logs by theirs, scorpions by RAM."""
    ground = look.screen[66:182].copy()
    ground[:, :8] = 0
    rows, columns = np.nonzero((ground == 200) | (ground == 74))
    spots: dict[str, list[Spot]] = {}
    if rows.size:
        spots["first_0"] = [(float(columns.min() + columns.max()) / 2, float(rows.min()) + 66 + 10.5)]
    logs = list_spots(look.screen, 18, top=117, bottom=134, fewest=20, most=9)
    if logs and look.ram[19] < 6:
        spots["log"] = logs
    return spots


def spot_joe(look: Look) -> Spots:
    """Returns Joe by the colours of his suit, hat and shoes; the first room's skull by RAM."""
    rows, columns = np.nonzero(np.isin(look.screen[48:190], (70, 250)))
    spots: dict[str, list[Spot]] = {}
    if rows.size:
        spots["first_0"] = [(float(columns.min() + columns.max()) / 2, float(rows.max()) + 48 - 9.5)]
    if look.ram[3] == 1:
        spots["skull"] = [(float(look.ram[47]) + 35.5, 173.0)]
    return spots


WITNESSES: dict[str, Witness] = {
    "atari/joust_v3": Witness(source="RAM", spots=spot_joust, tolerance=5.0, drift=8.0),
    "atari/space_invaders_v2": Witness(source="pixels", spots=spot_invaders, tolerance=4.0, judge=judge_invaders),
    "atari/wizard_of_wor_v3": Witness(
        source="pixels", spots=spot_worriors, tolerance=4.0, sticks=("UP", "LEFT", "RIGHT", "DOWN"), reach=10.0
    ),
    "atari/mario_bros_v3": Witness(source="pixels", spots=spot_plumbers, tolerance=4.0),
    "atari/entombed_competitive_v3": Witness(source="RAM", spots=spot_runners, tolerance=4.0),
    "atari/entombed_cooperative_v3": Witness(source="RAM", spots=spot_runners, tolerance=4.0),
    "atari/ms_pacman_v1": Witness(source="pixels", spots=spot_ghosts, tolerance=4.0),
    "atari/frostbite_v1": Witness(source="pixels", spots=spot_bailey, tolerance=4.0),
    "atari/pitfall_v1": Witness(source="pixels", spots=spot_harry, tolerance=4.0),
    "atari/montezuma_revenge_v1": Witness(source="pixels", spots=spot_joe, tolerance=4.0),
}
