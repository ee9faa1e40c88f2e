"""Experience: what came of decisions, counted by the facts of a game, so that the next one can be weighed.

A decision is worth the sum of what its facts are worth: facts of the state, facts of the action, and last the exact
situation with the exact action, which says only what the coarser facts do not. All of it is one ridge regression, so
that a fact seen once counts little and one seen a hundred times counts fully; where the exact situation is new, the
facts speak.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as _sparse  # pyright: ignore[reportMissingTypeStubs]
from scipy.sparse import linalg as _linalg  # pyright: ignore[reportMissingTypeStubs]

Matrix = Any
"""A sparse matrix: scipy declares no types."""

sparse, linalg = cast("Any", _sparse), cast("Any", _linalg)

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A decision that was made, and what was paid until the seat's next one, or the end."""

    situation: str
    state: tuple[str, ...]
    """Facts of the state, coarse to fine."""
    options: Mapping[int, tuple[str, ...]]
    """Facts of every legal action, coarse to fine."""
    action: int
    reward: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """How experience is made into values."""

    ridge: float = 3.0
    """How many times a fact must have been seen to count for half of what it showed."""
    exact_ridge: float = 3.0
    """The same for the exact situation with the exact action."""
    steps: int | None = None
    """How many decisions ahead rewards are added up; `None` looks ahead by the values of the next decision."""
    sweeps: int = 2
    """Rounds of looking ahead in a refit."""
    every: int = 10
    """Episodes between refits while the memory is small."""
    growth: float = 0.15
    """By which share of itself the memory grows between refits when it is large."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an action is worth here, by experience."""

    value: float
    evidence: float
    """How often it was tried here; where never, how often its rarest fact was, up to `BORROWED`."""
    tried: int
    """How often exactly this was tried in exactly this situation."""


BORROWED = 3.0
"""The most that experience from like situations counts as evidence."""


@dataclass(slots=True)
class _Rows:
    """Decisions as rows of a sparse matrix of facts, grown as they come."""

    columns: list[int] = field(default_factory=list[int])
    starts: list[int] = field(default_factory=lambda: [0])

    def add(self, keys: Sequence[int]) -> None:
        self.columns.extend(keys)
        self.starts.append(len(self.columns))

    def matrix(self, n_columns: int) -> Matrix:
        data = np.ones(len(self.columns))
        return sparse.csr_matrix((data, self.columns, self.starts), shape=(len(self.starts) - 1, n_columns))


