"""Guards: ends of episodes in which nothing happens any more, or in which nobody answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from universe.text_env import Reason

SILENT = ("empty", "refused", "too_long", "provider_error")
"""Classes of attempts in which the model said nothing that could be read."""


@dataclass(slots=True)
class Guards:
    """Watches one episode, also while it is replayed, so that a resumed episode is judged alike."""

    max_repeats: int = 0
    """How often in a row the same seats may see the same; 0 looks at nothing."""
    max_misses: int = 0
    """How many decisions in a row a seat may go without a legal answer; 0 looks at nothing."""
    _seen: dict[tuple[str, ...], tuple[bytes, int]] = field(default_factory=dict[tuple[str, ...], tuple[bytes, int]])
    _missed: dict[str, list[bool]] = field(default_factory=dict[str, list[bool]])
    _reason: Reason | None = None

    def arrive(self, seats: Sequence[str], digest: bytes) -> Reason | None:
        """Takes note of a position and returns why the episode should end here, or `None`.

        Args:
            seats: Those that must act.
            digest: Of the position.
        """
        if self.max_repeats:
            key = tuple(seats)
            before, count = self._seen.get(key, (b"", 0))
            count = count + 1 if before == digest else 1
            self._seen[key] = (digest, count)
            if count > self.max_repeats:
                self._reason = "repeated"
        return self._reason

    def decide(self, seat: str, missed: bool | None) -> None:
        """Takes note of a decision.

        Args:
            seat: Who decided.
            missed: `None` for an answer of its own; else whether nothing at all was heard of the model.
        """
        if not self.max_misses:
            return
        if missed is None:
            self._missed.pop(seat, None)
            return
        row = self._missed.setdefault(seat, [])
        row.append(missed)
        if len(row) >= self.max_misses:
            self._reason = "silent" if all(row) else "illegal_loop"


def is_silent(outcomes: Sequence[str]) -> bool:
    """Returns whether nothing was heard in attempts of these classes."""
    return all(outcome in SILENT for outcome in outcomes)


Misses = Mapping[int, Mapping[str, bool]]
"""By turn and seat: the decisions without a legal answer, and whether nothing was heard."""
