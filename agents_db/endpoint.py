"""EndpointEmbedder: vectors from an OpenAI-compatible endpoint."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import numpy as np

from agents_db.embed import EmbedderError, Vectors, norm_rows

if TYPE_CHECKING:
    import openai
    from tenacity import RetryCallState


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
        return norm_rows(vectors)

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


def _strip_url(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
