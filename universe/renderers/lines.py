"""What a move does in a game that is won by a line of equal marks, in the same words for every such game.

A position is a string of cells as the seat to move sees them: `m` mine, `t` theirs, `.` free.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import cast

from universe.renderers.words import count_of

Line = tuple[int, ...]
Marks = Callable[[str], tuple[str, ...]]
"""Reads the cells of a line."""
Playable = Callable[[str], Sequence[int]]
"""Returns the free cells that can be marked next."""


class Lines:
    """The winning lines of a board, all of the same length."""

    def __init__(self, lines: Sequence[Line], playable: Playable) -> None:
        self._playable = playable
        self._short = len(lines[0]) - 1
        """How many marks a line has when one more completes it."""
        self._through: dict[int, list[tuple[Line, Marks]]] = {}
        for line in lines:
            marks = cast("Marks", itemgetter(*line))
            for cell in line:
                self._through.setdefault(cell, []).append((line, marks))

    def wins(self, own: str, mark: str, cells: Iterable[int]) -> list[int]:
        """Returns those of the free `cells` that complete a line of `mark`."""
        short, through = self._short, self._through
        return [cell for cell in cells if any(marks(own).count(mark) == short for _, marks in through[cell])]

    def state_facts(self, own: str) -> tuple[str, ...]:
        """Returns who can win with the next mark."""
        playable = self._playable(own)
        found = ["I can win at once"] if self.wins(own, "m", playable) else []
        threats = len(self.wins(own, "t", playable))
        found.append(f"rival has {count_of(threats, 'threat')}" if threats else "rival has no threat")
        return tuple(found)

    def move_facts(self, own: str, cell: int) -> tuple[str, ...]:
        """Returns what marking `cell` does, the decisive first; never empty."""
        if self.wins(own, "m", (cell,)):
            return ("wins",)
        after = own[:cell] + "m" + own[cell + 1 :]
        playable, threats = self._playable(after), self._threats(after, cell)
        at_once = sum(threat in playable for threat in threats)
        found = ["blocks a win"] if self.wins(own, "t", (cell,)) else []
        if at_once:
            found.append(f"makes {count_of(at_once, 'threat')}")
        if len(threats) > at_once:
            found.append("makes a later threat")
        found = found or ["makes no threat"]
        found.append("leaves the rival a win" if self.wins(after, "t", playable) else "leaves the rival no win")
        found += self._open_lines(after, cell)
        return tuple(found)

    def _threats(self, after: str, cell: int) -> set[int]:
        """Returns the free cells that would complete a line through `cell`, which has just been marked."""
        return {
            line[marks(after).index(".")]
            for line, marks in self._through[cell]
            if marks(after).count("m") == self._short and "." in marks(after)
        }

    def _open_lines(self, after: str, cell: int) -> list[str]:
        """Returns the longest lines through the marked `cell` that it lengthens or stops, short of a threat."""
        made = stopped = 0
        for _, marks in self._through[cell]:
            line = marks(after)
            mine, theirs = line.count("m"), line.count("t")
            if not theirs:
                made = max(made, mine)
            elif mine == 1:
                stopped = max(stopped, theirs)
        return [
            f"{verb} {length} in an open line"
            for verb, length in (("makes", made), ("stops", stopped))
            if 1 < length < self._short
        ]


def relative_marks(cells: Sequence[int], mine: int) -> str:
    """Returns cells of 0 (free), 1 and 2 (the seats) as the seat numbered `mine` sees them."""
    return "".join("." if cell == 0 else "m" if cell == mine else "t" for cell in cells)
