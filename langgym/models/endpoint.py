"""Chat models behind an OpenAI-compatible endpoint, through the official client."""

import random
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from langgym.errors import UsageError
from langgym.models.calls import Calls
from langgym.models.chat import Completion, Finish, JsonSchema, Message
from langgym.models.faults import Fault, Route, read_fault, strip_url
from langgym.models.wires import Wires

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletionMessageParam
    from tenacity import RetryCallState

SchemaFields = Callable[[JsonSchema], Mapping[str, object]]
"""Turns a JSON schema into the fields of a request that hold the reply to it."""

OPENAI_URL = "https://api.openai.com/v1"
MAX_TRIES = 5
CONNECT_SECONDS = 10.0
FIRST_WAIT = 0.5
LONGEST_WAIT = 20.0
LONGEST_RETRY_AFTER = 60.0
"""Seconds that a provider's Retry-After is honoured at most."""
_SURROGATE = re.compile("[\ud800-\udfff]")
SEED_BITS = 31
"""Bits of a seed that every server takes: llama.cpp holds 32, of which the last value means a random one."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an endpoint understands, learned from what it refuses."""

    schema: bool = True
    bounds: bool = True
    """Whether a schema may limit the length of strings."""
    tokens: str = "max_tokens"
    """The field that limits the reply."""

    def after(self, fault: Fault, *, with_schema: bool) -> "Dialect":
        """Returns the dialect to try after `fault`; the same one where the fault is about something else."""
        words = fault.detail.lower()
        if fault.status not in {400, 422} or fault.too_long:
            return self
        if self.tokens == "max_tokens" and "max_completion_tokens" in words:
            return replace(self, tokens="max_completion_tokens")
        if not with_schema or not self.schema:
            return self
        if self.bounds and ("maxlength" in words or "minlength" in words):
            return replace(self, bounds=False)
        names = ("response_format", "json_schema", "json schema", "structured output", "guided", "grammar")
        return replace(self, schema=False) if any(name in words for name in names) else self


class EndpointModel:
    """A model behind an OpenAI-compatible chat endpoint.

    Timeouts, lost connections, replies that are cut off or not JSON, and the statuses 408, 409, 425, 429 and 5xx are
    tried again, with exponential waits and jitter or as long as the provider asks; nothing else is. An endpoint that
    refuses JSON schemas is asked for text from then on. Errors never hold the key.
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
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Opens nothing yet: the client is made by the first call.

        Args:
            name: What `name` returns.
            model: The model's name at the endpoint.
            base_url: Where `/chat/completions` is.
            api_key: Sent as the bearer token.
            timeout: Seconds for one attempt.
            max_tries: Attempts for one call, at least one.
            temperature: Used where a call gives none; `None` leaves it to the endpoint.
            fingerprint: `None` takes the endpoint and the model.
            schema_fields: `None` uses `response_format`.
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
        self._calls = Calls()
        self._wires = Wires()
        self._sleep, self._clock = self._calls.wait if sleep is None else sleep, clock
        self._random = random.Random()
        self._lock = threading.Lock()
        self._dialect = Dialect()
        self._client: openai.OpenAI | None = None
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
        while True:
            dialect = self._dialect
            held = self._hold_reply(dialect, schema)
            try:
                return self._try_often(messages, {**fields, **held, dialect.tokens: max_tokens})
            except _AttemptFailed as failure:
                fault, tries = failure.fault, failure.tries
            learned = dialect.after(fault, with_schema=bool(held))
            if learned == dialect:
                raise fault.to_error(tries)
            self._dialect = learned

    def close(self) -> None:
        """Fails the calls in flight and cuts their connections."""
        self._calls.close()
        self._wires.end()
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _hold_reply(self, dialect: Dialect, schema: JsonSchema | None) -> Mapping[str, object]:
        if schema is None or not dialect.schema:
            return {}
        return self._schema_fields(schema if dialect.bounds else _drop_bounds(schema))

    def _try_often(self, messages: Sequence[Message], fields: Mapping[str, object]) -> Completion:
        import tenacity

        for attempt in tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._max_tries),
            retry=tenacity.retry_if_exception(
                lambda error: isinstance(error, _AttemptFailed) and error.fault.transient
            ),
            wait=self._find_wait,
            sleep=self._sleep,
            reraise=True,
        ):
            with attempt:
                return self._attempt(messages, fields, attempt.retry_state.attempt_number)
        raise AssertionError("unreachable: tenacity raises the last error")

    def _attempt(self, messages: Sequence[Message], fields: Mapping[str, object], number: int) -> Completion:
        client = self._open_client()
        import openai

        start = time.perf_counter()
        try:
            reply = self._calls.run(
                lambda: client.chat.completions.create(
                    model=self._model, messages=join_messages(messages), extra_body=dict(fields)
                ),
                timeout=self._timeout + 1.0,
            )
            return _read_reply(reply, round((time.perf_counter() - start) * 1000))
        except (openai.APIError, ValueError, TimeoutError) as error:
            fault = read_fault(error, self._route, self._clock())
        except KeyboardInterrupt:
            # Whoever answers should stop too, not work for nobody.
            self._wires.cut()
            raise
        # Outside of the handler: an error raised within would carry the provider's own, and with it the key.
        raise _AttemptFailed(fault, number)

    def _find_wait(self, state: "RetryCallState") -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _AttemptFailed) and error.fault.retry_after is not None:
            return min(error.fault.retry_after, LONGEST_RETRY_AFTER)
        longest = min(FIRST_WAIT * 2 ** (state.attempt_number - 1), LONGEST_WAIT)
        return self._random.uniform(longest / 2, longest)

    def _open_client(self) -> "openai.OpenAI":
        import openai

        with self._lock:
            if self._client is None:
                limits = openai.Timeout(self._timeout, connect=min(CONNECT_SECONDS, self._timeout))
                # A proxy from the environment must not see what stays on this machine.
                outside = not is_loopback(self._base_url)
                self._client = openai.OpenAI(
                    api_key=self._key,
                    base_url=self._base_url,
                    timeout=limits,
                    max_retries=0,
                    http_client=openai.DefaultHttpxClient(
                        trust_env=outside, timeout=limits, event_hooks={"request": [self._wires.watch]}
                    ),
                )
            return self._client


class _AttemptFailed(Exception):
    def __init__(self, fault: Fault, tries: int) -> None:
        super().__init__(fault.message)
        self.fault, self.tries = fault, tries


def is_loopback(url: str) -> bool:
    """Returns whether `url` leads to this machine.

    >>> is_loopback("http://127.0.0.1:8080/v1"), is_loopback("https://example.org/v1")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def make_response_format(schema: JsonSchema) -> Mapping[str, object]:
    """Returns the request field that holds a reply to `schema`, strictly."""
    strict = {"additionalProperties": False, **schema}
    return {
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": strict}}
    }


