"""Chat models behind an OpenAI-compatible endpoint, through the official client."""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from langgym.errors import ModelError, UsageError
from langgym.models.chat import Completion, JsonSchema, Message
from langgym.models.dialects import Dialect, drop_bounds, join_messages, make_response_format
from langgym.models.faults import Fault, Route, read_fault, strip_url
from langgym.models.official import OfficialClient
from langgym.models.pace import Pace, Turn
from langgym.models.replies import read_reply
from langgym.models.wires import WireError

if TYPE_CHECKING:
    import openai

SchemaFields = Callable[[JsonSchema], Mapping[str, object]]
"""Turns a JSON schema into the fields of a request that hold the reply to it."""

OPENAI_URL = "https://api.openai.com/v1"
MAX_TRIES = 5
SEED_BITS = 31
"""Bits of a seed that every server takes: llama.cpp holds 32, of which the last value means a random one."""
_CHARACTERS_PER_TOKEN = 4
"""What English text has in most tokenizers; the real count corrects it after the call."""


class EndpointModel:
    """A model behind an OpenAI-compatible chat endpoint.

    Timeouts, lost connections, replies that are cut off or not JSON, and the statuses 408, 409, 425, 429 and 5xx are
    tried again, at the pace that all calls to the provider share; nothing else is. A 429 uses up patience, not tries.
    An endpoint that refuses JSON schemas is asked for text from then on. Redirects are not followed, since they would
    take the prompt elsewhere. Errors never hold the key.
    """

    def __init__(
        self,
        name: str,
        *,
        model: str,
        base_url: str = OPENAI_URL,
        api_key: str = "none",
        timeout: float = 120.0,
        max_tries: int = MAX_TRIES,
        temperature: float | None = None,
        fingerprint: str | None = None,
        schema_fields: SchemaFields | None = None,
        pace: Pace | None = None,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Opens nothing yet: the client is made by the first call.

        Args:
            name: What `name` returns.
            model: The model's name at the endpoint.
            base_url: Where `/chat/completions` is.
            api_key: Sent as the bearer token.
            timeout: Seconds for one attempt, from the connection to the last byte of the reply.
            max_tries: Attempts for one call, at least one; refusals by a 429 do not count.
            temperature: Used where a call gives none; `None` leaves it to the endpoint.
            fingerprint: `None` takes the endpoint and the model.
            schema_fields: `None` uses `response_format`.
            pace: Shared with the other models of this provider; `None` makes one of its own.
            sleep: Waits between attempts; `None` waits until `close` at most.
            clock: The time in seconds since 1970, for Retry-After dates.
        """
        self._key = api_key.strip()
        if not (self._key.isascii() and self._key.isprintable()):
            raise UsageError("The key holds characters that no header can carry: check OPENAI_API_KEY.")
        if urlsplit(base_url).scheme not in {"http", "https"} or not urlsplit(base_url).hostname:
            raise UsageError(f"{strip_url(base_url)!r} is no URL of a server: expected http://host:port/v1.")
        self._name, self._model, self._base_url = name, model, base_url
        self._timeout, self._max_tries, self._temperature = timeout, max_tries, temperature
        self._fingerprint = f"{strip_url(base_url)}#{model}" if fingerprint is None else fingerprint
        self._schema_fields = schema_fields or make_response_format
        self._official = OfficialClient(base_url, api_key=self._key, timeout=timeout)
        self._calls, self._wires = self._official.calls, self._official.wires
        self._pace = pace or Pace()
        self._sleep, self._clock = self._calls.wait if sleep is None else sleep, clock
        self._lock = threading.Lock()
        self._dialect = Dialect()
        self._route = Route(model=model, base_url=base_url, secrets=_find_secrets(self._key, base_url))

    def __repr__(self) -> str:
        return f"EndpointModel({self._name!r}, model={self._model!r}, base_url={strip_url(self._base_url)!r})"

    @property
    def name(self) -> str:
        """The name that `--model` takes."""
        return self._name

    @property
    def fingerprint(self) -> str:
        """The endpoint and the model that it names."""
        return self._fingerprint

    @property
    def has_schema(self) -> bool:
        """Whether replies can be held to a JSON schema; false from the first time that the endpoint refuses it."""
        return self._dialect.schema

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: JsonSchema | None = None,
        max_tokens: int = 256,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Completion:
        """Returns the reply to `messages`; neighbours of one role are sent as one message.

        Raises:
            PromptTooLong: The prompt does not fit.
            ModelError: The endpoint failed after all tries, or refused.
        """
        fields: dict[str, object] = {}
        if (chosen := self._temperature if temperature is None else temperature) is not None:
            fields["temperature"] = chosen
        if seed is not None:
            fields["seed"] = seed % (1 << SEED_BITS)
        effort = _Effort(self._pace.join(_estimate_tokens(messages, max_tokens)))
        joined = join_messages(messages)
        while True:
            dialect = self._dialect
            held = self._hold_reply(dialect, schema)
            body = {"messages": joined, "model": self._model, **fields, **held, dialect.tokens: max_tokens}
            try:
                outcome = self._try_often(body, effort)
            except ModelError as error:  # the model was closed
                error.lost_calls += effort.n_lost
                raise
            if isinstance(outcome, Completion):
                return replace(outcome, lost_calls=effort.n_lost)
            learned = dialect.after(outcome, with_schema=bool(held))
            if learned == dialect:
                raise outcome.to_error(effort.n_tries, lost_calls=effort.n_lost)
            self._dialect, effort.n_tries = learned, 0

    def close(self) -> None:
        """Fails the calls in flight and cuts their connections."""
        self._official.close()

    def _hold_reply(self, dialect: Dialect, schema: JsonSchema | None) -> Mapping[str, object]:
        if schema is None or not dialect.schema:
            return {}
        return self._schema_fields(schema if dialect.bounds else drop_bounds(schema))

    def _try_often(self, body: Mapping[str, object], effort: "_Effort") -> Completion | Fault:
        turn, client = effort.turn, self._official.open()
        while True:
            with self._pace.wait(turn, self._sleep):
                outcome = self._attempt(client, body)
                if isinstance(outcome, Completion):
                    self._pace.succeed(turn, _sum_tokens(outcome))
                    return outcome
                effort.n_lost += outcome.lost
                patient = self._settle(outcome, effort)
            if not outcome.transient or effort.n_tries >= self._max_tries or not patient:
                return outcome

    def _settle(self, fault: Fault, effort: "_Effort") -> bool:
        """Tells the pace what came of a try; returns whether another may help."""
        if fault.limited:
            return self._pace.refuse(effort.turn, fault.retry_after)
        effort.n_tries += 1
        if fault.transient:
            self._pace.fail(effort.turn, fault.retry_after, alive=fault.alive)
        return True

    def _attempt(self, client: "openai.OpenAI", body: Mapping[str, object]) -> Completion | Fault:
        import openai

        start = time.perf_counter()
        try:
            reply = self._run(lambda: client.post("/chat/completions", cast_to=bytes, body=body))
            return read_reply(reply, round((time.perf_counter() - start) * 1000))
        except (openai.APIError, ValueError, TimeoutError, WireError) as error:
            if self._calls.closed:
                raise ModelError("The model was closed while it answered.", lost_calls=1) from None
            fault = read_fault(error, self._route, self._clock())
        except KeyboardInterrupt:
            # Whoever answers should stop too, not work for nobody.
            self._wires.cut()
            raise
        # Not an exception: an error raised within the handler would carry the provider's own, and with it the key.
        return fault

    def _run(self, work: Callable[[], bytes]) -> bytes:
        """Returns what `work` returns; leaves it behind where nothing else would free its caller.

        Ctrl-C reaches the main thread between two waits only, and Windows does not wake who reads from a socket that
        is shut down. Any other thread is woken by the end of its connection, and needs no second one to work for it.
        """
        if os.name == "posix" and threading.current_thread() is not threading.main_thread():
            self._calls.check_open()
            return work()
        return self._calls.run(work, self._timeout + 1.0)


@dataclass(slots=True)
class _Effort:
    """What was done for one completion so far."""

    turn: Turn
    n_tries: int = 0
    n_lost: int = 0


def _find_secrets(key: str, base_url: str) -> tuple[str, ...]:
    parts = urlsplit(base_url)
    secrets = [key if len(key) > len("none") else "", parts.password or "", parts.query]
    return tuple(secret for secret in secrets if secret)


def _estimate_tokens(messages: Sequence[Message], max_tokens: int) -> int:
    return sum(len(message.text) for message in messages) // _CHARACTERS_PER_TOKEN + max_tokens


def _sum_tokens(completion: Completion) -> int | None:
    if completion.tokens_in is None or completion.tokens_out is None:
        return None
    return completion.tokens_in + completion.tokens_out
