"""Kinds of values in a parcel: how each is written as JSON, and what is read back; nothing else gets in."""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast, get_args

import numpy as np

from agents_db.keys import clean_text
from agents_db.records import Json

Value = None | int | float | str | bytes
"""What SQLite stores."""
_KEY = re.compile(r"[0-9a-f]{32}")
_HEX = re.compile(r"(?:[0-9a-f]{2})*")
_INFINITE = {"Infinity": math.inf, "-Infinity": -math.inf}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value; `read` and `write` raise `ValueError` for what is not of it."""

    name: str
    """For errors: what was expected."""
    read: Callable[[Json], Value]
    write: Callable[[Value], Json]

    def optional(self) -> "Kind":
        """Returns the kind of values that are of this one or `None`."""
        return Kind(
            f"{self.name} or null",
            lambda value: None if value is None else self.read(value),
            lambda value: None if value is None else self.write(value),
        )


def _keep(value: Value) -> Json:
    return cast("Json", value)


def _read_text(value: Json) -> str:
    if not isinstance(value, str) or clean_text(value) != value:
        raise ValueError
    return value


def _read_whole(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise ValueError
    return value


def _read_real(value: Json) -> float:
    if isinstance(value, str):
        if value not in _INFINITE:
            raise ValueError
        return _INFINITE[value]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    return float(value)


def _write_real(value: Value) -> Json:
    real = float(cast("float", value))
    return real if math.isfinite(real) else "Infinity" if real > 0 else "-Infinity"


def _read_truth(value: Json) -> int:
    if not isinstance(value, bool):
        raise ValueError
    return int(value)


def _match(pattern: re.Pattern[str]) -> Callable[[Json], str]:
    def read(value: Json) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError
        return value

    return read


def _read_hex(value: Json) -> bytes:
    return bytes.fromhex(_match(_HEX)(value))


def _read_vector(value: Json) -> bytes:
    if not isinstance(value, str):
        raise ValueError
    try:
        body = base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError from None
    if not body or len(body) % 4 or not np.isfinite(np.frombuffer(body, dtype="<f4")).all():
        raise ValueError
    return body


def _read_object(value: Json) -> str:
    text = _read_text(value)
    try:
        if not isinstance(json.loads(text), dict):
            raise ValueError
    except RecursionError:
        raise ValueError from None
    return text


def _read_prompt(value: Json) -> str:
    if not isinstance(value, list):
        raise ValueError
    for message in value:
        if not isinstance(message, list) or len(message) != 3:
            raise ValueError
        role, section, digest = message
        for kind, part in ((TEXT, role), (TEXT, section), (KEY, digest)):
            kind.read(part)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _write_prompt(value: Value) -> Json:
    return cast("Json", json.loads(cast("str", value)))


def choose(literal: object) -> Kind:
    """Returns the kind of the texts that a `Literal` names."""
    names = tuple(str(name) for name in get_args(literal))

    def read(value: Json) -> str:
        if not isinstance(value, str) or value not in names:
            raise ValueError
        return value

    return Kind(f"one of {', '.join(names)}", read, _keep)


TEXT = Kind("a text", _read_text, _keep)
KEY = Kind("32 hexadecimal digits", _match(_KEY), _keep)
WHOLE = Kind("a whole number of 64 bits", _read_whole, _keep)
REAL = Kind("a number", _read_real, _write_real)
TRUTH = Kind("true or false", _read_truth, bool)
HEX = Kind("bytes in hexadecimal digits", _read_hex, lambda value: cast("bytes", value).hex())
VECTOR = Kind(
    "the base64 of finite little-endian float32",
    _read_vector,
    lambda value: base64.b64encode(cast("bytes", value)).decode(),
)
OBJECT = Kind("the text of a JSON object", _read_object, _keep)
PROMPT = Kind("a list of [role, section, digest of the text]", _read_prompt, _write_prompt)
