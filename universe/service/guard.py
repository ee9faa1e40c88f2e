"""The guard: one piece of ASGI in front of everything that is served, programs' paths and assistants' alike."""

import logging
import random
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from universe.service.bodies import Disconnected, Receive, check_json, read_body
from universe.service.doors import Door, Headers, Pace
from universe.service.logs import describe_error
from universe.service.problems import TITLES, Refusal, failed
from universe.service.settings import ServiceSettings
from universe.service.wire import Problem

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

REQUEST_ID = "langgym.request_id"
"""Where a request's id stands in its scope."""
PROBLEM = "application/problem+json"
SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
)
"""Headers of every answer."""
ONCE = (b"host", b"content-length", b"content-type", b"authorization", b"x-seat-token", b"origin")
"""Headers that say nothing certain when they come twice."""
_PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ODD_PATH = re.compile(rb"//|/\.{1,2}(?:/|$)|%(?:00|2f|5c|2e)|\\|[\x00-\x20\x7f-\xff]", re.IGNORECASE)
_JSON = re.compile(rb"application/json(?:\s*;\s*charset=\"?utf-8\"?)?\s*", re.IGNORECASE)

log = logging.getLogger("universe.service")


class Counting(Protocol):
    """Whoever counts requests."""

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one."""
        ...


class Guard:
    """Lets requests through to an app, whole and sound, and sees to it that every answer is fit to leave."""

    def __init__(self, app: App, settings: ServiceSettings, counting: Counting) -> None:
        self._app = app
        self._limits = settings.limits
        self._door = Door(settings)
        self._pace = Pace(settings)
        self._counting = counting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; what is no HTTP is turned away."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        headers = _gather(scope["headers"])
        scope[REQUEST_ID] = request_id = _find_id(headers)
        answer = _Answer(send, request_id)
        try:
            self._check_head(scope, headers)
            body = await read_body(receive, self._limits, length=_read_length(headers))
            if body:
                self._check_body(headers, body)
            await self._app(scope, _Replay(body, receive), answer)
        except Refusal as refusal:
            await answer.refuse(refusal)
        except Disconnected:
            answer.status = 499
        except Exception as error:
            log.error("a request failed", extra={"request_id": request_id, **describe_error(error)})
            await answer.refuse(failed())
        finally:
            self._tell(scope, answer.status, time.perf_counter() - began)

    def _check_head(self, scope: Scope, headers: Headers) -> None:
        self._door.check_size(scope["headers"])
        if any(len(headers.get(name, ())) > 1 for name in ONCE):
            raise Refusal(400, "bad_request", "A header that may come once comes twice.")
        client = scope.get("client")
        self._pace.check(client[0] if client else "?")
        self._door.check(scope["path"], headers)
        raw = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
        if _ODD_PATH.search(raw.partition(b"?")[0]):
            raise Refusal(404, "not_found", "There is no such path.")

    def _check_body(self, headers: Headers, body: bytes) -> None:
        kind = headers.get(b"content-type", [b""])[0]
        if _JSON.fullmatch(kind) is None:
            raise Refusal(415, "media_type", "Send `Content-Type: application/json`.")
        check_json(body, self._limits)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or scope.get("langgym.route", "unmatched")
        self._counting.answered(scope["method"], route, status, seconds)
        if log.isEnabledFor(logging.INFO):
            client = scope.get("client")
            told = {
                "request_id": scope[REQUEST_ID],
                "method": scope["method"],
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 2),
                "client": client[0] if client else None,
                "table": scope.get("path_params", {}).get("table", "")[:32] or None,
            }
            log.info("request", extra=told)


def show_problem(refusal: Refusal, request_id: str) -> Problem:
    """Returns a refusal as it goes over the wire."""
    return Problem(
        type=f"urn:langgym:problem:{refusal.code}",
        title=TITLES[refusal.code],
        status=refusal.status,
        detail=refusal.detail[:4000],
        request_id=request_id,
        code=refusal.code,
        attempts_left=refusal.attempts_left,
    )


def list_headers(refusal: Refusal) -> dict[str, str]:
    """Returns the headers that belong to a refusal."""
    found: dict[str, str] = {}
    if refusal.retry_after is not None:
        found["Retry-After"] = str(refusal.retry_after)
    if refusal.status == 401:
        found["WWW-Authenticate"] = 'Bearer realm="langgym"'
    return found


class _Answer:
    """An answer on its way out: it gets its headers, and its status is remembered."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status = 0
        """0 before it has begun."""

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            kept = [
                (name, value)
                for name, value in message.get("headers", ())
                if not name.lower().startswith(b"access-control-") and name.lower() != b"cache-control"
            ]
            message["headers"] = [*kept, *SECURITY, (b"x-request-id", self._request_id.encode())]
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        """Sends a problem, unless an answer has begun."""
        if self.status:
            return
        body = show_problem(refusal, self._request_id).model_dump_json(exclude_none=True).encode()
        headers = [(name.lower().encode(), value.encode()) for name, value in list_headers(refusal).items()]
        headers += [(b"content-type", PROBLEM.encode()), (b"content-length", str(len(body)).encode())]
        if refusal.status in (408, 413):
            headers.append((b"connection", b"close"))
        await self({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await self({"type": "http.response.body", "body": body})


class _Replay:
    """Gives an app the body that was read, then whatever comes after it."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> MutableMapping[str, Any]:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


def _gather(raw: list[tuple[bytes, bytes]]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in raw:
        found.setdefault(name.lower(), []).append(value)
    return found


def _find_id(headers: Headers) -> str:
    """Returns the id that a request brings, where it is short and plain, else a new one.

    A new one is no secret: asking the system for its bits would only make the event loop wait for Python's lock.
    """
    given = headers.get(b"x-request-id", [b""])[0].decode("latin-1")
    return given if _PLAIN_ID.fullmatch(given) else f"{random.getrandbits(128):032x}"


def _read_length(headers: Headers) -> int | None:
    given = headers.get(b"content-length", [b""])[0]
    return int(given) if given.isdigit() and len(given) < 19 else None
