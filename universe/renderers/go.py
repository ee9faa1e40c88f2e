"""Words for go."""

import re
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any, cast

from universe.renderers.go_board import EMPTY, area, find_groups
from universe.renderers.go_facts import move_facts, pass_facts, state_facts
from universe.renderers.words import count_of, tell_moves
from universe.view import Facts, View

_COLUMNS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # GTP leaves out I
_SHOWN = 10  # moves listed before the history is cut: the board shows the rest
_LONGEST = 200  # cells of a position that a situation spells out; longer ones are hashed
_VERTEX = re.compile(r"([A-HJ-Z])[-,\s]*0?(\d{1,2})|(\d{1,2})[-,\s]*([A-HJ-Z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Position:
    """What both players see of a game of go."""

    cells: tuple[int, ...]
    """Row by row from the top: 0 free, 1 black, -1 white."""
    ko: int | None
    """The point that may not be played now because it would retake a ko."""
    captured: tuple[int, int]
    """Stones taken off the board by Black and by White."""
    passed: bool
    """Whether the last move was a pass."""


class GoRenderer:
    """Points go by their GTP names, `A1` at the bottom left; the columns have no `I`."""

    fields = ("action",)

    def glimpse(self, engine: Any, seat: str) -> Position:
        """Returns the board, the ko and the captures."""
        go = engine._go
        ko: tuple[int, int] | None = go.ko
        return Position(
            cells=tuple(go.board.ravel().tolist()),
            ko=None if ko is None else int(ko[0]) * int(engine._N) + int(ko[1]),
            captured=(int(go.caps[0]), int(go.caps[1])),
            passed=bool(go.recent) and go.recent[-1].move is None,
        )

    def brief(self, view: View) -> str:
        """Returns the seat's colour, the board's size, the komi and how points are named."""
        black = _mine(view) > 0
        size, komi = _size(view), view.kwargs["komi"]
        sides = (
            "Black (X); your rival plays White (O). You move"
            if black
            else ("White (O); your rival plays Black (X). Your rival moves")
        )
        return (
            f"You play {sides} first. The board is {size} by {size}; White is given {komi:g} points (komi). A move is "
            "`pass` or a point, named by its column's letter and its row's number: "
            f"A1 is bottom left, {_COLUMNS[size - 1]}{size} top right; no column is called I."
        )

    def text(self, view: View) -> str:
        """Returns the past moves, the board, captures, the ko and the score if the game ended now."""
        position, size, mine = _position(view), _size(view), _mine(view)
        width = len(str(size))
        rows = [
            f"{size - row:>{width}} {' '.join('.XO'[cell] for cell in position.cells[row * size : (row + 1) * size])}"
            for row in range(size)
        ]
        own, other = position.captured if mine > 0 else position.captured[::-1]
        points, rivals = _points(view)
        lines = [
            tell_moves(view, _SHOWN),
            f"Board (you {'XO'[mine < 0]}, rival {'OX'[mine < 0]}):",
            f"{' ' * width} {' '.join(_COLUMNS[:size])}",
            *rows,
            f"Captured: you {count_of(own, 'stone')}, rival {other}.",
            f"Score if the game ended now: you {points:g}, rival {rivals:g}.",
        ]
        if position.ko is not None:
            lines.append(f"Ko: you may not play {_vertices(size)[position.ko]} now.")
        if position.passed:
            lines.append("Your rival has passed; if you pass too, the game ends.")
        return "\n".join(lines)

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the point, for example `D4`, or `pass`."""
        return (_vertices(_size(view))[action],)

    def situation(self, view: View) -> str:
        """Returns the board as mine (`m`), theirs (`t`), free (`.`) and ko (`k`), the least of its eight images."""
        position, size = _position(view), _size(view)
        board = _least(_relative(position, _mine(view)), size)
        if len(board) > _LONGEST:
            stones = sum(cell != EMPTY for cell in position.cells)
            board = f"{count_of(stones, 'stone')} #{blake2b(board.encode(), digest_size=8).hexdigest()}"
        return f"go {size}x{size}{', rival passed' if position.passed else ''} {board}"

    def facts(self, view: View) -> Facts:
        """Returns the score and what is in danger, and what each move does to the stones around it."""
        position, size, mine = _position(view), _size(view), _mine(view)
        own = tuple(cell * mine for cell in position.cells)
        points, rivals = _points(view)
        ahead = points > rivals or (points == rivals and mine < 0)  # the engine gives equal points to White
        groups, passed = find_groups(own, size), position.passed
        actions = {
            action: move_facts(own, size, groups, action)
            if action < len(own)
            else pass_facts(ahead=ahead, passed=passed)
            for action in view.legal
        }
        return Facts(state_facts(own, size, lead=points - rivals, passed=passed), actions)

    def read(self, answer: str, view: View) -> str | None:
        """Reads `d4`, `D-4`, `(D, 4)`, `4d` and `PASS`."""
        said = answer.strip().strip("()[]").strip()
        if said.lower() in ("pass", "pass move", "i pass"):
            return "pass"
        found = _VERTEX.fullmatch(said)
        if not found:
            return None
        letter, number = (found[1], found[2]) if found[1] else (found[4], found[3])
        return f"{letter.upper()}{int(number)}"


def _position(view: View) -> Position:
    return cast("Position", view.glimpse)


def _size(view: View) -> int:
    return cast("int", view.kwargs["board_size"])


def _mine(view: View) -> int:
    """Returns the seat's stones as the engine numbers them: 1 black, -1 white."""
    return 1 if view.seat == view.seats[0] else -1


def _points(view: View) -> tuple[float, float]:
    """Returns the seat's points and its rival's if the game ended now, komi included."""
    black, white = area(_position(view).cells, _size(view))
    white += cast("float", view.kwargs["komi"])
    return (black, white) if _mine(view) > 0 else (white, black)


@cache
def _vertices(size: int) -> tuple[str, ...]:
    points = (f"{_COLUMNS[column]}{size - row}" for row in range(size) for column in range(size))
    return (*points, "pass")


@cache
def _symmetries(size: int) -> tuple[tuple[int, ...], ...]:
    plain = [[row * size + column for column in range(size)] for row in range(size)]
    images: list[tuple[int, ...]] = []
    for _ in range(4):
        plain = [list(row) for row in zip(*plain[::-1], strict=True)]
        images += [tuple(cell for row in image for cell in row) for image in (plain, plain[::-1])]
    return tuple(images)


def _relative(position: Position, mine: int) -> str:
    cells = [".mt"[cell * mine] for cell in position.cells]
    if position.ko is not None:
        cells[position.ko] = "k"
    return "".join(cells)


def _least(own: str, size: int) -> str:
    return min("".join([own[cell] for cell in symmetry]) for symmetry in _symmetries(size))
