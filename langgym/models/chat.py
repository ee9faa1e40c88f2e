"""What LangGym asks of a language model, and what it gets back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeGuard

Role = Literal["system", "user", "assistant"]
JsonSchema = Mapping[str, object]

Finish = Literal["stop", "length", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a prompt."""

    role: Role
    section: str
    """Which part of the prompt it is (`rules`, `memories`, `board` …): for storage, not for the model."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A model's reply to one prompt."""

    text: str
    finish: Finish
    tokens_in: int | None
    """Tokens of the prompt as counted by the provider; `None` where it does not say."""
    tokens_out: int | None
    cached_tokens: int | None
    milliseconds: int
    """Wall time of the call that succeeded."""
    lost_calls: int = 0
    """Requests before it that were sent and may be billed, but whose answer never came whole."""


class ChatModel(Protocol):
    """A language model that answers one prompt at a time; `check_model` proves the contract."""

    @property
    def name(self) -> str:
        """The name that `--model` takes."""
        ...

    @property
    def fingerprint(self) -> str:
        """What decides the replies: the hash of the weights, or the endpoint and the model that it names."""
        ...

    @property
    def has_schema(self) -> bool:
        """Whether replies can be held to a JSON schema; may turn false when an endpoint refuses it."""
        ...

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: JsonSchema | None = None,
        max_tokens: int = 256,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Completion:
        """Returns the reply to `messages`; safe to call from several threads.

        Raises:
            PromptTooLong: The prompt does not fit.
            ModelError: The provider failed after all retries.
        """
        ...

    def close(self) -> None:
        """Fails the calls in flight and frees what the model holds; harmless twice, and later calls fail."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """How likely a model finds each of some labels as what it says next."""

    shares: tuple[float, ...]
    """One for each label, in their order; their sum is 1 to eight digits."""
    text: str
    """The same as a JSON array, to the last digit: what is stored as the reply."""
    tokens_in: int | None
    cached_tokens: int | None
    milliseconds: int


class RatingModel(ChatModel, Protocol):
    """A model that tells its likelihood of labels; `check_rating` proves the contract."""

    def labels(self) -> tuple[str, ...]:
        """Returns short labels, all of which can be rated in one call; the easiest to read first."""
        ...

    def rate(self, messages: Sequence[Message], labels: Sequence[str], *, seed: int | None = None) -> Rating:
        """Returns the share of each label as what the model says after `messages`; safe to call from several threads.

        Nothing but the labels has a share. A label may be any text, such as the name of an action. The same prompt and
        labels get the same shares, to three digits, from a model that has not been closed in between.

        Raises:
            PromptTooLong: The prompt does not fit.
            ModelError: The provider failed.
            UsageError: There are no labels, or one is empty or comes twice.
        """
        ...


def can_rate(model: ChatModel) -> TypeGuard[RatingModel]:
    """Returns whether `model` can rate labels."""
    return callable(getattr(model, "rate", None)) and callable(getattr(model, "labels", None))
