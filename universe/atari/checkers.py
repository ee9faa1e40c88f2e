"""Checkers on the console: its board and rules, and the hand that picks up a man and puts it down."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from universe.atari.console import NOOP, Console
from universe.atari.hands import hold_until, lead_to
from universe.atari.session import Rules
from universe.atari.shot import Ram
from universe.atari.sticks import read_actions

SQUARES = 32
"""The dark squares, numbered from the bottom left, four in a row."""

MAN, KING = 1, 2
"""What a square holds: positive for the first seat, which moves up the board, negative for the second; else 0."""

WAYS = ((1, -1, "UPLEFT"), (1, 1, "UPRIGHT"), (-1, -1, "DOWNLEFT"), (-1, 1, "DOWNRIGHT"))
"""Rows up, columns to the right, and the stick; an action is a square's number times 4, plus a way's."""

STUCK = 4 * SQUARES
"""The action of a seat that cannot move: the cartridge would wait for it for ever, so it stops the game."""

Board = tuple[int, ...]

TURN, CURSOR, TARGET, PICKED = 59, 43, 105, 103
"""Where the RAM has whose turn it is, the cursor, where the man in hand would go, and whether one is in hand."""

_WAITS = (112, 114)  # count down to 0 after a move
_SECOND = 128  # in TURN
_JUMPS_ON = 187  # in PICKED: the man that has jumped must jump again
_VALUES = {0x10: MAN, 0x20: KING, 0x90: -MAN, 0xA0: -KING}
_LONGEST_WALK, _LONGEST_PRESS = 800, 80  # frames; the cursor moves a square each 32 frames


@dataclass(frozen=True, slots=True)
class Step:
    """A legal move of one man."""

    start: int
    way: int
    end: int
    taken: int | None
    """The square of the man that is jumped over; `None` for a step without a jump."""

    @property
    def action(self) -> int:
        """Its number."""
        return 4 * self.start + self.way


def find_square(row: int, column: int) -> int | None:
    """Returns the number of a dark square by its row from the bottom and its column; `None` off the board."""
    return row * 4 + column // 2 if 0 <= row < 8 and 0 <= column < 8 else None


def split_square(square: int) -> tuple[int, int]:
    """Returns the row from the bottom and the column of a square."""
    row = square // 4
    return row, 2 * (square % 4) + row % 2


def locate(square: int) -> int:
    """Returns where the RAM has a square: from the right, with a byte left free after each two rows."""
    row, place = divmod(square, 4)
    return 9 * (row // 2) + 4 * (row % 2) + 3 - place


_SQUARE_AT = {locate(square): square for square in range(SQUARES)}


def read_board(ram: Ram) -> Board:
    """Returns what the squares hold."""
    return tuple(_VALUES.get(int(ram[locate(square)]), 0) for square in range(SQUARES))


def list_steps(board: Board, side: int, *, only: int | None = None) -> list[Step]:
    """Returns the legal moves of a side (1 or -1): jumps where there is one, else steps.

    Args:
        board: What the squares hold.
        side: Whose moves.
        only: The man that must go on jumping.
    """
    starts = [square for square in range(SQUARES) if board[square] * side > 0] if only is None else [only]
    steps = [step for start in starts for step in _list_from(board, start)]
    jumps = [step for step in steps if step.taken is not None]
    return jumps if jumps or only is not None else steps


def _list_from(board: Board, start: int) -> Iterator[Step]:
    value = board[start]
    row, column = split_square(start)
    for way, (up, across, _) in enumerate(WAYS):
        if abs(value) != KING and up * value < 0:
            continue
        near, far = find_square(row + up, column + across), find_square(row + 2 * up, column + 2 * across)
        if near is not None and not board[near]:
            yield Step(start, way, near, None)
        elif near is not None and far is not None and board[near] * value < 0 and not board[far]:
            yield Step(start, way, far, near)


def play_step(board: Board, step: Step) -> tuple[Board, bool]:
    """Returns the board after a move, and whether the same man must go on jumping; a man that is crowned stops."""
    squares = list(board)
    value, squares[step.start] = squares[step.start], 0
    crowned = abs(value) == MAN and step.end // 4 == (7 if value > 0 else 0)
    squares[step.end] = 2 * value if crowned else value
    if step.taken is not None:
        squares[step.taken] = 0
    after = tuple(squares)
    on = step.taken is not None and not crowned and bool(list_steps(after, 1 if value > 0 else -1, only=step.end))
    return after, on


def find_jumper(ram: Ram) -> int | None:
    """Returns the square of the man that must go on jumping, or `None`."""
    return _SQUARE_AT.get(int(ram[TARGET])) if ram[PICKED] == _JUMPS_ON else None


def side_of(seat: int) -> int:
    """Returns the sign of a seat's men."""
    return -1 if seat else 1


