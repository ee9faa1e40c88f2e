"""Rock paper scissors and its larger kin: the best reply to what the rival has played so far."""

from collections import Counter
from typing import cast

from universe.streams import Stream
from universe.text_env import Turn


def choose_rps(turn: Turn, stream: Stream) -> int:
    """Returns the action with the best mean result against the rival's counted actions; before the first, any."""
    n_actions = cast("int", turn.view.kwargs["num_actions"])
    counts = Counter(move.action for move in turn.view.moves if move.seat != turn.seat)
    worth = {
        action: sum(times * _result(action, other, n_actions) for other, times in counts.items())
        for action in turn.view.legal
    }
    best = max(worth.values())
    return stream.pick([action for action, value in worth.items() if value == best], turn.seat, turn.index)


def _result(action: int, other: int, n_actions: int) -> int:
    """Returns 1 for a win, -1 for a loss: an action beats those an odd number of places before it on the circle."""
    gap = (action - other) % n_actions
    return 0 if gap == 0 else 1 if gap % 2 else -1
