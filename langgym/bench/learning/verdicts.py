"""What lives say: paired differences between arms, with intervals, corrected for many looks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from langgym.bench.learning.arms import NONE
from langgym.bench.learning.lives import Life
from langgym.bench.learning.playing import Trial

N_BOOTSTRAP = 5000
LEVEL = 0.05
"""Of error over all sides together (Holm 1979), half of it on each end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """By how much one arm differs from another at the end of a trial."""

    trial: Trial
    arm: str
    other: str
    difference: float
    low: float
    high: float
    """The bounds of its 95 % interval."""
    chance: float
    """How likely a difference of either sign would be if there were none."""
    better: bool = False
    worse: bool = False
    """Whether it holds for all sides together."""

    @property
    def word(self) -> str:
        """The verdict in a word or two."""
        return "better" if self.better else "WORSE" if self.worse else "no difference"


@dataclass(frozen=True, slots=True)
class Count:
    """In how many environments an arm is better on some side and worse on none, and in which it is worse."""

    n_envs: int
    better: tuple[str, ...]
    worse: tuple[str, ...]


def compare(lives: Sequence[Life], arm: str, other: str = NONE) -> list[Verdict]:
    """Returns how an arm differs from another in every trial that has both, corrected for the number of sides."""
    found: list[Verdict] = []
    for trial in dict.fromkeys(life.task.trial for life in lives):
        mine, theirs = pick(lives, trial, arm), pick(lives, trial, other)
        if not mine or len(mine) != len(theirs):
            continue
        pairs = np.array([one.last for one in mine]) - np.array([another.last for another in theirs])
        low, high, chance = bootstrap(pairs)
        found.append(
            Verdict(
                trial=trial,
                arm=arm,
                other=other,
                difference=float(pairs.mean()),
                low=low,
                high=high,
                chance=chance,
            )
        )
    return correct(found)


def pick(lives: Sequence[Life], trial: Trial, arm: str) -> list[Life]:
    """Returns the lives of an arm in a trial, agent by agent."""
    return sorted((each for each in lives if each.task.trial == trial and each.task.arm == arm), key=_seed)


def _seed(life: Life) -> int:
    return life.task.seed


def bootstrap(pairs: NDArray[np.float64]) -> tuple[float, float, float]:
    """Returns a 95 % interval of the mean difference and how likely none is; draws agents, then their episodes.

    Args:
        pairs: Differences, agents x episodes.
    """
    random = np.random.default_rng(0)
    n_agents, n_episodes = pairs.shape
    means = np.zeros(N_BOOTSTRAP)
    for _ in range(n_agents):
        agents = random.integers(n_agents, size=N_BOOTSTRAP)
        episodes = random.integers(n_episodes, size=(N_BOOTSTRAP, n_episodes))
        means += pairs[agents[:, None], episodes].mean(axis=1) / n_agents
    low, high = np.quantile(means, (0.025, 0.975))
    below, above = float((means <= 0).mean()), float((means >= 0).mean())
    return float(low), float(high), min(1.0, 2 * max(min(below, above), 1 / N_BOOTSTRAP))


def correct(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Returns verdicts with what holds at `LEVEL` when all are looked at, in their order."""
    standing = True
    found: dict[int, Verdict] = {}
    ranked = sorted(range(len(verdicts)), key=lambda place: verdicts[place].chance)
    for rank, place in enumerate(ranked):
        verdict = verdicts[place]
        standing = standing and verdict.chance <= LEVEL / (len(ranked) - rank)
        found[place] = replace(
            verdict,
            better=standing and verdict.difference > 0,
            worse=standing and verdict.difference < 0,
        )
    return [found[place] for place in range(len(verdicts))]


def count(verdicts: Sequence[Verdict]) -> Count:
    """Returns in how many environments an arm is better and worse."""
    envs = dict.fromkeys(verdict.trial.env_id for verdict in verdicts)
    worse = tuple(env for env in envs if any(each.worse for each in verdicts if each.trial.env_id == env))
    better = tuple(
        env for env in envs if env not in worse and any(each.better for each in verdicts if each.trial.env_id == env)
    )
    return Count(len(envs), better, worse)
