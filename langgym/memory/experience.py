"""Experience: what came of decisions, counted by the facts of a game, so that the next one can be weighed.

A decision is worth the sum of what its facts are worth: facts of the state, facts of the action, and last the exact
situation with the exact action, which says only what the coarser facts do not. All of it is one ridge regression, so
that a fact seen once counts little and one seen a hundred times counts fully; where the exact situation is new, the
facts speak.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from langgym.memory.ledger import Entry, Ledger, Numbers, Past, Vector
from langgym.memory.regression import NO_PRIOR, Prior, Weighing, Worth, find_due, reckon
from universe.text_env import Result

__all__ = ["BORROWED", "Estimate", "Experience", "Moment", "Outlook", "Record", "Weighing"]

BORROWED = 3.0
"""The most that experience from like situations counts as evidence."""
_RESULTS: Mapping[Result | None, int] = {None: 0, "win": 1, "draw": 2, "loss": 3}
_USUAL = Weighing()
_KEPT = 4
"""Reckonings that are kept; others are made again when somebody asks for the time before them."""


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
    turn: int = 0
    """Of the episode, for those who look for evidence."""
    name: str = ""
    """What the action was called; it says nothing to experience."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an action is worth here, by experience."""

    value: float
    evidence: float
    """How often it was tried here; where never, how often its rarest fact was, up to `BORROWED`."""
    tried: int
    """How often exactly this was tried in exactly this situation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What came of an action, or of all actions with a fact."""

    n: int
    """Decisions."""
    wins: int
    draws: int
    losses: int
    """Of the episodes they were made in; all three are 0 where there is no winning."""
    mean: float
    """Of the return from the decision to the end, or over the horizon of the weighing."""
    sources: tuple[int, ...]
    """The participations behind it, oldest first."""
    fact: str | None
    """The fact that speaks; `None` where it is the exact action in the exact situation."""


class _Names:
    """Facts, situations and exact actions by number, in the order in which they came; a number never changes."""

    def __init__(self) -> None:
        self.states: dict[str, int] = {}
        self.actions: dict[str, int] = {}
        self.situations: dict[str, int] = {}
        self.exact: dict[int, int] = {}
        """By mark, see `_make_mark`."""
        self.marks: list[int] = []
        """The marks by number."""
        self.n_facts = 0

    def number_states(self, facts: Iterable[str]) -> list[int]:
        return self._number(self.states, facts)

    def number_actions(self, facts: Iterable[str]) -> list[int]:
        return self._number(self.actions, facts)

    def number_situation(self, situation: str) -> int:
        return self.situations.setdefault(situation, len(self.situations))

    def number_exact(self, mark: int) -> int:
        number = self.exact.setdefault(mark, len(self.marks))
        if number == len(self.marks):
            self.marks.append(mark)
        return number

    def _number(self, known: dict[str, int], facts: Iterable[str]) -> list[int]:
        found: list[int] = []
        for fact in dict.fromkeys(facts):
            number = known.get(fact)
            if number is None:
                number = known[fact] = self.n_facts
                self.n_facts += 1
            found.append(number)
        return found


def _number_prior(names: _Names, prior: Mapping[str, tuple[float, float]]) -> Prior:
    if not prior:
        return NO_PRIOR
    names.number_actions(prior)
    worths, strengths = zip(*prior.values(), strict=True)
    return Prior(np.array(worths, np.float64), np.array(strengths, np.float64))


def _make_mark(situation: int, facts: Iterable[int]) -> int:
    """Returns 64 bits that stand for an action with these facts in a situation, all by number.

    Two of a million differ with a likelihood above 0.9999999; marks are never stored.
    """
    return hash((situation, *facts))


