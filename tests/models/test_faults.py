"""Every fault of a provider, at every call: how it ends, and what it may have cost."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from langgym.errors import ModelError
from langgym.models import loopback
from langgym.models.chat import Message
from langgym.models.endpoint import EndpointModel
from langgym.models.loopback import FAULTS, ChatServer, Fault
from langgym.models.wires import MAX_REPLY, STALE_SECONDS

Connect = Callable[..., EndpointModel]
PROMPT = [Message(role="user", section="board", text="Where?")]


@dataclass(frozen=True)
class Expected:
    """How a call under a fault ends."""

    text: str | None = "e4"
    """`None` for an error."""
    n_requests: int = 2
    n_lost: int = 0


AGAIN, LOST, FINAL = Expected(), Expected(n_lost=1), Expected(text=None, n_requests=1)
OUTCOMES = {
    "limited": AGAIN,
    "limited, without a hint": AGAIN,
    "overloaded": AGAIN,
    "unavailable": AGAIN,
    "bad gateway": AGAIN,
    "request timeout": AGAIN,
    "conflict": AGAIN,
    "bad request": FINAL,
    "bad key": FINAL,
    "forbidden": FINAL,
    "unknown model": FINAL,
    "too large": FINAL,
    "unprocessable": FINAL,
    "too long": FINAL,
    "no schema": FINAL,
    "spent quota": FINAL,
    "redirected": FINAL,
    "redirected, with the body": FINAL,
    "silent": LOST,
    "dripping": LOST,
    "cut off": LOST,
    "cut chunks": LOST,
    "dropped": LOST,
    "hung up": Expected(n_requests=1),
    "broken JSON": LOST,
    "web page": LOST,
    "wrong type": Expected(n_requests=1),
    "endless": Expected(text=None, n_requests=1, n_lost=1),
    "invalid text": LOST,
    "empty": Expected(text="", n_requests=1),
    "refused": Expected(text="I cannot.", n_requests=1),
    "truncated": Expected(text='{"', n_requests=1),
    "called tools": Expected(text="", n_requests=1),
    "two choices": Expected(text="one", n_requests=1),
    "absurd usage": Expected(text="nonsense", n_requests=1),
}


def answer_e4(request: loopback.ChatRequest) -> str:
    return "e4"


def test_every_fault_has_an_outcome() -> None:
    assert list(OUTCOMES) == list(FAULTS)


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("name", FAULTS)
def test_fault_ends_its_call_as_it_should_and_no_other(name: str, index: int, connect: Connect) -> None:
    with ChatServer(answer_e4, faults=[*[None] * index, FAULTS[name]()]) as server:
        model = connect(server, timeout=0.4)
        ends: list[Expected] = []
        for number in range(3):
            before = len(server.requests)
            try:
                completion = model.complete(PROMPT)
                text, n_lost = completion.text, completion.lost_calls
            except ModelError as error:
                text, n_lost = None, error.lost_calls
            ends.append(Expected(text, len(server.requests) - before, n_lost))
            if name == "hung up" and number == index:
                assert server.wait_end()  # a request that crosses with the end of a connection counts as lost
    good = Expected(n_requests=1)
    assert ends == [OUTCOMES[name] if number == index else good for number in range(3)]


def test_redirect_takes_neither_key_nor_prompt_elsewhere(connect: Connect) -> None:
    with ChatServer(answer_e4) as other:
        fault = loopback.redirected(f"{other.url}/chat/completions?key=hunter4", status=307)
        with ChatServer(answer_e4, faults=[fault]) as server, pytest.raises(ModelError, match="redirects to") as caught:
            connect(server).complete(PROMPT)
    assert (other.requests, caught.value.status, "hunter4" in str(caught.value)) == ([], 307, False)


def test_drip_is_left_at_the_deadline(connect: Connect) -> None:
    with ChatServer(answer_e4, faults=[loopback.dripping(0.1)]) as server:
        start = time.monotonic()
        with pytest.raises(ModelError, match="in time"):
            connect(server, timeout=0.5, max_tries=1).complete(PROMPT)
        assert time.monotonic() - start < 1.0


def test_drip_is_left_at_the_deadline_by_other_threads(connect: Connect) -> None:
    with ChatServer(answer_e4, faults=[loopback.dripping(0.1)]) as server, ThreadPoolExecutor(1) as pool:
        start = time.monotonic()
        call = pool.submit(connect(server, timeout=0.5, max_tries=1).complete, PROMPT)
        assert isinstance(call.exception(5), ModelError)
        assert time.monotonic() - start < 1.0


@pytest.mark.parametrize("fault", [loopback.cut_off(), loopback.cut_chunks()], ids=["length", "chunks"])
def test_reply_that_breaks_off_is_named(fault: Fault, connect: Connect) -> None:
    with ChatServer(answer_e4, faults=[fault]) as server, pytest.raises(ModelError, match="broke off"):
        connect(server, max_tries=1).complete(PROMPT)


def test_endless_reply_is_not_read_to_its_end(connect: Connect) -> None:
    told = f"longer than {MAX_REPLY} bytes"
    faults = [loopback.endless(MAX_REPLY)]
    with ChatServer(answer_e4, faults=faults) as server, pytest.raises(ModelError, match=told):
        connect(server).complete(PROMPT)


def test_endless_chunks_are_not_read_to_their_end(connect: Connect) -> None:
    told = f"longer than {MAX_REPLY} bytes"
    faults = [Fault(chunked=True, body=b" " * (MAX_REPLY + 1))]
    with ChatServer(answer_e4, faults=faults) as server, pytest.raises(ModelError, match=told):
        connect(server).complete(PROMPT)


def test_long_reply_within_the_bound_is_read(connect: Connect) -> None:
    with ChatServer(lambda request: "e4 " * 300_000) as server:
        assert len(connect(server).complete(PROMPT).text) == 900_000


def test_lost_calls_of_a_failure_are_counted(connect: Connect) -> None:
    faults = [loopback.dropped(), loopback.overloaded(), loopback.rate_limited("1"), loopback.cut_off()]
    with ChatServer(answer_e4, faults=faults) as server, pytest.raises(ModelError) as caught:
        connect(server, max_tries=3).complete(PROMPT)
    assert (caught.value.lost_calls, len(server.requests)) == (2, 4)


def test_connection_that_was_never_made_is_not_lost(connect: Connect) -> None:
    with ChatServer(answer_e4) as server:
        model = connect(server, max_tries=2)
    with pytest.raises(ModelError, match="Cannot reach") as caught:
        model.complete(PROMPT)
    assert caught.value.lost_calls == 0


def test_server_that_closes_a_rested_connection_as_the_request_comes_costs_no_try() -> None:
    body = b'{"choices": [{"message": {"content": "e4"}}]}'
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        model = EndpointModel("openai:m", model="m", base_url=url, max_tries=1)

        def serve() -> None:
            first, _ = listener.accept()
            with first:
                first.recv(2**16)
                first.sendall(reply)
                first.recv(2**16)  # the request that comes too late
            second, _ = listener.accept()
            with second:
                second.recv(2**16)
                second.sendall(reply)

        serving = pool.submit(serve)
        model.complete(PROMPT)
        time.sleep(STALE_SECONDS + 0.1)
        completion = model.complete(PROMPT)
        serving.result(5)
        model.close()
    assert (completion.text, completion.lost_calls) == ("e4", 0)


def test_absurd_counts_are_none(connect: Connect) -> None:
    with ChatServer(answer_e4, faults=[loopback.absurd_usage("e4")]) as server:
        completion = connect(server).complete(PROMPT)
    assert (completion.tokens_in, completion.tokens_out, completion.cached_tokens) == (None, None, None)
