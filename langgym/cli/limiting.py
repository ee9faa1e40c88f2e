"""Values of the options that limit what may be spent."""

import math
import re
from collections.abc import Mapping

import typer

_UNITS: Mapping[str, int] = {"": 1, "s": 1, "m": 60, "h": 3600}
_TIME = re.compile(r"(\d+(?:\.\d+)?)([smh]?)")


def read_seconds(text: str) -> float:
    """Returns a length of time in seconds.

    >>> [read_seconds(text) for text in ("90", "90s", "15m", "1.5h")]
    [90.0, 90.0, 900.0, 5400.0]
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} is no length of time: write seconds, or 90s, 15m, 2h.")
    return float(match[1]) * _UNITS[match[2]]


def read_dollars(text: str) -> float:
    """Returns an amount of US dollars.

    >>> read_dollars("0.25")
    0.25
    """
    try:
        value = float(text.strip().removeprefix("$"))
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise typer.BadParameter(f"{text!r} is no amount of US dollars: write for example 0.25.")
    return value
