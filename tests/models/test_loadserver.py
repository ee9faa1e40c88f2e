"""The server for measurements answers, limits, counts, and never outlives its parent."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from langgym.models.chat import Message
from langgym.models.endpoint import EndpointModel
from langgym.models.loadserver import LoadServer, LoadStats
from langgym.models.testing import SCHEMA, check_model

PROMPT = [Message(role="user", section="board", text="Where to go?")]
COMMAND = [sys.executable, "-m", "langgym.models.loadserver"]


@pytest.fixture
def server() -> Iterator[LoadServer]:
    with LoadServer() as opened:
        yield opened


def test_conformance(server: LoadServer) -> None:
    check_model(EndpointModel("openai:m", model="m", base_url=server.url))


@pytest.mark.parametrize(("seed", "move"), [(0, "left"), (1, 'the "right"'), (2, "left")])
def test_answer_holds_to_the_schema_and_follows_the_seed(seed: int, move: str, server: LoadServer) -> None:
    schema = {"type": "object", "properties": {"thought": {"type": "string"}, **SCHEMA["properties"]}}
    model = EndpointModel("openai:m", model="m", base_url=server.url)
    completion = model.complete(PROMPT, schema=schema, seed=seed)
    model.close()
    assert json.loads(completion.text) == {"thought": "because", "move": move}
    assert (completion.tokens_in, completion.tokens_out) == (3, len(completion.text.split()))


def test_latency_is_kept() -> None:
    with LoadServer(latency=0.3) as server:
        start = time.monotonic()
        assert post(server.url, {"messages": []}) == 200
        assert time.monotonic() - start >= 0.3


def test_rate_refuses_what_is_beyond_and_counts_it() -> None:
    with LoadServer(rate=0.01, burst=2, retry_after=7) as server:
        statuses = [post(server.url, {"messages": []}) for _ in range(3)]
        assert (statuses, server.stats()) == ([200, 200, 429], LoadStats(n_requests=3, n_ok=2, n_limited=1))


@pytest.mark.parametrize(("retry_after", "told"), [(7, "7"), (None, None)])
def test_refusal_says_when_to_come_back_only_where_asked_to(retry_after: float | None, told: str | None) -> None:
    with LoadServer(rate=0.01, retry_after=retry_after) as server:
        post(server.url, {"messages": []})
        with pytest.raises(urllib.error.HTTPError) as caught:
            send(server.url, {"messages": []})
        assert (caught.value.headers.get("Retry-After"), json.load(caught.value)["error"]["code"]) == (
            told,
            "rate_limit_exceeded",
        )


def test_nonsense_is_refused_and_harms_nobody(server: LoadServer) -> None:
    assert [post(server.url, body) for body in ([], {"messages": "?"}, {"messages": []})] == [400, 400, 200]


def test_many_connections_are_answered_at_once() -> None:
    with LoadServer(latency=0.5) as server, ThreadPoolExecutor(32) as pool:
        start = time.monotonic()
        statuses = list(pool.map(lambda _: post(server.url, {"messages": []}), range(32)))
        assert (set(statuses), time.monotonic() - start < 5) == ({200}, True)


def test_server_ends_with_its_block() -> None:
    with LoadServer() as server:
        url = server.url
    with pytest.raises(urllib.error.URLError):
        send(url, {"messages": []})


def test_server_ends_with_its_standard_input() -> None:
    child = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline().startswith("http://127.0.0.1:")
    child.communicate("", timeout=10)
    assert child.returncode == 0


def test_server_ends_by_sigterm() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.terminate()
        assert child.wait(10) == (1 if sys.platform == "win32" else 0)


def test_server_does_not_outlive_a_killed_parent() -> None:
    code = (
        "import time\nfrom langgym.models.loadserver import LoadServer\n"
        "with LoadServer() as server:\n    print(server.pid, flush=True)\n    time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    end = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < end, "the server lives on"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    import psutil

    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def send(url: str, body: object) -> int:
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode())
    local = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with local.open(request, timeout=10) as reply:
        return reply.status


def post(url: str, body: object) -> int:
    try:
        return send(url, body)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
