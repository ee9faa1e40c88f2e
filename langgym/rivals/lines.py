"""Tic-tac-toe, solved, and connect four, searched a few plies deep."""

from collections.abc import Sequence
from functools import cache
from typing import cast

from universe.streams import Stream
from universe.text_env import Turn

_ROWS_OF_THREE = ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))
_COLUMNS, _HEIGHT = 7, 6
_STRIDE = _HEIGHT + 1  # bits of a column: one more than cells, so that no line runs on into the next column
_BOARD = sum(((1 << _HEIGHT) - 1) << (column * _STRIDE) for column in range(_COLUMNS))
_BOTTOM = sum(1 << (column * _STRIDE) for column in range(_COLUMNS))
_CENTRE_FIRST = (3, 2, 4, 1, 5, 0, 6)
_WON = 1000
NODES = 3000
"""Positions that a decision at connect four looks at, about."""


def choose_tictactoe(turn: Turn, stream: Stream) -> int:
    """Returns a move that cannot be bettered; of these one that leaves most to a rival's mistakes."""
    cells = cast("tuple[int, ...]", turn.view.glimpse)
    mine = turn.view.seats.index(turn.seat) + 1
    own = "".join("." if cell == 0 else "m" if cell == mine else "t" for cell in cells)
    values = {cell: _value_of_move(own, cell) for cell in turn.view.legal}
    best = max(values.values())
    return stream.pick([cell for cell, value in values.items() if value == best], turn.seat, turn.index)


def _value_of_move(own: str, cell: int) -> tuple[int, float]:
    """Returns what a move is worth to who makes it: against the best rival, and then against one that plays blindly."""
    after = f"{own[:cell]}m{own[cell + 1 :]}"
    if any(all(after[each] == "m" for each in row) for row in _ROWS_OF_THREE):
        return 1, 1.0
    if "." not in after:
        return 0, 0.0
    turned = after.translate(str.maketrans("mt", "tm"))
    best, _ = _value(turned)
    return -best, _value_against_chance(turned)


@cache
def _value(own: str) -> tuple[int, float]:
    """Returns the value of a position to who moves, with best play of both and, for equal moves, against chance."""
    return max(_value_of_move(own, cell) for cell in range(9) if own[cell] == ".")


@cache
def _value_against_chance(own: str) -> float:
    """Returns a position's mean value to who does not move, when who moves draws lots and the other plays as here."""
    found: list[float] = []
    for cell in range(9):
        if own[cell] != ".":
            continue
        after = f"{own[:cell]}m{own[cell + 1 :]}"
        if any(all(after[each] == "m" for each in row) for row in _ROWS_OF_THREE):
            found.append(-1.0)
        elif "." not in after:
            found.append(0.0)
        else:
            found.append(_value(after.translate(str.maketrans("mt", "tm")))[1])
    return sum(found) / len(found)


def choose_connect_four(turn: Turn, stream: Stream) -> int:
    """Returns the move that a search of about `NODES` positions finds best; among equal ones, one drawn by lot."""
    cells = cast("tuple[int, ...]", turn.view.glimpse)
    mine = turn.view.seats.index(turn.seat) + 1
    boards = [0, 0]
    for cell, who in enumerate(cells):
        if who:
            row, column = divmod(cell, _COLUMNS)
            boards[who != mine] |= 1 << (column * _STRIDE + _HEIGHT - 1 - row)
    columns = [column for column in _CENTRE_FIRST if column in turn.view.legal]
    stream.shuffle(columns, turn.seat, turn.index)
    return search_columns(boards[0], boards[1], columns, nodes=NODES)


def search_columns(own: int, other: int, columns: Sequence[int], *, nodes: int) -> int:
    """Returns the best of some columns: deeper and deeper until `nodes` positions were looked at.

    Args:
        own: The mover's pieces as bits, seven for each column from the bottom up.
        other: The rival's.
        columns: The legal ones, the first of equal ones preferred.
        nodes: After which no deeper search is begun.
    """
    search = _Search()
    ranked = list(columns)
    left = _COLUMNS * _HEIGHT - (own | other).bit_count()
    for depth in range(1, left + 1):
        scores: dict[int, int] = {}
        alpha = -_WON
        for column in ranked:
            scores[column] = -search.look(other, own | _drop(own | other, column), depth - 1, -_WON, -alpha)
            alpha = max(alpha, scores[column])
        ranked.sort(key=lambda column: -scores[column])
        if search.n_nodes > nodes or abs(scores[ranked[0]]) > _WON // 2:
            break
    return ranked[0]


class _Search:
    """An alpha-beta search of connect four that counts the positions it looks at."""

    def __init__(self) -> None:
        self.n_nodes = 0

    def look(self, own: int, other: int, depth: int, alpha: int, beta: int) -> int:
        """Returns what a position is worth to who moves; `other` has just moved."""
        self.n_nodes += 1
        if _has_four(other):
            return -_WON + (own | other).bit_count()
        full = own | other
        playable = (full + _BOTTOM) & _BOARD
        if not playable:
            return 0
        spots = find_spots(own, full)
        if spots & playable:
            return _WON - full.bit_count() - 1
        threats = find_spots(other, full)
        if depth <= 0:
            return 4 * (spots.bit_count() - threats.bit_count()) + _middle(own) - _middle(other)
        forced = playable & threats
        for column in _CENTRE_FIRST:
            piece = (forced or playable) & (((1 << _STRIDE) - 1) << (column * _STRIDE))
            if not piece:
                continue
            score = -self.look(other, own | piece, depth - 1, -beta, -alpha)
            if score >= beta:
                return score
            alpha = max(alpha, score)
        return alpha


def find_spots(own: int, full: int) -> int:
    """Returns the free cells that would complete four in a line."""
    spots = 0
    for step in (1, _STRIDE - 1, _STRIDE, _STRIDE + 1):
        once, twice, thrice = own << step, own << 2 * step, own << 3 * step
        back, back_twice, back_thrice = own >> step, own >> 2 * step, own >> 3 * step
        spots |= once & twice & thrice | back & back_twice & back_thrice
        spots |= once & twice & back | once & back & back_twice
    return spots & _BOARD & ~full


def _drop(full: int, column: int) -> int:
    return (full + (1 << (column * _STRIDE))) & ~full & (((1 << _STRIDE) - 1) << (column * _STRIDE))


def _has_four(pieces: int) -> bool:
    for step in (1, _STRIDE - 1, _STRIDE, _STRIDE + 1):
        pairs = pieces & (pieces >> step)
        if pairs & (pairs >> 2 * step):
            return True
    return False


def _middle(pieces: int) -> int:
    return (pieces >> 3 * _STRIDE & ((1 << _STRIDE) - 1)).bit_count()
