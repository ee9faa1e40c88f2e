"""What llama.cpp's own server can and the official client cannot: prompts as the model reads them, tokens, shares."""

import json
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from typing import cast
from urllib.parse import urlsplit

from langgym.errors import ModelError, PromptTooLong, UsageError
from langgym.models.calls import Calls
from langgym.models.chat import Message, Rating
from langgym.models.dialects import join_messages
from langgym.models.likelihood import LABELS, make_rating, share_words

LEAD = "Answer:"
"""What the assistant has already said when a label comes next."""
_BIAS = 100.0
"""Added to the logits of what is asked for: nothing else keeps a share that could be seen."""
_KEPT = 1024
"""Ratings and labels that are remembered."""

_Key = tuple[str, tuple[str, ...]]
"""A prompt and its labels."""


class LlamaServer:
    """A llama.cpp server on this machine, asked on a connection for each request, so that any of them can be cut."""

    def __init__(self, url: str, *, key: str, name: str, timeout: float) -> None:
        """Connects to nothing yet.

        Args:
            url: Its address, without `/v1`.
            key: Sent as the bearer token.
            name: What errors call it.
            timeout: Seconds for one request.
        """
        parts = urlsplit(url)
        self._place = (parts.hostname or "", parts.port or 80)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._name, self._timeout = name, timeout
        self._calls = Calls()
        self._lock = threading.Lock()
        self._wires: set[HTTPConnection] = set()
        self._labels: tuple[str, ...] | None = None
        self._words: dict[str, tuple[int, ...]] = {}
        self._known: OrderedDict[_Key, Rating] = OrderedDict()

    def count_tokens(self, text: str) -> int:
        """Returns how many tokens `text` is."""
        return len(self._tokenize(text))

    def labels(self) -> tuple[str, ...]:
        """Returns those of `LABELS` that are one token where they follow `Answer:`, in that order."""
        if self._labels is None:
            # In one text: the space before each word keeps it from its neighbours.
            tokens = self._tokenize(LEAD + "".join(f" {label}" for label in LABELS), with_pieces=True)
            pieces = {_as_mapping(token).get("piece") for token in tokens}
            self._labels = tuple(label for label in LABELS if f" {label}" in pieces)
        return self._labels

    def rate(self, messages: Sequence[Message], labels: Sequence[str]) -> Rating:
        """Returns the share of each label as what follows `Answer:`.

        The same prompt with the same labels is rated once and remembered: the engine reads the last token of a prompt
        that it knows by heart with other kernels than one of many, and shares would move by up to 0.02.

        Raises:
            PromptTooLong: The prompt does not fit the context.
            ModelError: The server failed, the time is over, or it was closed.
            UsageError: There are no labels, or one is empty or comes twice.
        """
        start = time.perf_counter()
        self._calls.check_open()
        labels = _fold_labels(labels)
        prompt = self._post("/apply-template", {"messages": join_messages(messages)}).get("prompt")
        if not isinstance(prompt, str):
            raise ModelError(f"The engine of {self._name!r} has no chat template that can be used.")
        key = (prompt, labels)
        rating = self._recall(key)
        if rating is None:
            rating = self._read_rating(prompt + LEAD, labels)
            self._remember(key, rating)
        return replace(rating, milliseconds=round((time.perf_counter() - start) * 1000))

    def close(self) -> None:
        """Fails the requests in flight and cuts their connections; later ones fail too."""
        self._calls.close()
        with self._lock:
            wires = list(self._wires)
        for wire in wires:
            _cut(wire)

    def _read_rating(self, prompt: str, labels: Sequence[str]) -> Rating:
        replies: list[Mapping[str, object]] = []

        def ask(said: Sequence[int], tokens: Sequence[int]) -> Mapping[int, float]:
            replies.append(self._post("/completion", _write_request(prompt, said, tokens)))
            return _read_shares(replies[-1], tokens, self._name)

        shares = share_words([self._spell(label) for label in labels], ask)
        first: Mapping[str, object] = replies[0] if replies else {"tokens_evaluated": 0, "timings": {"cache_n": 0}}
        return make_rating(
            shares,
            tokens_in=_read_count(first.get("tokens_evaluated")),
            cached_tokens=_read_count(_as_mapping(first.get("timings")).get("cache_n")),
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
        return _as_list(self._post("/tokenize", {"content": text, "with_pieces": with_pieces}).get("tokens"))

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

    def _post(self, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
        wire = HTTPConnection(*self._place, timeout=self._timeout)
        with self._lock:
            self._wires.add(wire)
        try:
            content = json.dumps(body).encode()
            status, reply = self._calls.run(lambda: self._exchange(wire, path, content), self._timeout)
        except BaseException as error:
            # Also on Ctrl-C: whoever answers should stop too, not work for nobody.
            self._forget(wire)
            _cut(wire)
            if isinstance(error, TimeoutError):
                raise ModelError(f"No answer from {self._name!r} in {self._timeout:g} s: is it overloaded?") from None
            if isinstance(error, OSError | HTTPException | ValueError):
                raise ModelError(f"The engine of {self._name!r} does not answer: {error}") from None
            raise
        self._forget(wire)
        if status != 200:
            raise self._make_error(status, reply)
        return reply

    def _exchange(self, wire: HTTPConnection, path: str, content: bytes) -> tuple[int, Mapping[str, object]]:
        try:
            wire.connect()
            with self._lock:
                if wire not in self._wires:
                    raise ModelError("The call was left before it began.")
            wire.request("POST", path, content, self._headers)
            response = wire.getresponse()
            return response.status, _as_mapping(json.loads(response.read()))
        finally:
            wire.close()

    def _forget(self, wire: HTTPConnection) -> None:
        with self._lock:
            self._wires.discard(wire)

    def _make_error(self, status: int, reply: Mapping[str, object]) -> ModelError:
        fault = _as_mapping(reply.get("error"))
        words = f"{fault.get('message', '')}"
        if fault.get("type") == "exceed_context_size_error":
            return PromptTooLong(f"The prompt does not fit the context of {self._name!r}: {words}", status=status)
        return ModelError(f"The engine of {self._name!r} answered {status}: {words}", status=status)


def _fold_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Returns each label on one line."""
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
    first = _as_mapping(next(iter(_as_list(reply.get("completion_probabilities"))), None))
    rows = [_as_mapping(row) for row in _as_list(first.get("top_probs"))]
    found = {row.get("id"): row.get("prob") for row in rows}
    shares = {token: float(share) for token in tokens if isinstance(share := found.get(token), int | float)}
    if len(shares) < len(tokens):
        raise ModelError(f"The engine of {name!r} gave shares for {len(shares)} of {len(tokens)} tokens.")
    return shares


def _read_count(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _as_mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _as_list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _cut(wire: HTTPConnection) -> None:
    """Ends a connection under whoever reads from it."""
    plug = cast("socket.socket | None", wire.sock)
    if plug is not None:
        with suppress(OSError):
            plug.shutdown(socket.SHUT_RDWR)
