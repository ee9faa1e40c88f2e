"""The server behind `langgym tui --web`: a guarded page, its files, and one process for every page that is open."""

import asyncio
import contextlib
import ipaddress
import json
import logging
import signal
import socket
from collections.abc import Callable, Generator, Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import cast

import jinja2
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web
from textual_serve.server import Server

from langgym.errors import UsageError
from langgym.tui.web_child import Child
from langgym.tui.web_guard import ADDRESS, Address, Guard, add_headers

HERE = files("langgym.tui")
MAX_PAGES = 8
"""Open pages at a time; each is a process of its own."""
MAX_CELLS = 1000
"""Columns and rows of the largest screen that a page may ask for."""
MAX_MESSAGE = 1 << 20
"""Bytes of one message of a page; a paste arrives as one."""
PATIENCE = 10.0
"""Seconds that a process may take to read what was typed."""
FONT_SIZES = range(8, 41)
CLOSING = 0.4
"""Seconds that a browser has to answer the end of a connection."""

_log = logging.getLogger(__name__)


class UnreadableMessage(ValueError):
    """A page sent something that its script never sends."""


def run_server(command: Sequence[str], *, host: str, port: int, token: str, open_page: Callable[[str], None]) -> None:
    """Serves until a signal; `langgym.tui.web.serve` says what holds."""
    listening = _listen(host, port)
    with listening:
        address = Address(_settle(host), listening.getsockname()[1])
        pages = Pages(command, address, token)
        asyncio.run(pages.run(listening, lambda: open_page(f"{address.url}?token={token}")))


class Pages:
    """The open pages of one served command."""

    def __init__(self, command: Sequence[str], address: Address, token: str) -> None:
        self._command = tuple(command)
        self._address = address
        self._open: dict[web.WebSocketResponse, Child] = {}
        self._closing = False
        self._upstream = Server("", host=address.host, port=address.port)
        self.app = web.Application(middlewares=[Guard(address, token).check])
        self.app[ADDRESS] = address
        self.app.on_response_prepare.append(add_headers)
        self.app.on_shutdown.append(self._close)
        self.app.add_routes(
            [
                web.get("/", self._show_page),
                web.get("/ws", self._connect),
                web.get("/download/{key}", self._upstream.handle_download),
                web.static("/static", _find_statics()),
                web.static("/page", Path(str(HERE / "static"))),
            ]
        )

    async def run(self, listening: socket.socket, opened: Callable[[], None]) -> None:
        """Serves on a socket until a signal comes, then ends every process."""
        stop = asyncio.Event()
        with _catch_signals(stop):
            runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=CLOSING)
            await runner.setup()
            try:
                await web.SockSite(runner, listening).start()
                opened()
                await stop.wait()
            finally:
                await runner.cleanup()
                await asyncio.gather(*(child.stop() for child in self._open.values()))

    async def _show_page(self, request: web.Request) -> web.Response:
        full = len(self._open) >= MAX_PAGES
        text = _load_template().render(
            full=full,
            limit=MAX_PAGES,
            font_size=_clamp(request.query.get("fontsize"), 16, FONT_SIZES),
            websocket_url=f"ws://{request.host}/ws",
        )
        return web.Response(text=text, content_type="text/html", status=503 if full else 200)

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if self._closing or len(self._open) >= MAX_PAGES:
            raise web.HTTPServiceUnavailable(text=f"{MAX_PAGES} pages are open; close one.\n")
        page = web.WebSocketResponse(heartbeat=15, timeout=CLOSING, max_msg_size=MAX_MESSAGE)
        child = Child(
            self._command,
            write_bytes=page.send_bytes,
            write_str=page.send_str,
            close=page.close,
            downloads=self._upstream.download_manager,
        )
        self._open[page] = child  # before anything waits: two pages cannot both be the last
        try:
            await page.prepare(request)
            with contextlib.suppress(ConnectionError):
                await self._follow(page, child, request)
        except (UnreadableMessage, TimeoutError) as error:
            _log.warning("A page was closed: %s", error or "its process reads nothing.")
        finally:
            await child.stop()
            await _say_goodbye(page, WSCloseCode.OK)
            del self._open[page]
        return page

    async def _follow(self, page: web.WebSocketResponse, child: Child, request: web.Request) -> None:
        if self._closing:
            return
        sizes = range(1, MAX_CELLS + 1)
        width, height = request.query.get("width"), request.query.get("height")
        await child.start(_clamp(width, 80, sizes), _clamp(height, 24, sizes))
        await _relay(page, child)

    async def _close(self, _app: web.Application) -> None:
        self._closing = True
        ends = [
            end
            for page, child in self._open.items()
            for end in (child.stop(), _say_goodbye(page, WSCloseCode.GOING_AWAY))
        ]
        await asyncio.gather(*ends)


async def _say_goodbye(page: web.WebSocketResponse, code: WSCloseCode) -> None:
    if page.prepared:
        await page.close(code=code)


async def _relay(page: web.WebSocketResponse, child: Child) -> None:
    async for message in page:
        if message.type == WSMsgType.TEXT:
            async with asyncio.timeout(PATIENCE):
                await _pass_on(_read(message), page, child)


def _read(message: WSMessage) -> tuple[str, object]:
    try:
        content: object = json.loads(message.data)
    except (ValueError, RecursionError):
        raise UnreadableMessage("it sent no JSON.") from None
    parts = cast("list[object]", content) if isinstance(content, list) else []
    match parts:
        case [str(kind)]:
            return kind, None
        case [str(kind), value]:
            return kind, value
        case _:
            raise UnreadableMessage("it sent no message of the terminal's.")


async def _pass_on(message: tuple[str, object], page: web.WebSocketResponse, child: Child) -> None:
    match message:
        case ("stdin", str(keys)):
            await child.send_bytes(keys.encode(errors="replace"))
        case ("resize", {"width": int(width), "height": int(height)}):
            await child.set_terminal_size(min(max(width, 1), MAX_CELLS), min(max(height, 1), MAX_CELLS))
        case ("ping", sent):
            await page.send_json(["pong", sent])
        case ("focus", _):
            await child.focus()
        case ("blur", _):
            await child.blur()
        case (kind, _):
            raise UnreadableMessage(f"it sent an unreadable {kind[:20]!r}.")


def _load_template() -> jinja2.Template:
    text = (HERE / "templates" / "app_index.html").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(text)


def _find_statics() -> Path:
    found = find_spec("textual_serve")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "static"


def _clamp(given: str | None, default: int, allowed: range) -> int:
    if given is None or not given.isascii() or not given.isdigit() or len(given) > 9:
        return default
    return min(max(int(given), allowed[0]), allowed[-1])


def _settle(host: str) -> str:
    """Returns a host as browsers write it; `localhost` is one address, so that a free port is one port."""
    try:
        return ipaddress.ip_address(host).compressed
    except ValueError:
        return "127.0.0.1" if host.lower() == "localhost" else host.lower()


def _listen(host: str, port: int) -> socket.socket:
    name = _settle(host)
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, where = found[0]
        both = name == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(where[:2], family=family, dualstack_ipv6=both)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"Cannot listen on {host} port {port}: {reason}. Choose another --host or --port.") from None


@contextlib.contextmanager
def _catch_signals(stop: asyncio.Event) -> Generator[None]:
    loop = asyncio.get_running_loop()

    def wake(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)

    numbers = [number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows, whose loop is woken by every signal
            signal.signal(number, wake)
    try:
        yield
    finally:
        for number in numbers:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
            signal.signal(number, before[number])
