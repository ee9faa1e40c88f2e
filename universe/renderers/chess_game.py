"""Words for chess; named unlike the `chess` library, which it uses."""

import re
from functools import cache
from typing import Any, cast

import chess

from universe.renderers.chess_facts import OPENING, move_facts, state_facts
from universe.renderers.words import tell_moves
from universe.view import Facts, View

_SHOWN = 12  # plies listed before the history is cut: the board shows the rest
_PLANES = 73  # per square, in `chess_utils.legal_moves`: 56 queen moves, 8 knight moves, 9 under-promotions
_QUEEN = tuple((x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y)
_KNIGHT = tuple((x, y) for x in range(-2, 3) for y in range(-2, 3) if abs(x) + abs(y) == 3)
_QUIET_CLOCK = 60  # plies without a pawn move or capture from which the text warns of the draw
_NUMBER = re.compile(r"^\d+\s*\.+\s*")
_LONG = re.compile(r"([a-h][1-8])(?:to|[-x:])?([a-h][1-8])=?([qrbn])?", re.IGNORECASE)


class ChessRenderer:
    """Moves go by their UCI names, for example `e2e4`, `e1g1` (castling) and `e7e8q`."""

    fields = ("action",)

    def glimpse(self, engine: Any, seat: str) -> chess.Board:
        """Returns a copy of the board with its moves since the last capture or pawn move."""
        board: chess.Board = engine.board
        return board.copy(stack=board.halfmove_clock)

    def brief(self, view: View) -> str:
        """Returns the seat's colour and how moves and pieces are named."""
        colour, rival, order = ("White", "Black", "You move") if _is_white(view) else ("Black", "White", "White moves")
        forward = "up the board towards rank 8" if _is_white(view) else "down the board towards rank 1"
        case = "upper" if _is_white(view) else "lower"
        return (
            f"You play {colour}; your rival plays {rival}. {order} first. Your pieces are the {case}-case letters "
            f"(k king, q queen, r rook, b bishop, n knight, p pawn); your pawns move {forward}. A move is the "
            "square it starts from and the square it goes to: e2e4; castling is the king's move: e1g1; a promotion "
            "adds the piece: e7e8q."
        )

    def text(self, view: View) -> str:
        """Returns the past moves, the board with White at the bottom, and the position in Forsyth-Edwards notation."""
        board = _board(view)
        rows = [f"{8 - place} {_spread(row)}" for place, row in enumerate(board.board_fen().split("/"))]
        case = ("upper", "lower") if _is_white(view) else ("lower", "upper")
        lines = [
            tell_moves(view, _SHOWN),
            f"Board (you {case[0]} case, rival {case[1]} case):",
            "  a b c d e f g h",
            *rows,
            f"FEN: {board.fen()}",
        ]
        if board.is_check():
            lines.append("You are in check.")
        if board.is_repetition(2):
            lines.append("This position has occurred before.")
        if board.halfmove_clock >= _QUIET_CLOCK:
            lines.append(f"{board.halfmove_clock} moves in a row were neither captures nor pawn moves.")
        return "\n".join(lines)

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the move in UCI notation."""
        uci, advances = _ucis(_is_white(view))[action]
        if advances and _board(view).piece_type_at(chess.parse_square(uci[:2])) == chess.PAWN:
            return (f"{uci}q",)
        return (uci,)

    def situation(self, view: View) -> str:
        """Returns the position as if the mover were White, without its clocks."""
        return f"chess {_normal(_board(view))[0]}"

    def facts(self, view: View) -> Facts:
        """Returns the material and what is attacked, and what each move does."""
        board = _board(view).copy()
        state, (_, flipped) = state_facts(board), _normal(board)
        moves = {action: chess.Move.from_uci(self.name(action, view)[0]) for action in view.legal}
        actions = move_facts(board, list(moves.values()))
        if OPENING in state:  # later the square alone says nothing that would come again
            for move, found in actions.items():
                actions[move] = (*found, f"seen as {_seen(move, board.turn, flipped)}")
        return Facts(state, {action: actions[move] for action, move in moves.items()})

    def read(self, answer: str, view: View) -> str | None:
        """Reads standard and long algebraic notation: `Nf3`, `exd5`, `O-O`, `e2-e4`, `Ng1xf3`, `e7-e8=Q`, `e8Q+`."""
        said = _NUMBER.sub("", answer.strip())
        said = re.sub(r"\s+|e\.p\.|[!?+#]+$", "", said)
        long = _LONG.fullmatch(said)
        if long:
            return "".join(part.lower() for part in long.groups() if part)
        castles = said.replace("0", "O").upper()
        if castles.startswith("O-O"):
            said = castles
        elif said[:1] in ("n", "r", "q", "k"):  # but not b, which is a file too
            said = said[0].upper() + said[1:]
        move = _parsed(_board(view), said)
        return move.uci() if move else None


def _board(view: View) -> chess.Board:
    return cast("chess.Board", view.glimpse)


def _is_white(view: View) -> bool:
    return view.seat == view.seats[0]


def _parsed(board: chess.Board, san: str) -> chess.Move | None:
    try:
        move = board.parse_san(san)
    except ValueError:
        return None
    return move or None  # `--` is the null move, which is false


def _spread(row: str) -> str:
    return " ".join("".join("." * int(letter) if letter.isdigit() else letter for letter in row))


@cache
def _ucis(white: bool) -> dict[int, tuple[str, bool]]:
    """Returns the UCI name of every action of a colour, and whether it is a queen's promotion if a pawn makes it.

    An action is (file, rank, plane) as its mover sees the board from the own side (`chess_utils.legal_moves`).
    """
    names: dict[int, tuple[str, bool]] = {}
    for square in range(64):
        file, rank = square // 8, square % 8
        for plane in range(_PLANES):
            x, y, promotion = _step(plane)
            to_file, to_rank = file + x, rank + y
            if 0 <= to_file < 8 and 0 <= to_rank < 8 and (not promotion or to_rank == 7):
                ranks = (rank, to_rank) if white else (7 - rank, 7 - to_rank)
                uci = f"{'abcdefgh'[file]}{ranks[0] + 1}{'abcdefgh'[to_file]}{ranks[1] + 1}{promotion}"
                names[square * _PLANES + plane] = (uci, not promotion and rank == 6 and y == 1 and abs(x) <= 1)
    return names


def _step(plane: int) -> tuple[int, int, str]:
    """Returns files and ranks moved on a plane, and the piece of an under-promotion."""
    if plane < 56:
        length, direction = divmod(plane, 8)
        x, y = _QUEEN[direction]
        return x * (length + 1), y * (length + 1), ""
    if plane < 64:
        return (*_KNIGHT[plane - 56], "")
    side, piece = divmod(plane - 64, 3)
    return side - 1, 1, "nbr"[piece]


def _normal(board: chess.Board) -> tuple[str, bool]:
    """Returns the position with the mover as White, and whether left and right were exchanged too.

    Without castling rights chess is symmetric: of the two images the lesser is taken.
    """
    own = board if board.turn else board.mirror()
    placed, castling = own.board_fen(), own.castling_xfen()
    passing = own.ep_square if own.has_legal_en_passant() else None
    as_is = f"{placed} {castling} {'-' if passing is None else chess.square_name(passing)}"
    if castling != "-":
        return as_is, False
    turned = "/".join(row[::-1] for row in placed.split("/"))
    square = "-" if passing is None else chess.square_name(passing ^ 7)
    return min((as_is, False), (f"{turned} - {square}", True))


def _seen(move: chess.Move, white: bool, flipped: bool) -> str:
    turn = (0 if white else 56) ^ (7 if flipped else 0)
    return chess.Move(move.from_square ^ turn, move.to_square ^ turn, move.promotion).uci()
