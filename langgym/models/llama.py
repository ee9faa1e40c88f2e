"""What llama.cpp's own server can and the official client cannot: prompts as the model reads them, tokens, shares."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from langgym.errors import ModelError, UsageError
from langgym.models.channel import Channel, as_list, as_mapping, read_count
from langgym.models.chat import Completion, JsonSchema, Message, Rating
from langgym.models.dialects import join_messages
from langgym.models.grammar import make_grammar_fields
from langgym.models.likelihood import LABELS, make_rating, share_words
from langgym.models.templates import LEAD

_BIAS = 100.0
"""Added to the logits of what is asked for: nothing else keeps a share that could be seen."""
_KEPT = 1024
"""Ratings and labels that are remembered."""
_WHOLE_VOCABULARY = 1_000_000
"""More tokens than any model knows."""
STOPS = ("\n\n", "###")
"""Where free text ends: a model without a chat format would go on for ever."""

_Key = tuple[str, tuple[str, ...]]
"""A prompt and its labels."""


class LlamaServer:
    """A llama.cpp server, asked in its own words."""

    exact = True

    def __init__(self, channel: Channel, *, name: str) -> None:
        """Connects to nothing yet.

        Args:
            channel: The way to its root; closed with it.
            name: What errors call it.
        """
        self._channel, self._name = channel, name
        self._lock = threading.Lock()
        self._labels: tuple[str, ...] | None = None
        self._context: int | None = None
        self._words: dict[str, tuple[int, ...]] = {}
        self._known: OrderedDict[_Key, Rating] = OrderedDict()

    def close(self) -> None:
        """Fails the requests in flight and cuts their connections; later ones fail too."""
        self._channel.close()

    def count_tokens(self, text: str) -> int:
        """Returns how many tokens `text` is."""
        return len(self._tokenize(text))

    def measure(self, prompt: str) -> tuple[int, int]:
        """Returns the tokens of `prompt` and those of the context."""
        return self.count_tokens(prompt), self.find_context()

    def find_context(self) -> int:
        """Returns how many tokens a prompt and its reply may have together."""
        if self._context is None:
            settings = as_mapping(self._channel.ask("/props").get("default_generation_settings"))
            found = read_count(settings.get("n_ctx"))
            if not found:
                raise ModelError(f"The engine of {self._name!r} does not say how long its context is.")
            self._context = found
        return self._context

    def labels(self) -> tuple[str, ...]:
        """Returns those of `LABELS` that are one token where they follow `Answer:`, in that order."""
        if self._labels is None:
            # In one text: the space before each word keeps it from its neighbours.
            tokens = self._tokenize(LEAD + "".join(f" {label}" for label in LABELS), with_pieces=True)
            pieces = {as_mapping(token).get("piece") for token in tokens}
            self._labels = tuple(label for label in LABELS if f" {label}" in pieces)
        return self._labels

    def write_chat(self, messages: Sequence[Message]) -> str:
        """Returns the text that the model reads `messages` as, by the chat format that its file brings."""
        prompt = self._channel.ask("/apply-template", {"messages": join_messages(messages)}).get("prompt")
        if not isinstance(prompt, str):
            raise ModelError(f"The engine of {self._name!r} has no chat template that can be used.")
        return prompt

    def rate(self, prompt: str, labels: Sequence[str]) -> Rating:
        """Returns the share of each label as what follows a prompt that ends in `Answer:` or another word with a colon.

        The same prompt with the same labels is rated once and remembered: the engine reads the last token of a prompt
        that it knows by heart with other kernels than one of many, and shares would move by up to 0.02.

        Raises:
            PromptTooLong: The prompt does not fit the context.
            ModelError: The server failed, the time is over, or it was closed.
            UsageError: There are no labels, or one is empty or comes twice.
        """
        start = time.perf_counter()
        self._channel.check_open()
        labels = fold_labels(labels)
        key = (prompt, labels)
        rating = self._recall(key)
        if rating is None:
            rating = self._read_rating(prompt, labels)
            self._remember(key, rating)
        return replace(rating, milliseconds=round((time.perf_counter() - start) * 1000))

    def complete(
        self,
        prompt: str,
        *,
        schema: JsonSchema | None = None,
        max_tokens: int,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Completion:
        """Returns the text that follows `prompt`: one JSON object where a schema is given, else a paragraph.

        Raises:
            PromptTooLong: The prompt does not fit the context.
            ModelError: The server failed, the time is over, or it was closed.
        """
        start = time.perf_counter()
        fields: dict[str, object] = {"stop": list(STOPS)} if schema is None else {**make_grammar_fields(schema)}
        if temperature is not None:
            fields["temperature"] = temperature
        if seed is not None:
            fields["seed"] = seed % (1 << 31)
        body = {"prompt": prompt, "n_predict": max_tokens, "cache_prompt": True, **fields}
        reply = self._channel.ask("/completion", body)
        text, limited = reply.get("content"), reply.get("stop_type") == "limit"
        return Completion(
            text=text.strip() if isinstance(text, str) else "",
            finish="length" if limited else "stop",
            tokens_in=read_count(reply.get("tokens_evaluated")),
            tokens_out=read_count(reply.get("tokens_predicted")),
            cached_tokens=read_count(as_mapping(reply.get("timings")).get("cache_n")),
            milliseconds=round((time.perf_counter() - start) * 1000),
        )

    def read_vocabulary(self, prompt: str) -> dict[str, float]:
        """Returns the probability of what one token may say after `prompt`, by its text; reads all of it anew.

        It is the softmax over the whole vocabulary, some megabytes of JSON: for checks of `rate`, not for play.
        """
        body = {"prompt": prompt, "n_predict": 1, "n_probs": _WHOLE_VOCABULARY, "temperature": 1.0}
        reply = self._channel.ask("/completion", {**body, "cache_prompt": False})
        rows = [as_mapping(row) for row in as_list(_find_first(reply).get("top_logprobs"))]
        shares: dict[str, float] = {}
        for row in rows:
            text, share = row.get("token"), row.get("logprob")
            if isinstance(text, str) and isinstance(share, float):
                shares[text] = shares.get(text, 0.0) + math.exp(share)
        return shares

    def _read_rating(self, prompt: str, labels: Sequence[str]) -> Rating:
        replies: list[Mapping[str, object]] = []

        def ask(said: Sequence[int], tokens: Sequence[int]) -> Mapping[int, float]:
            replies.append(self._channel.ask("/completion", _write_request(prompt, said, tokens)))
            return _read_shares(replies[-1], tokens, self._name)

        shares = share_words([self._spell(label) for label in labels], ask)
        first: Mapping[str, object] = replies[0] if replies else {"tokens_evaluated": 0, "timings": {"cache_n": 0}}
        return make_rating(
            shares,
            tokens_in=read_count(first.get("tokens_evaluated")),
            cached_tokens=read_count(as_mapping(first.get("timings")).get("cache_n")),
            milliseconds=0,
        )

    def _spell(self, label: str) -> tuple[int, ...]:
        """Returns the tokens of a label where it follows `Answer:`, with the end of the line."""
        word = self._words.get(label)
        if word is None:
            lead, end = self._tokenize(LEAD), self._tokenize("\n")
            tokens = [*self._tokenize(f"{LEAD} {label}")[len(lead) :], *end]
            word = tuple(token for token in tokens if isinstance(token, int))
            if len(self._words) >= _KEPT:
                self._words.clear()
            self._words[label] = word
        return word

    def _tokenize(self, text: str, *, with_pieces: bool = False) -> list[object]:
        return as_list(self._channel.ask("/tokenize", {"content": text, "with_pieces": with_pieces}).get("tokens"))

    def _recall(self, key: _Key) -> Rating | None:
        with self._lock:
            known = self._known.get(key)
            if known is None:
                return None
            self._known.move_to_end(key)
        return replace(known, cached_tokens=known.tokens_in)

    def _remember(self, key: _Key, rating: Rating) -> None:
        with self._lock:
            self._known[key] = rating
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)


def fold_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Returns each label on one line.

    Raises:
        UsageError: There are no labels, or one is empty or comes twice.
    """
    folded = tuple(" ".join(label.split()) for label in labels)
    if not all(folded) or len(set(folded)) < max(1, len(folded)):
        raise UsageError(f"{list(labels)} cannot be rated: expected labels, none of them empty or twice.")
    return folded


