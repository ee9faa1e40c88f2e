"""Go by Monte Carlo tree search: games are played out at random, and where they are won they are looked at again.

A move also learns from games in which it was played later (all moves as first), the less the more it was tried.
"""

import math
import random
from dataclasses import dataclass, field
from typing import cast

from langgym.rivals.go_stones import EMPTY, Stones
from universe.renderers.go import Position
from universe.streams import Stream
from universe.text_env import Turn

PLAYOUTS = 80
"""Games that are played out for a decision on 9 by 9; on other boards as many as take about as long."""
_PASS = 0
_TRUST = 60.0  # tries after which a move's own games count as much as those in which it came later
_CURIOSITY = 0.3


def choose_go(turn: Turn, stream: Stream) -> int:
    """Returns the most tried move; a pass where that wins at once, or where nothing else is left to do."""
    view = turn.view
    position, size = cast("Position", view.glimpse), cast("int", view.kwargs["board_size"])
    side = 1 if turn.seat == view.seats[0] else -1
    stones = Stones.read(size, position.cells, position.ko)
    komi = float(cast("float", view.kwargs["komi"]))
    passing = size * size
    ahead = side * _winner(stones, komi) > 0
    if position.passed and ahead:
        return passing
    search = GoSearch(komi, random.Random(stream.integer(turn.seat, turn.index)))
    point = search.find_point(stones, side, playouts=max(12, PLAYOUTS * 81 * 81 // size**4))
    if point == _PASS:
        return passing
    row, column = divmod(point - stones.stride - 1, stones.stride)
    action = row * size + column
    return action if action in view.legal else passing


def _winner(stones: Stones, komi: float) -> int:
    """Returns 1 where side 1, Black, has more points than White with the komi; else -1, also for equal points."""
    return 1 if stones.lead() > komi else -1


@dataclass(slots=True)
class _Node:
    """A position in the tree, and how games from it have gone for who moved into it."""

    tries: int = 0
    wins: float = 0.0
    later_tries: int = 0
    later_wins: float = 0.0
    children: dict[int, "_Node"] = field(default_factory=dict[int, "_Node"])

    def worth(self, log_tries: float) -> float:
        """Returns what makes a move worth another try."""
        trust = self.later_tries and math.sqrt(_TRUST / (3 * self.tries + _TRUST))
        own = self.wins / self.tries if self.tries else 0.5
        later = self.later_wins / self.later_tries if self.later_tries else 0.5
        return trust * later + (1 - trust) * own + _CURIOSITY * math.sqrt(log_tries / (self.tries + 1))


class GoSearch:
    """A tree of one decision."""

    def __init__(self, komi: float, lots: random.Random) -> None:
        self._komi = komi
        self._lots = lots

    def find_point(self, stones: Stones, side: int, *, playouts: int) -> int:
        """Returns the point to play, 0 for a pass."""
        root = _Node()
        self._grow(root, stones, side)
        if not root.children:
            return _PASS
        for _ in range(playouts):
            self._try(root, stones.copy(), side)
        return max(root.children, key=lambda point: (root.children[point].tries, root.children[point].wins))

    def _grow(self, node: _Node, stones: Stones, side: int) -> None:
        """Gives a node its moves, those that save or take stones in danger with some credit."""
        points = [point for point in stones.points if stones.cells[point] == EMPTY]
        self._lots.shuffle(points)
        for point in points:
            if stones.is_eye(point, side) or not stones.copy().play(point, side):
                continue
            child = node.children[point] = _Node()
            credit = _credit(stones, point, side)
            child.later_tries, child.later_wins = 10, 5 + credit

    def _try(self, root: _Node, stones: Stones, side: int) -> None:
        """Plays one game out and tells the nodes on its way."""
        path, node, mover = [root], root, side
        played: list[tuple[int, int]] = []
        while node.children:
            log_tries = math.log(node.tries + 1)
            point = max(node.children, key=lambda each: node.children[each].worth(log_tries))
            if not stones.play(point, mover):
                del node.children[point]  # a ko on this way
                continue
            node = node.children[point]
            played.append((point, mover))
            path.append(node)
            mover = -mover
            if node.tries == 0:
                break
            if not node.children:
                self._grow(node, stones, mover)
        first: dict[int, int] = {}
        for point, who in played + self._play_out(stones, mover):
            first.setdefault(point, who)
        self._learn(path, side, _winner(stones, self._komi), first)

    def _learn(self, path: list[_Node], side: int, winner: int, first: dict[int, int]) -> None:
        mover = -side
        for node in path:
            node.tries += 1
            node.wins += winner == mover
            for point, child in node.children.items():
                if first.get(point) == -mover:
                    child.later_tries += 1
                    child.later_wins += winner == -mover
            mover = -mover

    def _play_out(self, stones: Stones, side: int) -> list[tuple[int, int]]:
        """Plays random moves, but none into an own eye, until both sides have none left; returns them."""
        cells = stones.cells
        free = [point for point in stones.points if cells[point] == EMPTY]
        played: list[tuple[int, int]] = []
        passes = 0
        limit = 2 * len(stones.points)
        while passes < 2 and len(played) < limit:
            point = self._draw(stones, free, side)
            if point == _PASS:
                passes += 1
                stones.ko = -1
                free = [each for each in stones.points if cells[each] == EMPTY]
            else:
                passes = 0
                played.append((point, side))
            side = -side
        return played

    def _draw(self, stones: Stones, free: list[int], side: int) -> int:
        """Returns a random legal point that fills no own eye, played already; 0 where there is none."""
        cells, n = stones.cells, len(free)
        while n:
            at = int(self._lots.random() * n)
            point = free[at]
            n -= 1
            free[at], free[n] = free[n], point
            if cells[point] == EMPTY and not stones.is_eye(point, side) and stones.play(point, side):
                free[n] = free[-1]
                free.pop()
                return point
        return _PASS


def _credit(stones: Stones, point: int, side: int) -> float:
    """Returns from -4 to 4 how good a move looks by the stones next to it."""
    credit = 0.0
    for near in stones.around(point):
        cell = stones.cells[near]
        if cell in (side, -side) and len(stones.liberties(near)) == 1:
            credit += 4.0 if cell == -side else 2.0
    after = stones.copy()
    after.play(point, side)
    if len(after.liberties(point)) == 1 and credit < 4.0:
        credit -= 4.0
    return max(-4.0, min(4.0, credit))
