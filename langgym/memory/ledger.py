"""The log of decisions as columns of numbers, of which every beginning can still be read as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

Numbers = NDArray[np.int64]
Vector = NDArray[np.float64]
Kind = TypeVar("Kind", bound=np.generic)


class Column(Generic[Kind]):
    """Numbers that are only added to: what was read of them once never changes, whatever is added later."""

    def __init__(self, kind: DTypeLike) -> None:
        """Begins empty."""
        self._buffer: NDArray[Any] = np.zeros(256, kind)
        self._n = 0

    def __len__(self) -> int:
        """Returns how many numbers there are."""
        return self._n

    def add(self, values: Sequence[Any] | NDArray[Kind]) -> None:
        """Adds numbers at the end."""
        n = self._n + len(values)
        if n > len(self._buffer):
            grown = np.zeros(max(n, 2 * len(self._buffer)), self._buffer.dtype)
            grown[: self._n] = self._buffer[: self._n]
            self._buffer = grown
        self._buffer[self._n : n] = values
        self._n = n

    def first(self, n: int) -> NDArray[Kind]:
        """Returns the first `n` numbers, which nobody can write to; later ones are never seen through it."""
        view = self._buffer[:n]
        view.flags.writeable = False
        return view


@dataclass(frozen=True, slots=True)
class Sets:
    """Sets of facts, one after the other: set `k` holds `members[starts[k] : starts[k + 1]]`."""

    members: NDArray[np.int32]
    starts: Numbers

    def __len__(self) -> int:
        """Returns how many sets there are."""
        return len(self.starts) - 1


class SetColumn:
    """A column whose entries are sets of facts."""

    def __init__(self) -> None:
        """Begins empty."""
        self._members: Column[np.int32] = Column(np.int32)
        self._starts: Column[np.int64] = Column(np.int64)
        self._starts.add([0])

    def __len__(self) -> int:
        """Returns how many sets there are."""
        return len(self._starts) - 1

    def add(self, sets: Sequence[Sequence[int]]) -> None:
        """Adds sets at the end."""
        sizes = np.fromiter((len(each) for each in sets), np.int64, len(sets))
        before = len(self._members)
        self._members.add([member for each in sets for member in each])
        self._starts.add(before + np.cumsum(sizes))

    def first(self, n: int) -> Sets:
        """Returns the first `n` sets."""
        starts = self._starts.first(n + 1)
        return Sets(self._members.first(int(starts[-1])), starts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A beginning of the log: the decisions of the first participations, each a row."""

    n_episodes: int
    n_facts: int
    """Facts that were known by then; the numbers of later ones are not below it."""
    n_exact: int
    """The same for exact situations with an exact action that was taken."""
    rewards: Vector
    returns: Vector
    """What came of each decision, to the end or over the horizon."""
    last: NDArray[np.bool_]
    """Whether a decision was the last of its episode."""
    episodes: NDArray[np.int32]
    """The participation of each decision, counted from 0."""
    states: Sets
    actions: Sets
    """Facts of the action that was taken."""
    exact: NDArray[np.int32]
    """Number of the exact situation with the exact action that was taken."""
    exact_marks: Numbers
    """What stands for each of them in `option_marks`."""
    options: Sets
    """Facts of every action that could be taken, decision by decision; empty where nobody looks ahead."""
    option_starts: Numbers
    """Where the options of each decision begin; one more than there are decisions."""
    option_marks: Numbers
    sources: Numbers
    """Of each participation."""
    results: NDArray[np.int8]
    """Of each participation: 1 win, 2 draw, 3 loss, 0 none of these."""

    def __len__(self) -> int:
        """Returns how many decisions there are."""
        return len(self.rewards)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A participation in numbers, as the ledger takes it."""

    source: int
    result: int
    rewards: Vector
    returns: Vector
    states: Sequence[Sequence[int]]
    actions: Sequence[Sequence[int]]
    exact: Sequence[int]
    options: Sequence[Sequence[Sequence[int]]]
    """By decision and option."""
    option_marks: Sequence[Sequence[int]]


class Ledger:
    """The log of all participations of a role; append-only."""

    def __init__(self, *, n_facts: int = 0) -> None:
        """Begins empty, with as many facts that are known beforehand."""
        self._rewards: Column[np.float64] = Column(np.float64)
        self._returns: Column[np.float64] = Column(np.float64)
        self._last: Column[np.bool_] = Column(np.bool_)
        self._episodes: Column[np.int32] = Column(np.int32)
        self._states, self._actions, self._options = SetColumn(), SetColumn(), SetColumn()
        self._exact: Column[np.int32] = Column(np.int32)
        self._exact_marks: Column[np.int64] = Column(np.int64)
        self._option_starts: Column[np.int64] = Column(np.int64)
        self._option_marks: Column[np.int64] = Column(np.int64)
        self._option_starts.add([0])
        self._sources: Column[np.int64] = Column(np.int64)
        self._results: Column[np.int8] = Column(np.int8)
        self._bounds: list[tuple[int, int, int]] = [(0, n_facts, 0)]
        """After each participation: decisions, facts, exact situations with an action."""

    @property
    def n_episodes(self) -> int:
        """How many participations there are."""
        return len(self._bounds) - 1

    def add(self, entry: Entry, *, n_facts: int, new_marks: Sequence[int]) -> None:
        """Adds a participation.

        Args:
            entry: What is added.
            n_facts: Facts known with it.
            new_marks: Of the exact situations with an action that it is the first to know, by number.
        """
        n = len(entry.rewards)
        self._rewards.add(entry.rewards)
        self._returns.add(entry.returns)
        self._last.add([place == n - 1 for place in range(n)])
        self._episodes.add([self.n_episodes] * n)
        self._states.add(entry.states)
        self._actions.add(entry.actions)
        self._exact.add(entry.exact)
        self._exact_marks.add(new_marks)
        for sets, marks in zip(entry.options, entry.option_marks, strict=True):
            self._options.add(sets)
            self._option_marks.add(marks)
            self._option_starts.add([len(self._option_marks)])
        self._sources.add([entry.source])
        self._results.add([entry.result])
        self._bounds.append((len(self._rewards), n_facts, len(self._exact_marks)))

    def first(self, n: int) -> Past:
        """Returns the first `n` participations; costs the same for many as for few."""
        n_rows, n_facts, n_exact = self._bounds[n]
        option_starts = self._option_starts.first(n_rows + 1)
        n_options = int(option_starts[-1])
        return Past(
            n_episodes=n,
            n_facts=n_facts,
            n_exact=n_exact,
            rewards=self._rewards.first(n_rows),
            returns=self._returns.first(n_rows),
            last=self._last.first(n_rows),
            episodes=self._episodes.first(n_rows),
            states=self._states.first(n_rows),
            actions=self._actions.first(n_rows),
            exact=self._exact.first(n_rows),
            exact_marks=self._exact_marks.first(n_exact),
            options=self._options.first(n_options),
            option_starts=option_starts,
            option_marks=self._option_marks.first(n_options),
            sources=self._sources.first(n),
            results=self._results.first(n),
        )
