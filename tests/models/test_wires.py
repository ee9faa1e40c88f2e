"""Connections are kept, encrypted, sent through proxies, and never trusted for too long."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from langgym.errors import ModelError, UsageError
from langgym.models import loopback
from langgym.models.chat import Message
from langgym.models.endpoint import EndpointModel
from langgym.models.loopback import ChatServer
from langgym.models.proxies import find_proxy

PROMPT = [Message(role="user", section="board", text="Where?")]
PEM = Path(__file__).with_name("loopback.pem")
"""A key and its own certificate for models.invalid and 127.0.0.1."""
REPLY = b'{"choices": [{"message": {"content": "e4"}}]}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(REPLY), REPLY)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        yield opened


@pytest.fixture
def open_at() -> Iterator[Callable[..., EndpointModel]]:
    opened: list[EndpointModel] = []

    def open_endpoint(url: str) -> EndpointModel:
        opened.append(EndpointModel("openai:m", model="m", base_url=url, max_tries=1, timeout=10))
        return opened[-1]

    yield open_endpoint
    for model in opened:
        model.close()


def serve_tls(listener: socket.socket) -> Future[list[bytes]]:
    """Answers one request over TLS, after a CONNECT where one comes; gives back the first lines."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)

    def serve() -> list[bytes]:
        wire, _ = listener.accept()
        lines: list[bytes] = []
        if wire.recv(7, socket.MSG_PEEK) == b"CONNECT":
            lines.append(wire.recv(2**16))
            wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with wire, context.wrap_socket(wire, server_side=True) as safe:
            lines.append(safe.recv(2**16))
            safe.sendall(ANSWER)
        return lines

    future: Future[list[bytes]] = Future()

    def run() -> None:
        try:
            future.set_result(serve())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def test_connection_is_kept_for_the_next_call(open_at: Callable[..., EndpointModel]) -> None:
    with ChatServer(lambda request: "e4") as server:
        model = open_at(server.url)
        for _ in range(5):
            model.complete(PROMPT)
        assert server.n_connections == 1


def test_calls_at_once_keep_a_connection_each(open_at: Callable[..., EndpointModel]) -> None:
    barrier = threading.Barrier(8)
    with ChatServer(lambda request: "e4") as server, ThreadPoolExecutor(8) as pool:
        model = open_at(server.url)

        def play(number: int) -> None:
            for _ in range(5):
                barrier.wait(10)
                model.complete(PROMPT)

        list(pool.map(play, range(8)))
        assert server.n_connections <= 8


def test_connection_that_the_server_closed_is_not_used(open_at: Callable[..., EndpointModel]) -> None:
    with ChatServer(lambda request: "e4", faults=[loopback.hung_up()]) as server:
        model = open_at(server.url)
        assert model.complete(PROMPT).lost_calls == 0
        assert server.wait_end()
        assert model.complete(PROMPT).lost_calls == 0
        assert server.n_connections == 2


def test_trusted_certificate_opens_the_way(
    listener: socket.socket, open_at: Callable[..., EndpointModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    serving = serve_tls(listener)
    model = open_at(f"https://127.0.0.1:{listener.getsockname()[1]}/v1")
    assert model.complete(PROMPT).text == "e4"
    assert serving.result(5)[0].startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")


def test_unknown_certificate_is_refused(listener: socket.socket, open_at: Callable[..., EndpointModel]) -> None:
    serving = serve_tls(listener)
    model = open_at(f"https://127.0.0.1:{listener.getsockname()[1]}/v1")
    with pytest.raises(ModelError, match="Cannot reach") as caught:
        model.complete(PROMPT)
    assert isinstance(serving.exception(5), ssl.SSLError)
    assert caught.value.lost_calls == 0


def test_proxy_carries_tls_in_a_tunnel(
    listener: socket.socket, open_at: Callable[..., EndpointModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    monkeypatch.setenv("https_proxy", f"http://me:secret@127.0.0.1:{listener.getsockname()[1]}")
    serving = serve_tls(listener)
    assert open_at("https://models.invalid/v1").complete(PROMPT).text == "e4"
    connect, post = serving.result(5)
    assert connect.startswith(b"CONNECT models.invalid:443 ")
    assert b"Proxy-Authorization: Basic bWU6c2VjcmV0\r\n" in connect
    assert b"roxy-" not in post


def test_proxy_of_plain_http_gets_the_whole_address(
    open_at: Callable[..., EndpointModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer(lambda request: "e4") as server:
        monkeypatch.setenv("http_proxy", server.url.replace("http://", "http://me:secret@").removesuffix("/v1"))
        assert open_at("http://models.invalid/v1").complete(PROMPT).text == "e4"
    sent = server.requests[0]
    assert sent.path == "http://models.invalid:80/v1/chat/completions"
    assert (sent.headers["host"], sent.headers["proxy-authorization"]) == ("models.invalid", "Basic bWU6c2VjcmV0")


def test_exempt_host_needs_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "models.invalid")
    assert (find_proxy("http", "models.invalid"), find_proxy("http", "others.invalid")) == (None, "http://127.0.0.1:9")


def test_proxy_of_another_kind_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:9")
    with pytest.raises(UsageError, match="socks5"):
        find_proxy("https", "models.invalid")
