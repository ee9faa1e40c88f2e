"""Every error of the universe.

UniverseError
├ UnknownEnv          no such environment; names the nearest
├ MissingExtra        the environment's package is not installed; names the command
├ BadKwargs           a keyword that the card does not accept, or a value it does not allow
├ BadSeat             a seat that the environment does not have
├ BadCard             a card that contradicts its environment
├ EnvFault            the environment itself raised
├ StaleTurn           a turn was read after the environment had moved on
├ ServiceError        a service that holds the universe, or a table of it, does not do what was asked
│ └ ServiceAway       it does not answer; what was begun can be gone on with later
└ AnswerError         shown back to the model
  ├ UnreadableAnswer  no structured answer could be found
  └ IllegalAction     an answer, but not one of the menu
"""

from collections.abc import Sequence


class UniverseError(Exception):
    """The base of every error that the universe raises on purpose."""


class UnknownEnv(UniverseError):
    """No environment has this name."""

    def __init__(self, name: str, nearest: Sequence[str]) -> None:
        hint = f" Did you mean {' or '.join(repr(near) for near in nearest)}?" if nearest else ""
        super().__init__(f"No environment {name!r}.{hint} `langgym envs list` shows them all.")
        self.name = name
        self.nearest = tuple(nearest)


class MissingExtra(UniverseError):
    """The package that holds an environment is not installed."""


class BadKwargs(UniverseError):
    """A keyword that the environment's card does not accept, or a value that it does not allow."""


class BadSeat(UniverseError):
    """A seat that the environment does not have."""


class BadCard(UniverseError):
    """A card or a renderer that contradicts its environment; `check_card` and `check_renderer` raise it."""


class EnvFault(UniverseError):
    """The environment raised; the cause is chained."""


class StaleTurn(UniverseError):
    """A turn was read after the environment had moved on."""


class ServiceError(UniverseError):
    """A universe elsewhere does not do what was asked: a wrong token, another version, a table that is gone."""


class ServiceAway(ServiceError):
    """A universe elsewhere did not answer for as long as it was waited for; what was begun can be gone on with."""


class AnswerError(UniverseError):
    """A reply that holds no legal action; its text is written for the model that gave it."""


class UnreadableAnswer(AnswerError):
    """No structured answer could be found in the reply."""


class IllegalAction(AnswerError):
    """The reply names something that is not on the menu."""
