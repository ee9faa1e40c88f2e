"""What a move does in a game that is won by a line of equal marks, in the same words for every such game.

A position is a string of cells as the seat to move sees them: `m` mine, `t` theirs, `.` free.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from universe.renderers.words import count_of

Line = tuple[int, ...]
Playable = Callable[[str], Sequence[int]]
"""Returns the free cells that can be marked next."""


@dataclass(frozen=True)
class Lines:
    """The winning lines of a board, all of the same length."""

    lines: tuple[Line, ...]
    playable: Playable
    _through: dict[int, tuple[Line, ...]] = field(default_factory=dict[int, tuple[Line, ...]], init=False)

    def __post_init__(self) -> None:
        for cell in {cell for line in self.lines for cell in line}:
            self._through[cell] = tuple(line for line in self.lines if cell in line)

    @property
    def needed(self) -> int:
        """How many marks make a line."""
        return len(self.lines[0])

    def wins(self, own: str, mark: str, cells: Iterable[int]) -> list[int]:
        """Returns those of `cells` that complete a line of `mark`."""
        return [cell for cell in cells if any(self._lacks(own, mark, line, cell) for line in self._through[cell])]

    def state_facts(self, own: str) -> tuple[str, ...]:
        """Returns who can win with the next mark."""
        playable = self.playable(own)
        found: list[str] = []
        if self.wins(own, "m", playable):
            found.append("I can win at once")
        threats = len(self.wins(own, "t", playable))
        found.append(f"rival has {count_of(threats, 'threat')}" if threats else "rival has no threat")
        return tuple(found)

    def move_facts(self, own: str, cell: int) -> tuple[str, ...]:
        """Returns what marking `cell` does, the decisive first; never empty."""
        after = own[:cell] + "m" + own[cell + 1 :]
        if self.wins(own, "m", (cell,)):
            return ("wins",)
        found = ["blocks a win"] if self.wins(own, "t", (cell,)) else []
        playable = self.playable(after)
        threats = self._threats(after, cell)
        at_once = sum(threat in playable for threat in threats)
        if at_once:
            found.append(f"makes {count_of(at_once, 'threat')}")
        if len(threats) > at_once:
            found.append("makes a later threat")
        found = found or ["makes no threat"]
        found.append("leaves the rival a win" if self.wins(after, "t", playable) else "leaves the rival no win")
        for verb, mark in (("makes", "m"), ("stops", "t")):
            longest = self._longest(after, cell, mark)
            if 1 < longest < self.needed - 1:
                found.append(f"{verb} {longest} in an open line")
        return tuple(found)

    def _threats(self, after: str, cell: int) -> set[int]:
        """Returns the free cells that would complete a line through `cell`, which has just been marked."""
        threats: set[int] = set()
        for line in self._through[cell]:
            free = [other for other in line if after[other] == "."]
            if len(free) == 1 and self._lacks(after, "m", line, free[0]):
                threats.add(free[0])
        return threats

    def _longest(self, after: str, cell: int, mark: str) -> int:
        """Returns the most marks in a line through `cell` that nobody else has marked, but for `cell` itself."""
        other = "t" if mark == "m" else "m"
        counts = [
            sum(after[place] == mark for place in line)
            for line in self._through[cell]
            if all(after[place] != other for place in line if place != cell)
        ]
        return max(counts, default=0)

    @staticmethod
    def _lacks(own: str, mark: str, line: Line, cell: int) -> bool:
        return all(own[other] == mark for other in line if other != cell)


def relative_marks(cells: Sequence[int], mine: int) -> str:
    """Returns cells of 0 (free), 1 and 2 (the seats) as the seat numbered `mine` sees them."""
    return "".join("." if cell == 0 else "m" if cell == mine else "t" for cell in cells)
