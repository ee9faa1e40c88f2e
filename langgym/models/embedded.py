"""The embedded model: a GGUF file run in this process by llama.cpp, asked over loopback like any other endpoint."""

import hashlib
import importlib.util
import os
import secrets
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol, cast

from langgym.errors import ModelError, UsageError
from langgym.models.channel import LocalChannel
from langgym.models.chat import Completion, JsonSchema, Message, Rating
from langgym.models.compaction import Size
from langgym.models.endpoint import EndpointModel
from langgym.models.grammar import make_grammar_fields
from langgym.models.llama import LlamaServer
from langgym.models.templates import LEAD

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
    flash_attn_type: object

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


class _FlashAttention(Protocol):
    @property
    def LLAMA_FLASH_ATTN_TYPE_DISABLED(self) -> object: ...


class _Engine(Protocol):
    """The names of the module `xllamacpp` in use; its server lives as long as its object."""

    @property
    def llama_flash_attn_type(self) -> _FlashAttention: ...
    def CommonParams(self) -> _Params: ...
    def Server(self, params: _Params) -> _Server: ...


class EmbeddedModel:
    """A language model in this process, served on 127.0.0.1 with a random port and key.

    Over HTTP, Ctrl-C and timeouts work at once; the engine's direct handle blocks both. Replies are held to a schema by
    a grammar without optional white space. Same prompt and seed do not promise the same reply: a prompt that the engine
    knows to the last token is read by other kernels than one that it does not.
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

    def labels(self) -> tuple[str, ...]:
        """Returns the labels that are rated in one call: of `likelihood.LABELS` those that are one token."""
        return self.open_engine().labels()

    def rate(self, messages: Sequence[Message], labels: Sequence[str], *, seed: int | None = None) -> Rating:
        """Returns the model's own share of each label as what follows `Answer:`.

        It costs the reading of what of the prompt is not cached, and one token more for each beginning that several
        labels share: `labels()` share none, however many they are. A single label costs no call. Nothing is drawn, so
        `seed` changes nothing. With `parallel` at 1 the shares of a prompt are the same to the last bit whatever was
        asked before; only where the engine reads a single token in its last batch (one call of 128) they may move by
        about 0.02.

        Raises:
            PromptTooLong: The prompt does not fit the context.
            ModelError: The engine failed, the time is over, or the model was closed.
            UsageError: There are no labels, or one is empty or comes twice.
        """
        server = self.open_engine()
        return server.rate(server.write_chat(messages) + LEAD, labels)

    def open_engine(self) -> LlamaServer:
        """Returns the engine itself, for what takes prompts as text; it is closed with the model."""
        return self._open_server().native

    def measure(self, messages: Sequence[Message]) -> Size:
        """Returns how many tokens the model reads `messages` as, and how many its context holds."""
        server = self.open_engine()
        tokens, context = server.measure(server.write_chat(messages) + LEAD)
        return Size(tokens=tokens, context=context)

    def count_tokens(self, text: str) -> int:
        """Returns how many tokens the model reads `text` as, its chat format left out."""
        return self.open_engine().count_tokens(text)

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
        channel = LocalChannel(server.listening_address, key=key, name=self._name, timeout=self._timeout)
        native = LlamaServer(channel, name=self._name)
        return _Running(server, endpoint, native)

    def _make_params(self, engine: _Engine, key: str) -> _Params:
        params = engine.CommonParams()
        params.model.path = str(self._path)
        params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [key]
        params.n_parallel, params.n_ctx = self._parallel, self._context * self._parallel
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self._threads
        params.n_batch = params.n_ubatch = _BATCH
        params.verbosity, params.warmup, params.offline, params.endpoint_slots = -1, False, True, False
        params.use_jinja, params.cache_prompt, params.cache_ram_mib = True, True, _SLOT_CACHE_MIB
        # With it, what is read depends on what was cached: shares move by 0.03. Without, reading costs a tenth more.
        params.flash_attn_type = engine.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        return params


@dataclass(frozen=True, slots=True)
class _Running:
    server: _Server
    endpoint: EndpointModel
    native: LlamaServer


def _stop_all(running: list[_Running]) -> None:
    """Ends the calls, then the servers: a server's end waits for its calls, and nothing else runs meanwhile."""
    for one in running:
        one.endpoint.close()
        one.native.close()
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
