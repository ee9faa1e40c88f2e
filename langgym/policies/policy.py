"""The contract of a policy, and what it decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from agents_db.records import Source
from langgym.asking import NO_ANSWERS, Attempt, Ledger
from langgym.memory.advisor import Advice
from langgym.memory.recalled import Recalled
from universe.text_env import Turn

MemoryUse = Literal["none", "counted", "told"]
"""`counted`: experience and strategies, by their numbers; `told`: texts as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a seat answers; `action` is `None` when it gave no legal answer and its rule must decide."""

    action: int | None
    source: Source
    thought: str | None = None
    attempts: tuple[Attempt, ...] = ()
    advice: Advice | None = None
    """What experience said of the turn; `None` where nobody asked it."""

    @property
    def first_try_legal(self) -> bool:
        """Whether the first answer was legal; where the model was not heard, there was none."""
        answers = [attempt for attempt in self.attempts if attempt.outcome not in NO_ANSWERS]
        return self.action is not None and (not answers or answers[0].outcome == "ok")


class Policy(Protocol):
    """A way to decide; stateless between turns, so that a resumed episode decides alike. `check_policy` proves it."""

    @property
    def memory(self) -> MemoryUse:
        """What of the agent's memory changes its decisions."""
        ...

    @property
    def is_paid(self) -> bool:
        """Whether a decision is dear: it is then on the disk before the environment moves."""
        ...

    @property
    def waits(self) -> bool:
        """Whether a decision waits for a provider: the seats of a simultaneous environment are then asked at once."""
        ...

    def decide(self, turn: Turn, recalled: Sequence[Recalled], ledger: Ledger) -> Decision:
        """Returns the decision for a turn; every attempt goes through the ledger.

        Raises:
            ModelError: The provider failed; the same turn can be decided again later.
        """
        ...


@runtime_checkable
class Closable(Protocol):
    """What a policy also is when it holds something, such as a program: it is closed when its episode is left."""

    def close(self) -> None:
        """Frees what the policy holds; a policy that never decided can be closed as well."""
        ...
