"""Embedders: texts in, unit vectors out."""

import hashlib
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit, urlunsplit

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import openai
    from tenacity import RetryCallState

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
        return _norm_rows(np.array([counts], dtype=np.float32))[0]


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
        return _norm_rows(states.mean(axis=1, dtype=np.float32))[0]

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


class EndpointEmbedder:
    """An embedder behind an OpenAI-compatible `/v1/embeddings` endpoint."""

    BATCH = 64

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        api_key: str = "none",
        dim: int | None = None,
        timeout: float = 60.0,
        max_tries: int = 5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Opens nothing yet.

        Args:
            model: The model's name at the endpoint.
            base_url: Where `/embeddings` is.
            api_key: Sent as the bearer token; in no error and no fingerprint.
            dim: Numbers in a vector; `None` learns it from the first answer, with a call of its own if asked before.
            timeout: Seconds for one attempt.
            max_tries: Attempts for one call.
            sleep: Waits between them.
        """
        self._model, self._base_url, self._key = model, base_url, api_key
        self._dim, self._timeout, self._max_tries, self._sleep = dim, timeout, max_tries, sleep
        self._lock = threading.Lock()
        self._client: openai.OpenAI | None = None

    def __repr__(self) -> str:
        return f"EndpointEmbedder({self._model!r}, base_url={_strip_url(self._base_url)!r})"

    @property
    def name(self) -> str:
        """The model's name at the endpoint."""
        return self._model

    @property
    def fingerprint(self) -> str:
        """Endpoint, model and number of dimensions."""
        return f"{_strip_url(self._base_url)}#{self._model}:{self.dim}"

    @property
    def dim(self) -> int:
        """Numbers in a vector; may ask the endpoint once."""
        if self._dim is None:
            self.embed(["dimension"])
        assert self._dim is not None
        return self._dim

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Returns the vectors, asked for in batches and normed here."""
        blocks = [self._ask(texts[start : start + self.BATCH]) for start in range(0, len(texts), self.BATCH)]
        return np.concatenate(blocks) if blocks else np.zeros((0, self.dim), dtype=np.float32)

    def close(self) -> None:
        """Frees the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _ask(self, texts: Sequence[str]) -> Vectors:
        import tenacity

        for attempt in tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._max_tries),
            retry=tenacity.retry_if_exception_type(_PassingError),
            wait=_find_wait,
            sleep=self._sleep,
            reraise=True,
        ):
            with attempt:
                return self._ask_once(texts)
        raise AssertionError("unreachable: tenacity raises the last error")

    def _ask_once(self, texts: Sequence[str]) -> Vectors:
        import openai

        vectors = np.zeros((0, 0), dtype=np.float32)
        failure: EmbedderError | None = None
        place = _strip_url(self._base_url)
        try:
            reply = self._open_client().embeddings.create(model=self._model, input=list(texts), encoding_format="float")
            rows = sorted(reply.data, key=lambda row: row.index)
            vectors = np.asarray([row.embedding for row in rows], dtype=np.float32)
        except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
            kind = _PassingError if _is_passing(error) else EmbedderError
            text = self._strip_key(str(error) or type(error).__name__)
            failure = kind(f"No embeddings of {self._model!r} from {place}: {text}")
            failure.retry_after = _read_retry_after(error)
        if failure is not None:
            # Outside of the handler, so that the client's own error, which may hold the key, is not carried along.
            raise failure
        if vectors.ndim != 2 or len(vectors) != len(texts) or (self._dim or vectors.shape[1]) != vectors.shape[1]:
            wanted = f"{len(texts)} vectors of {self._dim or 'equal'} numbers"
            raise EmbedderError(f"{place} gave embeddings of shape {vectors.shape}, expected {wanted}.")
        self._dim = vectors.shape[1]
        return _norm_rows(vectors)

    def _strip_key(self, text: str) -> str:
        hidden = text.replace(self._key, "[key]") if len(self._key) > len("none") else text
        return " ".join(hidden.split())[:300]

    def _open_client(self) -> "openai.OpenAI":
        import openai

        with self._lock:
            if self._client is None:
                outside = urlsplit(self._base_url).hostname not in {"127.0.0.1", "localhost", "::1"}
                self._client = openai.OpenAI(
                    api_key=self._key,
                    base_url=self._base_url,
                    timeout=self._timeout,
                    max_retries=0,
                    http_client=openai.DefaultHttpxClient(trust_env=outside),
                )
            return self._client


class _PassingError(EmbedderError):
    """A failure that asking again may mend."""


def _is_passing(error: Exception) -> bool:
    import openai

    if isinstance(error, openai.APIStatusError):
        return error.status_code in {408, 409, 425, 429} or error.status_code >= 500
    return isinstance(error, openai.APIConnectionError | ValueError)


def _read_retry_after(error: Exception) -> float | None:
    import openai

    said = error.response.headers.get("retry-after", "") if isinstance(error, openai.APIStatusError) else ""
    return float(said) if said.isdecimal() else None


def _find_wait(state: "RetryCallState") -> float:
    """Returns the seconds until the next try: as long as the endpoint asks, up to a minute, else ever longer."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, EmbedderError) else None
    return min(asked, 60.0) if asked is not None else min(0.5 * 2.0 ** (state.attempt_number - 1), 20.0)


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


def _norm_rows(vectors: Vectors) -> Vectors:
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


def _strip_url(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