class Experience:
    """What one agent has lived through in one role of one variant: a log, and what it says as of any moment.

    Equal logs say the same to the last bit, whether they grew along or were read at once, and whenever they are asked.
    """

    def __init__(self, weighing: Weighing = _USUAL, prior: Mapping[str, tuple[float, float]] | None = None) -> None:
        """Begins without experience.

        Args:
            weighing: How experience is made into values.
            prior: What facts of actions are taken to be worth before anything is known here, and how many decisions
                that counts for.
        """
        self._weighing = weighing
        self._names = _Names()
        self._prior = _number_prior(self._names, prior or {})
        self._ledger = Ledger(n_facts=self._names.n_facts)
        self._reckoned: dict[int, Worth] = {}
        self._latest: Outlook | None = None
        self._lock = Lock()

    @property
    def n_episodes(self) -> int:
        """How many participations it holds."""
        return self._ledger.n_episodes

    def absorb(self, episode: Sequence[Moment], *, source: int = 0, result: Result | None = None) -> None:
        """Remembers the decisions of one seat in an episode, in their order.

        Args:
            episode: The decisions; it may be none.
            source: The id of the participation, to be found again behind what is told.
            result: How it ended for the seat, where there is such a thing.
        """
        with self._lock:
            known = len(self._names.marks)
            entry = self._count(episode, source, result)
            self._ledger.add(entry, n_facts=self._names.n_facts, new_marks=self._names.marks[known:])

    def at(self, n: int | None = None) -> "Outlook":
        """Returns what it says after its first `n` participations, or after all; safe to call from any thread."""
        with self._lock:
            n = self._ledger.n_episodes if n is None else n
            if not 0 <= n <= self._ledger.n_episodes:
                raise ValueError(f"There are {self._ledger.n_episodes} participations, so none are the first {n}.")
            if self._latest is None or self._latest.n_episodes != n:
                self._latest = Outlook(self._names, self._ledger.first(n), self._reckon(find_due(n, self._weighing)))
            return self._latest

    def _reckon(self, n: int) -> Worth:
        if n not in self._reckoned:
            self._reckoned[n] = reckon(self._ledger.first(n), self._weighing, self._prior)
            while len(self._reckoned) > _KEPT:
                del self._reckoned[next(iter(self._reckoned))]
        return self._reckoned[n]

    def _count(self, episode: Sequence[Moment], source: int, result: Result | None) -> Entry:
        names, looks_ahead = self._names, self._weighing.steps is None
        situations = [names.number_situation(moment.situation) for moment in episode]
        actions = [names.number_actions(moment.options[moment.action]) for moment in episode]
        rewards = np.array([moment.reward for moment in episode])
        options = [
            [names.number_actions(facts) for facts in moment.options.values()] if looks_ahead else []
            for moment in episode
        ]
        return Entry(
            source=source,
            result=_RESULTS[result],
            rewards=rewards,
            returns=sum_ahead(rewards, self._weighing.steps),
            states=[names.number_states(moment.state) for moment in episode],
            actions=actions,
            exact=[names.number_exact(_make_mark(*each)) for each in zip(situations, actions, strict=True)],
            options=options,
            option_marks=[
                [_make_mark(situation, facts) for facts in each]
                for situation, each in zip(situations, options, strict=True)
            ],
        )


