"""Observations as they come over the wire, and the spaces that hold them."""

import base64
import binascii
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from universe.errors import ServiceError
from universe.service.wire import Array

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KINDS = "biuf"
"""Of numpy's types: booleans, integers and floats; nothing that names code."""


def read_array(array: Array) -> object:
    """Returns an observation: an array, or a mapping of them.

    Raises:
        ServiceError: It is neither.
    """
    if array.parts is not None:
        return {name: read_array(part) for name, part in array.parts.items()}
    return _read_leaf(array)


def _read_leaf(array: Array) -> "NDArray[Any]":
    try:
        kind = np.dtype(array.dtype or "")
        shape = tuple(array.shape or ())
        raw = base64.b64decode(array.data or "", validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise ServiceError("The universe sent an observation that cannot be read.") from None
    if kind.kind not in _KINDS or min(shape, default=0) < 0 or math.prod(shape) * kind.itemsize != len(raw):
        raise ServiceError("The universe sent an observation whose size is not what it says.")
    return np.frombuffer(raw, dtype=kind.newbyteorder("<")).astype(kind.newbyteorder("=")).reshape(shape)
