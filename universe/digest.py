"""The hash of a position, by which a rebuilt environment is checked against the stored one."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, cast

import numpy as np

DIGEST_VERSION = 1
"""Part of every digest; raise it when the recipe changes."""

_ZERO = np.float32(0.0)
"""Makes a zero of a negative one when it is added."""


def position_digest(observations: Mapping[str, Any], payments: Mapping[str, float], ends: Mapping[str, str]) -> bytes:
    """Returns 16 bytes over the acting seats' observations, what was paid since the position before, and who ended.

    Floats count as float32 at 4 decimals without a negative zero, so that platforms agree.
    """
    state = blake2b(bytes((DIGEST_VERSION,)), digest_size=16)
    for seat in sorted(observations):
        _feed(state, seat, observations[seat])
    for seat in sorted(payments):
        if payments[seat]:
            state.update(f"\x1d{seat}\x1e{np.float32(round(payments[seat], 4)) + _ZERO:.4f}".encode())
    for seat in sorted(ends):
        state.update(f"\x1c{seat}\x1e{ends[seat]}".encode())
    return state.digest()


def _feed(state: Any, path: str, value: Any) -> None:
    if isinstance(value, Mapping):
        parts = cast("Mapping[str, Any]", value)
        for key in sorted(parts):
            _feed(state, f"{path}/{key}", parts[key])
        return
    array = np.asarray(value)
    kind = array.dtype.kind
    if kind == "f":
        array = array.astype(np.float32)  # a copy, which the next lines change in place
        array.round(4, out=array)
        array += _ZERO
    elif kind == "b":
        array = array.view(np.uint8)
    state.update(_name_leaf(path, array.dtype, array.shape) + array.tobytes())


@lru_cache(maxsize=1024)
def _name_leaf(path: str, dtype: "np.dtype[Any]", shape: tuple[int, ...]) -> bytes:
    return f"\x1f{path}\x1e{dtype.str}\x1e{shape}\x1e".encode()
