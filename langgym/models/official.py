"""The official client over lean connections: opened at the first call, closed with all that is in flight."""

import importlib
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from langgym.models.calls import Calls
from langgym.models.wires import Wires

if TYPE_CHECKING:
    import httpx2
    import openai


class OfficialClient:
    """Holds the client of one server, its connections and its calls; safe from any thread."""

    def __init__(self, base_url: str, *, api_key: str, timeout: float) -> None:
        """Opens nothing yet.

        Args:
            base_url: What paths follow.
            api_key: Sent as the bearer token.
            timeout: Seconds for one attempt.
        """
        self._base_url, self._key, self._timeout = base_url, api_key, timeout
        self.calls = Calls()
        self.wires = Wires(timeout=timeout, trust_env=not is_loopback(base_url), run=self.calls.run)
        self._lock = threading.Lock()
        self._client: openai.OpenAI | None = None

    def open(self) -> "openai.OpenAI":
        """Returns the client; raises `ModelError` after `close`."""
        # The client looks for `httpx` among the loaded modules at every call, and stumbles over one that another thread
        # is loading right then, as the vector index does.
        with suppress(ImportError):
            importlib.import_module("httpx")
        import openai

        with self._lock:
            self.calls.check_open()
            if self._client is None:
                transport = cast("httpx2.BaseTransport", self.wires)
                self._client = openai.OpenAI(
                    api_key=self._key,
                    base_url=self._base_url,
                    timeout=self._timeout,
                    max_retries=0,
                    # A short reply is not worth the unpacking, and what is not unpacked cannot grow.
                    default_headers={"Accept-Encoding": "identity"},
                    http_client=openai.DefaultHttpxClient(
                        transport=transport, trust_env=False, follow_redirects=False, timeout=self._timeout
                    ),
                )
            return self._client

    def close(self) -> None:
        """Fails the calls in flight and cuts their connections; later ones fail too."""
        self.calls.close()
        self.wires.close()
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()


def is_loopback(url: str) -> bool:
    """Returns whether `url` leads to this machine.

    >>> is_loopback("http://127.0.0.1:8080/v1"), is_loopback("https://example.org/v1")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")
