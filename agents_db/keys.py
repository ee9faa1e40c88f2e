"""Natural keys, and the border that texts and JSON cross into the store."""

import json
import re
from hashlib import blake2b
from typing import cast

from agents_db.records import Json

_LONE = re.compile("[\ud800-\udfff]")
_ESCAPED_NUL = "\\u0000"
_pack_key = json.JSONEncoder(separators=(",", ":")).encode
_pack_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_pack_sorted = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def make_key(*origin: str | int | bytes | None) -> str:
    """Returns the key of what comes from `origin`: blake2b of 16 bytes, in hexadecimal.

    >>> make_key("a", 1) == make_key("a", 1), make_key("a", "1") == make_key("a", 1)
    (True, False)
    """
    parts = [part.hex() if isinstance(part, bytes) else part for part in origin]
    return blake2b(_pack_key(parts).encode(), digest_size=16).hexdigest()


def clean_text(text: str) -> str:
    """Returns `text` as every store can keep it: NUL becomes U+2400, a lone surrogate U+FFFD.

    A text that needs no change is returned as the same object.
    """
    if "\0" in text:
        text = text.replace("\0", "\u2400")
    return text if text.isascii() else _LONE.sub("\ufffd", text)


def clean_optional(text: str | None) -> str | None:
    """Returns `clean_text(text)`, and `None` for `None`."""
    return None if text is None else clean_text(text)


def pack_json(value: object, *, sort_keys: bool = False) -> str:
    """Returns `value` as compact JSON whose texts are clean; the order of keys is kept unless sorted."""
    if value == {}:
        return "{}"
    pack = _pack_sorted if sort_keys else _pack_plain
    packed = pack(value)
    if _ESCAPED_NUL in packed:
        packed = pack(_clean_json(cast("Json", json.loads(packed))))
    return clean_text(packed)


def read_json(packed: str) -> dict[str, Json]:
    """Reads an object that `pack_json` wrote."""
    return cast("dict[str, Json]", json.loads(packed)) if packed != "{}" else {}


def _clean_json(value: Json) -> Json:
    match value:
        case str():
            return clean_text(value)
        case list():
            return [_clean_json(item) for item in value]
        case dict():
            return {clean_text(name): _clean_json(item) for name, item in value.items()}
        case _:
            return value
