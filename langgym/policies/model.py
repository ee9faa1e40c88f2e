"""A language model that reads the turn and answers from the menu."""

from collections.abc import Sequence

from langgym.asking import AskSettings, Ledger, ask_menu
from langgym.memory.recalled import Recalled
from langgym.models.chat import ChatModel, Message
from langgym.policies.policy import Decision
from langgym.prompts import fill
from universe.card import EnvCard
from universe.streams import Stream
from universe.text_env import Turn


class ModelPolicy:
    """Asks a model; the prompt goes from what never changes to what always does, so that prefix caches work."""

    reads_memory = True
    is_paid = True
    waits = True

    def __init__(
        self,
        model: ChatModel,
        card: EnvCard,
        *,
        agent: str,
        stream: Stream,
        settings: AskSettings | None = None,
    ) -> None:
        self._model = model
        self._card = card
        self._agent = agent
        self._stream = stream
        self._settings = settings or AskSettings()
        self._rules: tuple[tuple[str, str], Message] | None = None

    def decide(self, turn: Turn, recalled: Sequence[Recalled], ledger: Ledger) -> Decision:
        """Returns the model's answer, or a decision without an action when no attempt was legal."""
        asked = ask_menu(
            self._model,
            turn.menu,
            self.prompt(turn, recalled),
            ledger=ledger,
            settings=self._settings,
            seed=self._stream.integer(turn.seat, turn.index) & 0x7FFFFFFF,
        )
        if asked.answer is None:
            return Decision(action=None, source="fallback", attempts=asked.attempts)
        return Decision(
            action=asked.answer.action, source="model", thought=asked.answer.thought, attempts=asked.attempts
        )

    def prompt(self, turn: Turn, recalled: Sequence[Recalled]) -> tuple[Message, ...]:
        """Returns the first prompt of a turn."""
        messages = [self._tell_rules(turn.seat, turn.brief)]
        if recalled:
            lines = "\n".join(fill("memory", text=memory.text) for memory in recalled)
            messages.append(Message(role="user", section="memories", text=fill("memories", memories=lines)))
        messages.append(Message(role="user", section="board", text=show_board(turn)))
        messages.append(Message(role="user", section="menu", text=show_menu(turn, thought=self._settings.thought)))
        return tuple(messages)

    def _tell_rules(self, seat: str, brief: str) -> Message:
        """Returns the rules as this seat reads them, made once as long as they stay the same."""
        if self._rules is None or self._rules[0] != (seat, brief):
            card = self._card
            text = fill(
                "player",
                agent=self._agent,
                title=card.title,
                seat=seat,
                rules=card.rules,
                reward=card.reward,
                brief=brief,
            )
            self._rules = (seat, brief), Message(role="system", section="rules", text=text)
        return self._rules[1]


def show_board(turn: Turn) -> str:
    """Returns the board as it stands in a prompt, with what was earned since the seat's last turn."""
    board = fill("board", index=turn.index + 1, text=turn.text)
    return f"{board}\n{fill('earned', reward=f'{turn.reward:.3g}')}" if turn.reward else board


def show_menu(turn: Turn, *, thought: int | None) -> str:
    """Returns the menu as it stands in a prompt; `thought` is the longest thought in characters, `None` for none."""
    form = turn.menu.example(preface=thought is not None)
    menu = fill("menu", menu=turn.menu.describe(), form=form)
    return menu if thought is None else f"{menu}\n{fill('think', limit=thought, field=turn.menu.preface)}"
