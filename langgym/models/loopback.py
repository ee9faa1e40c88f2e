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
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self, cast

from agents_db.embed import Embedder, HashedEmbedder
from langgym.models.mishaps import (
    FAULTS,
    Answer,
    Fault,
    absurd_usage,
    bad_key,
    broken_json,
    called_tools,
    cut_chunks,
    cut_off,
    dripping,
    dropped,
    empty,
    endless,
    hung_up,
    invalid_text,
    make_error,
    no_schema,
    overloaded,
    rate_limited,
    redirected,
    refused,
    slow,
    too_long,
    truncated,
    two_choices,
    unavailable,
    web_page,
    wrong_type,
)

__all__ = [
    "FAULTS",
    "Answer",
    "ChatRequest",
    "ChatServer",
    "Fault",
    "Responder",
    "absurd_usage",
    "bad_key",
    "broken_json",
    "called_tools",
    "cut_chunks",
    "cut_off",
    "dripping",
    "dropped",
    "empty",
    "endless",
    "hung_up",
    "invalid_text",
    "make_error",
    "no_schema",
    "overloaded",
    "rate_limited",
    "redirected",
    "refused",
    "slow",
    "too_long",
    "truncated",
    "two_choices",
    "unavailable",
    "web_page",
    "wrong_type",
]

_LINGER_NONE = struct.pack("ii", 1, 0)
"""The socket option that makes a close a reset."""
_PADDING = 2**16


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


Responder = Callable[[ChatRequest], str | Answer]


class ChatServer:
    """A server of chat completions that answers with what `responder` says, and first with `faults`, one a request.

    Use it in a `with` block. `requests` holds what it got, in order of arrival, and `n_connections` counts on how many
    connections.

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
        self.n_connections = 0
        self.ended = threading.Event()
        self._hung_up = threading.Semaphore(0)
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

    def count_connection(self) -> None:
        """Counts one more connection; for the server's own threads."""
        with self._lock:
            self.n_connections += 1

    def count_end(self) -> None:
        """Counts one more connection that this side has ended; for the server's own threads."""
        self._hung_up.release()

    def wait_end(self, timeout: float = 10.0) -> bool:
        """Waits until one more connection has been ended by this side, for as many calls; says whether it was."""
        return self._hung_up.acquire(timeout=timeout)

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
        return replace(fault or Fault(), body=body)

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

    def shutdown_request(self, request: "socket.socket | tuple[bytes, socket.socket]") -> None:
        """Ends one connection, and then says so."""
        super().shutdown_request(request)
        self.owner.count_end()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30.0
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Counts the connection."""
        super().setup()
        cast(_Server, self.server).owner.count_connection()

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
        body = fault.body if isinstance(fault.body, bytes) else (fault.body or "").encode()
        self.send_response(fault.status)
        framing = ("Transfer-Encoding", "chunked") if fault.chunked else ("Content-Length", len(body) + fault.padding)
        for name, value in {"Content-Type": "application/json", **fault.headers, framing[0]: framing[1]}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if fault.cut:
            body = body[: len(body) // 2]
        self.close_connection = self.close_connection or fault.cut or fault.closes
        self._send_body(b"%x\r\n%s\r\n" % (len(body), body) if fault.chunked else body, fault)

    def _send_body(self, body: bytes, fault: Fault) -> None:
        if fault.drip:
            for place in range(len(body)):
                self.wfile.write(body[place : place + 1])
                if cast(_Server, self.server).owner.ended.wait(fault.drip):
                    return
        else:
            self.wfile.write(body)
        for _ in range(0, fault.padding, _PADDING):
            self.wfile.write(b" " * _PADDING)
        if fault.chunked and not fault.cut:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        """Keeps silent."""