class CheckersHand:
    """Moves of one man: picked up, led along a diagonal, put down."""

    n_actions = STUCK + 1

    def __init__(self, rules: Rules) -> None:
        """Needs nothing of the rules: a decision takes as long as it takes."""
        self._numbers = read_actions()
        self._still_since: int | None = None

    def legal(self, seat: int, console: Console) -> Sequence[int]:
        """Returns the legal moves; where there is none, only the end of the game."""
        ram = console.ram
        steps = list_steps(read_board(ram), side_of(seat), only=find_jumper(ram))
        return sorted(step.action for step in steps) or [STUCK]

    def carry_out(self, action: int, seat: int, console: Console) -> Iterator[int]:
        """Walks to the man, picks it up, holds the stick until it is where it should go, and puts it down."""
        if action == STUCK:
            console.stop()
            return
        self._still_since = None
        board, jumper = read_board(console.ram), find_jumper(console.ram)
        steps = list_steps(board, side_of(seat), only=jumper)
        step = next(step for step in steps if step.action == action)
        if jumper is None:
            yield from self._walk(step.start, console)
            yield from self._press("FIRE", console, PICKED, 1)
            yield NOOP
        yield from self._press(WAYS[step.way][2], console, TARGET, locate(step.end))
        yield NOOP
        fire = self._numbers["FIRE"]
        yield from hold_until(lambda: read_board(console.ram) != board, fire, longest=_LONGEST_PRESS)

    def whose_turn(self, console: Console) -> int | None:
        """Returns who must move; `None` while the last move is shown."""
        ram = console.ram
        if any(ram[wait] for wait in _WAITS):
            self._still_since = None
            return None
        if self._still_since is None:
            self._still_since = console.frame
        if console.frame == self._still_since:  # the picture is a frame behind
            return None
        return 1 if ram[TURN] & _SECOND else 0

    def _walk(self, square: int, console: Console) -> Iterator[int]:
        """Yields the sticks that bring the cursor to a square; it moves along diagonals only."""
        row, column = split_square(square)

        def steer(at: int) -> int:
            its_row, its_column = split_square(at)
            up, across = _lean(its_row, row), _lean(its_column, column)
            return self._numbers[next(stick for *way, stick in WAYS if way == [up, across])]

        yield from lead_to(square, lambda: _SQUARE_AT[int(console.ram[CURSOR])], steer, longest=_LONGEST_WALK)
        yield NOOP

    def _press(self, stick: str, console: Console, place: int, value: int) -> Iterator[int]:
        """Yields a stick until a byte of the RAM has a value."""
        number = self._numbers[stick]
        yield from hold_until(lambda: int(console.ram[place]) == value, number, longest=_LONGEST_PRESS)


def _lean(at: int, goal: int) -> int:
    """Returns 1 or -1 towards a goal; where it is reached, to and fro on the board."""
    if at != goal:
        return 1 if goal > at else -1
    return 1 if at < 7 else -1