def _write_request(prompt: str, said: Sequence[int], tokens: Sequence[int]) -> dict[str, object]:
    """Returns the request for one token drawn from `tokens` alone, with the share of each, at temperature 1."""
    return {
        "prompt": [prompt, *said] if said else prompt,
        "logit_bias": [[token, _BIAS] for token in tokens],
        "post_sampling_probs": True,
        "n_probs": len(tokens),
        "n_predict": 1,
        # No other sampler: a GGUF file may ask for some.
        "samplers": ["temperature"],
        "temperature": 1.0,
        "cache_prompt": True,
    }


def _read_shares(reply: Mapping[str, object], tokens: Sequence[int], name: str) -> dict[int, float]:
    rows = [as_mapping(row) for row in as_list(_find_first(reply).get("top_probs"))]
    found = {row.get("id"): row.get("prob") for row in rows}
    shares = {token: float(share) for token in tokens if isinstance(share := found.get(token), int | float)}
    if len(shares) < len(tokens):
        raise ModelError(f"The engine of {name!r} gave shares for {len(shares)} of {len(tokens)} tokens.")
    return shares


def _find_first(reply: Mapping[str, object]) -> Mapping[str, object]:
    """Returns what is said of the first token of a reply."""
    return as_mapping(next(iter(as_list(reply.get("completion_probabilities"))), None))
