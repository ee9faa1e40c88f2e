"""From experience to a choice: curious while an agent learns, cautious when it counts."""

import math
from collections.abc import Mapping

from langgym.memory.experience import Estimate, Weighing
from universe.card import EnvCard

CAUTION = 0.3
"""Standard deviations of random play by which an action that was never tried is valued less when it counts."""


def weighing_for(card: EnvCard) -> Weighing:
    """Returns how experience of an environment is reckoned.

    In games in turns a decision is worth what the next one promises. Where all act at once everything flows, and what
    comes of a decision shows in the rewards of the next few.
    """
    return Weighing(steps=6, ridge=5.0) if card.simultaneous else Weighing()


def curiosity_for(card: EnvCard) -> float:
    """Returns the weight of what is unknown while an agent learns, in units of `scale_for`."""
    return 0.5 if card.simultaneous else 0.2


def scale_for(card: EnvCard, role: str) -> float:
    """Returns by how much returns differ by chance: the deviation of random play, a quarter of it for a few rewards."""
    spread = card.baseline[role].sd or 1.0
    return 0.25 * spread if card.simultaneous else spread


def explore(estimates: Mapping[int, Estimate], *, scale: float, n: int, curiosity: float) -> dict[int, float]:
    """Returns scores by which unknown actions are tried the more, the less is known of them (UCB, Auer et al. 2002).

    Args:
        estimates: By action.
        scale: Of returns.
        n: Decisions remembered.
        curiosity: The weight of what is unknown.
    """
    reach = curiosity * scale * math.sqrt(math.log(n + 2))
    return {action: each.value + reach / math.sqrt(each.evidence + 1) for action, each in estimates.items()}


def settle(estimates: Mapping[int, Estimate], *, scale: float) -> dict[int, float]:
    """Returns scores by which actions that are little known count less: their value less a part of the doubt."""
    return {action: each.value - CAUTION * scale / math.sqrt(each.evidence + 1) for action, each in estimates.items()}


def find_best(scores: Mapping[int, float]) -> list[int]:
    """Returns the actions with the highest score, in ascending order."""
    most = max(scores.values())
    return sorted(action for action, score in scores.items() if score >= most - 1e-12)
