"""Ways to a server that speaks JSON over HTTP: on this machine, or behind an endpoint with its retries and its pace."""

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit

from langgym.errors import ModelError, PromptTooLong, UsageError
from langgym.models.calls import Calls
from langgym.models.endpoint import MAX_TRIES
from langgym.models.faults import Fault, Route, read_fault, strip_url
from langgym.models.official import OfficialClient
from langgym.models.pace import Pace, Turn
from langgym.models.wires import WireError

if TYPE_CHECKING:
    import openai

_CHARACTERS_PER_TOKEN = 4
"""What English text has in most tokenizers."""


class Channel(Protocol):
    """A way to a server that answers one JSON object with another; safe from any thread."""

    def ask(self, path: str, body: Mapping[str, object] | None = None) -> Mapping[str, object]:
        """Returns what a POST of `body` to `path` is answered, or a GET without one.

        Raises:
            PromptTooLong: The server says that the prompt does not fit.
            ModelError: It failed, the time is over, or the channel was closed.
        """
        ...

    def check_open(self) -> None:
        """Raises `ModelError` where it was closed."""
        ...

    def close(self) -> None:
        """Fails what is under way and all that comes later; harmless twice."""
        ...


class LocalChannel:
    """A channel to a server on this machine, with a connection for each request, so that any of them can be cut."""

    def __init__(self, url: str, *, key: str, name: str, timeout: float) -> None:
        """Connects to nothing yet.

        Args:
            url: The server's address.
            key: Sent as the bearer token.
            name: What errors call the model there.
            timeout: Seconds for one request.
        """
        parts = urlsplit(url)
        self._place = (parts.hostname or "", parts.port or 80)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._name, self._timeout = name, timeout
        self._calls = Calls()
        self._lock = threading.Lock()
        self._wires: set[HTTPConnection] = set()

    def check_open(self) -> None:
        """Raises `ModelError` where it was closed."""
        self._calls.check_open()

    def close(self) -> None:
        """Fails the requests in flight and cuts their connections; later ones fail too."""
        self._calls.close()
        with self._lock:
            wires = list(self._wires)
        for wire in wires:
            _cut(wire)

    def ask(self, path: str, body: Mapping[str, object] | None = None) -> Mapping[str, object]:
        """Returns what a POST of `body` to `path` is answered, or a GET without one."""
        wire = HTTPConnection(*self._place, timeout=self._timeout)
        with self._lock:
            self._wires.add(wire)
        try:
            content = None if body is None else json.dumps(body).encode()
            status, reply = self._calls.run(lambda: self._exchange(wire, path, content), self._timeout)
        except BaseException as error:
            # Also on Ctrl-C: whoever answers should stop too, not work for nobody.
            self._forget(wire)
            _cut(wire)
            if isinstance(error, TimeoutError):
                raise ModelError(f"No answer from {self._name!r} in {self._timeout:g} s: is it overloaded?") from None
            if isinstance(error, OSError | HTTPException | ValueError):
                raise ModelError(f"The engine of {self._name!r} does not answer: {error}") from None
            raise
        self._forget(wire)
        if status != 200:
            raise self._make_error(status, reply)
        return reply

    def _exchange(self, wire: HTTPConnection, path: str, content: bytes | None) -> tuple[int, Mapping[str, object]]:
        try:
            wire.connect()
            with self._lock:
                if wire not in self._wires:
                    raise ModelError("The call was left before it began.")
            wire.request("GET" if content is None else "POST", path, content, self._headers)
            response = wire.getresponse()
            return response.status, as_mapping(json.loads(response.read()))
        finally:
            wire.close()

    def _forget(self, wire: HTTPConnection) -> None:
        with self._lock:
            self._wires.discard(wire)

    def _make_error(self, status: int, reply: Mapping[str, object]) -> ModelError:
        fault = as_mapping(reply.get("error"))
        words = f"{fault.get('message', '')}"
        if fault.get("type") == "exceed_context_size_error":
            return PromptTooLong(f"The prompt does not fit the context of {self._name!r}: {words}", status=status)
        return ModelError(f"The engine of {self._name!r} answered {status}: {words}", status=status)


