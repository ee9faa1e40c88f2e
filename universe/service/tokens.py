"""Tokens: 32 random bytes, shown once, kept as their hash, compared in a time that tells nothing."""

import hmac
import secrets
from datetime import UTC, datetime
from hashlib import sha256

NOBODY = bytes(32)
"""The hash that no token has."""


def make_token() -> str:
    """Returns a new token of 43 characters."""
    return secrets.token_urlsafe(32)


def make_id() -> str:
    """Returns a table's id: 22 characters that cannot be guessed."""
    return secrets.token_urlsafe(16)


def hash_token(token: str) -> bytes:
    """Returns what is kept of a token."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def agrees(token_hash: bytes, expected: bytes | None) -> bool:
    """Whether two hashes are equal; `None` costs the same time and never is."""
    return hmac.compare_digest(token_hash, expected or NOBODY) and expected is not None


def format_time(seconds: float) -> str:
    """Returns seconds since 1970 as RFC 3339 has it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
