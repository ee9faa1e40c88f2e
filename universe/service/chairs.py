"""A seat of a table: who sits in it, what it has answered in this turn, and how long it has."""

import math
from dataclasses import dataclass, field

from universe.errors import StaleTurn
from universe.service.contracts import GUEST, OPEN, Claim, KeptAnswer, Play, Sitter
from universe.text_env import Turn

ATTEMPTS = 3
"""Answers that a seat may give in a turn before its rule decides."""
MOST_MISSES = 3
"""Decisions in a row that a guest may let pass before it counts as gone."""


@dataclass(slots=True)
class Chair:
    """One seat and what the table knows of it."""

    seat: str
    who: str
    """`open`, `guest` (of who made the table) or a player of the house."""
    claim: Claim | None = None
    """Whose token plays it; `None` while it is open, and for the house."""
    sitter: Sitter | None = None
    answers: list[KeptAnswer] = field(default_factory=list[KeptAnswer])
    """Of the current turn."""
    pending: Play | None = None
    """What is decided for the current turn."""
    deadline: float = math.inf
    """When the current turn's time is up, by the table's clock."""
    late: bool = False
    """Whether it let the current turn pass."""
    misses: int = 0
    """Turns in a row that it let pass."""
    last: Play | None = None
    """What it played last; its turn has a menu, so that the same answer is known again."""
    thinks: Turn | None = None
    """The turn that its sitter thinks about, which may be over."""

    @property
    def is_open(self) -> bool:
        """Whether anybody may claim it."""
        return self.who == OPEN and self.claim is None

    @property
    def is_guest(self) -> bool:
        """Whether it is played over the wire."""
        return self.who in (OPEN, GUEST)

    @property
    def left(self) -> bool:
        """Whether its guest has left."""
        return self.claim is not None and self.claim.left

    @property
    def gone(self) -> bool:
        """Whether nobody can be expected to answer for it any more."""
        return self.left or self.misses >= MOST_MISSES

    @property
    def attempts_left(self) -> int:
        """How many more answers it has in this turn."""
        return ATTEMPTS - sum(answer.outcome != "ok" for answer in self.answers)

    @property
    def ruled(self) -> bool:
        """Whether its rule decides in this turn."""
        return self.left or self.late or self.attempts_left <= 0

    def arrive(self, deadline: float) -> None:
        """Begins a turn of it."""
        self.answers = []
        self.pending = None
        self.late = False
        self.deadline = deadline

    def conclude(self) -> None:
        """Ends all its turns; what it said last is still known, but keeps no environment alive."""
        self.pending = None
        if self.last is not None:
            self.last.turn.view.look = _see_nothing

    def settle(self) -> None:
        """Ends a turn of it."""
        self.last, self.pending = self.pending or self.last, None
        self.answers = []
        self.deadline = math.inf


def _see_nothing() -> object:
    raise StaleTurn("The table has ended.")
