"""Scripted players of the Atari games for two that fight, race or play ball, and of their neighbours for one."""

from collections.abc import Sequence

from langgym.bench.atari.contest import Decide, Player
from langgym.bench.atari.statements import Statement, find_label, read_statements

STEP = 15.0
"""Pixels that a boxer moves in a decision."""


def _go(across: float, down: float, slack: float) -> str:
    """Returns the word of a stick that goes so far to the right and down, `wait` within the slack."""
    words = [
        "" if abs(down) <= slack else "down" if down > 0 else "up",
        "" if abs(across) <= slack else "right" if across > 0 else "left",
    ]
    return "-".join(word for word in words if word) or "wait"


def _box(text: str, names: Sequence[str]) -> str:
    """Goes where a punch would land for two points, a little above or below the rival's head, and strikes."""
    rival = find_label(read_statements(text), "rival")
    if rival is None:
        return "wait"
    across, down = rival.at
    beside, above = (14 if across >= 0 else -14), (18 if down >= 0 else -18)
    if "would land" in text:
        return "fire"
    return _go(across - beside, down - above, STEP / 2)


def play_boxing() -> Decide:
    """Returns a boxer that strikes whenever it would land."""
    return _box


PLAYERS: dict[str, Player] = {
    "atari/boxing_v2": Player(make=play_boxing, seats=("first_0", "second_0")),
}
