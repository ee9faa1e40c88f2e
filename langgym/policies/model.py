"""A language model that reads the turn and answers from the menu."""

from collections.abc import Iterator, Sequence

from langgym.asking import AskSettings, Ledger, ask_menu
from langgym.memory.advisor import Advice, Advisor, tell_experience
from langgym.memory.recalled import Recalled
from langgym.models.chat import ChatModel, Message
from langgym.policies.policy import Decision, MemoryUse
from langgym.prompts import fill
from universe.card import EnvCard
from universe.streams import Stream
from universe.text_env import Turn


class ModelPolicy:
    """Asks a model; the prompt goes from what never changes to what always does, so that prefix caches work."""

    memory: MemoryUse = "told"
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
        advisor: Advisor | None = None,
    ) -> None:
        """Prepares to ask.

        Args:
            model: Who is asked.
            card: What is played.
            agent: The player's name.
            stream: Where draws come from.
            settings: How it is asked.
            advisor: Tells what came of its decisions before; `None` where it has no memory.
        """
        self._model = model
        self._card = card
        self._agent = agent
        self._stream = stream
        self._settings = settings or AskSettings()
        self._advisor = advisor
        self._rules: tuple[tuple[str, str], Message] | None = None

    def decide(self, turn: Turn, recalled: Sequence[Recalled], ledger: Ledger) -> Decision:
        """Returns the model's answer, or a decision without an action when no attempt was legal."""
        advice = self._advisor.advise(turn, recalled) if self._advisor is not None else None
        asked = ask_menu(
            self._model,
            turn.menu,
            self.prompt(turn, recalled, advice),
            ledger=ledger,
            settings=self._settings,
            seed=self._stream.integer(turn.seat, turn.index) & 0x7FFFFFFF,
        )
        if asked.answer is None:
            return Decision(action=None, source="fallback", attempts=asked.attempts, advice=advice)
        answer = asked.answer
        return Decision(
            action=answer.action, source="model", thought=answer.thought, attempts=asked.attempts, advice=advice
        )

    def prompt(self, turn: Turn, recalled: Sequence[Recalled], advice: Advice | None = None) -> tuple[Message, ...]:
        """Returns the first prompt of a turn."""
        told = None if advice is None else tell_experience(advice, turn)
        messages = list(self.tell_past(turn, recalled, told))
        messages.append(Message(role="user", section="board", text=show_board(turn)))
        messages.append(Message(role="user", section="menu", text=show_menu(turn, thought=self._settings.thought)))
        return tuple(messages)

    def tell_past(self, turn: Turn, recalled: Sequence[Recalled], experience: str | None) -> Iterator[Message]:
        """Yields the rules and what is remembered, what stays the same over an episode first."""
        yield self.tell_rules(turn)
        standing = [memory for memory in recalled if memory.kind == "strategy"]
        if standing:
            yield Message(role="user", section="strategies", text=fill("strategies", strategies=_list(standing)))
        others = [memory for memory in recalled if memory.kind != "strategy"]
        if others:
            yield Message(role="user", section="memories", text=fill("memories", memories=_list(others)))
        if experience:
            yield Message(role="user", section="experience", text=fill("experience", experience=experience))

    def tell_rules(self, turn: Turn) -> Message:
        """Returns the rules as this seat reads them, made once as long as they stay the same."""
        seat, brief = turn.seat, turn.brief
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


def _list(memories: Sequence[Recalled]) -> str:
    return "\n".join(
        fill("memory_of_others" if memory.trust == "other" else "memory", text=" ".join(memory.text.split()))
        for memory in memories
    )


def show_board(turn: Turn) -> str:
    """Returns the board as it stands in a prompt, with what was earned since the seat's last turn."""
    board = fill("board", index=turn.index + 1, text=turn.text)
    return f"{board}\n{fill('earned', reward=f'{turn.reward:.3g}')}" if turn.reward else board


def show_menu(turn: Turn, *, thought: int | None) -> str:
    """Returns the menu as it stands in a prompt; `thought` is the longest thought in characters, `None` for none."""
    form = turn.menu.example(preface=thought is not None)
    menu = fill("menu", menu=turn.menu.describe(), form=form)
    return menu if thought is None else f"{menu}\n{fill('think', limit=thought, field=turn.menu.preface)}"
