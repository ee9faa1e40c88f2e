"""Scripted players of the Atari games with creatures; they read nothing but the text."""

import re
from collections.abc import Iterable, Mapping, Sequence

from langgym.bench.atari.contest import Decide, Player
from langgym.bench.atari.statements import Statement, find_label, read_statements

BOMB_ACROSS, BOMB_SPEED = 9.0, 8.0
"""Pixels to either side that a bomb makes dangerous, and how far it falls in a decision."""
CANNON_STEPS = {"fire": 0.0, "fire left": -4.0, "fire right": 4.0}
AIM_WEIGHT = 0.03
"""What a pixel away from a column weighs against a pixel under a bomb that is about to land."""
IN_LINE = 7
"""Pixels across within which a shot meets a monster."""
FRIGHT = 44
"""Pixels within which a ghost closes a way."""
LANE = 9
"""Pixels from the middle of a lane that still count as in it."""
FLOE = 9
"""Pixels from the middle of a floe on which it is safe to land."""
FLIGHT = 2.5
"""Decisions that a jump takes."""
OPPOSITE = {"left": "right", "right": "left", "up": "down", "down": "up"}


def nearest(statements: Iterable[Statement]) -> Statement | None:
    """Returns what lies nearest to the seat."""
    return min(statements, key=lambda each: each.at[0] ** 2 + each.at[1] ** 2, default=None)


def called(statements: Iterable[Statement], *labels: str) -> list[Statement]:
    """Returns the statements about things of some names."""
    return [each for each in statements if each.label.lower().split(" (")[0] in labels]


def play_space_invaders() -> Decide:
    """Returns a cannon that keeps from under bombs and shoots the nearest column."""

    def decide(text: str, names: Sequence[str]) -> str:
        bombs = [bomb.at for bomb in called(read_statements(text), "bomb") if bomb.at[1] < 0]
        line = re.search(r"lowest of each column: (.*)", text)
        columns = [_read_across(words) for words in line[1].split("; ")] if line else []
        goal = min(columns, key=abs) if columns else 0.0
        costs = {name: _risk(bombs, step) + abs(goal - step) * AIM_WEIGHT for name, step in CANNON_STEPS.items()}
        return min(costs, key=lambda name: costs[name])

    return decide


def _risk(bombs: Iterable[tuple[float, float]], step: float) -> float:
    """Returns how much a cannon that moves by a step is under bombs, the nearest of which weigh most."""
    return sum(max(0.0, BOMB_ACROSS - abs(bomb[0] - step)) / (1 - bomb[1] / BOMB_SPEED) for bomb in bombs)


def play_wizard_of_wor() -> Decide:
    """Returns a worrior that shoots along lanes and else walks towards the nearest target."""
    last = {"way": ""}

    def decide(text: str, names: Sequence[str]) -> str:
        line = re.search(r"Open to you: (.*)", text)
        ways = line[1].split(", ") if line else []
        if not ways or ways == ["nothing"]:
            return "up"
        targets = called(read_statements(text), "monster", "rival")
        for target in sorted(targets, key=lambda each: abs(each.at[0]) + abs(each.at[1])):
            way = _line_up(target.at, IN_LINE)
            if way in ways:
                return f"fire {way}"
        target = nearest(targets)
        wanted = _order_ways(target.at if target else (0.0, 0.0))
        free = [way for way in wanted if way in ways and way != OPPOSITE.get(last["way"], "")]
        last["way"] = free[0] if free else ways[0]
        return last["way"]

    return decide


def play_ms_pacman() -> Decide:
    """Returns a Ms. Pac-Man that goes where the dots are and no ghost is."""
    last = {"way": "left"}

    def decide(text: str, names: Sequence[str]) -> str:
        line = re.search(r"Ways: (.*)", text)
        ways = dict(_read_way(words) for words in line[1].split("; ")) if line and line[1] != "none" else {}
        statements = read_statements(text)
        ghosts, prey = called(statements, "ghost"), called(statements, "edible ghost", "fruit", "energizer")
        safe = {way: dots for way, dots in ways.items() if not any(_lies(way, ghost.at) for ghost in ghosts)} or ways
        if not safe:
            return last["way"]
        target = nearest(prey)
        last["way"] = max(safe, key=lambda way: _worth(way, safe[way], target, last["way"]))
        return last["way"]

    return decide


