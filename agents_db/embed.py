"""Embedders: texts in, unit vectors out."""

import hashlib
import threading
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

KEPT_VECTORS = 512
"""Texts whose vectors the embedded model keeps at hand, 1.5 KB each."""


class EmbedderError(Exception):
    """An embedder cannot be opened or did not answer; the text is one line without keys."""

    retry_after: float | None = None
    """Seconds that an endpoint asked to wait."""


class Embedder(Protocol):
    """Turns texts into vectors whose dot product says how near their meanings are."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def fingerprint(self) -> str:
        """What decides the vectors: those of different fingerprints must never be compared."""
        ...

    @property
    def dim(self) -> int:
        """Numbers in a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Returns one vector of length 1 for each text, shape (n, dim); the same text always gets the same vector.

        Raises:
            EmbedderError: The embedder failed.
        """
        ...


class HashedEmbedder:
    """An embedder that hashes words and pieces of words; needs no files and knows no meanings.

    For tests, and for a home that has no weights: texts with common words are near each other, paraphrases are not.

    >>> near, far = HashedEmbedder().embed(["take the centre", "take the corner", "raise"])[1:] @ (
    ...     HashedEmbedder().embed(["take the centre"])[0])
    >>> bool(near > far)
    True
    """

    def __init__(self, dim: int = 256) -> None:
        self._dim = dim
        self._embed_once = lru_cache(KEPT_VECTORS)(self._embed_text)

    @property
    def name(self) -> str:
        """Says that it is no language model."""
        return f"hashed-{self._dim}"

    @property
    def fingerprint(self) -> str:
        """The version of the features and their number."""
        return f"hashed/1:{self._dim}"

    @property
    def dim(self) -> int:
        """Numbers in a vector."""
        return self._dim

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Returns the normed counts of hashed features, words twice as heavy as their pieces of four letters."""
        rows = [self._embed_once(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self._dim), dtype=np.float32)

    def _embed_text(self, text: str) -> Vectors:
        counts = [0.0] * self._dim
        for feature, weight in _list_features(text):
            code = zlib.crc32(feature.encode(errors="replace"))
            counts[(code >> 1) % self._dim] += weight if code & 1 else -weight
        return norm_rows(np.array([counts], dtype=np.float32))[0]


class MiniLMEmbedder:
    """all-MiniLM-L6-v2 with 8-bit weights on onnxruntime: 384 numbers, mean of the tokens, first 256 tokens of a text.

    Loads its files at the first call.
    """

    DIM = 384
    MAX_TOKENS = 256

    def __init__(self, model_path: Path, tokenizer_path: Path) -> None:
        self._model_path, self._tokenizer_path = model_path, tokenizer_path
        self._lock = threading.Lock()
        self._session: _Session | None = None
        self._tokenizer: _Tokenizer | None = None
        self._fingerprint: str | None = None
        self._embed_once = lru_cache(KEPT_VECTORS)(self._embed_text)  # openings recur in every episode of a game

    @property
    def name(self) -> str:
        """`minilm`."""
        return "minilm"

    @property
    def fingerprint(self) -> str:
        """The hashes of both files and the limit of tokens."""
        if self._fingerprint is None:
            hashes = [_hash_file(path) for path in (self._model_path, self._tokenizer_path)]
            self._fingerprint = f"minilm/1:{hashes[0][:16]}:{hashes[1][:16]}:{self.MAX_TOKENS}"
        return self._fingerprint

    @property
    def dim(self) -> int:
        """384."""
        return self.DIM

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Returns the vectors; each text is run alone, so that its last bits do not depend on its neighbours."""
        rows = [self._embed_once(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.DIM), dtype=np.float32)

    def _embed_text(self, text: str) -> Vectors:
        with self._lock:
            session, tokenizer = self._open_files()
        ids = np.asarray([tokenizer.encode(text).ids], dtype=np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        wanted = {node.name for node in session.get_inputs()}
        states = session.run(None, {name: value for name, value in feeds.items() if name in wanted})[0]
        return norm_rows(states.mean(axis=1, dtype=np.float32))[0]

    def _open_files(self) -> tuple["_Session", "_Tokenizer"]:
        if self._session is None or self._tokenizer is None:
            for path in (self._model_path, self._tokenizer_path):
                if not path.is_file():
                    raise EmbedderError(f"No file {str(path)!r}: the embedder's weights are missing.")
            try:
                self._tokenizer = _open_tokenizer(self._tokenizer_path, self.MAX_TOKENS)
                self._session = _open_session(self._model_path)
            except Exception as error:  # both libraries raise bare exceptions of their own
                words = " ".join(str(error).split())[:200]
                raise EmbedderError(f"Cannot load the embedder {str(self._model_path)!r}: {words}") from error
        return self._session, self._tokenizer


class _Encoding(Protocol):
    @property
    def ids(self) -> list[int]: ...


class _Tokenizer(Protocol):
    """The methods of `tokenizers.Tokenizer` in use."""

    def encode(self, sequence: str) -> _Encoding: ...
    def enable_truncation(self, max_length: int) -> None: ...
    def no_padding(self) -> None: ...


class _Node(Protocol):
    @property
    def name(self) -> str: ...


class _Session(Protocol):
    """The methods of `onnxruntime.InferenceSession` in use."""

    def get_inputs(self) -> list[_Node]: ...
    def run(self, output_names: None, input_feed: dict[str, npt.NDArray[np.int64]]) -> list[Vectors]: ...


class _Options(Protocol):
    intra_op_num_threads: int
    inter_op_num_threads: int
    log_severity_level: int


class _Runtime(Protocol):
    """The names of the module `onnxruntime` in use."""

    def SessionOptions(self) -> _Options: ...
    def InferenceSession(self, path: str, options: _Options, providers: list[str]) -> _Session: ...


def _open_tokenizer(path: Path, max_tokens: int) -> _Tokenizer:
    import tokenizers

    tokenizer = cast(_Tokenizer, tokenizers.Tokenizer.from_file(str(path)))
    # The file truncates to 128 tokens and pads to them.
    tokenizer.enable_truncation(max_length=max_tokens)
    tokenizer.no_padding()
    return tokenizer


def _open_session(path: Path) -> _Session:
    import onnxruntime  # pyright: ignore[reportMissingTypeStubs]

    runtime = cast(_Runtime, onnxruntime)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _list_features(text: str) -> Iterator[tuple[str, float]]:
    for word in text.lower().split():
        bare = word.strip(".,:;!?()[]{}\"'`") or word
        yield bare, 2.0
        padded = f" {bare} "
        for start in range(len(padded) - 3):
            yield f"#{padded[start : start + 4]}", 1.0


def norm_rows(vectors: Vectors) -> Vectors:
    """Returns the rows with length 1; a row of zeros, of an empty text, becomes the first unit vector."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    empty = lengths[:, 0] == 0
    normed = (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    normed[empty, 0] = 1.0
    return normed


def _hash_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EmbedderError(f"Cannot read {str(path)!r}: {error.strerror}.") from error
