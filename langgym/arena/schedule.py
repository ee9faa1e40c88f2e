"""Who meets whom: round robin or Swiss, in bouts of two games with the seats swapped."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from universe.card import EnvCard
from universe.streams import Stream

Schedule = Literal["round-robin", "swiss"]
LEGS = (0, 1)
"""The two games of a bout: the same seed, the seats swapped."""


@dataclass(frozen=True, slots=True)
class Bout:
    """Two games between two players in an environment."""

    env_id: str
    number: int
    """Of the bout in its environment, from 0: also the number of its episodes in the run of each leg."""
    first: str
    second: str


def pair_all(players: Sequence[str]) -> list[tuple[str, str]]:
    """Returns every pair once, as a round of a round robin plays them."""
    return list(combinations(players, 2))


def pair_swiss(points: Mapping[str, float], met: Mapping[frozenset[str], int], stream: Stream) -> list[tuple[str, str]]:
    """Returns pairs of players with about as many points; nobody meets again while somebody new of the kind is left.

    With an odd number the last one without a partner rests.

    Args:
        points: Of every player in the rounds before.
        met: How often two have met.
        stream: Draws the order of players with equal points.
    """
    waiting = sorted(points)
    stream.shuffle(waiting)
    waiting.sort(key=lambda player: -points[player])
    played = {player: sum(n for pair, n in met.items() if player in pair) for player in points}
    pairs: list[tuple[str, str]] = []
    if len(waiting) % 2:
        most = max(played.values(), default=0)
        resting = max(waiting, key=lambda player: (played[player] == most, waiting.index(player)))
        waiting.remove(resting)
    while waiting:
        one = waiting.pop(0)
        other = min(waiting, key=lambda player: (met.get(frozenset((one, player)), 0), waiting.index(player)))
        waiting.remove(other)
        pairs.append((one, other))
    return pairs


def find_sides(card: EnvCard) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Returns the seats of the two sides; `None` where all seats are on one, and nobody plays against anybody.

    Two teams are two sides; of more teams, or seats for themselves, every other one is on the same side.
    """
    teams = [card.team(seat) or seat for seat in card.seats]
    groups = list(dict.fromkeys(teams))
    if len(groups) < 2:
        return None

    def seats(some: Collection[str]) -> tuple[str, ...]:
        return tuple(seat for seat, team in zip(card.seats, teams, strict=True) if team in some)

    return seats(groups[0::2]), seats(groups[1::2])


def is_zero_sum(card: EnvCard) -> bool:
    """Returns whether one game says who is better: else only both games of a bout together do."""
    return card.results is not None and find_sides(card) is not None


def fill_seats(card: EnvCard, bout: Bout, leg: int) -> dict[str, str]:
    """Returns who sits where in a game of a bout.

    Where all seats are on one side, each player has them all in one game.
    """
    order = (bout.first, bout.second) if leg == 0 else (bout.second, bout.first)
    sides = find_sides(card)
    if sides is None:
        return dict.fromkeys(card.seats, order[0])
    return {seat: order[0] if seat in sides[0] else order[1] for seat in card.seats}
