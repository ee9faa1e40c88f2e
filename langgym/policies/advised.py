"""A model's likelihoods and experience together: for models too small to make use of what they read."""

from collections.abc import Sequence

from langgym.asking import Ledger
from langgym.errors import UsageError
from langgym.memory.advisor import Advice, Advisor, tell_experience
from langgym.memory.experience import Experience
from langgym.memory.recalled import Recalled
from langgym.models.chat import Message, RatingModel, can_rate
from langgym.models.likelihood import choose_labels, show_options, spread
from langgym.policies.model import ModelPolicy, show_board
from langgym.policies.policy import Decision, MemoryUse
from langgym.policies.registry import PolicyPlace
from langgym.prompts import fill
from langgym.rating import ask_shares
from universe.streams import Stream
from universe.text_env import Turn


class AdvisedPolicy:
    """Asks a model for the likelihood of every legal action in one call, and takes the best joint score.

    The model's share counts the less, the more an action was tried: where nothing is known it decides alone.
    """

    memory: MemoryUse = "told"
    is_paid = True
    waits = True

    def __init__(self, model: RatingModel, teller: ModelPolicy, advisor: Advisor, *, stream: Stream) -> None:
        """Takes who is asked, who words the prompt, who knows what came before, and where draws come from."""
        self._model = model
        self._teller = teller
        self._advisor = advisor
        self._stream = stream

    @classmethod
    def at(cls, place: PolicyPlace) -> "AdvisedPolicy":
        """Returns the policy of a place; an agent without memory goes by the model's likelihoods alone.

        Raises:
            UsageError: The model cannot tell likelihoods.
        """
        model = place.model
        if model is None or not can_rate(model):
            raise UsageError(
                f"--decide advised needs a model that tells likelihoods, such as local:smollm2; "
                f"{place.agent!r} asks another: use --decide model."
            )
        teller = ModelPolicy(model, place.card, agent=place.agent, stream=place.stream, settings=place.asking)
        advisor = place.advisor or Advisor(place.card, place.card.role(place.seat), Experience().at(), curiosity=0.0)
        return cls(model, teller, advisor, stream=place.stream)

    def decide(self, turn: Turn, recalled: Sequence[Recalled], ledger: Ledger) -> Decision:
        """Returns the action with the best joint score, with all that it was made of."""
        before = self._advisor.advise(turn, recalled)
        labels = choose_labels(len(turn.menu), self._model.labels())
        actions = self._rank(before, turn, n_labels=len(labels))
        rated = ask_shares(
            self._model,
            self._prompt(turn, recalled, before, actions[: len(labels)], labels),
            labels,
            ledger=ledger,
            seed=self._stream.integer(turn.seat, turn.index) & 0x7FFFFFFF,
        )
        shares = None
        if rated.shares is not None:
            shares = dict(zip(actions, spread(rated.shares, len(actions)), strict=True))
        advice = self._advisor.advise(turn, recalled, shares)
        action = self._stream.pick(advice.best, turn.seat, turn.index)
        return Decision(action=action, source="advised", attempts=rated.attempts, advice=advice)

    def _rank(self, advice: Advice, turn: Turn, *, n_labels: int) -> list[int]:
        """Returns the actions in the order in which they are shown: the menu's, or the best first if they are many."""
        shown = [option.action for option in turn.menu.options]
        if n_labels >= len(shown):
            return shown
        scores = {option.action: option.score for option in advice.options}
        return sorted(shown, key=lambda action: -scores[action])

    def _prompt(
        self,
        turn: Turn,
        recalled: Sequence[Recalled],
        advice: Advice,
        actions: Sequence[int],
        labels: Sequence[str],
    ) -> tuple[Message, ...]:
        messages = list(self._teller.tell_past(turn, recalled, tell_experience(advice, turn)))
        messages.append(Message(role="user", section="board", text=show_board(turn)))
        options = show_options([turn.menu.name(action) for action in actions], labels)
        messages.append(Message(role="user", section="menu", text=fill("options", options=options)))
        return tuple(messages)
