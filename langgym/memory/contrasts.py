"""Contrasts: what came of taking an action rather than another, under which condition, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, cast

import numpy as np

from langgym.memory.decisions import (
    FEWEST,
    FEWEST_EPISODES,
    Choices,
    Decisions,
    Flags,
    Numbers,
    Sighting,
    Vector,
    count_distinct,
)
from langgym.memory.life import Lived

LEVEL = 0.1
"""Of error over all contrasts that are looked at; half of it is for those without a condition (Holm 1979)."""
CLEARLY = 2.5
"""Standard errors by which a contrast must add to those that were found before it."""
FEWEST_OWN = 4
"""Decisions of the agent itself on each side; the rest may be what it saw others do."""
MOST = 20
MOST_LOOKED_AT = 300
"""Contrasts that are reckoned exactly, those that look clearest first."""
SHOWN = 4
"""Decisions that are named for a contrast, and against it."""
NEARLY_ALL = 0.9
"""Share of the decisions of an action from which on a condition says nothing new."""
SMALLEST = 0.1
"""Standard deviations of what came of decisions that an effect must have to be told, however sure it is."""
USUAL = 2.0
"""Decisions of usual spread that are added to each side, so that a few equal ones do not look certain."""
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """By how much returns differ when an action with some fact is taken rather than one without it."""

    condition: str | None
    """A fact of the state; `None` for always."""
    action: str
    effect: float
    low: float
    high: float
    """The bounds of its interval (`CONFIDENCE`); infinite where there are too few episodes to tell."""
    n_with: int
    n_without: int
    n_episodes: int
    """Of the side that has fewer."""
    supports: tuple[Sighting, ...] = ()
    """Decisions in which the action was taken and what came of it was as the effect says, the strongest first."""
    contradicts: tuple[Sighting, ...] = ()
    """The same against it."""

    @property
    def certain(self) -> bool:
        """Whether the interval leaves no doubt about the sign."""
        return self.low > 0 or self.high < 0


def find_contrasts(lives: Sequence[Lived], *, role: str, steps: int | None = None, most: int = MOST) -> list[Contrast]:
    """Returns the contrasts in what was lived through that hold after correction for all looks, clearest first.

    A contrast that only repeats others (a finer fact, a condition that changes nothing) is left out. Like is compared
    with like: only decisions count in which actions with the fact and without it were legal, and what the state, the
    seat and the part of the life promised is taken off first.

    Args:
        lives: Of one variant, in the order in which they were lived.
        role: Whose decisions are compared.
        steps: How many decisions ahead rewards count (`horizon_for(card)`), `None` to the end.
        most: How many at most.
    """
    return Comparison(Decisions(lives, role=role, steps=steps)).find(most)


class Comparison:
    """Compares the decisions of a table."""

    def __init__(self, decisions: Decisions) -> None:
        """Takes the table."""
        self._table = decisions

    @property
    def smallest(self) -> float:
        """The smallest effect that is worth telling."""
        return SMALLEST * self._table.spread

    def measure(self, condition: str | None, action: str) -> Contrast | None:
        """Returns one contrast, whether or not it is clear; `None` where either side has fewer than two decisions."""
        choices = self._find_choices(condition, action)
        if choices is None or min(choices.taken.sum(), (~choices.taken).sum()) < 2:
            return None
        return self._tell(condition, action, choices)

    def has_enough(self, condition: str | None, action: str) -> bool:
        """Returns whether a contrast rests on enough decisions, of the agent's own too, from enough episodes."""
        choices = self._find_choices(condition, action)
        return choices is not None and self._has_enough(choices)

    def count(self, condition: str | None, action: str, *, until: int) -> int:
        """Returns how many decisions a contrast rested on at a moment of the agent's clock."""
        choices = self._find_choices(condition, action)
        return 0 if choices is None else int((self._table.clocks[choices.rows] <= until).sum())

    def narrows(self, condition: str | None, wider: str | None) -> bool:
        """Returns whether a condition, as far as was seen, never holds without another that is not the same."""
        return condition is not None and condition != wider and self._table.narrows(condition, wider)

    def find(self, most: int = MOST) -> list[Contrast]:
        """Returns the contrasts that hold and add something to those that are clearer, clearest first."""
        if len(self._table) < 2 * FEWEST or not self._table.actions:
            return []
        states: list[str | None] = [None, *self._table.states]
        screened = _screen(self._table)
        rest = self._table.gain.copy()
        found: list[_Candidate] = []
        self._choose(found, self._find_clear(states[:1], screened.part(0, 1)), rest)
        told = {each.action for each in found}
        sometimes = self._find_clear(states[1:], screened.part(1, len(states)))
        sometimes.sort(key=lambda each: (*each.side.rank[:2], each.action not in told))  # of two sides the one told
        self._choose(found, sometimes, rest)
        found.sort(key=lambda each: each.side.rank)
        return [self._tell(each.condition, each.action, each.choices) for each in found[:most]]

    def _choose(self, found: "list[_Candidate]", candidates: "Sequence[_Candidate]", rest: Vector) -> None:
        """Adds the candidates that say something about the `rest` of the worth, and takes that off."""
        for candidate in candidates:
            choices = candidate.choices
            left = _measure(self._table, choices, rest)
            if left.clear and not any(each.says(candidate) for each in found):
                rest[choices.rows] -= left.effect * (choices.taken - choices.taken.mean())
                found.append(candidate)

    def _find_choices(self, condition: str | None, action: str) -> Choices | None:
        choices = self._table.find_choices(action)
        if choices is None or condition is None:
            return choices
        return choices.among(self._table.find_holding(condition, choices))

    def _find_clear(self, states: Sequence[str | None], screened: "_Screened") -> "list[_Candidate]":
        """Returns the contrasts under some conditions that hold at half of `LEVEL` when all are looked at."""
        actions = list(self._table.actions)
        scores, n_looks = screened.scores, int(screened.looked_at.sum())
        order = np.argsort(-scores, axis=None, kind="stable")[:MOST_LOOKED_AT]
        candidates: list[_Candidate] = []
        for place in cast("list[int]", order[scores.ravel()[order] > 0].tolist()):
            row, column = divmod(place, len(actions))
            condition, action = states[row], actions[column]
            choices = self._find_choices(condition, action)
            if choices is not None and self._has_enough(choices):
                side = _measure(self._table, choices, self._table.gain)
                if abs(side.effect) < self.smallest:
                    continue
                candidates.append(_Candidate(condition, action, choices, side))
        candidates.sort(key=lambda each: each.side.rank)
        limits = (0.5 * LEVEL / max(1, n_looks - place) for place in range(len(candidates)))
        clear = takewhile(lambda pair: pair[0].side.chance <= pair[1], zip(candidates, limits, strict=True))
        return [candidate for candidate, _ in clear]

    def _has_enough(self, choices: Choices) -> bool:
        """Returns whether both sides have enough decisions, of the agent's own, from enough episodes."""
        table = self._table
        sides = (choices.rows[choices.taken], choices.rows[~choices.taken])
        return all(
            len(side) >= FEWEST
            and int(table.own[side].sum()) >= FEWEST_OWN
            and count_distinct(table.episodes[side]) >= FEWEST_EPISODES
            for side in sides
        )

    def _tell(self, condition: str | None, action: str, choices: Choices) -> Contrast:
        side = _measure(self._table, choices, self._table.gain)
        n_with = int(choices.taken.sum())
        taken = choices.rows[choices.taken]
        worth = self._table.gain[taken] * (1.0 if side.effect >= 0 else -1.0)
        return Contrast(
            condition=condition,
            action=action,
            effect=side.effect,
            low=side.effect - side.reach,
            high=side.effect + side.reach,
            n_with=n_with,
            n_without=len(choices.rows) - n_with,
            n_episodes=side.n_episodes,
            supports=self._pick(taken, worth),
            contradicts=self._pick(taken, -worth),
        )

    def _pick(self, rows: Numbers, worth: Vector) -> tuple[Sighting, ...]:
        """Returns decisions of positive worth from different episodes, the agent's own first, then the most worth."""
        order = np.lexsort((rows, -np.round(worth, 9), ~self._table.own[rows]))
        picked: dict[int, Sighting] = {}
        for place in order.tolist():
            sighting = self._table.sight(int(rows[place]))
            if worth[place] > 0:
                picked.setdefault(sighting.episode_id, sighting)
            if len(picked) == SHOWN:
                break
        return tuple(picked.values())


