"""What can be decided in Tetris: to move a piece by a column, to turn it, to let it fall."""

from collections.abc import Iterator, Sequence

from universe.atari.console import Console
from universe.atari.hands import hold_until
from universe.atari.session import Rules
from universe.atari.shot import Ram
from universe.atari.sticks import read_actions

ACTIONS = ("wait", "left", "right", "turn", "drop")
"""By number."""

PRESS = 4
"""Frames from one look of the game at its stick to the next."""

FALL = 20
"""Frames in which a piece falls a row by itself."""

LONGEST_DROP, LONGEST_PAUSE = 240, 80
"""Frames for a fall through the whole well, and until the next piece is there."""

N_CELLS = 4
ROWS, LEFT_HALF, RIGHT_HALF = 92, 96, 100
"""The first of the four bytes of rows, from the bottom, and of columns, a bit each: 5 to 0, and 6 to 9."""

Cell = tuple[int, int]
"""Row from the bottom and column from the left, both from 0."""


def read_piece(ram: Ram) -> list[Cell]:
    """Returns the four cells of the falling piece; fewer or none while there is none."""
    cells: list[Cell] = []
    for number in range(N_CELLS):
        left, right = int(ram[LEFT_HALF + number]), int(ram[RIGHT_HALF + number])
        if left or right:
            column = 6 - left.bit_length() if left else 5 + right.bit_length()
            cells.append((int(ram[ROWS + number]), column))
    return cells


class TetrisControls:
    """One press for each decision, or a fall to the ground."""

    def __init__(self, rules: Rules) -> None:
        """Takes nothing from the rules: presses are as long as the game wants them."""
        self.n_actions = len(ACTIONS)

    def legal(self, seat: int, console: Console) -> Sequence[int]:
        """Returns every action."""
        return range(self.n_actions)

    def carry_out(self, action: int, seat: int, console: Console) -> Iterator[int]:
        """Presses the stick once, waits for a row, or drops; then waits until a piece is there."""
        numbers = read_actions()
        name = ACTIONS[action]
        if name == "drop":
            yield from self._drop(console, numbers["DOWN"], numbers["NOOP"])
            return
        stick = {"left": "LEFT", "right": "RIGHT", "turn": "FIRE"}.get(name)
        for _ in range(PRESS if stick else FALL - PRESS):
            yield numbers[stick or "NOOP"]
        yield from self._await(console, numbers["NOOP"])

    def _drop(self, console: Console, down: int, rest: int) -> Iterator[int]:
        lowest = _lowest(console)
        for _ in range(LONGEST_DROP):
            yield down
            now = _lowest(console)
            if now is None or (lowest is not None and now > lowest):
                break
            lowest = now
        yield from self._await(console, rest)

    def _await(self, console: Console, rest: int) -> Iterator[int]:
        """Waits until a piece is there, and a press longer until the picture shows it."""
        yield from hold_until(lambda: len(read_piece(console.ram)) == N_CELLS, rest, longest=LONGEST_PAUSE)
        yield from [rest] * PRESS


def _lowest(console: Console) -> int | None:
    return min((row for row, _ in read_piece(console.ram)), default=None)
