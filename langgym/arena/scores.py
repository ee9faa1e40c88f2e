"""The universe score: returns on a scale from random play (0) to the reference (1), with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

LOWEST, HIGHEST = -1.0, 2.0
"""Where the score of a card is cut: one whose reference is hardly better than random play must not outweigh all others,
and yet it shows whether an agent is worse than random play or better than the reference."""
N_DRAWS = 4000
LEVEL = 0.95

Place = tuple[str, str]
"""An environment and a role in it."""
Returns = Mapping[Place, Mapping[int, float]]
"""By place and number of the episode; equal numbers of two arms have the same seed."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What a role earns by random play and by the reference."""

    floor: float
    reference: float

    def place(self, total: float) -> float:
        """Returns where a return stands: 0 is random play, 1 the reference."""
        return (total - self.floor) / (self.reference - self.floor)


@dataclass(frozen=True, slots=True)
class Score:
    """A score or a difference of two, with the bounds of its interval (95 %, bootstrap over episodes within roles)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Scores:
    """The universe score, and those of suites and cards that it is the mean of."""

    universe: Score
    suites: Mapping[str, Score]
    cards: Mapping[str, Score]


def score_returns(returns: Returns, scales: Mapping[Place, Scale]) -> Scores:
    """Returns the scores of an arm; places without a scale, or without an episode, are left out.

    Raises:
        ValueError: Nothing is left.
    """
    return _summarise(_draw_cards(returns, scales, salt=""))


def score_difference(one: Returns, other: Returns, scales: Mapping[Place, Scale], *, paired: bool) -> Scores:
    """Returns the scores of one arm less those of another, in the places that both have.

    Args:
        one: Returns of an arm.
        other: Returns of the other.
        scales: By place.
        paired: Whether equal numbers have equal seeds: only those that both have count, and are drawn together.

    Raises:
        ValueError: They have no place in common.
    """
    both = [place for place in one if place in other]
    mine, theirs = {place: one[place] for place in both}, {place: other[place] for place in both}
    if paired:
        shared = {place: one[place].keys() & other[place].keys() for place in both}
        mine, theirs = (
            {place: {number: arm[place][number] for number in shared[place]} for place in both} for arm in (one, other)
        )
    first = _draw_cards(mine, scales, salt="")
    second = _draw_cards(theirs, scales, salt="" if paired else "other")
    return _summarise({env_id: first[env_id] - second[env_id] for env_id in first if env_id in second})


def _summarise(drawn: Mapping[str, NDArray[np.float64]]) -> Scores:
    if not drawn:
        raise ValueError("There is nothing to score.")
    suites: dict[str, list[NDArray[np.float64]]] = {}
    for env_id, draws in drawn.items():
        suites.setdefault(env_id.split("/")[0], []).append(draws)
    return Scores(
        universe=_find_interval(list(drawn.values())),
        suites={suite: _find_interval(some) for suite, some in suites.items()},
        cards={env_id: _find_interval([draws]) for env_id, draws in drawn.items()},
    )


def _draw_cards(returns: Returns, scales: Mapping[Place, Scale], *, salt: str) -> dict[str, NDArray[np.float64]]:
    """Returns the score of each card: as it is, and as it might have been with other episodes."""
    by_card: dict[str, list[NDArray[np.float64]]] = {}
    for place, totals in returns.items():
        if place in scales and totals:
            placed = [scales[place].place(totals[number]) for number in sorted(totals)]
            by_card.setdefault(place[0], []).append(_draw_means(placed, f"{salt}/{'/'.join(place)}"))
    return {env_id: np.clip(np.mean(some, axis=0), LOWEST, HIGHEST) for env_id, some in by_card.items()}


def _draw_means(values: Sequence[float], name: str) -> NDArray[np.float64]:
    """Returns the mean and, after it, the means of draws; the same draws for the same name and number of values."""
    random = np.random.default_rng(int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big"))
    n = len(values)
    means = np.array(values)[random.integers(n, size=(N_DRAWS, n))].mean(axis=1)
    mean = fmean(values)
    wider = (n / (n - 1)) ** 0.5 if n > 1 else 1.0  # the spread of draws falls short of that of means by as much
    return np.concatenate(([mean], mean + wider * (means - mean)))


def _find_interval(some: Sequence[NDArray[np.float64]]) -> Score:
    draws = np.mean(some, axis=0)
    low, high = np.quantile(draws[1:], ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Score(float(draws[0]), float(low), float(high))