class EndpointChannel:
    """A channel to a server behind an endpoint, through the official client; what failed in passing is tried again.

    What is tried again, and how errors are worded and stripped of keys, is as for `EndpointModel`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        model: str,
        api_key: str,
        timeout: float,
        max_tries: int = MAX_TRIES,
        pace: Pace | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """Opens nothing yet.

        Args:
            base_url: What paths follow.
            model: The model's name there, sent with every body.
            api_key: Sent as the bearer token.
            timeout: Seconds for one attempt.
            max_tries: Attempts for one request; refusals by a 429 do not count.
            pace: Shared with all that ask this provider; `None` makes one of its own.
            sleep: Waits between attempts; `None` waits until `close` at most.

        Raises:
            UsageError: The address or the key cannot be used.
        """
        if urlsplit(base_url).scheme not in {"http", "https"} or not urlsplit(base_url).hostname:
            raise UsageError(f"{strip_url(base_url)!r} is no URL of a server: expected http://host:port/v1.")
        if not (api_key.isascii() and api_key.isprintable()):
            raise UsageError("The key holds characters that no header can carry: check OPENAI_API_KEY.")
        self._base_url, self._model, self._key = base_url, model, api_key
        self._timeout, self._max_tries = timeout, max_tries
        self._official = OfficialClient(base_url, api_key=api_key, timeout=timeout)
        self._calls, self._wires = self._official.calls, self._official.wires
        self._pace = pace or Pace()
        self._sleep = sleep or self._calls.wait
        secrets = (api_key if len(api_key) > len("none") else "", urlsplit(base_url).password or "")
        self._route = Route(model=model, base_url=base_url, secrets=tuple(filter(None, secrets)))

    def check_open(self) -> None:
        """Raises `ModelError` where it was closed."""
        self._calls.check_open()

    def close(self) -> None:
        """Fails the requests in flight and cuts their connections; later ones fail too."""
        self._official.close()

    def ask(self, path: str, body: Mapping[str, object] | None = None) -> Mapping[str, object]:
        """Returns what a POST of `body` to `path` is answered, or a GET without one."""
        client = self._official.open()
        turn = self._pace.join(_estimate(body))
        tries = lost = 0
        while True:
            with self._pace.wait(turn, self._sleep):
                outcome = self._attempt(client, path, body)
                if not isinstance(outcome, Fault):
                    self._pace.succeed(turn, None)
                    return outcome
                lost += outcome.lost
                tries += not outcome.limited
                patient = self._settle(outcome, turn)
            if outcome.status == 404 and "model" not in outcome.detail.lower():
                place = strip_url(self._base_url)
                raise ModelError(f"{place} has no {path}: check {self._route.url_name}.", status=404)
            if not outcome.transient or tries >= self._max_tries or not patient:
                raise outcome.to_error(tries, lost_calls=lost)

    def _settle(self, fault: Fault, turn: Turn) -> bool:
        """Tells the pace what came of a try; returns whether another may help."""
        if fault.limited:
            return self._pace.refuse(turn, fault.retry_after)
        if fault.transient:
            self._pace.fail(turn, fault.retry_after, alive=fault.alive)
        return True

    def _attempt(
        self, client: "openai.OpenAI", path: str, body: Mapping[str, object] | None
    ) -> Mapping[str, object] | Fault:
        import openai

        def send() -> bytes:
            if body is None:
                return client.get(path, cast_to=bytes)
            return client.post(path, cast_to=bytes, body={"model": self._model, **body})

        try:
            return _read_object(self._calls.run(send, self._timeout + 1.0))
        except (openai.APIError, ValueError, TimeoutError, WireError) as error:
            self._calls.check_open()
            fault = read_fault(error, self._route, time.time())
        except KeyboardInterrupt:
            self._wires.cut()
            raise
        # Not an exception: an error raised within the handler would carry the provider's own, and with it the key.
        return fault


def as_mapping(value: object) -> Mapping[str, object]:
    """Returns a JSON object, or an empty one for whatever is none."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Returns a JSON array, or an empty one for whatever is none."""
    return cast("list[object]", value) if isinstance(value, list) else []


def read_count(value: object) -> int | None:
    """Returns a count, `None` where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _read_object(content: bytes) -> Mapping[str, object]:
    try:
        found: object = json.loads(content)
    except RecursionError:
        found = None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return cast("Mapping[str, object]", found)


def _estimate(body: Mapping[str, object] | None) -> int:
    prompt = (body or {}).get("prompt")
    return len(prompt) // _CHARACTERS_PER_TOKEN if isinstance(prompt, str) else 1


def _cut(wire: HTTPConnection) -> None:
    """Ends a connection under whoever reads from it."""
    plug = cast("socket.socket | None", wire.sock)
    if plug is not None:
        with suppress(OSError):
            plug.shutdown(socket.SHUT_RDWR)
