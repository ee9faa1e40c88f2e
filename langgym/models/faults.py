"""What went wrong between LangGym and an endpoint, in one line that holds no key."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit, urlunsplit

from langgym.errors import ModelError, PromptTooLong
from langgym.models.wires import WireError

MAX_TEXT = 300
"""Characters of a provider's own words that an error repeats."""

_TRANSIENT = frozenset({408, 409, 425, 429})
_SECRET = re.compile(
    r"(?i)\b(?:bearer|basic)\s+[^\s\"',;]{4,}"
    r"|\bauthorization\b[\"']?\s*[:=]\s*[\"']?[^\"',;}]+"
    r"|\b(?:x-)?api[-_ ]?key\b[\"']?\s*(?:[:=]|is)\s*[\"']?[^\s\"',;}]+"
    r"|\bset-cookie\b[\"']?\s*[:=]\s*[^\n]+"
    r"|\bsk-[\w*.-]{4,}"
)
_TOO_LONG = re.compile(
    r"(?i)context_length_exceeded|exceed_context_size|maximum context length|available context size"
    r"|context (?:length|window|size)\b.{0,80}\b(?:exceed|too (?:long|large|small)|limit)"
    r"|exceed.{0,60}\bcontext (?:length|window|size)"
    r"|(?:prompt|input|request) is too long|input token count.{0,40}exceeds|too many (?:input |prompt )?tokens"
    r"|reduce the length of (?:the|your) (?:messages|prompt|input)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One failed attempt, in words that may be stored and shown."""

    message: str
    """One line: what happened and what to do."""
    detail: str
    """The provider's own words in full, stripped of secrets; empty where it said nothing."""
    status: int | None = None
    transient: bool = False
    """Whether asking again may help."""
    retry_after: float | None = None
    """Seconds that the provider asked to wait."""
    too_long: bool = False
    lost: bool = False
    """Whether the request was sent and may be billed, though its answer never came whole."""

    @property
    def limited(self) -> bool:
        """Whether the provider asks to come slower."""
        return self.status == 429 and self.transient

    @property
    def alive(self) -> bool:
        """Whether it shows that the provider is up and answers."""
        return self.status is not None and self.status < 500

    def to_error(self, tries: int, *, lost_calls: int = 0) -> ModelError:
        """Returns the error that the caller of the model gets after `tries` attempts."""
        text = self.message if tries <= 1 else f"{self.message} ({tries} tries)"
        kind = PromptTooLong if self.too_long else ModelError
        return kind(text, status=self.status, lost_calls=lost_calls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a call went: what an error may name, and what it must not."""

    model: str
    base_url: str
    secrets: tuple[str, ...] = ()
    key_name: str = "OPENAI_API_KEY"
    url_name: str = "OPENAI_BASE_URL"


def strip_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    r"""Returns `text` on one line, with the known `secrets` and whatever looks like a key or a header replaced.

    >>> strip_secrets("Incorrect API key provided: hunter2.\nSee the page", ["hunter2"])
    'Incorrect API key provided: [key]. See the page'
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "[key]")
    return " ".join(_SECRET.sub("[key]", text).split())


def strip_url(url: str) -> str:
    """Returns `url` without user, password, query and fragment.

    >>> strip_url("https://me:secret@example.org:8443/v1?key=secret")
    'https://example.org:8443/v1'
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def read_retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Returns the seconds that a reply asks to wait, from `retry-after-ms` or `retry-after` (seconds or HTTP date).

    Args:
        headers: The headers of the reply; looked up in lower case.
        now: The time in seconds since 1970, for dates.
    """
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name, "")
        if re.fullmatch(r"\d+(\.\d+)?", value):
            return float(value) / scale
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)


def read_fault(error: Exception, route: Route, now: float) -> Fault:
    """Returns what `error`, raised by the `openai` client or while its reply was read, means for the caller."""
    import openai

    if isinstance(error, openai.APIStatusError):
        words = strip_secrets(_find_words(error), route.secrets)
        after = read_retry_after(error.response.headers, now)
        if 300 <= error.status_code < 400:
            words = strip_url(error.response.headers.get("location", ""))
        return _read_status(error.status_code, words, route, after)
    place = strip_url(route.base_url)
    if isinstance(error, WireError):
        return _read_wire(error, route)
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return Fault(message=f"No answer from {place} in time: is it overloaded?", detail="", transient=True)
    if isinstance(error, openai.APIConnectionError):
        cause = strip_secrets(str(error.__cause__ or ""), route.secrets)
        message = f"Cannot reach {place}: is the server running? Set {route.url_name}."
        return Fault(message=message, detail=cause, transient=True)
    words = strip_secrets(str(error), route.secrets)[:MAX_TEXT]
    # The client raises nothing else but what a reply that came whole is to blame for.
    return Fault(message=f"The reply of {place} cannot be read: {words}", detail=words, transient=True, lost=True)


def _read_wire(error: WireError, route: Route) -> Fault:
    place, words = strip_url(route.base_url), strip_secrets(str(error), route.secrets)[:MAX_TEXT]
    if error.final:
        message = f"The reply of {place} cannot be read: {words}"
    elif error.late:
        message = f"No answer from {place} in time: is it overloaded?"
    elif error.sent:
        message = f"The reply of {place} broke off: {words}"
    else:
        message = f"Cannot reach {place}: is the server running? Set {route.url_name}."
    return Fault(message=message, detail=words, transient=not error.final, lost=error.sent)


def _find_words(error: Exception) -> str:
    """Returns what the provider said: its message, with code and type, out of any of the usual shapes of a body."""
    body: object = getattr(error, "body", None)
    if not isinstance(body, Mapping):
        return str(body if body is not None else error)
    found: list[str] = []
    for part in (body, body.get("error"), body.get("detail")):  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if isinstance(part, str):
            found.append(part)
        elif isinstance(part, Mapping):
            names = ("message", "code", "type", "param")
            found += [value for name in names if isinstance(value := part.get(name), str)]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportUnknownArgumentType]
    return " ".join(dict.fromkeys(found)) or str(error)


def _read_status(status: int, words: str, route: Route, retry_after: float | None) -> Fault:
    place, said = strip_url(route.base_url), words[:MAX_TEXT]
    too_long = status in {400, 413, 422} and bool(_TOO_LONG.search(words))
    spent = status == 429 and "insufficient_quota" in words
    if too_long:
        message = f"The prompt does not fit the context of {route.model!r}: {said}"
    elif spent:
        message = f"The account at {place} has no quota left: {said}"
    elif status in {401, 403}:
        message = f"{place} refuses the key: check {route.key_name}. It says: {said}"
    elif status == 404 and "model" in words.lower():
        message = f"Unknown model {route.model!r} at {place}: {said}"
    elif status == 404:
        message = f"{place} has no chat completions: check {route.url_name}."
    elif 300 <= status < 400:
        message = f"{place} redirects to {said!r}, which is not followed: set {route.url_name}."
    elif status == 429:
        message = f"{place} limits the rate: {said}"
    else:
        message = f"{place} answered {status}: {said}"
    transient = not spent and (status in _TRANSIENT or status >= 500)
    return Fault(
        message=message,
        detail=words,
        status=status,
        transient=transient,
        retry_after=retry_after,
        too_long=too_long,
    )
