"""Chess against the console: its board, and the hand that picks a piece up and puts it down."""

from collections.abc import Iterator, Sequence

import chess

from universe.atari.console import NOOP, Console
from universe.atari.hands import hold_until, lead_to
from universe.atari.session import Rules
from universe.atari.shot import Ram
from universe.atari.sticks import read_actions

STOP = 4096
"""The action of a player without a move; others are start * 64 + goal, as `chess` numbers squares."""

_CURSOR, _GOAL, _BLINKING, _TURN, _COOLING = 93, 90, 91, 97, 116
_WHITE_TURN = 0x82
_PIECES = {1: chess.KING, 2: chess.QUEEN, 3: chess.BISHOP, 4: chess.KNIGHT, 5: chess.ROOK, 6: chess.PAWN}
_WHITE = 8
_STILL = 80  # frames without a change after which the computer has moved
_CHECKING = 100  # frames in which the cartridge checks where a piece may go
_LONGEST_WALK, _LONGEST_REPLY = 700, 300  # frames; a step takes 32, and more while moves are checked
_WAYS = {
    (1, 0): "UP",
    (-1, 0): "DOWN",
    (0, -1): "LEFT",
    (0, 1): "RIGHT",
    (1, -1): "UPLEFT",
    (1, 1): "UPRIGHT",
    (-1, -1): "DOWNLEFT",
    (-1, 1): "DOWNRIGHT",
}


def read_board(ram: Ram) -> chess.Board:
    """Returns the position with White, the player, to move.

    The computer only shows its move, by a piece that blinks, until a stick is touched: here it has been made. What the
    RAM does not say, castling and capturing in passing, is left out.
    """
    board = chess.Board(None)
    for place, value in enumerate(ram[:64].tolist()):
        kind = _PIECES.get(value & 7)
        if kind is not None:
            board.set_piece_at(_mirror(place), chess.Piece(kind, bool(value & _WHITE)))
    start, goal = _mirror(int(ram[_CURSOR]) & 63), _mirror(int(ram[_GOAL]) & 63)
    shown = _PIECES.get(int(ram[_BLINKING]) & 7)
    if shown is not None and start != goal and board.piece_at(start) == chess.Piece(shown, chess.BLACK):
        _show_move(board, start, goal)
    return board


def _show_move(board: chess.Board, start: int, goal: int) -> None:
    """Makes a move of the computer; when it castles its rook is there already, what it takes in passing is not gone."""
    piece = board.remove_piece_at(start)
    assert piece is not None
    if piece.piece_type == chess.PAWN:
        if chess.square_file(start) != chess.square_file(goal) and board.piece_at(goal) is None:
            board.remove_piece_at(goal + 8)
        piece = chess.Piece(chess.QUEEN if chess.square_rank(goal) == 0 else chess.PAWN, chess.BLACK)
    board.set_piece_at(goal, piece)


def _mirror(place: int) -> int:
    """Returns a square as the other numbers it: the RAM counts from the top left, `chess` from the bottom left."""
    return place ^ 56


class ChessHand:
    """Moves of the player, who has White."""

    n_actions = STOP + 1

    def __init__(self, rules: Rules) -> None:
        """Begins an episode."""
        self._numbers = read_actions()
        self._position, self._still = b"", 0

    def legal(self, seat: int, console: Console) -> Sequence[int]:
        """Returns the legal moves; promotions are to queens. Where there is none, only the end of the game."""
        moves = read_board(console.ram).legal_moves
        return sorted({move.from_square * 64 + move.to_square for move in moves}) or [STOP]

    def carry_out(self, action: int, seat: int, console: Console) -> Iterator[int]:
        """Walks to the piece, picks it up, leads it, puts it down, and waits until the computer has begun to think."""
        self._still = 0
        if action == STOP:
            console.stop()
            return
        start, goal = divmod(action, 64)
        yield from self._walk(start, console)
        yield from [self._numbers["FIRE"]] * 2
        yield from [NOOP] * 36
        yield from self._walk(goal, console)
        yield from [NOOP] * _CHECKING
        yield from [self._numbers["FIRE"]] * 3
        yield from hold_until(lambda: int(console.ram[_TURN]) != _WHITE_TURN, NOOP, longest=_LONGEST_REPLY)

    def whose_turn(self, console: Console) -> int | None:
        """Returns the player once the computer has moved, `None` while it thinks."""
        ram = console.ram
        position = ram[:64].tobytes()
        ready = int(ram[_TURN]) == _WHITE_TURN and position == self._position
        self._position, self._still = position, self._still + 1 if ready else 0
        return 0 if self._still > _STILL else None

    def _walk(self, square: int, console: Console) -> Iterator[int]:
        """Yields the sticks that bring the cursor to a square, and nothing until the next press can count."""

        def steer(at: int) -> int:
            ranks, files = chess.square_rank, chess.square_file
            return self._numbers[_WAYS[_lean(ranks(at), ranks(square)), _lean(files(at), files(square))]]

        yield from lead_to(square, lambda: _mirror(int(console.ram[_CURSOR])), steer, longest=_LONGEST_WALK)
        yield NOOP
        yield from hold_until(lambda: not console.ram[_COOLING], NOOP, longest=_CHECKING)


def _lean(at: int, goal: int) -> int:
    return (goal > at) - (goal < at)
