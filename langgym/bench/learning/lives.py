"""Lives: an agent learns from episodes of an environment; at checkpoints it plays some and learns nothing from them."""

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from statistics import fmean
from time import process_time

from langgym.bench.learning.arms import ARMS
from langgym.bench.learning.playing import Match, Trial
from universe.card import EnvCard

MOST_TURNS = 20_000
"""Turns of a seat in a life, and a quarter of them in an examination: long games are played less often.

Of the games there are it shortens chess alone, to 118 episodes.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A life that is to be lived."""

    trial: Trial
    arm: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What came of a trial for one arm and one agent."""

    task: Task
    returns: Mapping[int, tuple[float, ...]] = field(default_factory=dict[int, tuple[float, ...]])
    """Of the evaluation episodes, by checkpoint; the same seeds and seats in every arm."""
    decisions: int = 0
    """Of the agent, while it learnt."""
    learning_seconds: float = 0.0
    """Of the processor."""
    seconds: float = 0.0
    """Of the processor, the examinations included."""

    @property
    def last(self) -> tuple[float, ...]:
        """The returns of the last examination."""
        return self.returns[self.task.trial.checkpoints[-1]]

    def describe(self) -> dict[str, object]:
        """Returns it for a report, with means instead of single returns."""
        return {
            **asdict(self.task.trial),
            "arm": self.task.arm,
            "seed": self.task.seed,
            "means": {str(point): fmean(returns) for point, returns in self.returns.items()},
            "decisions": self.decisions,
            "learning_seconds": round(self.learning_seconds, 3),
            "seconds": round(self.seconds, 3),
            "tokens": 0,
            "legality": None,
            "fallbacks": 0,
        }


def make_trial(
    card: EnvCard, side: str, *, rival: str, points: tuple[int, ...], evaluations: int, turns: int = MOST_TURNS
) -> Trial:
    """Returns a trial of a side that ends at the last checkpoint that so many turns of a seat allow."""
    most = max(1, turns // card.typical_turns)
    kept = tuple(point for point in points if point <= most) or (min(points[0], most),)
    return Trial(
        env_id=card.env_id,
        side=side,
        rival=rival,
        episodes=kept[-1],
        checkpoints=kept,
        evaluations=min(evaluations, max(1, most // 4)),
    )


def run_life(task: Task) -> Life:
    """Returns what comes of a life: the same for the same task, in whatever process."""
    warnings.simplefilter("ignore")
    trial, arm = task.trial, ARMS[task.arm]
    match = Match(trial, seed=task.seed, own=arm.own)
    begun = process_time()
    try:
        if arm.learner is None:
            fixed = None if arm.fixed is None else arm.fixed(trial)
            assert fixed is not None, f"{task.arm} cannot play {trial.env_id} {trial.side}"
            returns = dict.fromkeys(trial.checkpoints, match.examine(fixed, trial.evaluations))
            return Life(task=task, returns=returns, seconds=process_time() - begun)
        player = arm.learner(match.card)
        found, decisions, learning = dict[int, tuple[float, ...]](), 0, 0.0
        for number in range(trial.episodes):
            start = process_time()
            decisions += match.learn(player, number)
            learning += process_time() - start
            if number + 1 in trial.checkpoints:
                found[number + 1] = match.examine(player, trial.evaluations)
        return Life(
            task=task,
            returns=found,
            decisions=decisions,
            learning_seconds=learning,
            seconds=process_time() - begun,
        )
    finally:
        match.close()
