"""Keywords of environments as text, as they are typed on a command line."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from universe.card import EnvCard
from universe.errors import BadKwargs


def read_kwargs(card: EnvCard, given: Mapping[str, str]) -> dict[str, JsonValue]:
    """Returns keywords given as text (`board_size=9`) as the values that the card declares.

    Raises:
        BadKwargs: A keyword is unknown or its value is not allowed.
    """
    texts = {kwarg.name for kwarg in card.kwargs if isinstance(kwarg.default, str)}
    values = {name: text if name in texts else _value(name, text) for name, text in given.items()}
    card.variant(values)
    return values


def _value(name: str, text: str) -> JsonValue:
    try:
        return json.loads(text.lower() if text in ("True", "False") else text)
    except ValueError:
        raise BadKwargs(f"{name}={text!r} is not a number, true or false.") from None
