"""Words for chess against the console."""

import re

import chess

from universe.atari.chess_game import STOP, read_board
from universe.renderers.atari.board import BoardRenderer
from universe.renderers.chess_facts import move_facts, state_facts
from universe.renderers.words import tell_moves
from universe.view import Facts, View

_SHOWN = 8  # past moves that are told
_STOP = "stop, no move is left"
_LONG = re.compile(r"\W*([a-h][1-8])(?:to|[-x: ])*([a-h][1-8])(?:=?q)?\W*", re.IGNORECASE)


class ConsoleChessRenderer(BoardRenderer):
    """Moves go by their squares, for example `e2e4`."""

    level = "exact"

    def brief(self, view: View) -> str:
        """Returns the colours and how moves and pieces are named."""
        return (
            "You play White, at the bottom, against the computer; you move first. Your pieces are the upper-case "
            "letters (K king, Q queen, R rook, B bishop, N knight, P pawn), the computer's the lower-case ones. A move "
            "is the square it starts from and the square it goes to: e2e4."
        )

    def text(self, view: View) -> str:
        """Returns the own past moves and the board."""
        board = self._board(view)
        rows = [f"{8 - place} {_spread(row)}" for place, row in enumerate(board.board_fen().split("/"))]
        lines = [tell_moves(view, _SHOWN), "  a b c d e f g h", *rows]
        lines += ["You are in check."] if board.is_check() else []
        return "\n".join(lines)

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the two squares."""
        if action == STOP:
            return (_STOP,)
        return (f"{chess.square_name(action // 64)}{chess.square_name(action % 64)}",)

    def read(self, answer: str, view: object) -> str | None:
        """Reads `E2-E4`, `e2 e4`, `e7e8=Q` and the like."""
        found = _LONG.fullmatch(answer)
        return f"{found[1]}{found[2]}".lower() if found else None

    def situation(self, view: View) -> str:
        """Returns how the material stands and what is attacked."""
        return f"console chess; {'; '.join(state_facts(self._board(view))[:5])}"[:200]

    def facts(self, view: View) -> Facts:
        """Returns the material and what is attacked, and what each move does."""
        board = self._board(view)
        state = tuple(state_facts(board))
        moves = {action: _find_move(board, action) for action in view.legal if action != STOP}
        told = move_facts(board, list(moves.values()))
        actions = {action: tuple(told[move]) for action, move in moves.items()}
        return Facts(state, actions or {STOP: ("no move is left",)})

    def _board(self, view: View) -> chess.Board:
        return read_board(self.shot(view).now.ram)


def _find_move(board: chess.Board, action: int) -> chess.Move:
    start, goal = divmod(action, 64)
    crowned = board.piece_type_at(start) == chess.PAWN and chess.square_rank(goal) == 7
    return chess.Move(start, goal, promotion=chess.QUEEN if crowned else None)


def _spread(row: str) -> str:
    return " ".join("".join("." * int(letter) if letter.isdigit() else letter for letter in row))
