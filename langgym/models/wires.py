"""The connections to one server: a lean transport for the client, whose every wait ends at a deadline or by a cut.

The client's own pool costs more processor time than the rest of a call, looks at all connections for each request, and
tells neither whether a request was sent before it failed nor bounds what it reads.
"""

import importlib
import io
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Protocol, cast
from urllib.parse import urlsplit

from langgym.errors import UsageError
from langgym.models.proxies import find_proxy, write_proxy_key

MAX_REPLY = 4 * 2**20
"""Bytes of a reply that are read at most: a million tokens are shorter."""
MAX_CODED = MAX_REPLY // 64
"""The same for a reply that comes compressed, though nobody asked for that: it may grow a thousandfold."""
CONNECT_SECONDS = 10.0
IDLE_SECONDS = 30.0
"""After so long unused, a connection is not trusted any more: routers forget without a word."""

STALE_SECONDS = 1.0
"""A connection that was unused for longer may be closed by the server in the very moment of the next request."""


class WireError(Exception):
    """A request that got no whole answer.

    Its text never holds what was sent.
    """

    def __init__(self, text: str, *, sent: bool, late: bool = False, final: bool = False) -> None:
        super().__init__(text)
        self.sent = sent
        """Whether the server may have got the whole request, so that it may be billed."""
        self.late = late
        """Whether the time was over."""
        self.final = final
        """Whether another try would end the same."""


class _StaleWire(Exception):
    """The server had closed the connection before the request came."""


class _Url(Protocol):
    @property
    def scheme(self) -> str: ...
    @property
    def raw_host(self) -> bytes: ...
    @property
    def port(self) -> int | None: ...
    @property
    def raw_path(self) -> bytes: ...


class _Headers(Protocol):
    @property
    def raw(self) -> Sequence[tuple[bytes, bytes]]: ...


class Request(Protocol):
    """What is used of a request of `httpx` or `httpx2`."""

    @property
    def method(self) -> str:
        """The verb, in capitals."""
        ...

    @property
    def url(self) -> _Url:
        """Where it goes."""
        ...

    @property
    def headers(self) -> _Headers:
        """All of them, with `Host` and `Content-Length`."""
        ...

    @property
    def stream(self) -> object:
        """The pieces of the body."""
        ...


class Response(Protocol):
    """What the transport gives back: a response of the package that made the request."""


class _Package(Protocol):
    """The names of `httpx2`, or of `httpx` under older clients."""

    def Response(self, status: int, *, headers: Sequence[tuple[str, str]], content: bytes) -> Response: ...
    def create_ssl_context(self) -> ssl.SSLContext: ...


@dataclass(frozen=True, slots=True)
class _Target:
    """Where connections go, and through which proxy."""

    scheme: str
    host: str
    port: int
    proxy: str | None

    @property
    def absolute(self) -> str:
        """What precedes the path in a request to a proxy of plain HTTP, else nothing."""
        return f"http://{self.host}:{self.port}" if self.proxy and self.scheme == "http" else ""


