"""Credit: whether an episode in which memories were shown went better or worse than its agent could expect."""

from collections.abc import Sequence
from statistics import fmean, pstdev

from agents_db.knowledge import MemoryChange, MemoryRecord
from agents_db.records import EpisodeRecord

ENOUGH = 3
"""Earlier episodes without which nothing can be expected."""
MARGIN = 0.1
"""Standard deviations of earlier returns within which an episode went as expected."""


def weigh_outcome(total: float, earlier: Sequence[float]) -> int:
    """Returns 1 where a return is better than the mean of earlier ones, -1 where it is worse, 0 where it is neither."""
    if len(earlier) < ENOUGH:
        return 0
    mean, margin = fmean(earlier), MARGIN * pstdev(earlier)
    return (total > mean + margin) - (total < mean - margin)


def credit_memory(memory: MemoryRecord, credit: int, *, episode: EpisodeRecord, seat: str) -> MemoryChange:
    """Returns the change that counts one more use of a memory as a help (1) or as a harm (-1)."""
    helped = credit > 0
    fields = {"n_helped": memory.n_helped + 1} if helped else {"n_hurt": memory.n_hurt + 1}
    return MemoryChange(
        memory_id=memory.memory_id,
        op="credit",
        fields=fields,
        actor="credit",
        origin=(episode.key, seat),
        episode_id=episode.episode_id,
    )
