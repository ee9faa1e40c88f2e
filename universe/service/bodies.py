"""The body of a request, read whole before anything of it is used: not too large, not too slow, and sound JSON."""

import asyncio
import contextlib
import json
import math
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NoReturn

from universe.service.problems import Refusal
from universe.service.settings import Limits

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

LINGER_SECONDS = 0.5
LINGER_BYTES = 1 << 20
"""How much of a body that is too large is read and thrown away."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


class Disconnected(Exception):
    """The client went away before its request was whole."""


async def read_body(receive: Receive, limits: Limits, *, length: int | None) -> bytes:
    """Returns a request's body.

    Args:
        receive: As ASGI has it.
        limits: How large it may be, and how long it may take.
        length: As its header says.

    Raises:
        Refusal: It is too large or too slow.
        Disconnected: The client went away.
    """
    if length is not None and length > limits.body_bytes:
        await _linger(receive)
        raise _too_large(limits)
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _collect(receive, limits)
    except TimeoutError:
        seconds = limits.body_seconds
        raise Refusal(408, "timeout", f"The body was not there after {seconds:g} seconds.") from None


def check_json(body: bytes, limits: Limits) -> None:
    """Raises `Refusal` unless a body is JSON in UTF-8 of bounded depth, its numbers finite."""
    if body.count(b"[") + body.count(b"{") > limits.json_depth and _find_depth(body) > limits.json_depth:
        raise Refusal(400, "bad_request", f"The body is nested deeper than {limits.json_depth} levels.")
    try:
        json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_read_float)
    except (ValueError, RecursionError):
        raise Refusal(400, "bad_request", "The body is not JSON.") from None


async def _collect(receive: Receive, limits: Limits) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > limits.body_bytes:
            await _linger(receive)
            raise _too_large(limits)
        if not message.get("more_body", False):
            return b"".join(parts)


async def _linger(receive: Receive) -> None:
    """Reads on for a moment: an answer to who is still sending is lost when the connection ends."""
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while size < LINGER_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _too_large(limits: Limits) -> Refusal:
    return Refusal(413, "too_large", f"A body has at most {limits.body_bytes} bytes.")


def _find_depth(body: bytes) -> int:
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _read_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
