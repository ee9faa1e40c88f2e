"""What a chat endpoint gives back, and how each of a provider's bad days ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from itertools import repeat

import pytest

from langgym.errors import ModelError, PromptTooLong, UsageError
from langgym.models import loopback
from langgym.models.chat import Message
from langgym.models.dialects import join_messages
from langgym.models.endpoint import EndpointModel
from langgym.models.loopback import Answer, ChatServer, Fault, make_error
from langgym.models.pace import LONGEST_RETRY_AFTER, Pace
from langgym.models.testing import SCHEMA, check_model
from tests.models.conftest import Sleeps

Connect = Callable[..., EndpointModel]
PROMPT = [Message(role="system", section="rules", text="Play."), Message(role="user", section="board", text="Where?")]
KEY = "hunter2-very-secret"
TRANSIENT = {
    "timeout 408": make_error(408, "Request timeout"),
    "conflict 409": make_error(409, "Conflict"),
    "rate 429": make_error(429, "Slow down"),
    "page 500": loopback.overloaded(),
    "gateway 502": make_error(502, "Bad gateway"),
    "busy 503": make_error(503, "Overloaded"),
    "cut off": loopback.cut_off(),
    "dropped": loopback.dropped(),
    "broken JSON": loopback.broken_json(),
    "no JSON": Fault(body="hello", headers={"Content-Type": "text/plain"}),
    "error in a good reply": Fault(body='{"error": {"message": "provider down"}}'),
    "no choices": Fault(body='{"choices": []}'),
    "no message": Fault(body='{"choices": [{"index": 0}]}'),
}
FINAL = {
    400: make_error(400, "Bad request"),
    401: loopback.bad_key(),
    403: make_error(403, "Forbidden"),
    404: make_error(404, "The model `m` does not exist", code="model_not_found"),
    422: make_error(422, "Unprocessable"),
}
TOO_LONG = {
    "openai": loopback.too_long(),
    "llama.cpp": make_error(400, "request (10031 tokens) exceeds the available context size (4096 tokens)"),
    "vllm": make_error(400, "This model's maximum context length is 4096 tokens."),
    "anthropic": make_error(400, "prompt is too long: 210000 tokens > 200000 maximum"),
    "gemini": make_error(400, "The input token count (5) exceeds the maximum number of tokens allowed (4)."),
    "too large": make_error(413, "Please reduce the length of the messages"),
}


def answer_e4(request: loopback.ChatRequest) -> str:
    return "e4"


def test_reply_text_and_tokens_are_read(connect: Connect) -> None:
    with ChatServer(lambda request: Answer(text="go e4 now", cached_tokens=1)) as server:
        completion = connect(server).complete(PROMPT)
    counts = (completion.tokens_in, completion.tokens_out, completion.cached_tokens)
    assert (completion.text, completion.finish, counts) == ("go e4 now", "stop", (2, 3, 1))


def test_missing_usage_is_none(connect: Connect) -> None:
    body = '{"choices": [{"index": 0, "message": {"role": "assistant", "content": "e4"}}]}'
    with ChatServer(answer_e4, faults=[Fault(body=body)]) as server:
        completion = connect(server).complete(PROMPT)
    assert (completion.text, completion.tokens_in, completion.cached_tokens) == ("e4", None, None)


def test_request_carries_what_was_asked(connect: Connect) -> None:
    with ChatServer(answer_e4) as server:
        connect(server).complete(PROMPT, schema=SCHEMA, max_tokens=7, temperature=0.5, seed=2**40 + 5)
    body = server.requests[0].body
    assert (body["model"], body["max_tokens"], body["temperature"], body["seed"]) == ("m", 7, 0.5, 5)


def test_schema_is_asked_for_strictly(connect: Connect) -> None:
    with ChatServer(answer_e4) as server:
        connect(server).complete(PROMPT, schema=SCHEMA)
    sent = server.requests[0].body["response_format"]
    assert sent == {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}


def test_neighbours_of_one_role_become_one_message() -> None:
    rules = Message(role="system", section="rules", text="A")
    strategies = Message(role="system", section="strategies", text="B")
    joined = join_messages([rules, strategies, Message(role="user", section="board", text="C")])
    assert [(message["role"], message.get("content")) for message in joined] == [("system", "A\n\nB"), ("user", "C")]


def test_lone_surrogate_in_a_prompt_is_sent_as_the_replacement(connect: Connect) -> None:
    with ChatServer(answer_e4) as server:
        connect(server).complete([Message(role="user", section="board", text="a\ud800b")])
    assert server.requests[0].prompt == "a\ufffdb"


def test_conformance(connect: Connect) -> None:
    with ChatServer(lambda request: '{"move": "left"}') as server:
        check_model(connect(server))


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
def test_passing_fault_is_tried_again(fault: Fault, connect: Connect, sleeps: Sleeps) -> None:
    with ChatServer(answer_e4, faults=[fault]) as server:
        completion = connect(server).complete(PROMPT)
    assert (completion.text, len(server.requests), sum(sleeps) > 0) == ("e4", 2, True)


@pytest.mark.parametrize("fault", [fault for fault in TRANSIENT.values() if fault.status != 429])
def test_lasting_fault_ends_after_the_last_try(fault: Fault, connect: Connect, sleeps: Sleeps) -> None:
    with ChatServer(answer_e4, faults=repeat(fault)) as server, pytest.raises(ModelError, match=r"\(5 tries\)"):
        connect(server).complete(PROMPT)
    assert len(server.requests) == 5
    assert 3.75 <= sum(sleeps) <= 7.5 + 0.01


@pytest.mark.parametrize(("status", "fault"), FINAL.items())
def test_final_fault_is_not_tried_again(status: int, fault: Fault, connect: Connect) -> None:
    with ChatServer(answer_e4, faults=repeat(fault)) as server, pytest.raises(ModelError) as caught:
        connect(server).complete(PROMPT)
    assert (caught.value.status, len(server.requests)) == (status, 1)


@pytest.mark.parametrize("fault", TOO_LONG.values(), ids=TOO_LONG)
def test_prompt_that_does_not_fit_is_told_apart(fault: Fault, connect: Connect) -> None:
    with ChatServer(answer_e4, faults=repeat(fault)) as server, pytest.raises(PromptTooLong, match="does not fit"):
        connect(server).complete(PROMPT, schema=SCHEMA)
    assert len(server.requests) == 1


def test_spent_quota_is_not_tried_again(connect: Connect) -> None:
    spent = make_error(429, "You exceeded your quota", code="insufficient_quota")
    with ChatServer(answer_e4, faults=repeat(spent)) as server, pytest.raises(ModelError, match="no quota left"):
        connect(server).complete(PROMPT)
    assert len(server.requests) == 1


def test_slow_reply_times_out_and_is_tried_again(connect: Connect) -> None:
    with ChatServer(answer_e4, faults=[loopback.slow(5.0)]) as server:
        completion = connect(server, timeout=0.5).complete(PROMPT)
    assert (completion.text, len(server.requests)) == ("e4", 2)


def test_timeout_is_named(connect: Connect) -> None:
    with ChatServer(answer_e4, faults=repeat(loopback.slow(5.0))) as server, pytest.raises(ModelError, match="in time"):
        connect(server, timeout=0.3, max_tries=1).complete(PROMPT)


@pytest.mark.parametrize(("said", "waited"), [("7", 7.0), ("0.25", 0.25), ("86400", LONGEST_RETRY_AFTER)])
def test_retry_after_seconds_are_honoured(said: str, waited: float, connect: Connect, sleeps: Sleeps) -> None:
    with ChatServer(answer_e4, faults=[loopback.rate_limited(said)]) as server:
        connect(server).complete(PROMPT)
    assert sum(sleeps) == pytest.approx(waited, abs=0.11)


@pytest.mark.parametrize(("ahead", "waited"), [(30, 30.0), (-30, 0.1), (999, LONGEST_RETRY_AFTER)])
def test_retry_after_date_is_honoured(ahead: int, waited: float, connect: Connect, sleeps: Sleeps) -> None:
    now = 1_800_000_000.0
    with ChatServer(answer_e4, faults=[loopback.rate_limited(formatdate(now + ahead, usegmt=True))]) as server:
        connect(server, clock=lambda: now).complete(PROMPT)
    assert sum(sleeps) == pytest.approx(waited, abs=0.11)


def test_truncated_reply_says_so(connect: Connect) -> None:
    with ChatServer(answer_e4, faults=[loopback.truncated("e")]) as server:
        completion = connect(server).complete(PROMPT)
    assert (completion.text, completion.finish) == ("e", "length")


def test_empty_reply_is_an_empty_text(connect: Connect) -> None:
    with ChatServer(answer_e4, faults=[loopback.empty()]) as server:
        completion = connect(server).complete(PROMPT)
    assert (completion.text, completion.finish) == ("", "stop")


def test_refusal_says_so(connect: Connect) -> None:
    with ChatServer(answer_e4, faults=[loopback.refused("I cannot.")]) as server:
        completion = connect(server).complete(PROMPT)
    assert (completion.text, completion.finish) == ("I cannot.", "refused")


def test_content_filter_is_a_refusal(connect: Connect) -> None:
    with ChatServer(lambda request: Answer(text="", finish="content_filter")) as server:
        assert connect(server).complete(PROMPT).finish == "refused"


def test_refused_schema_falls_back_to_text_for_good(connect: Connect) -> None:
    with ChatServer(answer_e4, takes_schema=False) as server:
        model = connect(server)
        replies = [model.complete(PROMPT, schema=SCHEMA).text for _ in range(2)]
    asked = ["response_format" in request.body for request in server.requests]
    assert (replies, asked, model.has_schema) == (["e4", "e4"], [True, False, False], False)


def test_refused_schema_falls_back_for_calls_at_once(connect: Connect) -> None:
    with ChatServer(answer_e4, takes_schema=False) as server, ThreadPoolExecutor(4) as pool:
        model = connect(server)
        calls = [pool.submit(model.complete, PROMPT, schema=SCHEMA) for _ in range(8)]
        assert [call.result().text for call in calls] == ["e4"] * 8


def test_refused_string_bounds_keep_the_schema(connect: Connect) -> None:
    schema = {"type": "object", "properties": {"thought": {"type": "string", "maxLength": 9}}, "required": ["thought"]}
    fault = make_error(400, "Invalid schema for response_format 'answer': 'maxLength' is not permitted.")
    with ChatServer(answer_e4, faults=[fault]) as server:
        model = connect(server)
        model.complete(PROMPT, schema=schema)
    assert (model.has_schema, "maxLength" in json.dumps(server.requests[1].body)) == (True, False)


def test_refused_max_tokens_is_renamed(connect: Connect) -> None:
    fault = make_error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    with ChatServer(answer_e4, faults=[fault]) as server:
        connect(server).complete(PROMPT, max_tokens=9)
    assert (server.requests[1].body.get("max_completion_tokens"), "max_tokens" in server.requests[1].body) == (9, False)


def test_nobody_at_the_address_says_what_to_do(sleeps: Sleeps) -> None:
    with ChatServer(answer_e4) as server:
        url = server.url
    model = EndpointModel("openai:m", model="m", base_url=url, sleep=sleeps, max_tries=2, pace=Pace(clock=sleeps.clock))
    with pytest.raises(ModelError, match=r"Cannot reach http://127.* is the server running\? Set OPENAI_BASE_URL"):
        model.complete(PROMPT)
    model.close()


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 413, 422, 429, 500, 503])
def test_no_error_holds_the_key(status: int, connect: Connect) -> None:
    leaky = Fault(status=status, leaks_key=True)
    with ChatServer(answer_e4, faults=repeat(leaky)) as server, pytest.raises(ModelError) as caught:
        connect(server).complete(PROMPT)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(connect(server))
    assert KEY not in told
    assert caught.value.__context__ is None


def test_error_that_echoes_key_and_headers_is_one_clean_line(connect: Connect) -> None:
    with ChatServer(answer_e4, faults=[loopback.bad_key()]) as server, pytest.raises(ModelError) as caught:
        connect(server).complete(PROMPT)
    text = str(caught.value)
    assert ("check OPENAI_API_KEY" in text, KEY in text, "earer" in text, "\n" in text) == (True, False, False, False)


def test_key_in_the_address_is_hidden(sleeps: Sleeps) -> None:
    with ChatServer(answer_e4) as server:
        url = server.url.replace("http://", "http://me:hunter3@") + "?key=hunter4"
    model = EndpointModel("openai:m", model="m", base_url=url, sleep=sleeps, max_tries=1)
    with pytest.raises(ModelError) as caught:
        model.complete(PROMPT)
    model.close()
    assert "hunter" not in f"{caught.value!r} {model!r} {model.fingerprint}"


def test_key_that_no_header_can_carry_is_refused_without_showing_it() -> None:
    with pytest.raises(UsageError, match="OPENAI_API_KEY") as caught:
        EndpointModel("openai:m", model="m", api_key="hunter\nX: é")
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host/v1", "http://", ""])
def test_address_of_no_server_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="no URL of a server"):
        EndpointModel("openai:m", model="m", base_url=url)


def test_proxy_of_the_environment_does_not_see_loopback(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with ChatServer(answer_e4) as server:
        assert connect(server).complete(PROMPT).text == "e4"


def test_closing_frees_a_call_in_flight_at_once(connect: Connect) -> None:
    with ChatServer(answer_e4, faults=[loopback.slow(30.0)]) as server, ThreadPoolExecutor(1) as pool:
        model = connect(server, timeout=30.0)
        call = pool.submit(model.complete, PROMPT)
        _wait_until(lambda: len(server.requests) == 1)
        start = time.monotonic()
        model.close()
        with pytest.raises(ModelError, match="closed"):
            call.result(5)
        assert time.monotonic() - start < 2


def test_closing_ends_a_wait_between_tries() -> None:
    with ChatServer(answer_e4, faults=repeat(loopback.rate_limited("60"))) as server, ThreadPoolExecutor(1) as pool:
        model = EndpointModel("openai:m", model="m", base_url=server.url)
        call = pool.submit(model.complete, PROMPT)
        _wait_until(lambda: len(server.requests) == 1)
        model.close()
        with pytest.raises(ModelError, match="closed"):
            call.result(5)


def test_closing_hangs_up_on_the_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        model = EndpointModel("openai:m", model="m", base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        call = pool.submit(model.complete, PROMPT)
        wire, _ = listener.accept()
        wire.settimeout(5)
        with wire:
            assert wire.recv(2**16).startswith(b"POST /v1/chat/completions")
            model.close()
            while wire.recv(2**16):
                pass
        assert isinstance(call.exception(5), ModelError)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_interrupt_ends_a_call_at_once() -> None:
    code = """
