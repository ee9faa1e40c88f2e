"""A service in a thread, and a client that knows nothing but HTTP."""

import json
import logging
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from universe.service.hall import Hall
from universe.service.logs import JsonFormatter
from universe.service.running import serving
from universe.service.settings import Limits, ServiceSettings

TOKEN = "the-token-of-this-service"


class Room:
    """A client of a service, with short words for what tests ask."""

    def __init__(self, url: str, hall: Hall, lines: list[str], token: str | None) -> None:
        self.url = url
        self.hall = hall
        self.lines = lines
        """What was logged."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        self.client = httpx.Client(base_url=url, trust_env=False, headers=headers, timeout=20)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def get(self, path: str, token: str | None = None, **headers: str) -> httpx.Response:
        return self.client.get(path, headers={**seat(token), **headers})

    def post(self, path: str, body: Any = None, token: str | None = None) -> httpx.Response:
        content = {"json": body} if body is not None else {}
        return self.client.post(path, headers=seat(token), **content)

    def make(self, env: str = "tictactoe", **more: Any) -> dict[str, Any]:
        answer = self.post("/v1/tables", {"env": env, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def raw(self, request: bytes, seconds: float = 5.0) -> bytes:
        """Returns what comes back for bytes that are sent as they are, until the service hangs up or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(request)
            found = b""
            try:
                while part := connection.recv(65536):
                    found += part
            except TimeoutError:
                pass
            return found


def seat(token: str | None) -> dict[str, str]:
    return {"X-Seat-Token": token} if token is not None else {}


def tokens(made: Mapping[str, Any]) -> dict[str, str]:
    return {token["seat"]: token["token"] for token in made["tokens"]}


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def logged() -> Generator[list[str]]:
    """Gives the lines that the service logs."""
    logger = logging.getLogger("universe.service")
    handler, level = _Lines(), logger.level
    logger.addHandler(handler)
    logger.setLevel("INFO")
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


@contextmanager
def open_room(*, token: str | None = None, hall: Hall | None = None, **settings: Any) -> Generator[Room]:
    """Serves in a thread as long as the context lasts."""
    limits = settings.pop("limits", None) or (hall.limits if hall is not None else Limits())
    hall = hall or Hall(limits=limits)
    given = {"token": token} if token is not None else {}
    with (
        logged() as lines,
        serving(hall, ServiceSettings.model_validate({"port": 0, "limits": limits, **given, **settings})) as url,
    ):
        room = Room(url, hall, lines, token)
        with room.client:
            yield room


def read_events(text: str) -> list[tuple[str, str | None, Any]]:
    """Returns the events of a stream: kind, id, data."""
    found: list[tuple[str, str | None, Any]] = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in fields:
            found.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found
