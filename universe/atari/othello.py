"""Othello on the console: its board and rules, and the hand that walks the cursor to a place and fires."""

from collections.abc import Iterator, Sequence

from universe.atari.console import NOOP, Console
from universe.atari.hands import hold_until, lead_to
from universe.atari.session import Rules
from universe.atari.shot import Ram
from universe.atari.sticks import read_actions

SIZE = 8
"""Rows and columns."""

CELLS = SIZE * SIZE

FREE, LIGHT, DARK = 0, 1, -1
"""What a place holds: nothing, a disc of the first seat, one of the second."""

Board = tuple[int, ...]
"""64 places, row by row from the top left."""

TURN, CURSOR, TURNING = 64, 79, 83
"""Where the RAM has whose turn it is, the cursor, and the direction in which discs are being turned."""

_STILL = 255  # in TURNING while no disc is turned
_DISCS = {255: LIGHT, 1: DARK}
_SEATS = {255: 0, 1: 1}  # by TURN; 0 when the game is over
_WAYS = tuple((down, across) for down in (-1, 0, 1) for across in (-1, 0, 1) if down or across)
_LONGEST_WALK = (
    400  # frames; the farthest place is 4 steps off, since the cursor leaves at one edge and comes in at the other
)
_LONGEST_PRESS = 60


def read_board(ram: Ram) -> Board:
    """Returns the board as the RAM has it: from the bottom right, 255 for a light disc and 1 for a dark one."""
    return tuple(_DISCS.get(value, FREE) for value in reversed(ram[:CELLS].tolist()))


def find_flips(board: Board, cell: int, side: int) -> list[int]:
    """Returns the discs that a disc of a side would turn; none where it may not be placed."""
    if board[cell]:
        return []
    row, column = divmod(cell, SIZE)
    turned: list[int] = []
    for down, across in _WAYS:
        line: list[int] = []
        y, x = row + down, column + across
        while 0 <= y < SIZE and 0 <= x < SIZE and board[y * SIZE + x] == -side:
            line.append(y * SIZE + x)
            y, x = y + down, x + across
        if line and 0 <= y < SIZE and 0 <= x < SIZE and board[y * SIZE + x] == side:
            turned += line
    return turned


def list_places(board: Board, side: int) -> list[int]:
    """Returns where a side may place a disc."""
    return [cell for cell in range(CELLS) if find_flips(board, cell, side)]


def place_disc(board: Board, cell: int, side: int) -> Board:
    """Returns the board after a disc was placed."""
    changed = {cell, *find_flips(board, cell, side)}
    return tuple(side if place in changed else value for place, value in enumerate(board))


def side_of(seat: int) -> int:
    """Returns the discs of a seat."""
    return DARK if seat else LIGHT


class OthelloHand:
    """Places, numbered row by row from the top left; a held stick moves the cursor a place each 16 frames."""

    n_actions = CELLS

    def __init__(self, rules: Rules) -> None:
        """Needs nothing of the rules: a decision takes as long as it takes."""
        self._numbers = read_actions()
        self._still_since: int | None = None

    def legal(self, seat: int, console: Console) -> Sequence[int]:
        """Returns where the seat may place a disc."""
        return list_places(read_board(console.ram), side_of(seat))

    def carry_out(self, action: int, seat: int, console: Console) -> Iterator[int]:
        """Walks the cursor the short way round the board, lets go, and presses fire until the disc lies there."""
        self._still_since = None
        target, before = CELLS - 1 - action, read_board(console.ram)
        yield from lead_to(
            target,
            lambda: int(console.ram[CURSOR]),
            lambda at: self._numbers[_steer(at, target)],
            longest=_LONGEST_WALK,
        )
        yield NOOP
        fire = self._numbers["FIRE"]
        yield from hold_until(lambda: read_board(console.ram) != before, fire, longest=_LONGEST_PRESS)

    def whose_turn(self, console: Console) -> int | None:
        """Returns who must place a disc; `None` while discs are turned, and while who cannot move is passed over."""
        ram = console.ram
        seat = _SEATS.get(int(ram[TURN]))
        if seat is None or ram[TURNING] != _STILL or not self.legal(seat, console):
            self._still_since = None
            return None
        if self._still_since is None:
            self._still_since = console.frame
        return seat if console.frame > self._still_since else None  # the picture is a frame behind


def _steer(at: int, target: int) -> str:
    """Returns the stick that brings the cursor nearer; both are counted from the bottom right."""
    up, left = (target // SIZE - at // SIZE) % SIZE, (target % SIZE - at % SIZE) % SIZE
    down_up = "" if not up else "UP" if up <= SIZE // 2 else "DOWN"
    return down_up + ("" if not left else "LEFT" if left <= SIZE // 2 else "RIGHT")