class Wires:
    """Every connection that a client has; give it to the client as its transport.

    A blocked thread cannot be woken by closing what it reads from, but by a shutdown of the socket, which also tells
    a server that waits for a hang-up.

    Args:
        timeout: Seconds for one request, from the first byte of its connection to the last of its reply.
        trust_env: Whether the proxies of the environment are used.
        run: Runs what opens a connection, so that it can be left: names are looked up without any deadline.
    """

    def __init__(
        self, *, timeout: float, trust_env: bool, run: "Callable[[Callable[[], socket.socket], float], socket.socket]"
    ) -> None:
        self._timeout, self._trust_env, self._run = timeout, trust_env, run
        self._lock = threading.Lock()
        self._open: set[_Wire] = set()
        self._idle: list[_Wire] = []
        self._ended = False
        self._target: _Target | None = None
        self._context: ssl.SSLContext | None = None

    def __enter__(self) -> "Wires":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def handle_request(self, request: Request) -> Response:
        """Returns the whole answer to `request`; the transport's one door for the client.

        Raises:
            WireError: There is no whole answer.
        """
        package = cast(_Package, importlib.import_module(type(request).__module__.partition(".")[0]))
        target = self._target or self._find_target(request)
        content, deadline = _write_request(request, target), time.monotonic() + self._timeout
        wire = self._take()
        try:
            got = self._exchange(wire or self._connect(target, package, deadline), content, deadline)
        except _StaleWire:
            got = self._exchange(self._connect(target, package, deadline), content, deadline)
        try:
            return package.Response(got.status, headers=got.headers, content=got.content)
        except Exception as error:
            raise WireError(f"it cannot be decoded: {error}", sent=True) from None

    def close(self) -> None:
        """Cuts every connection, later ones at birth."""
        with self._lock:
            self._ended = True
        self.cut()

    def cut(self) -> None:
        """Ends what is in flight on any connection; later requests open new ones."""
        with self._lock:
            wires, idle = list(self._open), self._idle
            self._idle = []
        for wire in wires:
            wire.hang_up()
        for wire in idle:
            self._drop(wire)

    def _exchange(self, wire: "_Wire", content: bytes, deadline: float) -> "_Got":
        try:
            got = wire.exchange(content, deadline)
        except BaseException:
            self._drop(wire)
            raise
        if got.keeps:
            with self._lock:
                if not self._ended:
                    self._idle.append(wire)
                    return got
        self._drop(wire)
        return got

    def _take(self) -> "_Wire | None":
        while True:
            with self._lock:
                if not self._idle:
                    return None
                wire = self._idle.pop()
            if wire.is_fresh():
                return wire
            self._drop(wire)

    def _drop(self, wire: "_Wire") -> None:
        with self._lock:
            self._open.discard(wire)
        wire.close()

    def _connect(self, target: _Target, package: _Package, deadline: float) -> "_Wire":
        left = min(CONNECT_SECONDS, deadline - time.monotonic())
        try:
            plug = self._run(lambda: self._dial(target, package, max(left, 0.001)), left + 1.0)
        except TimeoutError:
            raise WireError("connecting takes too long", sent=False, late=True) from None
        except (OSError, HTTPException, ValueError) as error:
            raise WireError(f"{error}", sent=False) from None
        wire = _Wire(plug)
        with self._lock:
            self._open.add(wire)
            ended = self._ended
        if ended:
            wire.hang_up()
        return wire

    def _dial(self, target: _Target, package: _Package, seconds: float) -> socket.socket:
        via = urlsplit(target.proxy) if target.proxy else None
        place = (target.host, target.port) if via is None else (via.hostname or "", via.port or 80)
        if target.scheme == "https":
            dialled = HTTPSConnection(*place, timeout=seconds, context=self._find_context(package))
            if via is not None:
                dialled.set_tunnel(target.host, target.port, dict(write_proxy_key(target.proxy)))
        else:
            dialled = HTTPConnection(*place, timeout=seconds)
        try:
            dialled.connect()
        except BaseException:
            dialled.close()
            raise
        return cast(socket.socket, dialled.sock)

    def _find_context(self, package: _Package) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                self._context = package.create_ssl_context()
                self._context.set_alpn_protocols(["http/1.1"])
            return self._context

    def _find_target(self, request: Request) -> _Target:
        scheme, host = request.url.scheme, request.url.raw_host.decode("ascii")
        port = request.url.port or (443 if scheme == "https" else 80)
        proxy = find_proxy(scheme, host) if self._trust_env else None
        self._target = _Target(scheme, host, port, proxy)
        return self._target


@dataclass(frozen=True, slots=True)
class _Got:
    """A whole reply, and whether its connection takes another request."""

    status: int
    headers: Sequence[tuple[str, str]]
    content: bytes
    keeps: bool


