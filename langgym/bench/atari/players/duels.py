"""Scripted players of the Atari games for two that fight, race or play ball, and of their neighbours for one."""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from langgym.bench.atari.contest import Decide, Player
from langgym.bench.atari.statements import Statement, find_label, read_statements

STRIDE = 15.0
"""Pixels that a boxer moves in a decision."""

BESIDE, ABOVE = 14.0, 18.0
"""Where a boxer wants to stand from the rival's head."""

STEP = 10.0
"""Pixels that the chicken moves in a decision."""

DANGER = (8.0, 10.0)
"""Columns and rows between the middles of a chicken and a car that touch."""

AHEAD = (0.3, 0.6, 1.0)
"""Decisions ahead for which the chicken looks."""

LEVEL = 6.0
"""Rows within which a torpedo meets a hunter."""

CLOSE = 22.0
"""Rows or columns within which the submarine gives way to a hunter."""

AIR = 14
"""Oxygen below which the submarine rises."""

Cell = tuple[int, int]
"""Row from the bottom and column from the left."""

ROW = re.compile(r"^row (\d+) ([.#o]+)$", re.MULTILINE)
WIDTH = 10


def _go(across: float, down: float, slack: float) -> str:
    """Returns the word of a stick that goes so far to the right and down, `wait` within the slack."""
    words = [
        "" if abs(down) <= slack else "down" if down > 0 else "up",
        "" if abs(across) <= slack else "right" if across > 0 else "left",
    ]
    return "-".join(word for word in words if word) or "wait"


def play_boxing() -> Decide:
    """Returns a boxer that goes where a punch would land for two points and strikes when it would land."""

    def decide(text: str, names: Sequence[str]) -> str:
        rival = find_label(read_statements(text), "rival")
        if rival is None or "would land" in text:
            return "fire"
        across, down = rival.at
        return _go(across - (BESIDE if across >= 0 else -BESIDE), down - (ABOVE if down >= 0 else -ABOVE), STRIDE / 2)

    return decide


def play_freeway() -> Decide:
    """Returns a chicken that goes up where no car will be."""

    def decide(text: str, names: Sequence[str]) -> str:
        cars = [each for each in read_statements(text) if each.label.startswith("Car")]
        return next((word for word, way in (("up", -STEP), ("wait", 0.0)) if not _meets(cars, way)), "down")

    return decide


def _meets(cars: Iterable[Statement], way: float) -> bool:
    """Returns whether a car will touch the chicken soon, if it goes so far down in a decision."""
    for car in cars:
        across, down = car.at
        speed = car.motion[0] if car.motion else 0.0
        if any(abs(across + speed * t) < DANGER[0] and abs(down - way * t) < DANGER[1] for t in AHEAD):
            return True
    return False


def play_seaquest() -> Decide:
    """Returns a captain who shoots what is level with the boat, picks up divers and rises in time."""

    def decide(text: str, names: Sequence[str]) -> str:
        said = read_statements(text)
        air, crew = (int(number) for number in re.findall(r"(\d+) of \d+", text)[:2])
        boat = find_label(said, "you (")
        if boat is None:
            return "wait"
        hunters = [each.at for each in said if each.label == "Hunter"]
        if air < AIR and crew:
            return "up"
        if boat.at[1] < 60 and (air < 60 or not hunters):
            return "down" if air >= 60 else "wait"
        level = [at for at in hunters if abs(at[1]) <= LEVEL]
        if level:
            nearest = min(level, key=lambda at: abs(at[0]))
            return "fire right" if nearest[0] > 0 else "fire left"
        divers = [each.at for each in said if each.label == "Diver"]
        return _head_for(divers or hunters)

    return decide


def _head_for(places: Sequence[tuple[float, float]]) -> str:
    """Returns the stick towards the nearest place, by rows first."""
    if not places:
        return "down"
    across, down = min(places, key=lambda at: abs(at[0]) + abs(at[1]))
    return _go(across, down, LEVEL / 2)


def play_tetris() -> Decide:
    """Returns a player that tries every place and turn of the piece in its head and takes the lowest without holes."""
    turned = 0

    def decide(text: str, names: Sequence[str]) -> str:
        nonlocal turned
        ground, piece = read_well(text)
        if not piece:
            return "wait"
        shapes = _turn_all(piece) if turned < 4 else [_settle(piece)]
        shape, column = min(
            ((shape, at) for shape in shapes for at in range(WIDTH - max(c for _, c in shape))),
            key=lambda choice: _rate(ground, *choice),
        )
        left = min(at for _, at in piece)
        if shape != _settle(piece):
            turned += 1
            return "turn"
        if left == column:
            turned = 0
            return "drop"
        return "left" if left > column else "right"

    return decide


def read_well(text: str) -> tuple[set[Cell], list[Cell]]:
    """Returns the cells that lie and those of the falling piece."""
    marks = [(int(row) - 1, column, mark) for row, line in ROW.findall(text) for column, mark in enumerate(line)]
    ground = {(row, column) for row, column, mark in marks if mark == "#"}
    return ground, [(row, column) for row, column, mark in marks if mark == "o"]


def _settle(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    placed = list(cells)
    low, left = min(row for row, _ in placed), min(column for _, column in placed)
    return tuple(sorted((row - low, column - left) for row, column in placed))


def _turn_all(piece: Iterable[Cell]) -> list[tuple[Cell, ...]]:
    """Returns the piece as it lies, then its other turns."""
    shapes = [_settle(piece)]
    for _ in range(3):
        shapes.append(_settle([(column, -row) for row, column in shapes[-1]]))
    return shapes


def _rate(ground: set[Cell], shape: Iterable[Cell], column: int) -> tuple[float, float]:
    """Returns how bad a place is: holes and height weigh against full rows."""
    tops = [max((row + 1 for row, at in ground if at == c), default=0) for c in range(WIDTH)]
    base = max(tops[column + at] - row for row, at in shape)
    landed = {(base + row, column + at) for row, at in shape}
    filled = ground | landed
    full = sum(all((row, at) in filled for at in range(WIDTH)) for row in {row for row, _ in landed})
    holes = sum(base + row - tops[column + at] for row, at in shape if (row - 1, at) not in set(shape))
    heights = [max((row + 1 for row, at in filled if at == c), default=0) for c in range(WIDTH)]
    rough = sum(abs(one - other) for one, other in pairwise(heights))
    return (4.0 * holes - 3.0 * full + 0.5 * rough + 0.4 * max(heights) + 0.3 * base, float(base))


def _player(make: Callable[[], Decide], *seats: str, max_turns: int = 150) -> Player:
    return Player(make=make, seats=seats or ("first_0",), max_turns=max_turns)


PLAYERS: dict[str, Player] = {
    "atari/boxing_v2": _player(play_boxing, "first_0", "second_0"),
    "atari/freeway_v1": _player(play_freeway),
    "atari/seaquest_v1": _player(play_seaquest, max_turns=300),
    "atari/tetris_v1": _player(play_tetris, max_turns=300),
}
