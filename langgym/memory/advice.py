"""From experience to a choice: curious while an agent learns, cautious when it counts."""

import math
from collections.abc import Mapping

from langgym.memory.experience import Estimate, Weighing
from universe.card import EnvCard

CAUTION = 0.3
"""Standard deviations of random play by which an action that was never tried is valued less when it counts."""


def weighing_for(card: EnvCard) -> Weighing:
    """Returns how experience of an environment is reckoned.

    In games in turns a decision is worth what the best next one promises; where something is hidden, chance is large,
    and a fact must be seen oftener to be believed. Where all act at once everything flows: what comes of a decision
    shows in the next rewards and in what follows on them, and hardly any situation returns exactly. In a contest of
    unseen choices a round is paid by itself.
    """
    if not card.simultaneous:
        return Weighing() if card.hidden is None else Weighing(ridge=10.0)
    if _is_contest(card):
        return Weighing(steps=1, exact_ridge=100.0)
    return Weighing(steps=5, promise=0.8, sweeps=6, exact_ridge=100.0)


def curiosity_for(card: EnvCard) -> float:
    """Returns the weight of what is unknown while an agent learns, in units of `scale_for`."""
    if card.simultaneous:
        return 0.5 if _is_contest(card) else 1.0
    return 0.2 if card.hidden is None else 0.6


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


def weaken(amount: float, evidence: float) -> float:
    """Returns what an opinion of an action counts: the less, the more the action was tried."""
    return amount / (1.0 + evidence)


def find_best(scores: Mapping[int, float]) -> list[int]:
    """Returns the actions with the highest score, in ascending order."""
    most = max(scores.values())
    return sorted(action for action, score in scores.items() if score >= most - 1e-12)


def _is_contest(card: EnvCard) -> bool:
    """Returns whether all choose at once, unseen, to win: then the choices of the others are what there is to learn."""
    return card.simultaneous and card.hidden is not None and card.results is not None
