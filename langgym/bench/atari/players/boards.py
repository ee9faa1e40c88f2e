"""Scripted players of the Atari games: boards."""

import re
from collections.abc import Sequence
from itertools import product

from langgym.bench.atari.contest import Decide, Player

Spot = tuple[int, int]
"""Column and row, from 0."""

_ROW = re.compile(r"^(\d) ((?:\S +)*\S)$", re.MULTILINE)

_OTHELLO = (
    (100, -25, 10, 6),
    (-25, -50, 1, 1),
    (10, 1, 3, 2),
    (6, 1, 2, 1),
)
"""What a place of a quarter of the board is worth: corners are kept, what lies beside them gives them away."""


def _read_rows(text: str) -> list[list[str]]:
    return [row[2].split() for row in _ROW.finditer(text)]


def _play_othello() -> Decide:
    """Returns a player that weighs the board after each placing, and how few places it leaves to the rival."""

    def decide(text: str, names: Sequence[str]) -> str:
        board = {(x, y): mark for y, row in enumerate(_read_rows(text)) for x, mark in enumerate(row)}

        def judge(name: str) -> tuple[float, str]:
            place = (ord(name[0]) - ord("a"), int(name[1]) - 1)
            after = {**board, **dict.fromkeys([place, *_list_turned(board, place, "o")], "o")}
            held = sum(_weigh(*spot) * {"o": 1, "x": -1}.get(mark, 0) for spot, mark in after.items())
            replies = sum(bool(_list_turned(after, spot, "x")) for spot in after)
            return (held - 8 * replies, name)

        return max(names, key=judge)

    return decide


def _list_turned(board: dict[Spot, str], place: Spot, mine: str) -> list[Spot]:
    """Returns the discs that a disc on a free place would turn."""
    turned: list[Spot] = []
    if board[place] in "ox":
        return turned
    for across, down in product((-1, 0, 1), repeat=2):
        line: list[Spot] = []
        spot = (place[0] + across, place[1] + down)
        while (across or down) and board.get(spot, ".") in "ox" and board[spot] != mine:
            line.append(spot)
            spot = (spot[0] + across, spot[1] + down)
        turned += line if board.get(spot) == mine else []
    return turned


def _weigh(column: int, row: int) -> int:
    return _OTHELLO[min(row, 7 - row)][min(column, 7 - column)]


def _play_flags() -> Decide:
    """Returns a player that looks in the middle of the cells where the flag can be."""

    def decide(text: str, names: Sequence[str]) -> str:
        cells = {
            f"{'abcdefghi'[column]}{row + 1}": (column, row)
            for row, line in enumerate(_read_rows(text))
            for column, mark in enumerate(line)
            if mark == "?"
        }
        among = [name for name in names if name in cells] or list(names)
        spots = list(cells.values()) or [(4, 3)]
        middle = (sum(spot[0] for spot in spots) / len(spots), sum(spot[1] for spot in spots) / len(spots))

        def far(name: str) -> tuple[float, str]:
            column, row = ord(name[0]) - ord("a"), int(name[1]) - 1
            return (abs(column - middle[0]) + abs(row - middle[1]), name)

        return min(among, key=far)

    return decide


_NUMBERS = re.compile(r"(up|right|left|down) (\d+)")


def _read_ways(text: str, label: str) -> dict[str, int]:
    line = next((line for line in text.splitlines() if line.startswith(f"{label}: ")), "")
    return {way[1]: int(way[2]) for way in _NUMBERS.finditer(line)}


def _play_surround() -> Decide:
    """Returns a player that steps into the largest room, and there where it is free farthest."""

    def decide(text: str, names: Sequence[str]) -> str:
        room, run = _read_ways(text, "Room"), _read_ways(text, "Free straight on")
        ways = [name for name in names if name in room]
        return max(ways, key=lambda way: (room[way], min(run[way], 12), way == "up"))

    return decide


_WAY = re.compile(
    r"^Way (\w+): \d+ cells? to [a-z ]+; (?:exit (\d+) steps|not to the exit)(?:; robber (\d+) steps)?", re.M
)
_DANGER = 8


def _play_maze() -> Decide:
    """Returns a player that goes towards the exit, and away from a robber that comes near that way."""

    def decide(text: str, names: Sequence[str]) -> str:
        ways = [(way[1], int(way[2] or 999), int(way[3] or 999)) for way in _WAY.finditer(text)]
        safe = [way for way in ways if way[2] > _DANGER or way[1] < way[2]]
        if not ways:
            return "wait"
        return min(safe or ways, key=lambda way: (way[1], -way[2]) if safe else (-way[2], way[1]))[0]

    return decide


def _play_cube() -> Decide:
    """Returns a player that completes a line, stops one, or builds where it has most marks in lines still open."""
    lines = _list_lines()

    def decide(text: str, names: Sequence[str]) -> str:
        rows = _read_rows(text)
        marks = {
            (layer, column, row): rows[row][4 * layer + column] for layer, column, row in product(range(4), repeat=3)
        }
        worth = dict.fromkeys(names, 0)
        for line in lines:
            mine, theirs = (sum(marks[cell] == mark for cell in line) for mark in "XO")
            if mine and theirs:
                continue
            gain = (1, 8, 60, 5000, 0)[mine] if mine else (1, 6, 40, 900, 0)[theirs]
            for layer, column, row in line:
                name = f"{layer + 1}{'abcd'[column]}{row + 1}"
                if name in worth:
                    worth[name] += gain
        return max(names, key=lambda name: (worth[name], name))

    return decide


def _list_lines() -> list[tuple[tuple[int, int, int], ...]]:
    """Returns the lines of four cells in the cube."""
    found: set[tuple[tuple[int, int, int], ...]] = set()
    for start, way in product(product(range(4), repeat=3), product((-1, 0, 1), repeat=3)):
        cells = [
            (start[0] + n * way[0], start[1] + n * way[1], start[2] + n * way[2]) for n in range(4 if any(way) else 0)
        ]
        if cells and all(0 <= place < 4 for cell in cells for place in cell):
            found.add(tuple(sorted(cells)))
    return sorted(found)


def _play_blackjack() -> Decide:
    """Returns a player that bets least, and draws as long as it may not lose by it or the dealer shows much."""

    def decide(text: str, names: Sequence[str]) -> str:
        if "bet 1" in names:
            return "bet 1"
        points = re.search(r"^You: .* = (\d+)(, an ace as 11)?$", text, re.MULTILINE)
        dealer = re.search(r"^Dealer: (\w+)", text, re.MULTILINE)
        if points is None or dealer is None:
            return "stay"
        small = dealer[1] in ("2", "3", "4", "5", "6")
        enough = 18 if points[2] else 12 if small else 17
        return "stay" if int(points[1]) >= enough else "hit"

    return decide


_BOTH = ("first_0", "second_0")

PLAYERS: dict[str, Player] = {
    "atari/othello_v3": Player(make=_play_othello, seats=_BOTH),
    "atari/flag_capture_v2": Player(make=_play_flags, seats=("second_0",)),
    "atari/surround_v2": Player(make=_play_surround, seats=_BOTH, max_turns=500),
    "atari/maze_craze_v3": Player(make=_play_maze, seats=_BOTH, max_turns=300),
    "atari/tic_tac_toe_3d_v1": Player(make=_play_cube),
    "atari/blackjack_v1": Player(make=_play_blackjack),
}
