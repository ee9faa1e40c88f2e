"""No model at all: an agent that decides by what came of its decisions before, and is curious about the rest."""

from collections.abc import Sequence

from langgym.asking import Ledger
from langgym.memory.advisor import Advisor
from langgym.memory.recalled import Recalled
from langgym.policies.policy import Decision, MemoryUse
from universe.streams import Stream
from universe.text_env import Turn


class ExperiencePolicy:
    """Takes the action with the best score of experience and strategies, by chance among equal ones.

    Without an advisor it has no memory, and plays at random: the arm that others are compared with.
    """

    memory: MemoryUse = "counted"
    is_paid = False
    waits = False

    def __init__(self, stream: Stream, advisor: Advisor | None) -> None:
        self._stream = stream
        self._advisor = advisor

    def decide(self, turn: Turn, recalled: Sequence[Recalled], ledger: Ledger) -> Decision:
        """Returns the best action; what it was made of is its advice."""
        if self._advisor is None:
            action = self._stream.pick(turn.menu.actions, turn.seat, turn.index)
            return Decision(action=action, source="experience")
        advice = self._advisor.advise(turn, recalled)
        action = self._stream.pick(advice.best, turn.seat, turn.index)
        return Decision(action=action, source="experience", advice=advice)