import signal
import sys
from langgym.models.chat import Message
from langgym.models.endpoint import EndpointModel
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background ignores it
model = EndpointModel("openai:m", model="m", base_url=sys.argv[1])
try:
    model.complete([Message(role="user", section="board", text="?")])
except KeyboardInterrupt:
    print("interrupted")
"""
    with ChatServer(answer_e4, faults=[loopback.slow(60.0)]) as server:
        child = subprocess.Popen([sys.executable, "-c", code, server.url], stdout=subprocess.PIPE, text=True)
        _wait_until(lambda: len(server.requests) == 1, seconds=30)
        start = time.monotonic()
        os.kill(child.pid, signal.SIGINT)
        told, _ = child.communicate(timeout=20)
    assert (told, child.returncode, time.monotonic() - start < 5) == ("interrupted\n", 0, True)


def _wait_until(holds: Callable[[], bool], *, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@pytest.mark.parametrize("n_dropped", [0, 1])
def test_a_call_that_is_cut_by_closing_counts_as_lost(connect: Connect, n_dropped: int) -> None:
    faults = [*[loopback.dropped()] * n_dropped, loopback.slow(30.0)]
    with ChatServer(lambda request: "e4", faults=faults) as server, ThreadPoolExecutor(1) as pool:
        model = connect(server)
        call = pool.submit(model.complete, PROMPT)
        while len(server.requests) <= n_dropped:
            time.sleep(0.01)
        model.close()
        error = call.exception(10)
    assert isinstance(error, ModelError)
    assert error.lost_calls == 1 + n_dropped
