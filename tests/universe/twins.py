"""Twin worlds: pairs that look the same to one seat, observation by observation, and differ where it may not look.

`check_noninterference` plays both and raises `Leak` when anything that the seat is given differs by a byte.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import JsonValue

from universe.card import EnvCard
from universe.text_env import TextEnv, Turn
from universe.view import Facts, Renderer, View

Recall = Callable[[Turn], str]
"""Gives the block of memories that a seat is shown at a turn."""


class Leak(AssertionError):
    """What a seat is given depends on what it may not know."""


@dataclass(frozen=True, slots=True)
class Given:
    """All that one seat is given at one turn, and the observation that it rests on."""

    seen: bytes
    """PettingZoo's observation and mask, the legal actions and the reward, bit by bit."""
    shown: Mapping[str, str]
    """Every text by kind."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two worlds at the same turn of one seat, with all turns of this seat that led there."""

    seat: str
    kind: str
    """What differs, in words."""
    one: Sequence[Given]
    two: Sequence[Given]
    secret_one: str
    """What the seat may not know, written out."""
    secret_two: str


def take(turn: Turn, recall: Recall | None = None) -> Given:
    """Returns what a turn gives to its seat."""
    menu, facts = turn.menu, turn.facts
    shown = {
        "brief": turn.brief,
        "text": turn.text,
        "situation": turn.situation,
        "menu": menu.describe(),
        "order": json.dumps([(option.action, option.values) for option in menu.options]),
        "schema": json.dumps(menu.schema(thought=80)),
        "facts": json.dumps([facts.state, {str(action): facts.actions[action] for action in menu.actions}]),
        "recalled": recall(turn) if recall is not None else "",
    }
    return Given(see(turn), shown)


def see(turn: Turn) -> bytes:
    """Returns what PettingZoo shows and pays the seat, bit by bit."""
    return _bits(turn.view.observation) + repr((turn.view.legal, turn.reward)).encode()


def check_noninterference(
    card: EnvCard,
    pairs: Callable[..., Iterator[Pair]],
    *,
    kwargs: Mapping[str, JsonValue] | None = None,
    renderer: Renderer | None = None,
    recall: Recall | None = None,
) -> Counter[tuple[str, str]]:
    """Returns how many pairs were compared by seat and by what differs.

    Args:
        card: The card whose renderer is checked.
        pairs: Makes the twins: called with two environments and `recall`.
        kwargs: Keywords of the variant.
        renderer: Replaces the card's renderer.
        recall: Gives the memories that a seat is shown; compared like every other text.

    Raises:
        Leak: A text differs between twins.
        AssertionError: A pair is none: its observations differ, or its worlds do not.
    """
    one, two = (TextEnv(card, kwargs, renderer=renderer) for _ in range(2))
    compared: Counter[tuple[str, str]] = Counter()
    for pair in pairs(one, two, recall):
        assert [given.seen for given in pair.one] == [given.seen for given in pair.two], (card.env_id, pair.kind)
        assert pair.one, (card.env_id, pair.kind)
        assert pair.secret_one != pair.secret_two, (card.env_id, pair.kind)
        for first, second in zip(pair.one, pair.two, strict=True):
            _compare(card, pair, first, second)
        compared[pair.seat, pair.kind] += 1
    one.close()
    two.close()
    return compared


class LeakyRenderer:
    """A double that adds a secret of the engine to one thing that a renderer gives: checks must find it."""

    def __init__(self, inner: Renderer, secret: Callable[[Any, str], str], place: str = "text") -> None:
        self.fields = inner.fields
        self._inner = inner
        self._secret = secret
        self._place = place

    def glimpse(self, engine: object, seat: str) -> object:
        """Returns the inner renderer's glimpse and the secret."""
        return self._inner.glimpse(engine, seat), self._secret(engine, seat)

    def brief(self, view: View) -> str:
        """Returns the inner brief, leaking where asked to."""
        return self._inner.brief(self._own(view)) + self._leak(view, "brief")

    def text(self, view: View) -> str:
        """Returns the inner text, leaking where asked to."""
        return self._inner.text(self._own(view)) + self._leak(view, "text")

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the inner name, leaking where asked to."""
        *others, last = self._inner.name(action, self._own(view))
        return (*others, last + self._leak(view, "name"))

    def situation(self, view: View) -> str:
        """Returns the inner situation, leaking where asked to."""
        return self._inner.situation(self._own(view)) + self._leak(view, "situation")

    def facts(self, view: View) -> Facts:
        """Returns the inner facts, leaking where asked to."""
        facts = self._inner.facts(self._own(view))
        return replace(facts, state=(*facts.state, self._leak(view, "facts")))

    def read(self, answer: str, view: View) -> str | None:
        """Reads nothing but exact names."""
        return None

    def _own(self, view: View) -> View:
        inner = _pair(view)[0]
        return replace(view, look=lambda: inner, over=False)

    def _leak(self, view: View, place: str) -> str:
        return f" {_pair(view)[1]}" if place == self._place else ""


def _pair(view: View) -> tuple[object, str]:
    pair = view.glimpse
    assert isinstance(pair, tuple)
    return pair[0], str(pair[1])


def _compare(card: EnvCard, pair: Pair, first: Given, second: Given) -> None:
    for place, text in first.shown.items():
        other = second.shown[place]
        if text.encode() != other.encode():
            raise Leak(
                f"{card.env_id}: the {place} of {pair.seat} tells of {pair.kind}:\n{text}\n-- or --\n{other}\n"
                f"-- with --\n{pair.secret_one}\n-- or --\n{pair.secret_two}"
            )


def _bits(value: Any) -> bytes:
    if isinstance(value, Mapping):
        return b"".join(str(key).encode() + _bits(value[key]) for key in sorted(value))
    array = np.asarray(value)
    return f"{array.dtype}{array.shape}".encode() + array.tobytes()
