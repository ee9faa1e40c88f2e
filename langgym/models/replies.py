"""Reading the body of a good answer into a completion; a provider may leave out or bend anything."""

import json
from collections.abc import Mapping
from typing import cast

from langgym.models.chat import Completion, Finish

_MOST_TOKENS = 10**9
"""Counts above are no counts: the longest contexts hold a hundredth of that."""


def read_reply(body: bytes, milliseconds: int) -> Completion:
    """Returns the completion in `body`: of its first choice, with no calls of tools.

    Raises:
        ValueError: `body` is no completion.
    """
    reply = _parse_json(body)
    choice = _find_first(reply.get("choices"))
    message = _as_mapping(choice.get("message"))
    if not message:
        raise ValueError(f"no choices: {reply.get('error', '')}")
    refusal, content = message.get("refusal"), message.get("content")
    finish: Finish = "length" if choice.get("finish_reason") == "length" else "stop"
    if refusal or choice.get("finish_reason") == "content_filter":
        finish = "refused"
    text = content if isinstance(content, str) and content else refusal
    usage = _as_mapping(reply.get("usage"))
    return Completion(
        text=text if isinstance(text, str) else "",
        finish=finish,
        tokens_in=_read_count(usage.get("prompt_tokens")),
        tokens_out=_read_count(usage.get("completion_tokens")),
        cached_tokens=_read_count(_as_mapping(usage.get("prompt_tokens_details")).get("cached_tokens")),
        milliseconds=milliseconds,
    )


def _parse_json(body: bytes) -> Mapping[str, object]:
    try:
        reply: object = json.loads(body)
    except (ValueError, RecursionError):
        reply = None
    if not isinstance(reply, dict):
        raise ValueError("not JSON")
    return cast("Mapping[str, object]", reply)


def _find_first(choices: object) -> Mapping[str, object]:
    return _as_mapping(cast("list[object]", choices)[0]) if isinstance(choices, list) and choices else {}


def _as_mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _read_count(value: object) -> int | None:
    """Returns a count of tokens, `None` where there is none that can be true."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_TOKENS else None
