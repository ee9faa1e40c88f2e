"""Chess, searched by alpha-beta a few plies deep and then along captures; named unlike the `chess` library."""

from collections.abc import Iterator
from typing import cast

import chess

from universe.streams import Stream
from universe.text_env import Turn

NODES = 1500
"""Positions that a decision looks at, about."""
_WON = 100_000
_VALUES = {
    chess.PAWN: 100,
    chess.KNIGHT: 310,
    chess.BISHOP: 325,
    chess.ROOK: 500,
    chess.QUEEN: 950,
    chess.KING: 0,
}
_CAPTURES = 4  # plies of captures that are looked at beyond the search
_ENDING = 1400  # pieces beyond pawns and king, in value, below which a side's king is driven to the edge


def _centre(square: int) -> int:
    """Returns how central a square is, from 0 in the corners to 6."""
    file, rank = chess.square_file(square), chess.square_rank(square)
    return 7 - int(abs(file - 3.5) + abs(rank - 3.5))


_CENTRE = tuple(_centre(square) for square in range(64))
_WEIGHTS = {chess.PAWN: 2, chess.KNIGHT: 8, chess.BISHOP: 5, chess.ROOK: 1, chess.QUEEN: 2}
_TABLES = {
    (kind, colour): tuple(
        _VALUES[kind]
        + weight * _CENTRE[square]
        + (6 * (chess.square_rank(square) if colour else 7 - chess.square_rank(square)) if kind == chess.PAWN else 0)
        for square in range(64)
    )
    for kind, weight in _WEIGHTS.items()
    for colour in chess.COLORS
}


def choose_chess(turn: Turn, stream: Stream) -> int:
    """Returns the move that a search of about `NODES` positions finds best; among equal ones, one drawn by lot."""
    board = cast("chess.Board", turn.view.glimpse).copy()
    by_move = {chess.Move.from_uci(turn.name(action)): action for action in turn.view.legal}
    moves = list(by_move)
    stream.shuffle(moves, turn.seat, turn.index)
    return by_move[search_moves(board, moves, nodes=NODES)]


def search_moves(board: chess.Board, moves: list[chess.Move], *, nodes: int) -> chess.Move:
    """Returns the best of some moves: deeper and deeper until `nodes` positions were looked at.

    Args:
        board: Where they are legal; the same again afterwards.
        moves: The first of equal ones is preferred.
        nodes: After which the search ends; a deeper search that it cuts short counts for the moves it has finished.
    """
    search = _Search(board, nodes)
    ranked = sorted(moves, key=search.rank, reverse=True)
    for depth in range(1, 8):
        scores = search.score_moves(ranked, depth)
        finished = [move for move in ranked if move in scores]
        ranked = sorted(finished, key=lambda move: -scores[move]) + [move for move in ranked if move not in scores]
        if search.is_spent or abs(scores[ranked[0]]) > _WON // 2:
            break
    return ranked[0]


class _Search:
    """An alpha-beta search that counts the positions it looks at."""

    def __init__(self, board: chess.Board, nodes: int) -> None:
        self._board = board
        self._left = nodes

    @property
    def is_spent(self) -> bool:
        """Whether all positions were looked at that may be."""
        return self._left <= 0

    def score_moves(self, moves: list[chess.Move], depth: int) -> dict[chess.Move, int]:
        """Returns the scores of moves, the best one's exact; at depth 1 of all, else of those there was time for."""
        scores: dict[chess.Move, int] = {}
        alpha = -_WON
        for move in moves:
            if depth > 1 and self.is_spent:
                break
            self._board.push(move)
            scores[move] = -self._look(depth - 1, -_WON, -alpha, ply=1)
            self._board.pop()
            alpha = max(alpha, scores[move])
        return scores

    def rank(self, move: chess.Move) -> int:
        """Returns how promising a move looks: promotions, and captures of much by little."""
        board = self._board
        taken = board.piece_type_at(move.to_square)
        gain = 10 * _VALUES[taken] if taken else 1000 if board.is_en_passant(move) else 0
        mover = board.piece_type_at(move.from_square) or chess.PAWN
        return gain - (_VALUES[mover] if gain else 0) + (5 * _VALUES[move.promotion] if move.promotion else 0)

    def _look(self, depth: int, alpha: int, beta: int, *, ply: int) -> int:
        """Returns what the position is worth to who moves; a draw by repetition is one at its second sight."""
        self._left -= 1
        board = self._board
        if board.is_insufficient_material() or board.halfmove_clock >= 99 or board.is_repetition(2):
            return 0
        moves = list(board.legal_moves)
        if not moves:
            return ply - _WON if board.is_check() else 0
        if depth <= 0:
            return self._look_at_captures(alpha, beta, _CAPTURES)
        moves.sort(key=self.rank, reverse=True)
        for move in moves:
            board.push(move)
            score = -self._look(depth - 1, -beta, -alpha, ply=ply + 1)
            board.pop()
            if score >= beta:
                return score
            alpha = max(alpha, score)
            if self.is_spent and depth > 1:
                break
        return alpha

    def _look_at_captures(self, alpha: int, beta: int, depth: int) -> int:
        score = evaluate(self._board)
        if score >= beta or depth == 0:
            return score
        alpha = max(alpha, score)
        for move in sorted(self._captures(), key=self.rank, reverse=True):
            self._left -= 1
            self._board.push(move)
            score = -self._look_at_captures(-beta, -alpha, depth - 1)
            self._board.pop()
            if score >= beta:
                return score
            alpha = max(alpha, score)
        return alpha

    def _captures(self) -> Iterator[chess.Move]:
        return self._board.generate_legal_captures()


def evaluate(board: chess.Board) -> int:
    """Returns material and places in hundredths of a pawn, for who moves; bare kings are worth driving to the edge."""
    score, pieces = 0, {chess.WHITE: 0, chess.BLACK: 0}
    for (kind, colour), table in _TABLES.items():
        squares = board.pieces_mask(kind, colour)
        worth = sum(table[square] for square in chess.scan_forward(squares))
        score += worth if colour else -worth
        if kind != chess.PAWN:
            pieces[colour] += worth
    for colour in chess.COLORS:
        score += _drive(board, colour, pieces[not colour]) * (1 if colour else -1)
    return score if board.turn else -score


def _drive(board: chess.Board, colour: chess.Color, rival: int) -> int:
    """Returns what a side gains by how far the rival's king is from the centre and how near its own is to it."""
    king, other = board.king(colour), board.king(not colour)
    if king is None or other is None:
        return 0
    if rival >= _ENDING:
        return -6 * _CENTRE[king]
    return -15 * _CENTRE[other] - 5 * chess.square_distance(king, other)
