"""Models that complete text: base models without a chat format, asked by a template and heard by their likelihoods."""

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from langgym.errors import UsageError
from langgym.models.chat import Completion, JsonSchema, Message, Rating
from langgym.models.compaction import Size
from langgym.models.likelihood import choose_labels, make_rating, show_options
from langgym.models.llama import fold_labels
from langgym.models.templates import LEAD, TEMPLATES, TemplateName, write_prompt
from langgym.models.textserver import TextServer

Way = Literal["names", "letters"]
WAYS: tuple[Way, ...] = get_args(Way)
SHARES_KEPT = 6
"""Decimals at which shares count as equal: the first of equals is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a model that completes text is asked."""

    template: TemplateName = "plain"
    way: Way | None = None
    """Whether the names of actions are rated, or letters before them; `None` is names where that is exact."""

    def describe(self) -> str:
        """Returns the words of a model's name after `@`."""
        return ",".join([self.template, *([self.way] if self.way else [])])


def read_style(text: str) -> tuple[str, Style]:
    """Returns a model's name without what follows `@`, and that as a style.

    >>> read_style("pythia-410m@alpaca,letters")
    ('pythia-410m', Style(template='alpaca', way='letters'))

    Raises:
        UsageError: What follows `@` is no style.
    """
    name, mark, words = text.rpartition("@")
    if not mark:
        return text, Style()
    style = Style()
    for word in words.split(","):
        if word in TEMPLATES:
            style = replace(style, template=word)
        elif word in WAYS:
            style = replace(style, way=word)
        else:
            known = ", ".join((*TEMPLATES, *WAYS))
            raise UsageError(f"completion:{text} asks for {word!r} after '@'. Known are {known}, with commas between.")
    return name, style


