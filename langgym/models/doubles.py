"""Models for tests: one that reads its replies from a list, one that computes them."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from langgym.errors import ModelError
from langgym.models.chat import Completion, JsonSchema, Message

Reply = str | Completion | Exception
"""What a double gives back; an exception is raised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that a double got."""

    messages: tuple[Message, ...]
    schema: JsonSchema | None
    max_tokens: int
    temperature: float | None
    seed: int | None

    @property
    def prompt(self) -> str:
        """The texts of all messages, in order, one below the other."""
        return "\n\n".join(message.text for message in self.messages)


class FunctionModel:
    """A model whose replies a function computes from the call; `calls` holds every call it got.

    >>> model = FunctionModel(lambda call: call.prompt.upper())
    >>> model.complete([Message(role="user", section="board", text="hi")]).text
    'HI'
    """

    def __init__(
        self,
        fn: Callable[[Call], Reply],
        *,
        name: str = "function",
        fingerprint: str = "double",
        has_schema: bool = True,
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.has_schema = has_schema
        self.calls: list[Call] = []
        self._fn = fn
        self._closed = False
        self._lock = threading.Lock()

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: JsonSchema | None = None,
        max_tokens: int = 256,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Completion:
        """Returns the function's reply; a string counts its words as tokens and took no time."""
        call = Call(messages=tuple(messages), schema=schema, max_tokens=max_tokens, temperature=temperature, seed=seed)
        with self._lock:
            if self._closed:
                raise ModelError("The model is closed: open it again.")
            self.calls.append(call)
            reply = self._fn(call)
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, Completion):
            return reply
        return Completion(
            text=reply,
            finish="stop",
            tokens_in=len(call.prompt.split()),
            tokens_out=len(reply.split()),
            cached_tokens=0,
            milliseconds=0,
        )

    def close(self) -> None:
        """Refuses every later call."""
        self._closed = True


class ScriptedModel(FunctionModel):
    """A model that gives `replies` one after the other, and fails clearly when they are used up.

    >>> ScriptedModel(["e4"]).complete([]).text
    'e4'
    """

    def __init__(
        self,
        replies: Iterable[Reply],
        *,
        name: str = "scripted",
        fingerprint: str = "double",
        has_schema: bool = True,
    ) -> None:
        self._replies = list(replies)
        super().__init__(self._find_reply, name=name, fingerprint=fingerprint, has_schema=has_schema)

    def _find_reply(self, call: Call) -> Reply:
        number = len(self.calls)
        if number > len(self._replies):
            text = f"ScriptedModel has {len(self._replies)} replies and was asked for number {number}: give it more."
            return ModelError(f"{text} The prompt ends in {call.prompt[-80:]!r}.")
        return self._replies[number - 1]
