"""What is true of a chess position and of its moves, in short words, coarse to fine."""

from collections import Counter
from collections.abc import Iterable, Sequence

import chess

from universe.renderers.words import bucket

OPENING = "opening"

_WORTH = {chess.PAWN: 1, chess.KNIGHT: 3, chess.BISHOP: 3, chess.ROOK: 5, chess.QUEEN: 9, chess.KING: 100}
_CENTRE = chess.BB_D4 | chess.BB_E4 | chess.BB_D5 | chess.BB_E5
_OPENING_MOVES = 10
_ENDGAME = 26  # worth of both sides' pieces without pawns and kings


def state_facts(board: chess.Board) -> tuple[str, ...]:
    """Returns the phase, check, the balance of material and which own pieces hang."""
    me = board.turn
    found = [_phase(board), "in check" if board.is_check() else "not in check"]
    balance = _material(board, me) - _material(board, not me)
    if balance:
        found.append(f"material {'ahead' if balance > 0 else 'behind'} by {bucket(abs(balance), (1, 3, 6, 10))}")
    else:
        found.append("material even")
    hanging = [_WORTH[kind] for kind in _hanging(board, me)]
    found.append("no piece of mine hangs" if not hanging else f"a piece of mine worth {max(hanging)} hangs")
    prey = [_WORTH[kind] for kind in _hanging(board, not me)]
    found.append("no piece of the rival hangs" if not prey else f"a piece of the rival worth {max(prey)} hangs")
    if board.is_repetition(2):
        found.append("position repeated")
    return tuple(found)


def move_facts(board: chess.Board, moves: Sequence[chess.Move]) -> dict[chess.Move, tuple[str, ...]]:
    """Returns the facts of legal moves; the board is as before when it returns."""
    past = _past_positions(board)
    return {move: tuple(_facts_of(board, move, past)) for move in moves}


def _facts_of(board: chess.Board, move: chess.Move, past: Counter[object]) -> list[str]:
    me = board.turn
    kind = board.piece_type_at(move.from_square)
    assert kind is not None, "a legal move moves a piece"
    taken = board.piece_type_at(move.to_square) or (chess.PAWN if board.is_en_passant(move) else None)
    was_attacked = board.is_attacked_by(not me, move.from_square)
    castles = board.is_castling(move)
    board.push(move)
    found = _ends(board, past)
    if board.is_check() and "wins" not in found:
        found.append("gives check")
    if taken:
        found += ["captures", f"captures {_article(taken)}", _exchange(kind, taken)]
    if move.promotion:
        found.append(f"promotes to {_article(move.promotion)}")
    attacked = board.is_attacked_by(not me, move.to_square)
    defended = board.is_attacked_by(me, move.to_square)
    found.append("attacked" if attacked else "not attacked")
    found.append("defended" if defended else "not defended")
    if attacked and not defended:
        found.append("hangs")
    if was_attacked:
        found.append("moves an attacked piece")
    if castles:
        found.append("castles")
    found += _threats(board, move.to_square, me)
    found.append(f"{chess.piece_name(kind)} move")
    if chess.BB_SQUARES[move.to_square] & _CENTRE:
        found.append("centre")
    board.pop()
    if "wins" in found:
        return ["wins", f"{chess.piece_name(kind)} move"]
    return found


def _ends(board: chess.Board, past: Counter[object]) -> list[str]:
    """Returns how the game ends in this position, as the engine decides it, or that the position has been before."""
    key = board._transposition_key()  # pyright: ignore[reportPrivateUsage]
    seen = past[key]
    if not any(board.generate_legal_moves()):
        return ["wins" if board.is_check() else "draws"]
    claimable = board.halfmove_clock >= 99 or seen > 1 or max(past.values(), default=0) > 1
    if board.is_insufficient_material() or (claimable and board.can_claim_draw()):
        return ["draws"]
    return ["repeats a position"] if seen else []


def _past_positions(board: chess.Board) -> Counter[object]:
    """Returns how often each position since the last irreversible move has occurred, the current one included."""
    past: Counter[object] = Counter()
    played: list[chess.Move] = []
    past[board._transposition_key()] += 1  # pyright: ignore[reportPrivateUsage]
    while board.move_stack:
        played.append(board.pop())
        if board.is_irreversible(played[-1]):
            break
        past[board._transposition_key()] += 1  # pyright: ignore[reportPrivateUsage]
    while played:
        board.push(played.pop())
    return past


def _threats(board: chess.Board, square: int, me: chess.Color) -> list[str]:
    """Returns the most valuable rival piece, the king apart, that the moved piece attacks with profit."""
    mover = board.piece_type_at(square)
    assert mover is not None
    preys = [
        kind
        for target in chess.scan_forward(board.attacks_mask(square) & board.occupied_co[not me])
        if (kind := board.piece_type_at(target)) and kind != chess.KING
        if _WORTH[kind] > _WORTH[mover] or not board.is_attacked_by(not me, target)
    ]
    return [f"threatens {_article(max(preys, key=_WORTH.__getitem__))}"] if preys else []


def _hanging(board: chess.Board, owner: chess.Color) -> list[chess.PieceType]:
    """Returns the pieces of a side, the king apart, that are attacked and not defended."""
    return [
        kind
        for square in chess.scan_forward(board.occupied_co[owner] & ~board.kings)
        if board.is_attacked_by(not owner, square) and not board.is_attacked_by(owner, square)
        if (kind := board.piece_type_at(square))
    ]


def _exchange(kind: chess.PieceType, taken: chess.PieceType) -> str:
    gain = _WORTH[taken] - _WORTH[kind]
    return f"captures {'a stronger' if gain > 0 else 'an equal' if gain == 0 else 'a weaker'} piece"


def _material(board: chess.Board, side: chess.Color) -> int:
    return _worth(board, side, (chess.PAWN, chess.KNIGHT, chess.BISHOP, chess.ROOK, chess.QUEEN))


def _worth(board: chess.Board, side: chess.Color, kinds: Iterable[chess.PieceType]) -> int:
    return sum(_WORTH[kind] * board.pieces_mask(kind, side).bit_count() for kind in kinds)


def _phase(board: chess.Board) -> str:
    if board.fullmove_number <= _OPENING_MOVES:
        return OPENING
    pieces = (chess.KNIGHT, chess.BISHOP, chess.ROOK, chess.QUEEN)
    both = sum(_worth(board, side, pieces) for side in (True, False))
    return "endgame" if both <= _ENDGAME else "middle game"


def _article(kind: chess.PieceType) -> str:
    return f"a {chess.piece_name(kind)}"