class CompletionModel:
    """A model without a chat format.

    The prompt is one text. Where a menu is asked for, the model writes nothing: it is asked how likely each legal
    answer follows, and the likeliest is taken, or one drawn by the likelihoods at a temperature above 0. So an answer
    with one field is legal at the first try, always. Thoughts and reasons before an answer are left out.
    """

    has_schema = True

    def __init__(
        self,
        name: str,
        *,
        open_server: Callable[[], TextServer],
        close: Callable[[], None],
        fingerprint: str,
        style: Style,
        temperature: float | None = None,
    ) -> None:
        """Opens nothing yet.

        Args:
            name: What `name` returns.
            open_server: Returns the server, the same one each time; called by each call.
            close: Ends the server; later calls of `open_server` fail.
            fingerprint: Of the weights or the endpoint.
            style: How it is asked.
            temperature: Used where a call gives none.
        """
        self._name, self._fingerprint = name, f"{fingerprint} {style.describe()}"
        self._open, self._close = open_server, close
        self._style, self._temperature = style, temperature

    def __repr__(self) -> str:
        return f"CompletionModel({self._name!r}, style={self._style.describe()!r})"

    @property
    def name(self) -> str:
        """The name that `--model` takes."""
        return self._name

    @property
    def fingerprint(self) -> str:
        """That of the weights or the endpoint, with how it is asked."""
        return self._fingerprint

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: JsonSchema | None = None,
        max_tokens: int = 256,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Completion:
        """Returns the likeliest answer under a schema of enums as one JSON object, else the text that follows.

        Raises:
            PromptTooLong: The prompt does not fit.
            ModelError: The server failed, or the model was closed.
        """
        warmth = self._temperature if temperature is None else temperature
        choices = _find_choices(schema)
        if choices:
            return self._choose(messages, choices, temperature=warmth or 0.0, seed=seed)
        server = self._open()
        prompt = self._write(server, messages)
        return server.complete(prompt, schema=schema, max_tokens=max_tokens, temperature=warmth, seed=seed)

    def labels(self) -> tuple[str, ...]:
        """Returns the labels that are rated in one call."""
        return self._open().labels()

    def rate(self, messages: Sequence[Message], labels: Sequence[str], *, seed: int | None = None) -> Rating:
        """Returns the share of each label as what follows `Answer:`; nothing is drawn, so `seed` changes nothing.

        Short labels are rated as they are. Names are rated by their tokens, or by letters before them, as the style
        says; a server that tells letters alone is asked for those.

        Raises:
            PromptTooLong: The prompt does not fit.
            ModelError: The server failed, or the model was closed.
            UsageError: There are no labels, or one is empty or comes twice, or they are too many for letters.
        """
        server = self._open()
        return self._rate(server, self._write(server, messages), LEAD, labels)

    def measure(self, messages: Sequence[Message]) -> Size | None:
        """Returns how many tokens the model reads `messages` as; `None` where its server does not tell."""
        server = self._open()
        found = server.measure(self._write(server, messages) + LEAD)
        return None if found is None else Size(tokens=found[0], context=found[1])

    def close(self) -> None:
        """Fails the calls in flight and frees what the model holds."""
        self._close()

    def _write(self, server: TextServer, messages: Sequence[Message]) -> str:
        if self._style.template == "chat":
            return server.write_chat(messages)
        return write_prompt(self._style.template, messages)

    def _choose(
        self,
        messages: Sequence[Message],
        choices: Mapping[str, Sequence[str]],
        *,
        temperature: float,
        seed: int | None,
    ) -> Completion:
        """Returns an answer field by field, each given those before it."""
        server = self._open()
        prompt, spread = self._write(server, messages), random.Random(seed)
        said: dict[str, str] = {}
        ratings: list[Rating] = []
        lead = LEAD
        for field, values in choices.items():
            if len(choices) > 1:
                lead = f"{lead} {field}:" if not said else f"{lead}\n{field}:"
            rating = self._rate(server, prompt, lead, values)
            said[field] = values[_draw(rating.shares, temperature=temperature, spread=spread)]
            lead = f"{lead} {said[field]}"
            ratings.append(rating)
        return Completion(
            text=json.dumps(said, ensure_ascii=False),
            finish="stop",
            tokens_in=_sum_counts(rating.tokens_in for rating in ratings),
            tokens_out=len(ratings),
            cached_tokens=_sum_counts(rating.cached_tokens for rating in ratings),
            milliseconds=sum(rating.milliseconds for rating in ratings),
        )

    def _rate(self, server: TextServer, prompt: str, lead: str, labels: Sequence[str]) -> Rating:
        labels = fold_labels(labels)
        if len(labels) == 1:
            return make_rating([1.0], tokens_in=0, cached_tokens=0, milliseconds=0)
        short = server.labels()
        by_letters = self._style.way == "letters" or not server.exact
        if not by_letters or set(labels) <= set(short):
            return server.rate(prompt + lead, labels)
        if len(labels) > len(short):
            raise UsageError(
                f"{self._name!r} has {len(short)} letters for {len(labels)} actions: rate names, by llama.cpp's server."
            )
        letters = choose_labels(len(labels), short)
        return server.rate(f"{prompt}{show_options(labels, letters)}\n\n{lead}", letters)


def _find_choices(schema: JsonSchema | None) -> dict[str, list[str]]:
    """Returns the values of each field that has an enum; nothing where another field is more than free text."""
    properties = (schema or {}).get("properties")
    found: dict[str, list[str]] = {}
    if not isinstance(properties, Mapping):
        return found
    for name, field in cast("Mapping[str, Mapping[str, object]]", properties).items():
        values = field.get("enum")
        if isinstance(values, list) and values:
            found[name] = [str(value) for value in cast("list[object]", values)]
        elif field.get("type") != "string":
            return {}
    return found


def _draw(shares: Sequence[float], *, temperature: float, spread: random.Random) -> int:
    """Returns the place of the largest share at temperature 0, else one drawn by the shares, sharpened or flattened."""
    if temperature <= 0:
        rounded = [round(share, SHARES_KEPT) for share in shares]
        return rounded.index(max(rounded))
    most = max(shares)
    return spread.choices(range(len(shares)), weights=[(share / most) ** (1 / temperature) for share in shares])[0]


def _sum_counts(counts: Iterable[int | None]) -> int | None:
    found = list(counts)
    return None if None in found else sum(count or 0 for count in found)
