"""A chat endpoint on 127.0.0.1 in a process of its own, cheap enough to measure what asks it.

`python -m langgym.models.loadserver --latency 0.2` prints its URL as the first line and ends when its standard input
does, so that it never outlives the process that started it.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self, cast

HOST = "127.0.0.1"
_START_SECONDS = 30.0
_LIMITED = json.dumps(
    {"error": {"message": "Rate limit reached.", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
)
_WAYS_OUT = (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError)
"""What reading a request raises when the client leaves or does not speak HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadStats:
    """What a server was asked for since it began."""

    n_requests: int
    n_ok: int
    n_limited: int
    """Requests that were refused with a 429."""


class LoadServer:
    """A server of chat completions in a process of its own; use it in a `with` block.

    It answers any prompt: under a JSON schema with a choice among each `enum` that depends on the request's seed alone,
    else with "because". Tokens are words.

    Args:
        latency: Seconds before a good answer is sent.
        rate: Good answers a second, beyond which a request gets a 429 at once; `None` limits nothing.
        burst: Requests that may come at the same time without going over the rate.
        retry_after: The Retry-After of a 429, in seconds; `None` sends none.
    """

    def __init__(
        self, *, latency: float = 0.0, rate: float | None = None, burst: int = 1, retry_after: float | None = None
    ) -> None:
        self._options = [f"--latency={latency}", f"--burst={burst}"]
        self._options += [] if rate is None else [f"--rate={rate}"]
        self._options += [] if retry_after is None else [f"--retry-after={retry_after}"]
        self._process: subprocess.Popen[str] | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """The base URL that clients take."""
        return self._url

    @property
    def pid(self) -> int:
        """The number of the server's process, 0 before it runs."""
        return self._process.pid if self._process is not None else 0

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", __spec__.name, *self._options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        watchdog = threading.Timer(_START_SECONDS, self._process.kill)
        watchdog.start()
        assert self._process.stdout is not None
        self._url = self._process.stdout.readline().strip()
        watchdog.cancel()
        if not self._url:
            self.close()
            raise RuntimeError("The load server did not start: run `python -m langgym.models.loadserver` to see why.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def stats(self) -> LoadStats:
        """Returns what the server counted so far."""
        local = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with local.open(f"{self._url.removesuffix('/v1')}/stats", timeout=10) as reply:
            return LoadStats(**json.load(reply))

    def close(self) -> None:
        """Ends the server and waits for its end; harmless twice."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class _Bucket:
    """A token bucket: `rate` a second, `burst` at most at once."""

    def __init__(self, rate: float | None, burst: int, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, float(burst), clock
        self._left, self._at = float(burst), clock()

    def take(self) -> bool:
        if self._rate is None:
            return True
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class _Handler:
    """Answers the requests of every connection."""

    def __init__(self, *, latency: float, bucket: _Bucket, retry_after: float | None) -> None:
        self._latency, self._bucket = latency, bucket
        self._limited = _frame(429, _LIMITED, "" if retry_after is None else f"Retry-After: {retry_after:g}\r\n")
        self._n_requests = self._n_ok = self._n_limited = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request after the other until the client leaves."""
        with suppress(*_WAYS_OUT):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_read_length(head))
                writer.write(await self._reply(head, body))
                await writer.drain()
        writer.close()

    async def _reply(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"GET "):
            return _frame(200, json.dumps(asdict(self._count())))
        self._n_requests += 1
        if not self._bucket.take():
            self._n_limited += 1
            return self._limited
        try:
            answer = write_answer(json.loads(body))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            return _frame(400, json.dumps({"error": {"message": f"Cannot read the request: {error}"}}))
        if self._latency:
            await asyncio.sleep(self._latency)
        self._n_ok += 1
        return _frame(200, answer)

    def _count(self) -> LoadStats:
        return LoadStats(n_requests=self._n_requests, n_ok=self._n_ok, n_limited=self._n_limited)


