"""Uniform choice among the legal actions."""

from collections.abc import Sequence

from langgym.asking import Ledger
from langgym.memory.recalled import Recalled
from langgym.policies.policy import Decision, MemoryUse
from universe.streams import Stream
from universe.text_env import Turn


class RandomPolicy:
    """Draws each action from its stream by seat and turn, so that a resumed episode draws the same."""

    memory: MemoryUse = "none"
    is_paid = False
    waits = False

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def decide(self, turn: Turn, recalled: Sequence[Recalled], ledger: Ledger) -> Decision:
        """Returns a uniform draw from the menu."""
        return Decision(action=self._stream.pick(turn.menu.actions, turn.seat, turn.index), source="random")
