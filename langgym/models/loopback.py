"""A real HTTP server on 127.0.0.1 that speaks chat completions and embeddings, and misbehaves on request.

For tests and benches: it needs no network, no key and no weights, and what a client sees of it is what a provider's
good and bad days look like.
"""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self, cast

from agents_db.embed import Embedder, HashedEmbedder

_LINGER_NONE = struct.pack("ii", 1, 0)
"""The socket option that makes a close a reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One request that the server got."""

    path: str
    body: Mapping[str, object]
    headers: Mapping[str, str]
    """With names in lower case."""

    @property
    def prompt(self) -> str:
        """The texts of all messages, one below the other."""
        messages = cast("list[dict[str, str]]", self.body.get("messages", []))
        return "\n\n".join(message["content"] for message in messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a responder gives back where a plain string does not say enough."""

    text: str | None
    finish: str = "stop"
    refusal: str | None = None
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One bad answer of the server, in place of what the responder would say."""

    status: int = 200
    body: str | None = None
    """`None` is the body of a good answer."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delay: float = 0.0
    """Seconds before anything is sent; the server's end cuts it short."""
    cut: bool = False
    """Whether the connection ends in the middle of the body."""
    drop: bool = False
    """Whether the connection is reset before anything is sent."""
    answer: Answer | None = None
    """A well-formed answer that the responder did not give."""
    leaks_key: bool = False
    """Whether the body repeats the key of the request, as careless providers do."""


def make_error(
    status: int, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None
) -> Fault:
    """Returns an error in the usual shape."""
    body = json.dumps({"error": {"message": message, "type": "error", "param": None, "code": code}})
    return Fault(status=status, body=body, headers=headers or {})


def rate_limited(retry_after: str) -> Fault:
    """Returns a 429 with this Retry-After: seconds or an HTTP date."""
    return make_error(429, "Rate limit reached.", code="rate_limit_exceeded", headers={"Retry-After": retry_after})


def overloaded() -> Fault:
    """Returns a 500 with a page instead of JSON."""
    return Fault(status=500, body="<html>Internal Server Error</html>", headers={"Content-Type": "text/html"})


def slow(seconds: float) -> Fault:
    """Returns a good answer that takes its time."""
    return Fault(delay=seconds)


def cut_off() -> Fault:
    """Returns the first half of a good answer."""
    return Fault(cut=True)


def dropped() -> Fault:
    """Returns a connection that is reset."""
    return Fault(drop=True)


def broken_json() -> Fault:
    """Returns a 200 whose body is no JSON."""
    return Fault(body='{"choices": [{"mess')


def truncated(text: str) -> Fault:
    """Returns a reply that reached the limit of tokens."""
    return Fault(answer=Answer(text=text, finish="length"))


def empty() -> Fault:
    """Returns a reply without content."""
    return Fault(answer=Answer(text=None))


def refused(reason: str) -> Fault:
    """Returns a refusal."""
    return Fault(answer=Answer(text=None, refusal=reason))


def too_long() -> Fault:
    """Returns a 400 for a prompt that does not fit."""
    words = "This model's maximum context length is 4096 tokens. However, your messages resulted in 9000 tokens."
    return make_error(400, words, code="context_length_exceeded")


def no_schema() -> Fault:
    """Returns a 400 for a request with a JSON schema."""
    return make_error(400, "'response_format' of type 'json_schema' is not supported with this model.")


def bad_key() -> Fault:
    """Returns a 401 that repeats the key."""
    return Fault(status=401, leaks_key=True)


Responder = Callable[[ChatRequest], str | Answer]


class ChatServer:
    """A server of chat completions that answers with what `responder` says, and first with `faults`, one a request.

    Use it in a `with` block. `requests` holds what it got, in order of arrival.

    Args:
        responder: Called by a thread for each request, one at a time.
        faults: `None` among them stands for a good answer; may be endless.
        takes_schema: Whether it takes `response_format`; else such a request gets `no_schema`.
        embedder: Answers `/v1/embeddings`; `None` takes the hashed one.
    """

    def __init__(
        self,
        responder: Responder,
        *,
        faults: Iterable[Fault | None] = (),
        takes_schema: bool = True,
        embedder: Embedder | None = None,
    ) -> None:
        self.requests: list[ChatRequest] = []
        self.ended = threading.Event()
        self._responder, self._faults, self._takes_schema = responder, iter(faults), takes_schema
        self._embedder = embedder or HashedEmbedder()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL that clients take."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the server and what it delays."""
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def make_reply(self, request: ChatRequest) -> Fault:
        """Returns what `request` gets; for the server's own threads."""
        with self._lock:
            self.requests.append(request)
            if not self._takes_schema and "response_format" in request.body:
                return no_schema()
            fault = next(self._faults, None)
            if fault is not None and (fault.body is not None or fault.drop):
                return fault
            if fault is not None and fault.leaks_key:
                key = request.headers.get("authorization", "").removeprefix("Bearer ")
                return make_error(fault.status, f"Incorrect API key provided: {key}.\nHeaders: {request.headers}")
            body = self._make_body(request, fault)
        return Fault(body=body, delay=fault.delay, cut=fault.cut) if fault is not None else Fault(body=body)

    def _make_body(self, request: ChatRequest, fault: Fault | None) -> str:
        if request.path.endswith("/embeddings"):
            return _write_embeddings(request, self._embedder)
        given = fault.answer if fault is not None and fault.answer is not None else self._responder(request)
        return _write_completion(request, Answer(text=given) if isinstance(given, str) else given)


def _write_completion(request: ChatRequest, answer: Answer) -> str:
    counted = len(request.prompt.split()), len((answer.text or "").split())
    message = {"role": "assistant", "content": answer.text, "refusal": answer.refusal}
    return json.dumps(
        {
            "id": "loopback",
            "object": "chat.completion",
            "created": 0,
            "model": request.body.get("model"),
            "choices": [{"index": 0, "message": message, "finish_reason": answer.finish}],
            "usage": {
                "prompt_tokens": counted[0],
                "completion_tokens": counted[1],
                "total_tokens": sum(counted),
                "prompt_tokens_details": {"cached_tokens": answer.cached_tokens},
            },
        }
    )


def _write_embeddings(request: ChatRequest, embedder: Embedder) -> str:
    texts = cast("list[str]", request.body["input"])
    rows = [
        {"object": "embedding", "index": index, "embedding": vector.tolist()}
        for index, vector in enumerate(embedder.embed(texts))
    ]
    usage = {"prompt_tokens": 0, "total_tokens": 0}
    return json.dumps({"object": "list", "data": rows[::-1], "model": embedder.name, "usage": usage})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], owner: ChatServer) -> None:
        self.owner = owner
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30.0
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answers one request."""
        owner = cast(_Server, self.server).owner
        length = int(self.headers.get("Content-Length", "0"))
        body = cast("dict[str, object]", json.loads(self.rfile.read(length)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault = owner.make_reply(ChatRequest(path=self.path, body=body, headers=headers))
        if fault.delay:
            owner.ended.wait(fault.delay)
        with suppress(OSError):  # the client may have left
            self._send_reply(fault)

    def _send_reply(self, fault: Fault) -> None:
        if fault.drop:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
            self.close_connection = True
            return
        body = (fault.body or "").encode()
        self.send_response(fault.status)
        for name, value in {"Content-Type": "application/json", **fault.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault.cut:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keeps silent."""
