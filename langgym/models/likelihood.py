"""Options under labels, and the shares that a model gives the labels: pure functions, no call."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from string import ascii_lowercase, ascii_uppercase
from typing import cast

from langgym.models.chat import Rating

Ask = Callable[[Sequence[int], Sequence[int]], Mapping[int, float]]
"""Returns the share of each of some tokens (second) after those that were said (first)."""

LETTERS = tuple(ascii_uppercase + ascii_lowercase)
"""Labels that every tokenizer in use reads as one token after a space."""
LABELS = (*LETTERS, *("".join(pair) for pair in product(ascii_uppercase, repeat=2)))
"""Short labels, the easiest to read first; a model says by `labels` which of them it rates in one call."""
_DIGITS = 9
"""Significant digits of a share: the engine's own numbers have no more."""


def choose_labels(n: int, known: Sequence[str] = LETTERS) -> tuple[str, ...]:
    """Returns labels for `n` options, fewer where `known` has fewer.

    >>> choose_labels(3), len(choose_labels(80))
    (('A', 'B', 'C'), 52)
    """
    return tuple(known[:n])


def show_options(names: Sequence[str], labels: Sequence[str] = LETTERS) -> str:
    r"""Returns a line for each name that has a label; a name is one line whatever it holds.

    >>> print(show_options(["fold", "raise\nB) call"]))
    A) fold
    B) raise B) call
    """
    return "\n".join(f"{label}) {' '.join(name.split())}" for label, name in zip(labels, names, strict=False))


def share_words(words: Sequence[Sequence[int]], ask: Ask) -> list[float]:
    """Returns how likely each of `words` is among them, by the product of the shares along its tokens.

    `ask` is called once for each beginning after which words differ: once in all where their first tokens do. Words
    that begin alike follow each other, so that what was read of one is of use to the next.

    >>> share_words([[1, 0], [1, 2, 0], [3, 0]], lambda said, tokens: {token: 1 / len(tokens) for token in tokens})
    [0.25, 0.25, 0.5]

    Args:
        words: The tokens of each; none is the beginning of another, so give each an end.
        ask: See `Ask`.
    """
    shares = [1.0] * len(words)
    waiting = [(0, list(range(len(words))))] if words else []
    while waiting:
        depth, members = waiting.pop()
        branches: dict[int, list[int]] = {}
        for member in members:
            branches.setdefault(words[member][depth], []).append(member)
        if len(branches) > 1:
            found = ask(words[members[0]][:depth], list(branches))
            for member in members:
                shares[member] *= found[words[member][depth]]
        waiting += [(depth + 1, alike) for alike in branches.values() if len(alike) > 1]
    return shares


def make_rating(
    shares: Sequence[float], *, tokens_in: int | None, cached_tokens: int | None, milliseconds: int
) -> Rating:
    """Returns the rating of the raw `shares`; its text says exactly its shares, as a JSON array.

    Raises:
        ValueError: A share is negative or no number, or all are nothing.
    """
    kept = tuple(float(f"{share:.{_DIGITS}g}") for share in _normalise(shares))
    text = json.dumps(kept, separators=(",", ":"))
    return Rating(shares=kept, text=text, tokens_in=tokens_in, cached_tokens=cached_tokens, milliseconds=milliseconds)


def read_shares(text: str) -> tuple[float, ...]:
    """Returns the shares that the text of a rating says.

    Raises:
        ValueError: It says none.
    """
    found: object = json.loads(text)
    if not isinstance(found, list):
        raise ValueError(f"{text[:80]!r} is no rating: expected a JSON array of shares.")
    shares = tuple(float(share) for share in cast("list[float]", found))
    _normalise(shares)
    return shares


def _normalise(shares: Sequence[float]) -> tuple[float, ...]:
    total = math.fsum(shares)
    if not (total > 0 and math.isfinite(total) and min(shares) >= 0):
        raise ValueError(f"{list(shares)} are no shares: expected numbers from 0 up, one above it.")
    return tuple(share / total for share in shares)
