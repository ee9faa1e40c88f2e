"""What facts are worth: one ridge regression over decisions, where the exact situation says only what facts do not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from langgym.memory.ledger import Numbers, Past, Sets, Vector

Matrix = Any
"""A sparse matrix: scipy declares no types."""
Times = Callable[[Vector], Vector]

PRECISION = 1e-4
"""By how much of the whole the regression may still be wrong when it stops."""
ROUNDS = 200
"""Rounds after which it stops in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """How experience is made into values."""

    ridge: float = 3.0
    """How many times a fact must have been seen to count for half of what it showed."""
    exact_ridge: float = 3.0
    """The same for the exact situation with the exact action."""
    steps: int | None = None
    """How many decisions ahead rewards are added up; `None` adds one and looks ahead by the best next decision."""
    promise: float = 0.0
    """Where `steps` are counted: the share, of what the decision after them was worth, that is added."""
    sweeps: int = 4
    """Rounds of looking ahead."""
    every: int = 10
    """Participations between reckonings, as long as growth asks for no more; the first few come sooner."""
    growth: float = 0.15
    """By which share of itself the memory grows between reckonings when it is large."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What the first facts are taken to be worth, and how many decisions that counts for; the others begin at zero."""

    worths: Vector
    strengths: Vector


NO_PRIOR = Prior(np.zeros(0), np.zeros(0))


@dataclass(frozen=True, slots=True)
class Worth:
    """What a decision is worth on the whole, and by how much each fact and each exact situation changes it."""

    base: float
    facts: Vector
    exact: Vector


