"""What a provider answers on its bad days, for the server of the tests to play."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a responder gives back where a plain string does not say enough."""

    text: str | None
    finish: str = "stop"
    refusal: str | None = None
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One bad answer of the server, in place of what the responder would say."""

    status: int = 200
    body: str | bytes | None = None
    """`None` is the body of a good answer."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delay: float = 0.0
    """Seconds before anything is sent; the server's end cuts it short."""
    cut: bool = False
    """Whether the connection ends in the middle of the body."""
    drop: bool = False
    """Whether the connection is reset before anything is sent."""
    chunked: bool = False
    """Whether the body comes in chunks, its length untold."""
    drip: float = 0.0
    """Seconds between two bytes of the body."""
    padding: int = 0
    """Bytes of blanks after the body."""
    closes: bool = False
    """Whether the connection ends after the answer, without a word of it."""
    answer: Answer | None = None
    """A well-formed answer that the responder did not give."""
    leaks_key: bool = False
    """Whether the body repeats the key of the request, as careless providers do."""


def make_error(
    status: int, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None
) -> Fault:
    """Returns an error in the usual shape."""
    body = json.dumps({"error": {"message": message, "type": "error", "param": None, "code": code}})
    return Fault(status=status, body=body, headers=headers or {})


def rate_limited(retry_after: str) -> Fault:
    """Returns a 429 with this Retry-After: seconds or an HTTP date."""
    return make_error(429, "Rate limit reached.", code="rate_limit_exceeded", headers={"Retry-After": retry_after})


def overloaded() -> Fault:
    """Returns a 500 with a page instead of JSON."""
    return Fault(status=500, body="<html>Internal Server Error</html>", headers={"Content-Type": "text/html"})


def slow(seconds: float) -> Fault:
    """Returns a good answer that takes its time."""
    return Fault(delay=seconds)


def cut_off() -> Fault:
    """Returns the first half of a good answer."""
    return Fault(cut=True)


def dropped() -> Fault:
    """Returns a connection that is reset."""
    return Fault(drop=True)


def broken_json() -> Fault:
    """Returns a 200 whose body is no JSON."""
    return Fault(body='{"choices": [{"mess')


def truncated(text: str) -> Fault:
    """Returns a reply that reached the limit of tokens."""
    return Fault(answer=Answer(text=text, finish="length"))


def empty() -> Fault:
    """Returns a reply without content."""
    return Fault(answer=Answer(text=None))


def refused(reason: str) -> Fault:
    """Returns a refusal."""
    return Fault(answer=Answer(text=None, refusal=reason))


def too_long() -> Fault:
    """Returns a 400 for a prompt that does not fit."""
    words = "This model's maximum context length is 4096 tokens. However, your messages resulted in 9000 tokens."
    return make_error(400, words, code="context_length_exceeded")


def no_schema() -> Fault:
    """Returns a 400 for a request with a JSON schema."""
    return make_error(400, "'response_format' of type 'json_schema' is not supported with this model.")


def bad_key() -> Fault:
    """Returns a 401 that repeats the key."""
    return Fault(status=401, leaks_key=True)


def unavailable(retry_after: str) -> Fault:
    """Returns a 503 with this Retry-After: seconds or an HTTP date."""
    return make_error(503, "The engine is overloaded.", headers={"Retry-After": retry_after})


def redirected(url: str, *, status: int = 302) -> Fault:
    """Returns a redirect to `url`, where nobody should take a key or a prompt."""
    return Fault(status=status, body="", headers={"Location": url})


def web_page() -> Fault:
    """Returns a 200 with a page: what a captive portal or a wrong address says."""
    return Fault(body="<html><body>Welcome</body></html>", headers={"Content-Type": "text/html"})


def wrong_type() -> Fault:
    """Returns a good answer that claims to be plain text."""
    return Fault(headers={"Content-Type": "text/plain"})


def cut_chunks() -> Fault:
    """Returns the first half of a good answer in chunks, of which the last never comes."""
    return Fault(chunked=True, cut=True)


def endless(n_bytes: int) -> Fault:
    """Returns a good answer followed by so many blanks."""
    return Fault(padding=n_bytes)


def dripping(seconds: float) -> Fault:
    """Returns a good answer, one byte every so many seconds: no single wait for it is long."""
    return Fault(drip=seconds)


def invalid_text() -> Fault:
    """Returns a completion whose text is no UTF-8."""
    return Fault(body=b'{"choices": [{"index": 0, "message": {"role": "assistant", "content": "\xff\xfe"}}]}')


def called_tools() -> Fault:
    """Returns calls of tools in place of text."""
    call = {"id": "1", "type": "function", "function": {"name": "play", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return Fault(body=json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}))


def two_choices(*texts: str) -> Fault:
    """Returns a completion with a choice for each of `texts`."""
    choices = [
        {"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        for index, text in enumerate(texts)
    ]
    return Fault(body=json.dumps({"choices": choices}))


def absurd_usage(text: str) -> Fault:
    """Returns a completion whose counts of tokens cannot be true."""
    usage = {"prompt_tokens": -5, "completion_tokens": 10**30, "prompt_tokens_details": {"cached_tokens": "many"}}
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return Fault(body=json.dumps({"choices": [choice], "usage": usage}))


def hung_up() -> Fault:
    """Returns a good answer after which the connection is closed: the next request finds it gone."""
    return Fault(closes=True)


FAULTS: Mapping[str, Callable[[], Fault]] = {
    "limited": partial(rate_limited, "0"),
    "limited, without a hint": partial(make_error, 429, "Slow down"),
    "overloaded": overloaded,
    "unavailable": partial(unavailable, "0"),
    "bad gateway": partial(make_error, 502, "Bad gateway"),
    "request timeout": partial(make_error, 408, "Request timeout"),
    "conflict": partial(make_error, 409, "Conflict"),
    "bad request": partial(make_error, 400, "Bad request"),
    "bad key": bad_key,
    "forbidden": partial(make_error, 403, "Forbidden"),
    "unknown model": partial(make_error, 404, "The model `m` does not exist", code="model_not_found"),
    "too large": partial(make_error, 413, "Payload too large"),
    "unprocessable": partial(make_error, 422, "Unprocessable"),
    "too long": too_long,
    "no schema": no_schema,
    "spent quota": partial(make_error, 429, "You exceeded your quota", code="insufficient_quota"),
    "redirected": partial(redirected, "http://127.0.0.1:9/v1/chat/completions"),
    "redirected, with the body": partial(redirected, "http://127.0.0.1:9/v1/chat/completions", status=307),
    "silent": partial(slow, 60.0),
    "dripping": partial(dripping, 1.0),
    "cut off": cut_off,
    "cut chunks": cut_chunks,
    "dropped": dropped,
    "hung up": hung_up,
    "broken JSON": broken_json,
    "web page": web_page,
    "wrong type": wrong_type,
    "endless": partial(endless, 100 * 2**20),
    "invalid text": invalid_text,
    "empty": empty,
    "refused": partial(refused, "I cannot."),
    "truncated": partial(truncated, '{"'),
    "called tools": called_tools,
    "two choices": partial(two_choices, "one", "two"),
    "absurd usage": partial(absurd_usage, "nonsense"),
}
"""Every bad day of a provider, by name; each is made for one request."""
