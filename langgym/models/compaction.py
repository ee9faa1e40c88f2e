"""Making a prompt fit a small context: measured by the model's own tokenizer, and said in the prompt itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeGuard

from langgym.models.chat import ChatModel, Message

MEMORIES = ("memories", "strategies", "experience")
"""Sections of what is remembered: they are left out first, in this order, each from its end."""
HISTORY = ("history", "reply", "retry")
"""Sections of what was said before, left out next, the oldest first."""
NOTE_SECTION = "left_out"
_MARGIN = 8
"""Tokens by which a chat format or the joints of texts may change a count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long a prompt is, and how much fits."""

    tokens: int
    context: int
    """Tokens of prompt and reply together."""


class MeasuringModel(ChatModel, Protocol):
    """A model that knows how long a prompt is for it."""

    def measure(self, messages: Sequence[Message]) -> Size | None:
        """Returns the size of a prompt as the model reads it; `None` where its server does not tell."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """A prompt that was made to fit, and what that took."""

    messages: tuple[Message, ...]
    n_memories: int = 0
    """Lines of what is remembered that were left out."""
    n_history: int = 0
    """Messages of what was said before that were left out."""


def can_measure(model: ChatModel) -> TypeGuard[MeasuringModel]:
    """Returns whether `model` may know how long a prompt is for it."""
    return callable(getattr(model, "measure", None))


def compact_prompt(model: ChatModel, messages: Sequence[Message], *, reply: int) -> Compacted:
    """Returns the prompt as it fits the model's context: memories are left out first, then what was said before.

    A message of the section `left_out` says how much, where it was. Rules, board and menu are never touched: where they
    alone do not fit, or where nobody can measure, the prompt is returned as far as it got, and the model refuses it.

    Args:
        model: Who will read it.
        messages: The prompt.
        reply: Tokens that the reply needs.

    Raises:
        ModelError: The model failed to measure.
    """
    whole = Compacted(messages=tuple(messages))
    if not can_measure(model):
        return whole
    size = model.measure(whole.messages)
    if size is None or size.tokens + reply <= size.context:
        return whole
    room, best = size.context - reply, whole
    over = size.tokens - room
    for compacted in _shorten(whole):
        best = compacted
        # A token has a byte at least: what took away fewer bytes than there are tokens too many cannot fit yet.
        if _count_bytes(whole.messages) - _count_bytes(compacted.messages) < over - _MARGIN:
            continue
        size = model.measure(compacted.messages)
        if size is None or size.tokens <= room:
            return compacted
    return best


def _shorten(whole: Compacted) -> Iterator[Compacted]:
    """Yields the prompt with ever more left out, one piece at a time."""
    kept = list(whole.messages)
    n_memories = n_history = 0
    for section in MEMORIES:
        while (place := _find(kept, section)) is not None:
            shorter = _drop_line(kept[place])
            kept[place : place + 1] = [] if shorter is None else [shorter]
            n_memories += 1
            yield _note(kept, n_memories, n_history)
    while (place := _find(kept, *HISTORY)) is not None:
        del kept[place]
        n_history += 1
        yield _note(kept, n_memories, n_history)


def _find(messages: Sequence[Message], *sections: str) -> int | None:
    return next((place for place, each in enumerate(messages) if each.section in sections), None)


def _drop_line(message: Message) -> Message | None:
    """Returns a message without its last line; `None` where only its heading would be left."""
    lines = message.text.split("\n")
    return replace(message, text="\n".join(lines[:-1])) if len(lines) > 2 else None


def _note(kept: Sequence[Message], n_memories: int, n_history: int) -> Compacted:
    """Returns the prompt with a message that says what is missing, before the first that is neither rule nor memory."""
    told = [f"{n} {word}" for n, word in ((n_memories, "lines of memory"), (n_history, "earlier answers")) if n]
    note = Message(role="user", section=NOTE_SECTION, text=f"(Left out for lack of room: {', '.join(told)}.)")
    place = next(
        (place for place, each in enumerate(kept) if each.role != "system" and each.section not in MEMORIES), len(kept)
    )
    return Compacted(messages=(*kept[:place], note, *kept[place:]), n_memories=n_memories, n_history=n_history)


def _count_bytes(messages: Sequence[Message]) -> int:
    return sum(len(each.text.encode(errors="replace")) for each in messages)
