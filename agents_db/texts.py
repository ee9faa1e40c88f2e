"""Texts stored once by the hash of their content."""

import sqlite3
import threading
from collections.abc import Iterable
from hashlib import blake2b

import zstandard
from sqlalchemy import Connection, select

from agents_db import tables
from agents_db.errors import StoreCorrupt
from agents_db.keys import clean_text
from agents_db.statements import chunk, compile_insert

RAW, ZSTD = 0, 1
SMALL = 256
"""Bytes under which compression saves too little to be tried."""

_INSERT = compile_insert(tables.texts, "digest", "codec", "altered", "body")
_FIND = "SELECT text_id FROM text WHERE digest = ?"
_KEPT = 8192
_SALT = b"altered"
_local = threading.local()


def hash_text(body: bytes, *, altered: bool) -> bytes:
    """Returns the digest under which a text is stored."""
    return blake2b(body, digest_size=16, salt=_SALT if altered else b"").digest()


def unpack_text(codec: int, body: bytes) -> str:
    """Returns the text of a stored body; raises `StoreCorrupt` when it does not decompress."""
    try:
        return (_find_decompressor().decompress(body) if codec == ZSTD else body).decode()
    except (zstandard.ZstdError, UnicodeDecodeError) as error:
        raise StoreCorrupt(f"A stored text is damaged ({error}); run `langgym db check`.") from None


def _find_decompressor() -> zstandard.ZstdDecompressor:
    found: zstandard.ZstdDecompressor | None = getattr(_local, "decompressor", None)
    if found is None:
        found = _local.decompressor = zstandard.ZstdDecompressor()
    return found


class TextWriter:
    """The writer's way to the texts; it remembers the ids of recent ones and lives in the writer's thread."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor
        self._compressor = zstandard.ZstdCompressor(level=3)
        self._known: dict[bytes, int] = {}

    def forget(self) -> None:
        """Drops what is remembered; called when a transaction was rolled back."""
        self._known.clear()

    def add(self, text: str) -> int:
        """Stores `text` unless it is stored already, and returns its id."""
        clean = clean_text(text)
        altered = clean is not text and clean != text
        body = clean.encode()
        digest = hash_text(body, altered=altered)
        known = self._known.get(digest)
        if known is not None:
            return known
        text_id = self._insert(digest, altered=altered, body=body)
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[digest] = text_id
        return text_id

    def add_optional(self, text: str | None) -> int | None:
        """Stores `text` and returns its id; `None` stays `None`."""
        return None if text is None else self.add(text)

    def _insert(self, digest: bytes, *, altered: bool, body: bytes) -> int:
        codec = RAW
        if len(body) >= SMALL:
            packed = self._compressor.compress(body)
            if len(packed) < len(body):
                codec, body = ZSTD, packed
        cursor = self._cursor.execute(_INSERT, (digest, codec, altered, body))
        if cursor.rowcount == 1 and cursor.lastrowid is not None:
            return cursor.lastrowid
        return int(self._cursor.execute(_FIND, (digest,)).fetchone()[0])


def read_texts(connection: Connection, text_ids: Iterable[int | None]) -> dict[int, str]:
    """Returns the texts of those ids; `None` among them is passed over."""
    found: dict[int, str] = {}
    for ids in chunk(sorted({text_id for text_id in text_ids if text_id is not None})):
        query = select(tables.texts.c.text_id, tables.texts.c.codec, tables.texts.c.body)
        for text_id, codec, body in connection.execute(query.where(tables.texts.c.text_id.in_(ids))):
            found[text_id] = unpack_text(codec, body)
    return found
