"""Phrases that renderers of board games share."""

from universe.view import View


def tell_moves(view: View, last: int) -> str:
    """Returns both players' moves as one line, oldest first: all, or the last `last` of them with their count."""
    n_moves = len(view.moves)
    if not n_moves:
        return "Moves so far: none."
    shown = ", ".join(f"{'you' if move.seat == view.seat else 'rival'} {move.name}" for move in view.moves[-last:])
    return f"Moves so far{f' ({n_moves}, the last {last})' if n_moves > last else ''}: {shown}."


def count_of(n: int, noun: str) -> str:
    """Returns a number with its noun, for example `1 stone` or `2 stones`.

    >>> count_of(1, "stone"), count_of(0, "stone")
    ('1 stone', '0 stones')
    """
    return f"{n} {noun}{'' if n == 1 else 's'}"


def bucket(n: int, edges: tuple[int, ...]) -> str:
    """Returns the range that a count falls into, where each edge begins a range.

    >>> [bucket(n, (0, 1, 3, 6)) for n in (0, 2, 5, 9)]
    ['0', '1-2', '3-5', '6+']
    """
    start = max(edge for edge in edges if edge <= n)
    following = [edge for edge in edges if edge > start]
    if not following:
        return f"{start}+"
    return str(start) if following[0] == start + 1 else f"{start}-{following[0] - 1}"
