"""What draws an agent to an environment: what is new to it, where it learns fast, what it is good at."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from agents_db.knowledge import EnvStats
from universe.card import EnvCard

ENOUGH = 4
"""Participations from which on progress can be seen."""
DIGITS = 3
UNKNOWN = 0.5
"""The skill that is assumed where an environment was never played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """Why an environment draws an agent; every part is in [0, 1]."""

    novelty: float
    """1 where it was never played, falling with the root of how often it was."""
    progress: float
    """How much returns have changed lately, in deviations of random play (Oudeyer and Kaplan 2007)."""
    skill: float
    """How far the agent's mean return is over random play's; 0.5 where it is no better."""

    def rate(self, curiosity: float) -> float:
        """Returns the whole in [0, 1]: by what is new or changing the more, the more curious the agent is."""
        return curiosity * max(self.novelty, self.progress) + (1.0 - curiosity) * self.skill

    def describe(self) -> dict[str, float]:
        """Returns the parts as they are stored with a choice."""
        return {"novelty": self.novelty, "progress": self.progress, "skill": self.skill}


def find_appeal(card: EnvCard, stats: EnvStats | None, recent: Sequence[float]) -> Appeal:
    """Returns what draws an agent to an environment.

    Args:
        card: The environment.
        stats: The agent's record in it.
        recent: Its last returns there, newest first.
    """
    if stats is None:
        return Appeal(novelty=1.0, progress=0.0, skill=UNKNOWN)
    mean, spread = find_baseline(card)
    return Appeal(
        novelty=round(1.0 / math.sqrt(1.0 + stats.n_participations), DIGITS),
        progress=round(min(1.0, abs(find_trend(recent)) / spread), DIGITS),
        skill=round(1.0 / (1.0 + math.exp(-(stats.mean_total - mean) / spread)), DIGITS),
    )


def find_trend(recent: Sequence[float]) -> float:
    """Returns by how much the later half of returns is above the earlier one; 0 where there are too few.

    >>> find_trend([3.0, 3.0, 1.0, 1.0])
    2.0
    """
    if len(recent) < ENOUGH:
        return 0.0
    half = len(recent) // 2
    return fmean(recent[:half]) - fmean(recent[-half:])


def find_baseline(card: EnvCard) -> tuple[float, float]:
    """Returns mean and deviation of random play over the roles of an environment; the deviation is above 0."""
    roles: Mapping[str, tuple[float, float]] = {role: (base.mean, base.sd) for role, base in card.baseline.items()}
    return fmean(mean for mean, _ in roles.values()), fmean(sd for _, sd in roles.values()) or 1.0