class Outlook:
    """What experience says as of one moment; it never changes."""

    def __init__(self, names: _Names, past: Past, worth: Worth) -> None:
        """Is made by `Experience.at`."""
        self._names = names
        self._past = past
        self.n_episodes = past.n_episodes
        self.n_decisions = len(past)
        self._base = worth.base
        self._facts = _lengthen(worth.facts, past.n_facts)
        self._exact = _lengthen(worth.exact, past.n_exact)
        self._seen = np.bincount(past.actions.members, minlength=past.n_facts + 1)
        self._tried = np.bincount(past.exact, minlength=past.n_exact + 1)

    def weigh(self, situation: str, state: Sequence[str], options: Mapping[int, Sequence[str]]) -> dict[int, Estimate]:
        """Returns what each legal action is worth here."""
        if not options:
            return {}
        here = self._names.situations.get(situation, -1)
        base = self._base + float(self._facts[self._find(self._names.states, dict.fromkeys(state))].sum())
        sets = [self._find(self._names.actions, dict.fromkeys(facts)) for facts in options.values()]
        exact = np.array([self._find_exact(here, facts) for facts in sets])
        sizes = [len(facts) for facts in sets]
        members = np.fromiter(chain.from_iterable(sets), np.int64, sum(sizes))
        rows = np.repeat(np.arange(len(sets)), sizes)
        values = base + np.bincount(rows, weights=self._facts[members], minlength=len(sets)) + self._exact[exact]
        rarest = np.full(len(sets), BORROWED)
        np.minimum.at(rarest, rows, self._seen[members])
        tried = self._tried[exact]
        found = zip(options, values.tolist(), (tried + rarest).tolist(), tried.tolist(), strict=True)
        return {action: Estimate(value, evidence, n) for action, value, evidence, n in found}

    def tell(self, situation: str, state: Sequence[str], options: Mapping[int, Sequence[str]]) -> dict[int, Record]:
        """Returns what came of each legal action that was tried in exactly this situation."""
        here = self._names.situations.get(situation, -1)
        found: dict[int, Record] = {}
        for action, facts in options.items():
            exact = self._find_exact(here, self._find(self._names.actions, dict.fromkeys(facts)))
            if exact >= 0:
                found[action] = self._record(self._by_exact.find(exact), None)
        return found

    def near(self, state: Sequence[str], options: Mapping[int, Sequence[str]]) -> dict[int, Record]:
        """Returns, for each legal action, what came of all actions that share its finest fact that was ever seen."""
        found: dict[int, Record] = {}
        for action, facts in options.items():
            numbers = self._find(self._names.actions, facts)
            for fact, number in zip(reversed(facts), reversed(numbers), strict=True):
                if self._seen[number]:
                    found[action] = self._record(self._by_fact.find(number), fact)
                    break
        return found

    def find_worths(self) -> dict[str, tuple[float, int]]:
        """Returns how much each fact of an action adds to its worth, and in how many decisions it was seen."""
        known = self._names.actions.copy()
        return {
            fact: (float(self._facts[number]), int(self._seen[number]))
            for fact, number in known.items()
            if number < self._past.n_facts
        }

    def _find(self, known: Mapping[str, int], facts: Iterable[str]) -> list[int]:
        """Returns the numbers of facts, -1 for what was not known by then."""
        n = self._past.n_facts
        return [number if (number := known.get(fact, -1)) < n else -1 for fact in facts]

    def _find_exact(self, situation: int, facts: Sequence[int]) -> int:
        number = self._names.exact.get(_make_mark(situation, facts), -1)
        return number if number < self._past.n_exact else -1

    @cached_property
    def _by_exact(self) -> "_Rows":
        return _Rows(self._past.exact, np.arange(len(self._past)))

    @cached_property
    def _by_fact(self) -> "_Rows":
        actions = self._past.actions
        return _Rows(actions.members, np.repeat(np.arange(len(self._past)), np.diff(actions.starts)))

    def _record(self, rows: Numbers, fact: str | None) -> Record:
        past = self._past
        episodes = past.episodes[rows]
        _, wins, draws, losses = np.bincount(past.results[episodes], minlength=4).tolist()
        return Record(
            n=len(rows),
            wins=wins,
            draws=draws,
            losses=losses,
            mean=float(past.returns[rows].mean()),
            sources=tuple(dict.fromkeys(past.sources[episodes].tolist())),
            fact=fact,
        )


class _Rows:
    """Finds the rows that have a key, oldest first."""

    def __init__(self, keys: NDArray[np.int32], rows: Numbers) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys, self._rows = keys[order], rows[order]

    def find(self, key: int) -> Numbers:
        first, end = np.searchsorted(self._keys, (key, key + 1))
        return self._rows[first:end]


def _lengthen(values: Vector, n: int) -> Vector:
    """Returns values with zeros after them, up to `n` and one more, which is what -1 finds."""
    return np.append(values, np.zeros(n + 1 - len(values)))


def sum_ahead(rewards: Vector, steps: int | None) -> Vector:
    """Returns the sums of an episode's rewards from each decision on, over so many decisions, `None` for all."""
    sums = np.cumsum(rewards[::-1])[::-1]
    if steps is None or steps >= len(rewards):
        return sums
    return sums - np.append(sums[steps:], np.zeros(steps))