class _Wire:
    """One connection, used by one thread at a time."""

    def __init__(self, plug: socket.socket) -> None:
        self._plug = plug
        self._cut = False
        self._used_at: float | None = None
        """When it last carried a reply; `None` before the first."""

    def is_fresh(self) -> bool:
        """Returns whether another request may be sent: idle bytes can only be the server's farewell."""
        recent = self._used_at is not None and time.monotonic() - self._used_at < IDLE_SECONDS
        return recent and not _has_input(self._plug)

    def exchange(self, content: bytes, deadline: float) -> _Got:
        """Returns the reply to the request `content`."""
        rested = self._used_at is not None and time.monotonic() - self._used_at > STALE_SECONDS
        try:
            self._plug.settimeout(_find_left(deadline))
            self._plug.sendall(content)
        except TimeoutError:
            raise WireError("the request cannot be sent in time", sent=False, late=True) from None
        except OSError as error:
            if rested and not self._cut:
                raise _StaleWire from None
            raise WireError(f"{error}", sent=False) from None
        source = _Source(self._plug, deadline)
        try:
            got = _read_reply(source)
        except TimeoutError:
            raise WireError("the time is over", sent=True, late=True) from None
        except (OSError, HTTPException, ValueError) as error:
            if rested and not source.heard and not self._cut:
                raise _StaleWire from None
            words = "the connection was lost" if isinstance(error, OSError) else str(error)
            raise WireError(words or type(error).__name__, sent=True) from None
        self._used_at = time.monotonic()
        return got

    def hang_up(self) -> None:
        """Ends the connection under whoever uses it."""
        self._cut = True
        with suppress(OSError):
            # The plain method: that of a TLS socket would take the session from under the thread that reads.
            socket.socket.shutdown(self._plug, socket.SHUT_RDWR)

    def close(self) -> None:
        """Frees the connection; for its user."""
        self._plug.close()


class _Source(io.RawIOBase):
    """What a connection sends until the deadline; `heard` is true from the first byte."""

    def __init__(self, plug: socket.socket, deadline: float) -> None:
        self._plug, self._deadline = plug, deadline
        self.heard = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        self._plug.settimeout(_find_left(self._deadline))
        count = self._plug.recv_into(buffer)
        self.heard = self.heard or count > 0
        return count

    def makefile(self, mode: str) -> io.BufferedReader:
        """Returns itself with a buffer; what `HTTPResponse` asks of a socket."""
        return io.BufferedReader(self, 16 * 1024)


def _read_reply(source: _Source) -> _Got:
    with HTTPResponse(cast(socket.socket, source), method="POST") as response:
        response.begin()
        limit = MAX_CODED if response.getheader("content-encoding", "identity") != "identity" else MAX_REPLY
        content = response.read(limit + 1) if (response.length or 0) <= limit else b""
        if len(content) > limit or (response.length or 0) > limit:
            raise WireError(f"it is longer than {limit} bytes", sent=True, final=True)
        if response.length:
            raise ValueError("the connection was lost in the middle")
        return _Got(response.status, response.getheaders(), content, keeps=not response.will_close)


def _find_left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _has_input(plug: socket.socket) -> bool:
    if not hasattr(select, "poll"):
        return bool(select.select([plug], [], [], 0)[0])
    poll = select.poll()
    poll.register(plug, select.POLLIN)
    return bool(poll.poll(0))


def _write_request(request: Request, target: _Target) -> bytes:
    body = b"".join(cast("Iterable[bytes]", request.stream))
    headers = [*request.headers.raw]
    if target.absolute:
        headers += [(name.encode(), value.encode()) for name, value in write_proxy_key(target.proxy)]
    if any(b"\n" in value or b"\r" in value for _, value in headers):
        raise UsageError("A header holds a line break: check OPENAI_ORG_ID, OPENAI_PROJECT_ID and the key.")
    lines = [b"%s: %s\r\n" % header for header in headers]
    path = target.absolute.encode() + request.url.raw_path
    return b"%s %s HTTP/1.1\r\n%s\r\n%s" % (request.method.encode(), path, b"".join(lines), body)
