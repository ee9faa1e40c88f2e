"""Flag capture on the console: its field, and the hand that walks to a cell and looks what is there."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from universe.atari.console import NOOP, Console
from universe.atari.digits import read_decimal
from universe.atari.hands import hold_until, lead_to
from universe.atari.session import Rules
from universe.atari.shot import Ram
from universe.atari.sticks import read_actions

ROWS, COLUMNS = 7, 9

CELLS = ROWS * COLUMNS

ENOUGH = 15
"""Flags that end the game."""

BOMB, ARROW, NUMBER = 2, 4, 9
"""What the RAM says of a cell: a bomb, or which kind of clue it gives."""

_KINDS, _FLAG_ROW, _FLAG_COLUMN = 48, 34, 35
_COLUMN, _ROW, _SHOWN, _WAIT = 0, 2, 20, 22  # of the first seat; the second's follow
_MAN, _EXPLOSION, _FLAG = 224, 2, 3  # in _SHOWN: what is drawn at a seat's place
_SCORES = (106, 107)
_SHOW = 8  # frames for which a clue has been on the screen when a decision ends
_LONGEST_WALK, _LONGEST_LOOK, _LONGEST_SCENE = 400, 80, 300  # frames; a step takes 32
_WAYS = {
    (-1, 0): "UP",
    (0, 1): "RIGHT",
    (0, -1): "LEFT",
    (1, 0): "DOWN",
    (-1, 1): "UPRIGHT",
    (-1, -1): "UPLEFT",
    (1, 1): "DOWNRIGHT",
    (1, -1): "DOWNLEFT",
}


@dataclass(frozen=True, slots=True)
class Clue:
    """What a look at a cell tells."""

    kind: int
    """`BOMB`, `ARROW` or `NUMBER`."""
    down: int = 0
    """Of an arrow: -1, 0 or 1."""
    across: int = 0
    distance: int = 0
    """Of a number: the larger of the rows and the columns to the flag, not round the edges."""


def find_man(ram: Ram, seat: int) -> int:
    """Returns the cell of a seat's man; cells are numbered row by row from the top left."""
    return int(ram[_ROW + seat]) * COLUMNS + int(ram[_COLUMN + seat])


def is_idle(ram: Ram, seat: int) -> bool:
    """Returns whether a seat's man is drawn, and not what it has found."""
    return int(ram[_SHOWN + seat]) == _MAN


def read_clue(ram: Ram, cell: int) -> Clue:
    """Returns what a look at a cell without the flag tells; nobody may know it who has not seen the look."""
    pair = int(ram[_KINDS + cell // 2])
    kind = pair >> 4 if cell % 2 else pair & 15
    row, column = divmod(cell, COLUMNS)
    down, across = int(ram[_FLAG_ROW]) - row, int(ram[_FLAG_COLUMN]) - column
    if kind == BOMB:
        return Clue(BOMB)
    if kind == NUMBER:
        return Clue(NUMBER, distance=max(abs(down), abs(across)))
    return Clue(ARROW, down=(down > 0) - (down < 0), across=(across > 0) - (across < 0))


def read_flags(ram: Ram) -> tuple[int, int]:
    """Returns how many flags each seat has found."""
    return read_decimal(ram, _SCORES[0]), read_decimal(ram, _SCORES[1])


class FlagHand:
    """Cells to walk to and look at, by turns; a flag has its own field, in which no cell is looked at twice."""

    n_actions = CELLS

    def __init__(self, rules: Rules) -> None:
        """Begins an episode: the first seat looks first."""
        self._numbers = read_actions()
        self._looked: set[int] = set()
        self._next = 0

    def legal(self, seat: int, console: Console) -> Sequence[int]:
        """Returns the cells that nobody has looked at since the last flag, and on which the rival does not stand."""
        taken = self._looked | {find_man(console.ram, 1 - seat)}
        return [cell for cell in range(CELLS) if cell not in taken]

    def whose_turn(self, console: Console) -> int | None:
        """Returns the seat that did not look last."""
        return self._next

    def carry_out(self, action: int, seat: int, console: Console) -> Iterator[int]:
        """Walks to a cell, looks, and waits until what it finds has been shown; a clue stays while fire is held."""
        self._next = 1 - seat
        self._looked.add(action)
        blocked = find_man(console.ram, 1 - seat)
        yield from lead_to(
            action,
            lambda: find_man(console.ram, seat),
            lambda at: self._numbers[_steer(at, action, blocked)],
            longest=_LONGEST_WALK,
        )
        fire = self._numbers["FIRE"]
        yield from hold_until(lambda: not is_idle(console.ram, seat), fire, longest=_LONGEST_LOOK)
        if console.ram[_SHOWN + seat] in (_EXPLOSION, _FLAG):
            yield from self._await_scene(seat, console)
            return
        yield from [fire] * _SHOW

    def _await_scene(self, seat: int, console: Console) -> Iterator[int]:
        """Waits until an explosion or a flag has been shown and the men stand where they go on from."""
        found = console.ram[_SHOWN + seat] == _FLAG
        for _ in range(_LONGEST_SCENE):
            if max(read_flags(console.ram)) >= ENOUGH:
                console.stop()  # the cartridge stands still from here on
                break
            if is_idle(console.ram, seat) and not console.ram[_WAIT + seat]:
                break
            yield NOOP
        if found:
            self._looked.clear()


def _steer(start: int, goal: int, blocked: int) -> str:
    """Returns the first stick of a shortest way; the field has no edges, and nobody passes the other man."""
    ways: deque[tuple[int, str]] = deque([(start, "")])
    seen = {start, blocked}
    while ways:
        at, first = ways.popleft()
        if at == goal:
            return first
        row, column = divmod(at, COLUMNS)
        for (down, across), stick in _WAYS.items():
            cell = (row + down) % ROWS * COLUMNS + (column + across) % COLUMNS
            if cell not in seen:
                seen.add(cell)
                ways.append((cell, first or stick))
    return "NOOP"
