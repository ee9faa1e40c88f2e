"""The embedded model: a GGUF file run in this process by llama.cpp, asked over loopback like any other endpoint."""

import hashlib
import importlib.util
import json
import os
import secrets
import threading
import urllib.request
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol, cast

from langgym.errors import ModelError, UsageError
from langgym.models.chat import Completion, JsonSchema, Message
from langgym.models.endpoint import EndpointModel
from langgym.models.grammar import make_grammar_fields

DEFAULT_TEMPERATURE = 0.7
DEFAULT_CONTEXT = 4096
INSTALL = "pip install 'langgym[local]'"
_GGUF_MAGIC = b"GGUF"
_BATCH = 128
"""Tokens of prompt that are read in one go; the engine stops only between two, and 2048 are no faster on a CPU."""
_SLOT_CACHE_MIB = 256
"""Memory for the prompt caches of former calls; llama.cpp's own default is 8 GiB."""


class _Params(Protocol):
    """The attributes of `xllamacpp.CommonParams` in use."""

    hostnames: list[str]
    port: int
    api_keys: list[str]
    n_ctx: int
    n_batch: int
    n_ubatch: int
    n_parallel: int
    verbosity: int
    use_jinja: bool
    warmup: bool
    cache_prompt: bool
    cache_ram_mib: int
    offline: bool
    endpoint_slots: bool

    @property
    def model(self) -> "_ModelParams": ...
    @property
    def cpuparams(self) -> "_CpuParams": ...
    @property
    def cpuparams_batch(self) -> "_CpuParams": ...


class _ModelParams(Protocol):
    path: str


class _CpuParams(Protocol):
    n_threads: int


class _Server(Protocol):
    @property
    def listening_address(self) -> str: ...


class _Engine(Protocol):
    """The names of the module `xllamacpp` in use; its server lives as long as its object."""

    def CommonParams(self) -> _Params: ...
    def Server(self, params: _Params) -> _Server: ...


class EmbeddedModel:
    """A language model in this process, served on 127.0.0.1 with a random port and key.

    Over HTTP, Ctrl-C and timeouts work at once; the engine's direct handle blocks both. Replies are held to a schema by
    a grammar without optional white space. Same prompt and seed do not promise the same reply: it depends on what the
    engine has cached.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str | None = None,
        context: int = DEFAULT_CONTEXT,
        parallel: int = 1,
        threads: int | None = None,
        temperature: float = DEFAULT_TEMPERATURE,
        timeout: float = 300.0,
    ) -> None:
        """Checks the file and the engine, and loads neither: the first call does, or `start`.

        Args:
            path: A GGUF file.
            name: What `name` returns; `None` makes it of the path.
            context: Tokens of prompt and reply together, for each of the parallel calls.
            parallel: Calls answered at the same time.
            threads: `None` takes half of the cores: more make it many times slower on a busy machine.
            temperature: Used where a call gives none.
            timeout: Seconds for one call.
        """
        if importlib.util.find_spec("xllamacpp") is None:
            raise UsageError(f"The embedded model needs its engine: {INSTALL}")
        _check_gguf(path)
        self._path, self._name = path, name or f"local:{path}"
        self._context, self._parallel = context, parallel
        self._threads = threads or max(1, (os.cpu_count() or 1) // 2)
        self._temperature, self._timeout = temperature, timeout
        self._lock = threading.Lock()
        self._running: list[_Running] = []
        self._closed = False
        # Runs at the interpreter's exit too: the engine's threads must end before it does.
        self._stop = weakref.finalize(self, _stop_all, self._running)

    def __repr__(self) -> str:
        return f"EmbeddedModel({str(self._path)!r}, name={self._name!r})"

    @property
    def name(self) -> str:
        """The name that `--model` takes."""
        return self._name

    @property
    def fingerprint(self) -> str:
        """The sha256 of the weights."""
        return f"sha256:{find_sha256(self._path)}"

    @property
    def has_schema(self) -> bool:
        """True: the engine holds every reply to its grammar."""
        return True

    def start(self) -> None:
        """Loads the weights now, within about a second, instead of in the first call."""
        self._open_endpoint()

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: JsonSchema | None = None,
        max_tokens: int = 256,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Completion:
        """Returns the reply to `messages`, one JSON object on one line where a schema is given.

        Raises:
            PromptTooLong: The prompt does not fit the context.
            ModelError: The engine failed or the time is over.
        """
        endpoint = self._open_endpoint()
        return endpoint.complete(messages, schema=schema, max_tokens=max_tokens, temperature=temperature, seed=seed)

    def close(self) -> None:
        """Fails the calls in flight, stops the server and frees the weights."""
        with self._lock:
            self._closed = True
        self._stop()

    def count_tokens(self, text: str) -> int:
        """Returns how many tokens the model reads `text` as, its chat format left out."""
        running = self._open_server()
        body = json.dumps({"content": text}).encode()
        headers = {"Authorization": f"Bearer {running.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{running.server.listening_address}/tokenize", body, headers)
        local = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with local.open(request, timeout=self._timeout) as answer:
            return len(json.load(answer)["tokens"])

    def _open_endpoint(self) -> EndpointModel:
        return self._open_server().endpoint

    def _open_server(self) -> "_Running":
        with self._lock:
            if self._closed:
                raise ModelError("The model is closed: open it again.")
            if not self._running:
                self._running.append(self._start_server())
            return self._running[0]

    def _start_server(self) -> "_Running":
        import xllamacpp  # pyright: ignore[reportMissingTypeStubs]

        engine = cast(_Engine, xllamacpp)
        key = secrets.token_urlsafe(24)
        try:
            server = engine.Server(self._make_params(engine, key))
        except Exception as error:
            words = " ".join(str(error).split())
            raise ModelError(f"The engine cannot load {str(self._path)!r}: {words}") from error
        endpoint = EndpointModel(
            self._name,
            model=self._path.stem,
            base_url=f"{server.listening_address}/v1",
            api_key=key,
            timeout=self._timeout,
            max_tries=2,
            temperature=self._temperature,
            schema_fields=make_grammar_fields,
        )
        return _Running(server, endpoint, key)

    def _make_params(self, engine: _Engine, key: str) -> _Params:
        params = engine.CommonParams()
        params.model.path = str(self._path)
        params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [key]
        params.n_parallel, params.n_ctx = self._parallel, self._context * self._parallel
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self._threads
        params.n_batch = params.n_ubatch = _BATCH
        params.verbosity, params.warmup, params.offline, params.endpoint_slots = -1, False, True, False
        params.use_jinja, params.cache_prompt, params.cache_ram_mib = True, True, _SLOT_CACHE_MIB
        return params


@dataclass(frozen=True, slots=True)
class _Running:
    server: _Server
    endpoint: EndpointModel
    key: str = field(repr=False)


def _stop_all(running: list[_Running]) -> None:
    """Ends the calls, then the servers: a server's end waits for its calls, and nothing else runs meanwhile."""
    for one in running:
        one.endpoint.close()
    running.clear()


def find_sha256(path: Path) -> str:
    """Returns the sha256 of a file, in hexadecimal; computed once for each size and time of change."""
    status = path.stat()
    return _read_sha256(str(path), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _read_sha256(path: str, size: int, changed: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_gguf(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_GGUF_MAGIC))
    except OSError as error:
        raise UsageError(f"Cannot read the model file {str(path)!r}: {error.strerror}.") from error
    if magic != _GGUF_MAGIC:
        raise UsageError(f"{str(path)!r} is no GGUF file: expected weights in the format of llama.cpp.")
