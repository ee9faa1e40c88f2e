"""Groups, liberties and area on a go board given as a flat tuple: 0 free, 1 and -1 the colours.

The engine's own tables are module globals of one board size; these are not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

EMPTY = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Connected stones of one colour and the free points next to them."""

    colour: int
    stones: frozenset[int]
    liberties: frozenset[int]


@cache
def neighbours(size: int) -> tuple[tuple[int, ...], ...]:
    """Returns the two to four points next to each point."""
    return tuple(
        tuple(
            (row + down) * size + column + right
            for down, right in ((-1, 0), (0, -1), (0, 1), (1, 0))
            if 0 <= row + down < size and 0 <= column + right < size
        )
        for row in range(size)
        for column in range(size)
    )


def find_groups(cells: Sequence[int], size: int) -> dict[int, Group]:
    """Returns the group of every stone by its point."""
    groups: dict[int, Group] = {}
    for point, colour in enumerate(cells):
        if colour != EMPTY and point not in groups:
            stones, reached = _flood(cells, size, point)
            liberties = frozenset(other for other in reached if cells[other] == EMPTY)
            groups.update(dict.fromkeys(stones, Group(colour, frozenset(stones), liberties)))
    return groups


def area(cells: Sequence[int], size: int) -> tuple[int, int]:
    """Returns the stones and the points enclosed by them alone, of 1 and of -1, as the engine counts when it ends."""
    counts = {1: 0, -1: 0}
    visited: set[int] = set()
    for point, colour in enumerate(cells):
        if colour != EMPTY:
            counts[colour] += 1
        elif point not in visited:
            region, borders = _flood(cells, size, point)
            visited |= region
            owners = {cells[border] for border in borders}
            if len(owners) == 1:
                counts[owners.pop()] += len(region)
    return counts[1], counts[-1]


def _flood(cells: Sequence[int], size: int, start: int) -> tuple[set[int], set[int]]:
    """Returns the connected points like `start`, and the unlike ones next to them."""
    colour, near = cells[start], neighbours(size)
    inside, reached, frontier = {start}, set[int](), [start]
    while frontier:
        for other in near[frontier.pop()]:
            if cells[other] != colour:
                reached.add(other)
            elif other not in inside:
                inside.add(other)
                frontier.append(other)
    return inside, reached
