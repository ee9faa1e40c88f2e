"""A person at the terminal."""

import json
from collections.abc import Callable, Sequence

from langgym.asking import Ledger
from langgym.errors import UsageError
from langgym.memory.recalled import Recalled
from langgym.policies.policy import Decision, MemoryUse
from universe.errors import AnswerError
from universe.menu import Answer, Menu
from universe.text_env import Turn

Ask = Callable[[str], str]
Show = Callable[[str], None]


class HumanPolicy:
    """Shows the turn and reads an action's name until it is legal."""

    memory: MemoryUse = "told"
    is_paid = True
    waits = False

    def __init__(self, *, ask: Ask, show: Show, rules: str = "") -> None:
        """Prepares to talk; `rules` are shown before the first turn."""
        self._ask = ask
        self._show = show
        self._rules = rules

    @classmethod
    def at_terminal(cls, rules: str = "") -> "HumanPolicy":
        """Returns a policy that talks on standard error and reads standard input."""
        import sys

        def show(text: str) -> None:
            sys.stderr.write(text + "\n")

        def ask(question: str) -> str:
            sys.stderr.write(question)
            sys.stderr.flush()
            answer = sys.stdin.readline()
            if not answer:
                raise UsageError("The input has ended before the episode; resume it with `langgym resume`.")
            return answer.strip()

        return cls(ask=ask, show=show, rules=rules)

    def decide(self, turn: Turn, recalled: Sequence[Recalled], ledger: Ledger) -> Decision:
        """Returns what the person chose; an answer that is not on the menu is asked for again."""
        if turn.index == 0:
            if self._rules:
                self._show(self._rules)
            self._show(turn.brief)
        for memory in recalled:
            self._show(f"(you remember) {memory.text}")
        if turn.reward:
            self._show(f"You earned {turn.reward:g}.")
        self._show(turn.text)
        return Decision(action=self._read(turn.menu).action, source="human")

    def choose(self, offers: str, menu: Menu) -> str:
        """Returns the name that the person chose from a menu of offers."""
        self._show(offers)
        return self._read(menu).name

    def _read(self, menu: Menu) -> Answer:
        while True:
            values = {field: self._ask(f"{field} ({', '.join(choices)}): ") for field, choices in menu.choices.items()}
            try:
                return menu.parse(json.dumps(values))
            except AnswerError as error:
                self._show(str(error))
