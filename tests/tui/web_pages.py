"""A real server of a tiny application, and the pages that open it."""

import asyncio
import http.client
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil
import pytest

TOKEN = "a-token-of-this-test-only-0123456789"
SERVER = """
import json, sys
from langgym.tui.web import serve
words = json.loads(sys.argv[1])
serve(**words, port=0, open_page=lambda address: print(address, flush=True))
print("the server is done", flush=True)
"""
APP = """
import io, json, os, pathlib, sys, time
from textual.app import App
from textual.widgets import Static

class Tiny(App):
    def compose(self):
        yield Static("tiny screen")

    def on_key(self, event):
        if event.key == "c":
            os.write(2, b"broke \\x1b]0;title\\x07 here")
            os._exit(7)
        if event.key == "e":
            raise RuntimeError("an error of the application")
        if event.key == "d":
            self.deliver_text(io.StringIO("what was kept"), save_filename="kept.txt")
        if event.key == "h":
            self.query_one(Static).update("hanging now")
            self.set_timer(0.3, lambda: time.sleep(600))
        else:
            self.query_one(Static).update(f"pressed <{event.key}>")

pathlib.Path(__file__).with_name("arguments.json").write_text(json.dumps(sys.argv[1:]))
app = Tiny()
app.run()
sys.exit(app.return_code)
"""
LIMIT = 2.0
"""Seconds within which a page's process or the server must be gone."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str


@dataclass(frozen=True)
class Served:
    process: "subprocess.Popen[str]"
    address: str

    @property
    def port(self) -> int:
        found = re.search(r":(\d+)/", self.address)
        assert found is not None
        return int(found[1])

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> Answer:
        """Asks for a path; with no other `Host`, under the name that the server printed."""
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            asked.putrequest("GET", path, skip_host=True)
            for name, value in {"Host": f"127.0.0.1:{self.port}", **headers}.items():
                asked.putheader(name, value)
            asked.endheaders()
            answer = asked.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))
        finally:
            asked.close()

    def log_in(self) -> str:
        """Returns the cookie that the token buys, as a browser sends it back."""
        return str(self.get(f"/?token={TOKEN}").headers["Set-Cookie"]).partition(";")[0]

    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@dataclass(frozen=True)
class Page:
    """A page as its script sees it."""

    socket: aiohttp.ClientWebSocketResponse

    async def press(self, keys: str) -> None:
        await self.socket.send_json(["stdin", keys])

    async def see(self, text: str) -> None:
        """Waits until the screen has shown a text."""
        shown = b""
        async with asyncio.timeout(20):
            async for message in self.socket:
                shown += message.data if message.type is aiohttp.WSMsgType.BINARY else b""
                if text.encode() in shown:
                    return
        pytest.fail(f"{text!r} was never shown: {shown!r}")

    async def hear(self, kind: str) -> object:
        """Waits for a message of a kind."""
        async with asyncio.timeout(20):
            async for message in self.socket:
                if message.type is aiohttp.WSMsgType.TEXT and json.loads(message.data)[0] == kind:
                    return json.loads(message.data)[1]
        pytest.fail(f"no {kind!r} came")


def start_server(folder: Path, *arguments: str, host: str = "127.0.0.1", public: bool = False) -> Served:
    app = folder / "app of a test.py"
    app.write_text(APP, encoding="utf-8")
    command = [sys.executable, str(app), "--read-only", *arguments]
    words = json.dumps({"command": command, "host": host, "token": TOKEN, "public": public})
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    if not address:
        pytest.fail(f"The server did not start: {process.communicate(timeout=10)[1]}")
    return Served(process, address)


def end_server(served: Served) -> tuple[str, str]:
    served.process.send_signal(signal.SIGINT)
    return served.process.communicate(timeout=10)


def visit(served: Served, act: Callable[[Page], Awaitable[None]], **headers: str | None) -> None:
    """Opens a page, with the cookie and the origin of a real one but for what `headers` says, and acts on it."""

    async def run() -> None:
        given = {"Origin": served.origin, "Cookie": served.log_in(), **headers}
        sent = {name: value for name, value in given.items() if value is not None}
        address = f"ws://127.0.0.1:{served.port}/ws?width=100&height=20"
        async with aiohttp.ClientSession() as client, client.ws_connect(address, headers=sent) as connection:
            await act(Page(connection))

    asyncio.run(run())


def refuse_visit(served: Served, **headers: str | None) -> int:
    """Returns the status with which a WebSocket is refused."""

    async def act(_page: Page) -> None:
        pytest.fail("the page was opened")

    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        visit(served, act, **headers)
    return refusal.value.status


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def wait_until(true: Callable[[], bool], seconds: float = LIMIT) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return true()
