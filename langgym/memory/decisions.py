"""Decisions as a table of facts: where an action could be taken, where it was, and what came of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from langgym.memory.experience import Moment, sum_ahead
from langgym.memory.life import Lived

Numbers = NDArray[np.int64]
Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Matrix = Any
"""A sparse matrix: scipy declares no types."""

FEWEST = 8
"""Decisions that a fact must have been seen in."""
FEWEST_EPISODES = 5
"""Episodes that they must come from."""
RIDGE = 1.0
"""How often a fact of the state must have been seen to count for half of what it showed."""
MOST = 50_000
"""Decisions that are compared, the newest: older ones were made by somebody who knew less."""
ERAS = 8
"""The most parts that a life is cut into: who has learnt does better, whatever it tries."""
EPISODES_OF_ERA = 10


class Sighting(NamedTuple):
    """A decision of a seat in an episode."""

    episode_id: int
    seat: str
    turn: int


@dataclass(frozen=True, slots=True)
class Choices:
    """The decisions in which an action with some fact could be taken, and one without it too."""

    rows: Numbers
    """Of the table, rising."""
    taken: Flags
    """Whether it was taken, decision by decision."""

    def among(self, mask: Flags) -> "Choices":
        """Returns those for which the mask holds; it has an entry for each."""
        return Choices(self.rows[mask], self.taken[mask])


class Decisions:
    """Every decision of a role that was lived through, with its worth beyond what its state promised."""

    def __init__(self, lives: Sequence[Lived], *, role: str, steps: int | None = None) -> None:
        """Makes the table.

        Args:
            lives: Of one variant, in the order in which they were lived; those of other roles are passed over.
            role: Whose decisions.
            steps: How many decisions ahead rewards count, `None` to the end.
        """
        self._lives = _find_newest([life for life in lives if life.role == role and life.moments])
        moments = [moment for life in self._lives for moment in life.moments]
        sizes = [len(life.moments) for life in self._lives]
        self.n_episodes = len({life.episode_id for life in self._lives})
        places = {ident: place for place, ident in enumerate(dict.fromkeys(life.episode_id for life in self._lives))}
        self.episodes: Numbers = np.repeat([places[life.episode_id] for life in self._lives], sizes).astype(np.int64)
        """Of each decision, counted from 0."""
        self.own: Flags = np.repeat([life.own for life in self._lives], sizes).astype(bool)
        """Whether the agent decided."""
        self.clocks: Numbers = np.repeat([life.clock for life in self._lives], sizes).astype(np.int64)
        """Of the agent when the episode of each decision had ended."""
        self._turns = [moment.turn for moment in moments]
        self._starts = np.cumsum([0, *sizes])
        self._moments = moments
        self._choices: dict[str, Choices] = {}
        self.states = self._number([moment.state for moment in moments])
        """Facts of states that were seen often enough, by number."""
        self.actions = self._number([moment.options[moment.action] for moment in moments])
        """The same for facts of actions that were taken."""
        self.holding = _mark(self.states, [moment.state for moment in moments])
        """Which facts of states hold in a decision: decisions x states, sparse."""
        ahead = [sum_ahead(np.array([m.reward for m in life.moments]), steps) for life in self._lives]
        worth = np.concatenate(ahead) if ahead else np.zeros(0)
        self.spread = float(worth.std()) if len(worth) else 0.0
        """Standard deviation of what came of decisions."""
        self.gain: Vector = self._take_baseline(worth)
        """What came of each decision, less what its state, its seat and its time promised."""

    def __len__(self) -> int:
        """Returns how many decisions there are."""
        return len(self._moments)

    @cached_property
    def offered(self) -> Matrix:
        """Which facts of actions were there to take and to leave: decisions x actions, sparse."""
        return _mark_choices(self.actions, self._moments)

    @cached_property
    def taken(self) -> Matrix:
        """Which of those were taken: decisions x actions, sparse."""
        chosen = _mark(self.actions, [moment.options[moment.action] for moment in self._moments])
        return chosen.multiply(self.offered).tocsr()

    def find_choices(self, action: str) -> Choices | None:
        """Returns where a fact of an action was there to take and to leave; `None` where it is not in the table."""
        number = self.actions.get(action)
        if number is None:
            return None
        if action not in self._choices:
            rows = _find_column(self._offered_columns, number)
            self._choices[action] = Choices(rows, self._flag(_find_column(self._taken_columns, number))[rows])
        return self._choices[action]

    def find_holding(self, condition: str, choices: Choices) -> Flags:
        """Returns in which of some decisions a fact of the state holds."""
        number = self.states.get(condition)
        rows = np.zeros(0, np.int64) if number is None else _find_column(self._holding_columns, number)
        return self._flag(rows)[choices.rows]

    def narrows(self, condition: str, wider: str | None) -> bool:
        """Returns whether, as far as was seen, a fact of the state never holds without another; `None` always holds."""
        if wider is None:
            return True
        if condition not in self.states or wider not in self.states:
            return False
        rows = _find_column(self._holding_columns, self.states[condition])
        return bool(self._flag(_find_column(self._holding_columns, self.states[wider]))[rows].all())

    def sight(self, row: int) -> Sighting:
        """Returns which decision a row is."""
        life = self._lives[int(np.searchsorted(self._starts, row, side="right")) - 1]
        return Sighting(life.episode_id, life.seat, self._turns[row])

    def _flag(self, rows: Numbers) -> Flags:
        flags = np.zeros(len(self), dtype=bool)
        flags[rows] = True
        return flags

    @cached_property
    def _offered_columns(self) -> Matrix:
        return _sort_columns(self.offered)

    @cached_property
    def _taken_columns(self) -> Matrix:
        return _sort_columns(self.taken)

    @cached_property
    def _holding_columns(self) -> Matrix:
        return _sort_columns(self.holding)

    def _number(self, facts: Sequence[Sequence[str]]) -> dict[str, int]:
        """Returns a number for each fact that is in enough decisions of enough episodes, in order of appearance."""
        counts = Counter(chain.from_iterable(facts))
        by_episode: dict[int, set[str]] = {}
        for life, start, end in zip(self._lives, self._starts, self._starts[1:], strict=False):
            by_episode.setdefault(life.episode_id, set()).update(*facts[start:end])
        spread = Counter(chain.from_iterable(by_episode.values()))
        kept = [fact for fact, n in counts.items() if n >= FEWEST and spread[fact] >= FEWEST_EPISODES]
        return {fact: number for number, fact in enumerate(kept)}

    def _take_baseline(self, worth: Vector) -> Vector:
        """Returns what is left of the worth of decisions when a ridge regression over their states has its share."""
        from scipy import sparse  # pyright: ignore[reportMissingTypeStubs]  # slow to load, and needed only here

        if not len(worth):
            return worth
        trend = (self.episodes / self.n_episodes - 0.5)[:, None]
        design = cast("Any", sparse).hstack([self.holding, self._mark_times(), trend]).tocsr()
        centred = worth - worth.mean()
        squares = (design.T @ design).toarray() + RIDGE * np.eye(design.shape[1])
        return cast("Vector", centred - design @ np.linalg.solve(squares, design.T @ centred))

    def _mark_times(self) -> Matrix:
        """Returns in which seat and which part of the life each decision was made, and whether by the agent."""
        eras = max(1, min(ERAS, self.n_episodes // EPISODES_OF_ERA))
        labels: list[tuple[str, ...]] = []
        for life, start in zip(self._lives, self._starts, strict=False):
            era = int(self.episodes[start]) * eras // self.n_episodes
            labels += [(f"era {era}", f"seat {life.seat} {life.own}")] * len(life.moments)
        return _mark({label: n for n, label in enumerate(dict.fromkeys(chain.from_iterable(labels)))}, labels)


def _find_newest(lives: Sequence[Lived]) -> list[Lived]:
    """Returns the newest lives that together have at most `MOST` decisions, and at least one life."""
    ahead = np.cumsum([len(life.moments) for life in reversed(lives)])
    n = max(1, int(np.searchsorted(ahead, MOST, side="right")))
    return list(lives[-n:])


def _mark_choices(known: Mapping[str, int], moments: Sequence[Moment]) -> Matrix:
    """Returns which facts some but not all of the legal actions of a decision have: decisions x known facts, sparse."""
    n_options = np.fromiter((len(moment.options) for moment in moments), np.int64, len(moments))
    options = [facts for moment in moments for facts in moment.options.values()]
    counts = _count(known, options, rows=np.repeat(np.arange(len(moments)), n_options), n_rows=len(moments))
    counts.data = (counts.data < np.repeat(n_options, np.diff(counts.indptr))).astype(np.float64)
    counts.eliminate_zeros()
    return counts


def _mark(known: Mapping[str, int], sets: Sequence[Sequence[str]]) -> Matrix:
    """Returns which facts are in which set: sets x known facts, sparse."""
    counts = _count(known, sets, rows=np.arange(len(sets)), n_rows=len(sets))
    counts.data[:] = 1.0
    return counts


def _count(known: Mapping[str, int], sets: Sequence[Sequence[str]], *, rows: Numbers, n_rows: int) -> Matrix:
    """Returns how often facts are in the sets of a row, which rise from set to set: rows x known facts, sparse."""
    from scipy import sparse  # pyright: ignore[reportMissingTypeStubs]  # slow to load, and needed only here

    sizes = np.fromiter(map(len, sets), np.int64, len(sets))
    numbers = np.fromiter(map(known.get, chain.from_iterable(sets), repeat(-1)), np.int32, int(sizes.sum()))
    kept = numbers >= 0
    per_row = np.bincount(np.repeat(rows, sizes)[kept], minlength=n_rows)
    starts = np.concatenate(([0], np.cumsum(per_row)))
    members = numbers[kept]
    shape = (n_rows, len(known))
    counts = cast("Any", sparse).csr_matrix((np.ones(len(members)), members, starts), shape=shape)
    counts.sum_duplicates()
    return counts


def _sort_columns(matrix: Matrix) -> Matrix:
    columns = matrix.tocsc()
    columns.sort_indices()
    return columns


def _find_column(matrix: Matrix, number: int) -> Numbers:
    """Returns the rows of a sparse matrix by columns that are marked in one column, rising."""
    rows = matrix.indices[matrix.indptr[number] : matrix.indptr[number + 1]]
    return cast("Numbers", rows.astype(np.int64))


def count_distinct(numbers: Numbers) -> int:
    """Returns how many different numbers there are, none of them negative."""
    return int(np.count_nonzero(np.bincount(numbers)))