def join_messages(messages: Sequence[Message]) -> "list[ChatCompletionMessageParam]":
    """Returns `messages` as the client takes them; neighbours of one role become one, for many templates need turns."""
    joined: list[tuple[str, list[str]]] = []
    for message in messages:
        if joined and joined[-1][0] == message.role:
            joined[-1][1].append(message.text)
        else:
            joined.append((message.role, [message.text]))
    # A lone surrogate has no UTF-8 and so cannot be sent.
    return [_make_param(role, _SURROGATE.sub("\ufffd", "\n\n".join(texts))) for role, texts in joined]


def _make_param(role: str, text: str) -> "ChatCompletionMessageParam":
    if role == "system":
        return {"role": "system", "content": text}
    if role == "assistant":
        return {"role": "assistant", "content": text}
    return {"role": "user", "content": text}


def _find_secrets(key: str, base_url: str) -> tuple[str, ...]:
    parts = urlsplit(base_url)
    secrets = [key if len(key) > len("none") else "", parts.password or "", parts.query]
    return tuple(secret for secret in secrets if secret)


def _drop_bounds(schema: JsonSchema) -> JsonSchema:
    """Returns `schema` without limits on the length of strings."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return schema
    bare: dict[str, object] = {}
    for name, field in properties.items():  # pyright: ignore[reportUnknownVariableType]
        keep = {key: value for key, value in dict(field).items() if key not in {"minLength", "maxLength"}}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        bare[str(name)] = keep  # pyright: ignore[reportUnknownArgumentType]
    return {**schema, "properties": bare}


def _read_reply(reply: object, milliseconds: int) -> Completion:
    """Returns the completion in `reply`; the client validates nothing, so everything may be missing.

    Raises:
        ValueError: `reply` is no completion.
    """
    from openai.types.chat import ChatCompletion

    if not isinstance(reply, ChatCompletion):
        raise ValueError("not JSON")
    choices: object = getattr(reply, "choices", None)
    if not isinstance(choices, list) or not reply.choices or not getattr(reply.choices[0], "message", None):
        raise ValueError(f"no choices: {(reply.model_extra or {}).get('error', '')}")
    choice, usage = reply.choices[0], reply.usage
    refusal = getattr(choice.message, "refusal", None)
    content: object = getattr(choice.message, "content", None)
    finish: Finish = "length" if choice.finish_reason == "length" else "stop"
    if refusal or choice.finish_reason == "content_filter":
        finish = "refused"
    details = getattr(usage, "prompt_tokens_details", None)
    return Completion(
        text=content if isinstance(content, str) and content else refusal or "",
        finish=finish,
        tokens_in=getattr(usage, "prompt_tokens", None),
        tokens_out=getattr(usage, "completion_tokens", None),
        cached_tokens=getattr(details, "cached_tokens", None),
        milliseconds=milliseconds,
    )