def find_due(n: int, weighing: Weighing) -> int:
    """Returns the last number of participations up to `n` at which the worth of facts is reckoned; 0 for none."""
    due = 0
    while True:
        step = max(1, min(weighing.every, due // 2), int(weighing.growth * due))
        if due + step > n:
            return due
        due += step


def reckon(past: Past, weighing: Weighing, prior: Prior = NO_PRIOR) -> Worth:
    """Returns what facts are worth by the decisions of `past` and by what was held of them before."""
    strengths, pull = _spread(prior, past.n_facts)
    if not len(past):
        return Worth(0.0, pull / (weighing.ridge + strengths), np.zeros(past.n_exact))
    problem = _Problem(past, weighing, strengths=strengths, pull=pull)
    future = _Best(past) if weighing.steps is None else _Taken(past, weighing.steps, weighing.promise)
    worth = problem.solve(future.returns, np.zeros(past.n_facts))
    for _ in range(weighing.sweeps if future.matters else 0):
        worth = problem.solve(future.find_targets(problem, worth), worth.facts)
    return worth


def _spread(prior: Prior, n_facts: int) -> tuple[Vector, Vector]:
    """Returns how strongly each fact is held, and how strongly it is pulled where."""
    rest = np.zeros(n_facts - len(prior.worths))
    return np.append(prior.strengths, rest), np.append(prior.strengths * prior.worths, rest)


class _Problem:
    """The equations of a regression; the exact situations are eliminated from them."""

    def __init__(self, past: Past, weighing: Weighing, *, strengths: Vector, pull: Vector) -> None:
        self._states = _make_matrix(past.states, past.n_facts)
        self._actions = _make_matrix(past.actions, past.n_facts)
        self._turned = tuple(matrix.T.tocsr() for matrix in (self._states, self._actions))
        self._ridge = weighing.ridge + strengths
        self._pull = pull
        self._exact = past.exact
        self._n_exact = past.n_exact
        self._shares = 1.0 / (np.bincount(past.exact, minlength=past.n_exact) + weighing.exact_ridge)
        seen = np.bincount(np.concatenate((past.states.members, past.actions.members)), minlength=past.n_facts)
        self._diagonal = seen.astype(np.float64) + self._ridge

    def find_values(self, worth: Worth) -> Vector:
        """Returns what each decision was worth as it was taken."""
        return worth.base + self._values(worth.facts) + worth.exact[self._exact]

    def solve(self, targets: Vector, start: Vector) -> Worth:
        """Returns the worth by which decisions come nearest to `targets`, sought from `start`."""
        base = float(targets.mean())
        wanted = targets - base
        facts = _descend(self._apply, self._turn(self._leave(wanted)) + self._pull, self._diagonal, start)
        rest = wanted - self._values(facts)
        exact = np.bincount(self._exact, weights=rest, minlength=self._n_exact) * self._shares
        return Worth(base, facts, exact)

    def _apply(self, facts: Vector) -> Vector:
        return self._turn(self._leave(self._values(facts))) + self._ridge * facts

    def _values(self, facts: Vector) -> Vector:
        return cast("Vector", self._states @ facts + self._actions @ facts)

    def _turn(self, rest: Vector) -> Vector:
        states, actions = self._turned
        return cast("Vector", states @ rest + actions @ rest)

    def _leave(self, rest: Vector) -> Vector:
        """Returns what the exact situations leave of `rest` when they explain as much of it as they may."""
        taken = np.bincount(self._exact, weights=rest, minlength=self._n_exact) * self._shares
        return rest - taken[self._exact]


class _Best:
    """What is paid for a decision, and then what the best next one promises."""

    matters = True

    def __init__(self, past: Past) -> None:
        self.returns = past.returns
        self._past = past
        self._states = _make_matrix(past.states, past.n_facts)
        self._options = _make_matrix(past.options, past.n_facts)
        self._exact = _find_numbers(past.option_marks, past.exact_marks)

    def find_targets(self, _: _Problem, worth: Worth) -> Vector:
        past = self._past
        options = self._options @ worth.facts + np.append(worth.exact, 0.0)[self._exact]
        best = np.maximum.reduceat(options, past.option_starts[:-1])
        values = worth.base + self._states @ worth.facts + best
        return past.rewards + np.where(past.last, 0.0, np.append(values[1:], 0.0))


class _Taken:
    """What is paid over some decisions, and then a share of how much better than usual the one after them was."""

    def __init__(self, past: Past, steps: int, promise: float) -> None:
        rows, ends = np.arange(len(past)), np.flatnonzero(past.last)
        left = ends[np.searchsorted(ends, rows)] - rows
        self.matters = promise > 0
        self.returns = _level(past.returns, np.minimum(left + 1, steps))
        self._shares = np.where(left >= steps, promise, 0.0)
        self._after = np.minimum(rows + steps, len(past) - 1)

    def find_targets(self, problem: _Problem, worth: Worth) -> Vector:
        values = problem.find_values(worth) - worth.base
        return self.returns + self._shares * values[self._after]


def _level(sums: Vector, sizes: Numbers) -> Vector:
    """Returns sums of unequal numbers of rewards as if all had the most: moved by the difference of their means.

    Near the end of an episode few rewards are left, whatever is done; that must not count for or against it.
    """
    counts = np.bincount(sizes)
    means = np.bincount(sizes, weights=sums) / np.maximum(counts, 1)
    return sums - means[sizes] + means[-1]


def _make_matrix(sets: Sets, n_columns: int) -> Matrix:
    from scipy import sparse  # pyright: ignore[reportMissingTypeStubs]  # slow to load, and needed only here

    ones = np.ones(len(sets.members))
    return cast("Any", sparse).csr_matrix((ones, sets.members, sets.starts), shape=(len(sets), n_columns))


def _find_numbers(marks: Numbers, known: Numbers) -> Numbers:
    """Returns the place of each mark among the known ones, -1 where it is not one of them."""
    order = np.argsort(known, kind="stable")
    ranked = known[order]
    place = np.minimum(np.searchsorted(ranked, marks), len(known) - 1)
    return np.where(ranked[place] == marks, order[place], -1)


def _descend(apply: Times, wanted: Vector, diagonal: Vector, start: Vector) -> Vector:
    """Returns the solution of `apply(x) = wanted` by conjugate gradients, scaled by the diagonal (Jacobi)."""
    found = start.copy()
    rest = wanted - apply(found)
    scaled = rest / diagonal
    way = scaled.copy()
    size = float((rest * scaled).sum())
    enough = PRECISION**2 * float((wanted * wanted / diagonal).sum())
    for _ in range(ROUNDS):
        if size <= enough:
            break
        turned = apply(way)
        step = size / float((way * turned).sum())
        found += step * way
        rest -= step * turned
        scaled = rest / diagonal
        before, size = size, float((rest * scaled).sum())
        way = scaled + (size / before) * way
    return found