def _worth(way: str, dots: int, target: Statement | None, before: str) -> float:
    worth = 2.0 * min(dots, 4) - (3.0 if way == OPPOSITE[before] else 0.0) + (0.5 if way == before else 0.0)
    return worth + (1.0 if target is not None and way in _order_ways(target.at)[:2] else 0.0)


def play_frostbite() -> Decide:
    """Returns a Bailey that jumps from row to row, down and up again, when a floe comes to where he lands."""
    heading = {"way": "down"}

    def decide(text: str, names: Sequence[str]) -> str:
        own = find_label(read_statements(text), "You (")
        stands = re.search(r"on (?:row (\d)|the (shore))", text)
        if own is None or stands is None:
            return "wait"
        row = int(stands[1]) if stands[1] else 0
        if row == 4 or (row == 0 and heading["way"] == "up"):
            heading["way"] = "up" if row == 4 else "down"
        if row == 1 and heading["way"] == "up":
            heading["way"] = "down"
        target = row + (1 if heading["way"] == "down" else -1)
        line = re.search(rf"^Row {target}[^:]*: \w+; floes ([^;\n]*)(?:; drifting (\w+))?", text, re.M)
        if line is None:
            return "wait"
        drift = {"left": -1.0, "right": 1.0}.get(line[2] or "", 0.0) * 8 * FLIGHT / 2.5
        landing = [_read_across(words) + drift for words in line[1].split(", ")]
        return heading["way"] if any(abs(across) <= FLOE for across in landing) else "wait"

    return decide


def play_joust() -> Decide:
    """Returns a knight that gets above the nearest enemy and then comes down on it."""

    def decide(text: str, names: Sequence[str]) -> str:
        statements = read_statements(text)
        target = nearest(called(statements, "enemy", "rival", "egg"))
        if target is None:
            return "fire"
        side = "right" if target.at[0] > 0 else "left"
        climb = target.at[1] < 8 and target.label != "Egg"
        return f"fire {side}" if climb else side

    return decide


def _read_across(words: str) -> float:
    found = re.search(r"(\d+) (left|right)", words)
    return 0.0 if found is None else float(found[1]) * (1 if found[2] == "right" else -1)


def _read_way(words: str) -> tuple[str, int]:
    dots = re.search(r"(\d+) dot", words)
    return words.split(" ")[0], int(dots[1]) if dots else 0


def _line_up(at: tuple[float, float], slack: float) -> str:
    """Returns the way in which something lies straight ahead, or nothing."""
    if abs(at[0]) <= slack:
        return "up" if at[1] < 0 else "down"
    if abs(at[1]) <= slack:
        return "left" if at[0] < 0 else "right"
    return ""


def _order_ways(at: tuple[float, float]) -> list[str]:
    """Returns the four ways, those that lead towards a place first."""
    across = ["right", "left"] if at[0] > 0 else ["left", "right"]
    height = ["down", "up"] if at[1] > 0 else ["up", "down"]
    first, second = (across, height) if abs(at[0]) > abs(at[1]) else (height, across)
    return [first[0], second[0], second[1], first[1]]


def _lies(way: str, at: tuple[float, float]) -> bool:
    """Returns whether a ghost lies so near in a direction that going there is dangerous."""
    signs: Mapping[str, tuple[int, int]] = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
    along = at[0] * signs[way][0] + at[1] * signs[way][1]
    aside = abs(at[1] if signs[way][0] else at[0])
    return -2 < along < FRIGHT and aside < max(LANE, along * 0.8)


PLAYERS: dict[str, Player] = {
    "atari/space_invaders_v2": Player(make=play_space_invaders, seats=("first_0", "second_0"), max_turns=400),
    "atari/wizard_of_wor_v3": Player(make=play_wizard_of_wor, seats=("first_0", "second_0"), max_turns=300),
    "atari/ms_pacman_v1": Player(make=play_ms_pacman, max_turns=300),
    "atari/frostbite_v1": Player(make=play_frostbite, max_turns=300),
    "atari/joust_v3": Player(make=play_joust, seats=("first_0", "second_0"), max_turns=250),
}
