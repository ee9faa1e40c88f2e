"""Requests to a service: sent again while it is away, its problems raised as the errors that they are."""

import json
import random
import time
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2
from pydantic import BaseModel, ValidationError

from universe.errors import (
    BadKwargs,
    BadSeat,
    EnvFault,
    IllegalAction,
    MissingExtra,
    ServiceAway,
    ServiceError,
    UniverseError,
    UnreadableAnswer,
)
from universe.service.wire import Problem

M = TypeVar("M", bound=BaseModel)

PATIENCE = 60.0
"""Seconds for which a service that was there is waited for."""
FIRST_PATIENCE = 3.0
"""Seconds for which one is waited for that has never answered: the address may be wrong."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_BUSY = (429, 502, 503, 504)
_TIMES = httpx2.Timeout(connect=5.0, read=60.0, write=30.0, pool=60.0)
"""A seat waits for its turn for up to 30 seconds in one request."""
_ERRORS: Mapping[str, Callable[[str], UniverseError]] = {
    "bad_kwargs": BadKwargs,
    "missing_extra": MissingExtra,
    "bad_seat": BadSeat,
    "env_fault": EnvFault,
    "illegal": IllegalAction,
    "unreadable": UnreadableAnswer,
}
"""By the code of a problem."""


class Refusal(ServiceError):
    """A problem that the service answered with."""

    def __init__(self, message: str, *, status: int, code: str, attempts_left: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.attempts_left = attempts_left
        """Of an answer that does not count."""

    def explain(self) -> UniverseError:
        """Returns the error that a local environment raises in its place; itself where there is none."""
        make = _ERRORS.get(self.code)
        return self if make is None else make(str(self))


class Link:
    """A way to one service; may be used from several threads."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepares to ask; nothing is sent yet.

        Args:
            url: Of the service: `http://127.0.0.1:8642`.
            token: Of the service, where it has one.
            patience: Seconds for which it is waited for when it does not answer.
            clock: Tells seconds.
            sleep: Waits for seconds.

        Raises:
            ServiceError: The address is none.
        """
        self.url = check_url(url)
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._met = False
        headers = {"Accept": "application/json", "User-Agent": "langgym"}
        if token:
            headers["Authorization"] = f"Bearer {_check_token(token)}"
        self._http = httpx2.Client(
            base_url=self.url, headers=headers, timeout=_TIMES, trust_env=not _is_loopback(self.url)
        )

    def get(
        self, path: str, model: type[M], *, params: Mapping[str, str | int] | None = None, right: str | None = None
    ) -> M:
        """Returns what a path holds.

        Args:
            path: Below the service's address.
            model: What is expected.
            params: Of the query.
            right: A seat's or an owner's token.

        Raises:
            Refusal: The service answered with a problem.
            ServiceAway: It did not answer.
            ServiceError: It answered what cannot be read.
        """
        return self._read(self._send("GET", path, params=params, right=right), model)

    def post(
        self,
        path: str,
        body: BaseModel | None,
        model: type[M],
        *,
        right: str | None = None,
        patience: float | None = None,
    ) -> M:
        """Returns what came of a request; one that failed by the connection is sent again. Raises as `get`."""
        return self._read(self._send("POST", path, body=body, right=right, patience=patience), model)

    def tell(self, path: str, *, right: str | None = None, patience: float | None = None) -> None:
        """Sends a request without a body that has no answer. Raises as `get`."""
        self._send("POST", path, right=right, patience=patience)

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: BaseModel | None = None,
        right: str | None = None,
        patience: float | None = None,
    ) -> httpx2.Response:
        headers = {"X-Seat-Token": right} if right else {}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body.model_dump(mode="json", by_alias=True)).encode()
        begun, pause = self._clock(), _FIRST_PAUSE
        if patience is None:
            patience = self._patience if self._met else min(self._patience, FIRST_PATIENCE)
        while True:
            try:
                answer = self._http.request(method, path, params=params, content=content, headers=headers)
            except httpx2.TransportError as error:
                trouble = f"{type(error).__name__}: {error}"
            else:
                if answer.status_code not in _BUSY:
                    self._met = True
                    return _check_status(answer)
                trouble = str(_read_problem(answer))
                pause = max(pause, _find_pause(answer))
            if self._clock() - begun + pause > patience:
                raise ServiceAway(
                    f"The universe at {self.url} does not answer: {plain(trouble)}. Is `langgym serve` running there?"
                )
            self._sleep(pause * random.uniform(0.8, 1.2))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _read(self, answer: httpx2.Response, model: type[M]) -> M:
        try:
            return model.model_validate_json(answer.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"])) or "the answer"
            raise ServiceError(
                f"The universe at {self.url} speaks otherwise than this version of LangGym: {place}: {first['msg']}."
            ) from None


def check_url(url: str) -> str:
    """Returns a service's address without its last slash.

    Raises:
        ServiceError: It is no address, or holds a name or password.
    """
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ServiceError(f"{url!r} is no address of a universe; write http://127.0.0.1:8642.") from None
    if "@" in parts.netloc:
        raise ServiceError("An address is stored and shown: leave name and password out, use LANGGYM_UNIVERSE_TOKEN.")
    if not sound or parts.query or parts.fragment:
        raise ServiceError(f"{url!r} is no address of a universe; write http://127.0.0.1:8642.")
    return url.rstrip("/")


def plain(text: str) -> str:
    """Returns text from elsewhere on one line, with what is not printable escaped."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _check_token(token: str) -> str:
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ServiceError("The universe's token holds what no token holds: spaces, or letters beyond ASCII.")
    return token


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_status(answer: httpx2.Response) -> httpx2.Response:
    if answer.is_success:
        return answer
    refusal = _read_problem(answer)
    meant = refusal.explain()
    if meant is refusal:
        raise refusal
    raise meant from refusal


def _read_problem(answer: httpx2.Response) -> Refusal:
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValidationError:
        where = f"{answer.request.method} {answer.request.url.path}"
        return Refusal(
            f"{where} was answered with status {answer.status_code}", status=answer.status_code, code="status"
        )
    if answer.status_code in (401, 403):
        detail = f"The universe refuses: {plain(problem.detail)} Set LANGGYM_UNIVERSE_TOKEN to its token."
    else:
        detail = plain(problem.detail)
    return Refusal(detail, status=problem.status, code=problem.code, attempts_left=problem.attempts_left)


def _find_pause(answer: httpx2.Response) -> float:
    """Returns the seconds that a busy service asks to be left alone."""
    try:
        return min(30.0, max(0.0, float(answer.headers.get("Retry-After", "0"))))
    except ValueError:
        return 0.0
