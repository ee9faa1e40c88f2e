"""What is true of a go position and of its moves, in short words, coarse to fine.

A board is as the seat to move sees it: 1 mine, -1 theirs, 0 free.
"""

from collections.abc import Sequence
from functools import cache

from universe.renderers.go_board import EMPTY, Group, find_groups, neighbours
from universe.renderers.words import bucket

_MINE, _THEIRS = 1, -1


def state_facts(own: Sequence[int], size: int, *, lead: float, passed: bool) -> tuple[str, ...]:
    """Returns the phase, who is ahead by how much, and whose stones are in atari.

    Args:
        own: The board as the mover sees it.
        size: Of its side.
        lead: The mover's points less the rival's, komi included, if the game ended now.
        passed: Whether the rival has just passed.
    """
    stones = sum(cell != EMPTY for cell in own)
    share = stones / len(own)
    groups = set(find_groups(own, size).values())
    in_atari = {side: [len(g.stones) for g in groups if g.colour == side and len(g.liberties) == 1] for side in (1, -1)}
    found = ["opening" if share < 0.15 else "middle game" if share < 0.5 else "endgame"]
    if passed:
        found.append("rival passed")
    found.append("ahead" if lead > 0 else "behind" if lead < 0 else "even")
    if lead:
        found.append(f"{'ahead' if lead > 0 else 'behind'} by {bucket(int(abs(lead)), (0, 3, 8, 16, 32))} points")
    for side, whose in ((_MINE, "of mine"), (_THEIRS, "of the rival")):
        if in_atari[side]:
            found.append(f"stones {whose} can be captured")
            found.append(f"{_stones(max(in_atari[side]))} {whose} can be captured")
    return tuple(found)


def pass_facts(*, ahead: bool, passed: bool) -> tuple[str, ...]:
    """Returns what a pass does: after the rival's it ends the game, won by the player who is ahead."""
    if passed:
        return ("wins" if ahead else "loses", "pass")
    return ("pass", f"pass while {'ahead' if ahead else 'behind'}")


def move_facts(own: Sequence[int], size: int, groups: dict[int, Group], point: int) -> tuple[str, ...]:
    """Returns what a stone on a legal point does: captures and rescues first, the eight points around it last."""
    near = neighbours(size)[point]
    friends = {groups[other] for other in near if own[other] == _MINE}
    foes = {groups[other] for other in near if own[other] == _THEIRS}
    taken = [foe for foe in foes if len(foe.liberties) == 1]
    liberties = _liberties_after(own, size, point, friends, taken)
    found: list[str] = []
    n_taken = sum(len(foe.stones) for foe in taken)
    if n_taken:
        found += ["captures", f"captures {_stones(n_taken)}"]
    saved = sum(len(friend.stones) for friend in friends if len(friend.liberties) == 1)
    if saved and liberties > 1:
        found += ["saves stones", f"saves {_stones(saved)}"]
    threatened = [len(foe.stones) for foe in foes if len(foe.liberties) == 2]
    if threatened:
        found += ["threatens to capture", f"threatens to capture {_stones(max(threatened))}"]
    found.append("attacked" if liberties == 1 else "not attacked")
    found.append("defended" if friends else "not defended")
    found.append(f"liberties after: {bucket(liberties, (0, 1, 2, 3, 4, 6))}")
    if len(friends) > 1:
        found.append("connects groups")
    if all(own[other] == _MINE for other in near):
        found.append("fills own eye")
    if foes:
        found.append("touches the rival")
    found += _place(size, point)
    found.append(f"pattern {_pattern(own, size, point)}")
    return tuple(found)


def _stones(n: int) -> str:
    return f"{bucket(n, (1, 2, 4, 8))} {'stone' if n == 1 else 'stones'}"


def _liberties_after(own: Sequence[int], size: int, action: int, friends: set[Group], taken: Sequence[Group]) -> int:
    """Returns the liberties of the played stone's group once captured stones are gone."""
    near = neighbours(size)
    stones = {action}.union(*(friend.stones for friend in friends))
    liberties = {point for point in near[action] if own[point] == EMPTY}
    liberties = liberties.union(*(friend.liberties for friend in friends)) - {action}
    freed = {point for foe in taken for point in foe.stones}
    return len(liberties | {point for point in freed if any(other in stones for other in near[point])})


def _place(size: int, action: int) -> list[str]:
    """Returns how far from the nearest edge, and from both edges, a point lies, counted from 1."""
    row, column = divmod(action, size)
    lines = sorted((min(row, size - 1 - row) + 1, min(column, size - 1 - column) + 1))
    middle = size // 2 + 1
    height = "edge" if lines[0] == 1 else f"line {lines[0]}"
    found = [height] if lines != [middle, middle] else ["centre"]
    return [*found, f"point {lines[0]}-{lines[1]}"]


@cache
def _rings() -> tuple[tuple[int, ...], ...]:
    """Returns the eight orders in which the ring of eight neighbours can be read under turning and mirroring."""
    ring = tuple(range(8))
    turned = [ring[start:] + ring[:start] for start in (0, 2, 4, 6)]
    return tuple([*turned, *(order[:1] + order[:0:-1] for order in turned)])


def _pattern(own: Sequence[int], size: int, action: int) -> str:
    """Returns the eight points around a point (mine, theirs, free, off the board), the least of their images."""
    row, column = divmod(action, size)
    around: list[str] = []
    for down, right in ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)):
        inside = 0 <= row + down < size and 0 <= column + right < size
        around.append(".mt"[own[(row + down) * size + column + right]] if inside else "#")
    return min("".join(around[place] for place in order) for order in _rings())
