"""The thinnest client of HTTP that keeps its connections: its own cost must not hide that of the service."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_MOST_HEADER = 65_536


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: Any
    """Of JSON; the text of anything else."""


class Wire:
    """Connections to one address; a request that fails to come through raises `OSError`, and may have been done."""

    def __init__(
        self, host: str, port: int, *, headers: Mapping[str, str] | None = None, timeout: float = 60.0
    ) -> None:
        """Opens nothing yet.

        Args:
            host: Of the service.
            port: Of the service.
            headers: Sent with every request.
            timeout: Seconds for an answer.
        """
        self._host = host
        self._port = port
        self._fixed = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self._timeout = timeout
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._writers: set[asyncio.StreamWriter] = set()

    async def request(self, method: str, path: str, body: object = None, *, token: str | None = None) -> Reply:
        """Sends a request and returns what came back; `token` is a seat's or an owner's."""
        streams = self._idle.pop() if self._idle else await self._connect()
        try:
            async with asyncio.timeout(self._timeout):
                streams[1].write(self._pack(method, path, body, token))
                reply, is_kept = await _read_reply(streams[0])
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            await self._drop(streams[1])
            raise ConnectionError(f"{method} {path}: {type(error).__name__}") from error
        except BaseException:
            await self._drop(streams[1])
            raise
        if is_kept:
            self._idle.append(streams)
        else:
            await self._drop(streams[1])
        return reply

    async def close(self) -> None:
        """Closes every connection."""
        writers, self._writers = self._writers, set()
        self._idle.clear()
        for writer in writers:
            writer.close()
        for writer in writers:
            with suppress(OSError):
                await writer.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=_MOST_HEADER)
        self._writers.add(writer)
        return reader, writer

    async def _drop(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    def _pack(self, method: str, path: str, body: object, token: str | None) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        head = [f"{method} {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n", self._fixed]
        if token is not None:
            head.append(f"X-Seat-Token: {token}\r\n")
        if body is not None:
            head.append("Content-Type: application/json\r\n")
        if body is not None or method == "POST":
            head.append(f"Content-Length: {len(content)}\r\n")
        return "".join([*head, "\r\n"]).encode() + content


async def _read_reply(reader: asyncio.StreamReader) -> tuple[Reply, bool]:
    """Returns a reply, and whether the connection can be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ", 2)[1])
    headers = dict(_read_header(line) for line in head[1:] if line)
    if headers.get("transfer-encoding", "") == "chunked":
        content = await _read_chunks(reader)
    else:
        content = await reader.readexactly(int(headers.get("content-length", "0")))
    is_json = "json" in headers.get("content-type", "") and content
    body = json.loads(content) if is_json else content.decode(errors="replace")
    return Reply(status, body), headers.get("connection", "").lower() != "close"


def _read_header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readline()
    return b"".join(parts)
