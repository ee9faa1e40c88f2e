"""A model's likelihoods and experience together: for models too small to make use of what they read."""

from collections.abc import Sequence

from langgym.asking import Ledger
from langgym.memory.advisor import Advisor
from langgym.memory.recalled import Recalled
from langgym.models.chat import Message, RatingModel
from langgym.policies.model import ModelPolicy, show_board
from langgym.policies.policy import Decision, MemoryUse
from langgym.prompts import fill
from langgym.rating import ask_shares
from universe.streams import Stream
from universe.text_env import Turn


class AdvisedPolicy:
    """Asks a model for its likelihood of every legal action by name, and takes the best joint score.

    The model's share counts the less, the more an action was tried: where nothing is known it decides alone. What is
    remembered is not in its prompt: a small model is drawn to whatever is named, whether it won or lost.
    """

    memory: MemoryUse = "counted"
    is_paid = True
    waits = True

    def __init__(self, model: RatingModel, teller: ModelPolicy, advisor: Advisor, *, stream: Stream) -> None:
        """Takes who is asked, who words the rules, who knows what came before, and where draws come from."""
        self._model = model
        self._teller = teller
        self._advisor = advisor
        self._stream = stream

    def decide(self, turn: Turn, recalled: Sequence[Recalled], ledger: Ledger) -> Decision:
        """Returns the action with the best joint score, with all that it was made of."""
        options = turn.menu.options
        rated = ask_shares(
            self._model,
            self._prompt(turn),
            [option.name for option in options],
            ledger=ledger,
            seed=self._stream.integer(turn.seat, turn.index) & 0x7FFFFFFF,
        )
        shares = None
        if rated.shares is not None:
            shares = {option.action: share for option, share in zip(options, rated.shares, strict=True)}
        advice = self._advisor.advise(turn, recalled, shares)
        action = self._stream.pick(advice.best, turn.seat, turn.index)
        return Decision(action=action, source="advised", attempts=rated.attempts, advice=advice)

    def _prompt(self, turn: Turn) -> tuple[Message, ...]:
        names = ", ".join(option.name for option in turn.menu.options)
        return (
            self._teller.tell_rules(turn),
            Message(role="user", section="board", text=show_board(turn)),
            Message(role="user", section="menu", text=fill("names", names=names)),
        )