class Experience:
    """What one agent has learnt of one role of one variant; deterministic, in whatever order it is asked."""

    def __init__(self, weighing: Weighing = Weighing()) -> None:
        """Begins without experience."""
        self._weighing = weighing
        self._ids: dict[str, int] = {}
        self._exact: list[bool] = []
        self._chosen = _Rows()
        self._options = _Rows()
        self._option_starts: list[int] = [0]
        self._rewards: list[float] = []
        self._last: list[bool] = []
        self._counts: list[int] = []
        self._weights: Vector = np.zeros(0)
        self._base = 0.0
        self.n_episodes = 0
        self._fitted = 0

    def __len__(self) -> int:
        """Returns how many decisions are remembered."""
        return len(self._rewards)

    def absorb(self, episode: Sequence[Moment]) -> None:
        """Remembers the decisions of one seat in an episode, in their order, and reckons anew where it is time."""
        for place, moment in enumerate(episode):
            for facts in moment.options.values():
                self._options.add(self._keys(moment.situation, moment.state, facts))
            keys = self._keys(moment.situation, moment.state, moment.options[moment.action])
            self._chosen.add(keys)
            for key in keys:
                self._counts[key] += 1
            self._option_starts.append(len(self._options.starts) - 1)
            self._rewards.append(moment.reward)
            self._last.append(place == len(episode) - 1)
        self.n_episodes += 1
        due = max(self._weighing.every, self._weighing.growth * self._fitted)
        if self.n_episodes - self._fitted >= due:
            self.refit()

    def refit(self) -> None:
        """Reckons what facts are worth from everything that is remembered."""
        self._fitted = self.n_episodes
        if not self._rewards:
            return
        n = len(self._ids)
        chosen = self._chosen.matrix(n)
        options = self._options.matrix(n)
        penalties = np.where(self._exact, self._weighing.exact_ridge, self._weighing.ridge)
        weights = np.zeros(n)
        weights[: len(self._weights)] = self._weights
        for _ in range(self._weighing.sweeps if self._weighing.steps is None else 1):
            targets = self._find_targets(options, weights)
            self._base = float(targets.mean())
            weights = _solve(chosen, targets - self._base, penalties, weights)
        self._weights = weights

    def estimates(
        self, situation: str, state: Sequence[str], options: Mapping[int, Sequence[str]]
    ) -> dict[int, Estimate]:
        """Returns what each legal action is worth here."""
        return {action: self._estimate(situation, state, facts) for action, facts in options.items()}

    def _estimate(self, situation: str, state: Sequence[str], facts: Sequence[str]) -> Estimate:
        value, rarest = self._base, float("inf")
        for name in (*_state_names(state), *_action_names(facts)):
            key = self._ids.get(name)
            if key is not None and key < len(self._weights):
                value += float(self._weights[key])
            if name.startswith("a "):
                rarest = min(rarest, self._counts[key] if key is not None else 0)
        exact = self._ids.get(_exact_name(situation, facts))
        tried = 0
        if exact is not None:
            tried = self._counts[exact]
            value += float(self._weights[exact]) if exact < len(self._weights) else 0.0
        return Estimate(value, tried + min(BORROWED, rarest), tried)

    def _keys(self, situation: str, state: Sequence[str], facts: Sequence[str]) -> list[int]:
        keys = [self._find_id(name) for name in (*_state_names(state), *_action_names(facts))]
        return [*dict.fromkeys(keys), self._find_id(_exact_name(situation, facts), exact=True)]

    def _find_id(self, name: str, *, exact: bool = False) -> int:
        found = self._ids.get(name)
        if found is None:
            found = self._ids[name] = len(self._ids)
            self._exact.append(exact)
            self._counts.append(0)
        return found

    def _find_targets(self, options: Matrix, weights: Vector) -> Vector:
        """Returns what each decision was worth: paid until the horizon, and from there on by the next one's value."""
        rewards, last = np.asarray(self._rewards), np.asarray(self._last)
        if self._weighing.steps is not None:
            return _sum_ahead(rewards, last, self._weighing.steps)
        if not weights.any():
            return _sum_ahead(rewards, last, None)
        values = self._base + cast("Vector", options @ weights)
        best = np.maximum.reduceat(values, np.asarray(self._option_starts[:-1]))
        ahead = np.append(best[1:], 0.0)
        return rewards + np.where(last, 0.0, ahead)


def _state_names(state: Sequence[str]) -> list[str]:
    return [f"s {fact}" for fact in state]


def _action_names(facts: Sequence[str]) -> list[str]:
    return [f"a {fact}" for fact in facts]


def _exact_name(situation: str, facts: Sequence[str]) -> str:
    return f"x {situation}\x1f{'; '.join(facts)}"


def _sum_ahead(rewards: Vector, last: NDArray[np.bool_], steps: int | None) -> Vector:
    """Returns the sums of rewards from each decision on, over so many decisions of its episode, `None` for all."""
    sums = np.zeros(len(rewards))
    running = 0.0
    for place in range(len(rewards) - 1, -1, -1):
        running = rewards[place] + (0.0 if last[place] else running)
        sums[place] = running
    if steps is None:
        return sums
    ends = np.flatnonzero(last)
    end_of = ends[np.searchsorted(ends, np.arange(len(rewards)))]
    beyond = np.arange(len(rewards)) + steps
    return sums - np.where(beyond <= end_of, np.append(sums, np.zeros(steps))[beyond], 0.0)


def _solve(chosen: Matrix, targets: Vector, penalties: Vector, start: Vector) -> Vector:
    """Returns the weights of the ridge regression, by conjugate gradients from where they were."""
    turned: Matrix = chosen.T.tocsr()
    system: Matrix = (turned @ chosen) + sparse.diags(penalties)
    found: Vector = linalg.cg(system, turned @ targets, x0=start, rtol=1e-4, maxiter=200)[0]
    return found
