"""Servers that complete text behind an endpoint: exact likelihoods from llama.cpp, those of letters from all others."""

import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from langgym.errors import ModelError, PromptTooLong, UsageError
from langgym.models.channel import Channel, as_list, as_mapping, read_count
from langgym.models.chat import Completion, JsonSchema, Message, Rating
from langgym.models.likelihood import LETTERS, make_rating
from langgym.models.llama import STOPS, LlamaServer, fold_labels

_LISTED = 20
"""Log-probabilities that are asked for; vLLM gives no more unless told otherwise."""
_FEWEST = 5
"""The same where that many are refused: OpenAI's own limit."""
_REFUSED = (400, 422)
"""Statuses of a server that does not take a field."""


class TextServer(Protocol):
    """A server that goes on with a text, and tells how likely some labels follow it; safe from any thread."""

    @property
    def exact(self) -> bool:
        """Whether it rates any labels, exactly; else letters alone, as far as it lists them."""
        ...

    def labels(self) -> tuple[str, ...]:
        """Returns the labels that it rates in one call."""
        ...

    def rate(self, prompt: str, labels: Sequence[str]) -> Rating:
        """Returns the share of each label as what follows `prompt`, which ends in a colon."""
        ...

    def complete(
        self,
        prompt: str,
        *,
        schema: JsonSchema | None = None,
        max_tokens: int,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Completion:
        """Returns the text that follows `prompt`."""
        ...

    def write_chat(self, messages: Sequence[Message]) -> str:
        """Returns the text of `messages` in the chat format that the weights bring."""
        ...

    def measure(self, prompt: str) -> tuple[int, int] | None:
        """Returns the tokens of `prompt` and those of the context; `None` where the server does not tell."""
        ...

    def close(self) -> None:
        """Fails what is under way and all that comes later."""
        ...


@dataclass(frozen=True, slots=True)
class _Manners:
    """What a server was found to take."""

    grammar: bool = True
    listed: int = _LISTED

    def after(self, error: ModelError) -> "_Manners | None":
        """Returns what to try after a refusal; `None` where nothing is left."""
        if isinstance(error, PromptTooLong) or error.status not in _REFUSED:
            return None
        if self.grammar:
            return replace(self, grammar=False)
        return replace(self, listed=_FEWEST) if self.listed > _FEWEST else None


class LetterServer:
    """Any server of `/v1/completions` that tells log-probabilities.

    Letters are rated in one request. Servers take log-probabilities before a grammar, and list only the most likely
    tokens; so the grammar sees to it that one letter at least is told, and a letter that is not listed gets a floor: an
    equal part of what is left, but no more than the least likely token that is listed.
    """

    exact = False

    def __init__(self, channel: Channel, *, name: str) -> None:
        """Asks nothing yet; `channel` leads to `/v1` and is closed with it, `name` is what errors call the model."""
        self._channel, self._name = channel, name
        self._lock = threading.Lock()
        self._manners = _Manners()

    def labels(self) -> tuple[str, ...]:
        """Returns letters: every tokenizer in use reads them as one token."""
        return LETTERS

    def rate(self, prompt: str, labels: Sequence[str]) -> Rating:
        """Returns the share of each letter as what follows `prompt`.

        Raises:
            PromptTooLong: The prompt does not fit.
            ModelError: The server failed, or tells no log-probabilities.
            UsageError: There are no labels, one comes twice, or is no letter.
        """
        start = time.perf_counter()
        self._channel.check_open()
        labels = fold_labels(labels)
        if not set(labels) <= set(LETTERS):
            raise UsageError(f"{self._name!r} rates letters alone, not {sorted(set(labels) - set(LETTERS))[:3]}.")
        reply = self._ask(prompt, labels)
        listed = _read_listed(reply)
        if not listed:
            raise ModelError(
                f"The server of {self._name!r} tells no log-probabilities: use llama.cpp's or vLLM, or openai:NAME."
            )
        return make_rating(
            _floor_shares(listed, labels),
            tokens_in=read_count(as_mapping(reply.get("usage")).get("prompt_tokens")),
            cached_tokens=_read_cached(reply),
            milliseconds=round((time.perf_counter() - start) * 1000),
        )

    def complete(
        self,
        prompt: str,
        *,
        schema: JsonSchema | None = None,
        max_tokens: int,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Completion:
        """Returns the paragraph that follows `prompt`; no schema can hold it.

        Raises:
            PromptTooLong: The prompt does not fit.
            ModelError: The server failed.
        """
        start = time.perf_counter()
        drawn = {"temperature": temperature, "seed": None if seed is None else seed % (1 << 31)}
        given = {name: value for name, value in drawn.items() if value is not None}
        body = {"prompt": prompt, "max_tokens": max_tokens, "stop": list(STOPS), **given}
        reply = self._channel.ask("/completions", body)
        choice, usage = _find_choice(reply), as_mapping(reply.get("usage"))
        text = choice.get("text")
        if not isinstance(text, str):
            raise ModelError(f"The server of {self._name!r} answered no completion.")
        return Completion(
            text=text.strip(),
            finish="length" if choice.get("finish_reason") == "length" else "stop",
            tokens_in=read_count(usage.get("prompt_tokens")),
            tokens_out=read_count(usage.get("completion_tokens")),
            cached_tokens=_read_cached(reply),
            milliseconds=round((time.perf_counter() - start) * 1000),
        )

    def write_chat(self, messages: Sequence[Message]) -> str:
        """Raises `UsageError`: only the engine that has the weights knows their chat format."""
        raise UsageError(f"{self._name!r}: the template 'chat' needs llama.cpp's server; use openai:NAME.")

    def measure(self, prompt: str) -> tuple[int, int] | None:
        """Returns `None`: it has no tokenizer to ask."""
        return None

    def close(self) -> None:
        """Fails what is under way and all that comes later."""
        self._channel.close()

    def _ask(self, prompt: str, labels: Sequence[str]) -> Mapping[str, object]:
        """Asks for one token, in as many words as the server takes, and remembers what it refuses."""
        while True:
            manners = self._manners
            body = {"prompt": prompt, "max_tokens": 1, "temperature": 1.0, "logprobs": manners.listed}
            try:
                return self._channel.ask("/completions", {**body, **(_hold(labels) if manners.grammar else {})})
            except ModelError as error:
                learned = manners.after(error)
                if learned is None:
                    raise
            with self._lock:
                self._manners = learned


class EndpointTextServer:
    """A server behind an endpoint, found out at the first call: llama.cpp's own, or any other."""

    def __init__(self, root: Channel, v1: Channel, *, name: str) -> None:
        """Asks nothing yet.

        Args:
            root: To where llama.cpp has its own paths; closed with it.
            v1: To where `/completions` is; closed with it.
            name: What errors call the model.
        """
        self._root, self._v1, self._name = root, v1, name
        self._lock = threading.Lock()
        self._found: TextServer | None = None

    @property
    def exact(self) -> bool:
        """Whether it is llama.cpp's server."""
        return self._find().exact

    def labels(self) -> tuple[str, ...]:
        """Returns the labels that are rated in one call."""
        return self._find().labels()

    def rate(self, prompt: str, labels: Sequence[str]) -> Rating:
        """Returns the share of each label as what follows `prompt`."""
        return self._find().rate(prompt, labels)

    def complete(
        self,
        prompt: str,
        *,
        schema: JsonSchema | None = None,
        max_tokens: int,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Completion:
        """Returns the text that follows `prompt`."""
        found = self._find()
        return found.complete(prompt, schema=schema, max_tokens=max_tokens, temperature=temperature, seed=seed)

    def write_chat(self, messages: Sequence[Message]) -> str:
        """Returns the text of `messages` in the chat format that the weights bring."""
        return self._find().write_chat(messages)

    def measure(self, prompt: str) -> tuple[int, int] | None:
        """Returns the tokens of `prompt` and those of the context."""
        return self._find().measure(prompt)

    def close(self) -> None:
        """Fails what is under way and all that comes later."""
        self._root.close()
        self._v1.close()

    def _find(self) -> TextServer:
        self._root.check_open()
        with self._lock:
            if self._found is None:
                exact = _speaks_llama(self._root)
                self._found = (
                    LlamaServer(self._root, name=self._name) if exact else LetterServer(self._v1, name=self._name)
                )
            return self._found


def _speaks_llama(root: Channel) -> bool:
    """Returns whether the server tokenizes and tells its context as llama.cpp's does.

    Raises:
        ModelError: It cannot be reached.
    """
    try:
        pieces = as_list(root.ask("/tokenize", {"content": " A", "with_pieces": True}).get("tokens"))
        settings = as_mapping(root.ask("/props").get("default_generation_settings"))
    except ModelError as error:
        if error.status is None or error.status >= 500 or error.status == 429:
            raise
        return False
    return all("piece" in as_mapping(piece) for piece in pieces) and bool(pieces) and "n_ctx" in settings


def _hold(labels: Sequence[str]) -> dict[str, object]:
    """Returns the fields that hold a token to labels: llama.cpp's kin reads the first, vLLM the second."""
    said = [f" {label}" for label in labels]
    return {
        "grammar": "root ::= " + " | ".join(f'"{text}"' for text in said),
        "structured_outputs": {"choice": said},
    }


def _find_choice(reply: Mapping[str, object]) -> Mapping[str, object]:
    return as_mapping(next(iter(as_list(reply.get("choices"))), None))


def _read_cached(reply: Mapping[str, object]) -> int | None:
    details = as_mapping(as_mapping(reply.get("usage")).get("prompt_tokens_details"))
    return read_count(details.get("cached_tokens"))


def _read_listed(reply: Mapping[str, object]) -> dict[str, float]:
    """Returns the log-probability of each token that a reply lists first, in either of the two shapes in use."""
    told = as_mapping(_find_choice(reply).get("logprobs"))
    first = as_mapping(next(iter(as_list(told.get("content"))), None))
    rows = [first, *map(as_mapping, as_list(first.get("top_logprobs")))]
    found = [(row.get("token"), row.get("logprob")) for row in rows]
    found += list(zip(as_list(told.get("tokens"))[:1], as_list(told.get("token_logprobs"))[:1], strict=False))
    found += list(as_mapping(next(iter(as_list(told.get("top_logprobs"))), None)).items())
    return {
        token: float(share)
        for token, share in found
        if isinstance(token, str) and isinstance(share, int | float) and not math.isnan(share)
    }


def _floor_shares(listed: Mapping[str, float], labels: Sequence[str]) -> list[float]:
    """Returns the probability of each label, with and without a space before it; see `LetterServer` for the floor."""
    shares = {token: math.exp(min(0.0, value)) for token, value in listed.items()}
    known = [shares.get(f" {label}", 0.0) + shares.get(label, 0.0) for label in labels]
    missing = sum(not share for share in known)
    left = max(0.0, 1.0 - math.fsum(shares.values()))
    floor = min(min(shares.values()), left / missing) if missing else 0.0
    return [share or max(floor, 1e-12) for share in known]
