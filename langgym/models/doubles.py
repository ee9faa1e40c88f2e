"""Models for tests: one that reads its replies from a list, one that computes them, one that also rates labels."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from langgym.errors import ModelError, UsageError
from langgym.models.chat import Completion, JsonSchema, Message, Rating
from langgym.models.likelihood import LETTERS, make_rating

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCall:
    """One call of `rate` that a double got."""

    messages: tuple[Message, ...]
    labels: tuple[str, ...]
    seed: int | None

    @property
    def prompt(self) -> str:
        """The texts of all messages, in order, one below the other."""
        return "\n\n".join(message.text for message in self.messages)


class RatingDouble(ScriptedModel):
    """A scripted model that also rates: `fn` gives each label of a call its weight; `rate_calls` holds the calls.

    >>> model = RatingDouble(lambda call: [3, 1])
    >>> model.rate([], ["A", "B"]).shares
    (0.75, 0.25)

    Args:
        fn: Returns one weight for each label, in order, of any sum; or an exception, which is raised.
        replies: What `complete` gives.
        name: What `name` returns.
        fingerprint: What `fingerprint` returns.
        labels: What `labels` returns.
    """

    def __init__(
        self,
        fn: Callable[[RateCall], Sequence[float] | Exception],
        replies: Iterable[Reply] = (),
        *,
        name: str = "rating",
        fingerprint: str = "double",
        labels: Sequence[str] = LETTERS,
    ) -> None:
        super().__init__(replies, name=name, fingerprint=fingerprint)
        self.rate_calls: list[RateCall] = []
        self._weigh = fn
        self._labels = tuple(labels)

    def labels(self) -> tuple[str, ...]:
        """Returns the short labels."""
        return self._labels

    def rate(self, messages: Sequence[Message], labels: Sequence[str], *, seed: int | None = None) -> Rating:
        """Returns the function's weights as shares; words count as tokens, and it took no time."""
        call = RateCall(messages=tuple(messages), labels=tuple(labels), seed=seed)
        with self._lock:
            if self._closed:
                raise ModelError("The model is closed: open it again.")
            if not labels or not all(labels) or len(set(labels)) < len(labels):
                raise UsageError(f"{list(labels)} cannot be rated: expected labels, none of them empty or twice.")
            self.rate_calls.append(call)
            weights = self._weigh(call)
        if isinstance(weights, Exception):
            raise weights
        if len(weights) != len(labels):
            raise ModelError(
                f"The function gave {len(weights)} weights for {len(labels)} labels: give it one for each."
            )
        return make_rating(weights, tokens_in=len(call.prompt.split()), cached_tokens=0, milliseconds=0)