def write_answer(request: Mapping[str, object]) -> str:
    """Returns the body of the answer to the body of a request.

    >>> json.loads(write_answer({"messages": [{"role": "user", "content": "a b"}]}))["usage"]["prompt_tokens"]
    2
    """
    messages = cast("Sequence[Mapping[str, str]]", request["messages"])
    form = cast("Mapping[str, Mapping[str, object]]", request.get("response_format") or {})
    schema = form.get("json_schema", {}).get("schema")
    seed = cast("int | None", request.get("seed")) or 0
    text = "because" if schema is None else json.dumps(fill_schema(cast("Mapping[str, object]", schema), seed))
    n_in, n_out = sum(len(message["content"].split()) for message in messages), len(text.split())
    message = {"role": "assistant", "content": text}
    return json.dumps(
        {
            "id": "load",
            "object": "chat.completion",
            "created": 0,
            "model": request.get("model"),
            "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
            "usage": {"prompt_tokens": n_in, "completion_tokens": n_out, "total_tokens": n_in + n_out},
        }
    )


def fill_schema(schema: Mapping[str, object], seed: int) -> object:
    """Returns a value that `schema` allows: of an `enum` the one that `seed` falls on, of strings "because".

    >>> fill_schema({"type": "object", "properties": {"why": {"type": "string"}, "move": {"enum": ["a", "b"]}}}, 3)
    {'why': 'because', 'move': 'b'}
    """
    values = cast("Sequence[object] | None", schema.get("enum"))
    if values:
        return values[seed % len(values)]
    fields = cast("Mapping[str, Mapping[str, object]] | None", schema.get("properties"))
    if fields is not None:
        return {name: fill_schema(field, seed) for name, field in fields.items()}
    simple: Mapping[str, object] = {"integer": schema.get("minimum", 0), "boolean": True, "array": []}
    return simple.get(str(schema.get("type")), "because")


def _read_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _frame(status: int, body: str, headers: str = "") -> bytes:
    content = body.encode()
    start = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n{headers}"
    return f"{start}Content-Length: {len(content)}\r\n\r\n".encode() + content


async def run_server(handler: _Handler, port: int, tell: Callable[[str], None]) -> None:
    """Serves on 127.0.0.1 until standard input ends or SIGTERM comes.

    Args:
        handler: Answers.
        port: 0 takes a free one.
        tell: Is told the URL as soon as clients can connect.
    """
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    server = await asyncio.start_server(handler.serve, HOST, port, backlog=1024, limit=2**24)
    with suppress(NotImplementedError):  # Windows ends the process itself
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
    tell(f"http://{HOST}:{server.sockets[0].getsockname()[1]}/v1")
    threading.Thread(target=_await_eof, args=(lambda: loop.call_soon_threadsafe(ended.set),), daemon=True).start()
    await ended.wait()
    server.close()


def _await_eof(tell: Callable[[], object]) -> None:
    # The descriptor and not `sys.stdin`: that one's lock would hold up the end of the interpreter.
    while os.read(0, 4096):
        pass
    with suppress(RuntimeError):  # the loop is closed
        tell()


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the server with the options of a command line; `None` takes those of the process."""
    parser = argparse.ArgumentParser(description="A chat endpoint on 127.0.0.1 for measurements.")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before a good answer is sent")
    parser.add_argument("--rate", type=float, help="good answers a second; more get a 429")
    parser.add_argument("--burst", type=int, default=1, help="requests that may come at once")
    parser.add_argument("--retry-after", type=float, help="seconds that a 429 asks to wait; none by default")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options = parser.parse_args(arguments)
    handler = _Handler(
        latency=options.latency,
        bucket=_Bucket(options.rate, options.burst, time.monotonic),
        retry_after=options.retry_after,
    )
    asyncio.run(run_server(handler, options.port, _tell))


def _tell(url: str) -> None:
    """Tells whoever started the server where it is."""
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
