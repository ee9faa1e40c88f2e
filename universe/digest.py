"""The hash of a position, by which a rebuilt environment is checked against the stored one."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, cast

import numpy as np

DIGEST_VERSION = 1
"""Part of every digest; raise it when the recipe changes."""


def position_digest(observations: Mapping[str, Any], payments: Mapping[str, float], ends: Mapping[str, str]) -> bytes:
    """Returns 16 bytes over the acting seats' observations, what was paid since the position before, and who ended.

    Floats count as float32 at 4 decimals without a negative zero, so that platforms agree.
    """
    state = blake2b(bytes((DIGEST_VERSION,)), digest_size=16)
    for seat in sorted(observations):
        _feed(state, seat, observations[seat])
    for seat in sorted(payments):
        if payments[seat]:
            state.update(f"\x1d{seat}\x1e{np.float32(round(payments[seat], 4)) + np.float32(0.0):.4f}".encode())
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
    if array.dtype.kind == "f":
        array = np.round(array.astype(np.float32), 4) + np.float32(0.0)
    elif array.dtype.kind == "b":
        array = array.view(np.uint8)
    state.update(f"\x1f{path}\x1e{array.dtype.str}\x1e{array.shape}\x1e".encode())
    state.update(np.ascontiguousarray(array).data)
