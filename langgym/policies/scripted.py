"""Public doubles: policies that follow a list or a function, for tests and examples."""

from collections.abc import Callable, Sequence

from langgym.asking import Ledger
from langgym.errors import UsageError
from langgym.memory.recalled import Recalled
from langgym.policies.policy import Decision, MemoryUse
from universe.text_env import Turn


class ScriptedPolicy:
    """Takes its actions by name from a list: the seat's n-th turn takes the n-th name."""

    memory: MemoryUse = "none"
    is_paid = False
    waits = False

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)

    def decide(self, turn: Turn, recalled: Sequence[Recalled], ledger: Ledger) -> Decision:
        """Returns the action that the script names for this turn.

        Raises:
            UsageError: The script has no name for this turn.
        """
        if turn.index >= len(self._names):
            raise UsageError(f"The script of {turn.seat!r} ends after {len(self._names)} actions.")
        return Decision(action=turn.menu.action(self._names[turn.index]), source="scripted")


class FunctionPolicy:
    """Asks a function of the turn and the recalled memories for the name of an action."""

    memory: MemoryUse = "told"
    is_paid = False
    waits = False

    def __init__(self, choose: Callable[[Turn, Sequence[Recalled]], str]) -> None:
        self._choose = choose

    def decide(self, turn: Turn, recalled: Sequence[Recalled], ledger: Ledger) -> Decision:
        """Returns the action that the function names."""
        return Decision(action=turn.menu.action(self._choose(turn, recalled)), source="scripted")