@dataclass(frozen=True, slots=True)
class _Side:
    """How two sides differ."""

    effect: float
    error: float
    """The standard error."""
    reach: float
    """Of the interval, to either side."""
    chance: float
    """Of a difference as large if there were none."""
    n_episodes: int

    @property
    def clear(self) -> bool:
        """Whether it is far from nothing."""
        return abs(self.effect) >= CLEARLY * self.error > 0

    @property
    def rank(self) -> tuple[float, float, bool]:
        """The clearest first: by chance, by standard errors where that is too small, of equals what pays.

        Numbers are rounded, since the two sides of one choice must come out equal.
        """
        clearness = abs(self.effect) / self.error if self.error else 0.0
        return float(f"{self.chance:.9g}"), -float(f"{clearness:.9g}"), self.effect < 0


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A contrast that may be told."""

    condition: str | None
    action: str
    choices: Choices
    side: _Side

    def says(self, other: "_Candidate") -> bool:
        """Returns whether it says all that another does: the same without a condition, or of the same choices."""
        ours, theirs = self.choices, other.choices
        if self.action == other.action and self.condition is None:
            alike = abs(self.side.effect - other.side.effect) < CLEARLY * other.side.error
            return alike or len(theirs.rows) > NEARLY_ALL * len(ours.rows)
        if not np.array_equal(ours.rows, theirs.rows):
            return False
        return np.array_equal(ours.taken, theirs.taken) or np.array_equal(ours.taken, ~theirs.taken)


@dataclass(frozen=True, slots=True)
class _Screened:
    """Of each condition (none first) and each action."""

    scores: Vector
    """About how many standard errors its effect has; 0 where it is not looked at."""
    looked_at: Flags
    """Whether there are enough decisions to look."""

    def part(self, first: int, end: int) -> "_Screened":
        """Returns some of the conditions."""
        return _Screened(self.scores[first:end], self.looked_at[first:end])


def _screen(table: Decisions) -> _Screened:
    """Returns about how clear every contrast is, as if all decisions were independent."""
    from scipy import sparse  # pyright: ignore[reportMissingTypeStubs]  # slow to load, and needed only here

    wide = cast("Any", sparse)
    states = wide.hstack([np.ones((len(table), 1)), table.holding]).T.tocsr()
    gain = wide.diags(table.gain)
    n, n_with = ((states @ part).toarray() for part in (table.offered, table.taken))
    total, total_with = ((states @ (gain @ part)).toarray() for part in (table.offered, table.taken))
    n_without = n - n_with
    looked_at = np.minimum(n_with, n_without) >= FEWEST
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = total_with / n_with - (total - total_with) / n_without
        scores = np.abs(effect) / np.sqrt(1 / n_with + 1 / n_without)
    return _Screened(np.where(looked_at, scores, 0.0), looked_at)


def _measure(table: Decisions, choices: Choices, worth: Vector) -> _Side:
    """Returns how the worth of decisions differs by whether the action was taken.

    Decisions of one episode are not independent, so the standard error is the larger of Welch's and the one that adds
    up by episode (CR1: Cameron and Miller 2015); degrees of freedom are the episodes of the smaller side less one.
    """
    values, taken = worth[choices.rows], choices.taken
    episodes = table.episodes[choices.rows]
    effect, error = _find_error(values, taken, episodes)
    n_episodes = min(count_distinct(episodes[taken]), count_distinct(episodes[~taken]))
    reach, chance = _find_reach(effect, error, n_episodes - 1)
    return _Side(effect, error, reach, chance, n_episodes)


def _find_error(values: Vector, taken: Flags, episodes: Numbers) -> tuple[float, float]:
    """Returns the difference of the means and its standard error."""
    usual = float(values.var())
    shares = np.empty(len(values))
    means: list[float] = []
    welch = 0.0
    for side, sign in ((taken, 1.0), (~taken, -1.0)):
        ours, n = values[side], int(side.sum())
        mean = float(ours.mean())
        spread = (float(((ours - mean) ** 2).sum()) + USUAL * usual) / (n - 1 + USUAL)
        welch += spread / n
        shares[side] = sign * (ours - mean) / n
        means.append(mean)
    by_episode = np.bincount(episodes, weights=shares)
    n_episodes = count_distinct(episodes)
    clustered = float((by_episode**2).sum()) * n_episodes / max(1, n_episodes - 1)
    return means[0] - means[1], max(welch, clustered) ** 0.5


def _find_reach(effect: float, error: float, freedom: int) -> tuple[float, float]:
    """Returns how far the interval reaches and the chance of the effect, by Student's distribution."""
    from scipy import special  # pyright: ignore[reportMissingTypeStubs]

    if freedom < 1:
        return float("inf"), 1.0
    if error == 0.0:
        return 0.0, 1.0
    student = cast("Any", special)
    reach = float(student.stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    return reach, 2.0 * float(student.stdtr(freedom, -abs(effect) / error))
