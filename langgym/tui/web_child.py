"""The process behind one open page: started without a shell, relayed, and gone when the page is."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from langgym.query.plain import plain_text
from langgym.tui.web_page import DRIVER

GRACE = 1.3
"""Seconds that a process has to end by itself."""
LAST_WORDS = 0.3
"""Seconds to read what a process that is gone has said."""
KEPT_ERRORS = 4096
"""Bytes of what a process says on standard error, the last ones."""
KILLED = -9
"""The code of a process that was ended by force, which is told apart."""
READY = b"__GANGLION__\n"
"""What Textual's driver for the web writes before its first packet (textual/drivers/web_driver.py)."""

_log = logging.getLogger(__name__)


class Child(AppService):
    """One process of the served application, and the page that it draws on."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        write_bytes: Callable[[bytes], Awaitable[None]],
        write_str: Callable[[str], Awaitable[None]],
        close: Callable[[], Awaitable[object]],
        downloads: DownloadManager,
    ) -> None:
        async def close_page() -> None:
            await close()

        super().__init__("", write_bytes=write_bytes, write_str=write_str, close=close_page, download_manager=downloads)
        self._argv = tuple(command)
        self._downloads = downloads
        self._child: Process | None = None
        self._relay: asyncio.Task[None] | None = None
        self._end: asyncio.Task[None] | None = None
        self._page_gone = False

    @property
    def stdin(self) -> asyncio.StreamWriter:
        """Where the process reads keys."""
        assert self._child is not None
        assert self._child.stdin is not None
        return self._child.stdin

    async def start(self, width: int, height: int) -> None:
        """Starts the process on a screen of so many cells."""
        self._child = await asyncio.create_subprocess_exec(
            *self._argv,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={**os.environ, **_describe_screen(width, height)},
            start_new_session=True,  # Ctrl-C is for the server, which then ends its children one way
        )
        self._relay = asyncio.create_task(self.run())

    async def run(self) -> None:
        """Passes on what the process draws until it ends, then closes the page."""
        child = self._child
        assert child is not None
        assert child.stdout is not None
        assert child.stderr is not None
        errors = asyncio.create_task(_read_tail(child.stderr))
        try:
            await child.stdout.readuntil(READY)
            while True:
                kind, size = await child.stdout.readexactly(1), await child.stdout.readexactly(4)
                await self._pass_on(kind, await child.stdout.readexactly(int.from_bytes(size, "big")))
        except asyncio.IncompleteReadError:
            await self._report(child, errors)
        except asyncio.LimitOverrunError:
            _log.warning("A page's process writes something else than a screen.")
        finally:
            errors.cancel()
            if not self._page_gone:
                await self.remote_close()

    async def stop(self) -> None:
        """Ends the process, by force if it does not within `GRACE`; whoever calls it later waits for the same end."""
        if self._child is None:
            return
        if self._end is None:
            self._end = asyncio.create_task(self._finish(self._child))
        await asyncio.shield(self._end)

    async def _finish(self, child: Process) -> None:
        self._page_gone = True  # what it still draws is read and dropped: a full pipe would keep it from ending
        await self._downloads.cancel_app_downloads(self.app_service_id)
        try:
            async with asyncio.timeout(GRACE):
                await self.send_meta({"type": "quit"})
                await child.wait()
        except TimeoutError:
            _log.warning("A page's process did not end by itself within %g s and was killed.", GRACE)
            _kill(child)
            await child.wait()
        if self._relay is not None:
            await asyncio.wait([self._relay], timeout=LAST_WORDS)
            self._relay.cancel()
            (error,) = await asyncio.gather(self._relay, return_exceptions=True)
            if isinstance(error, Exception):
                _log.error("A page's process said what nobody understands.", exc_info=error)

    async def _pass_on(self, kind: bytes, payload: bytes) -> None:
        if self._page_gone:
            return
        receive = {b"D": self.on_data, b"M": self.on_meta, b"P": self.on_packed}.get(kind)
        try:
            if receive is not None:
                await receive(payload)
        except ConnectionError:
            self._page_gone = True

    async def _report(self, child: Process, errors: asyncio.Task[bytes]) -> None:
        code = await child.wait()
        said = plain_text((await errors).decode(errors="replace")).strip()
        if code not in (0, KILLED) or said:
            _log.warning("A page's process ended with code %d.%s", code, f"\n{said}" if said else "")


def _describe_screen(width: int, height: int) -> dict[str, str]:
    return {
        "TEXTUAL_DRIVER": DRIVER,
        "TEXTUAL_COLOR_SYSTEM": "truecolor",
        "TEXTUAL_FPS": "60",
        "COLUMNS": str(width),
        "ROWS": str(height),
    }


async def _read_tail(stream: asyncio.StreamReader) -> bytes:
    tail = b""
    while chunk := await stream.read(KEPT_ERRORS):
        tail = (tail + chunk)[-KEPT_ERRORS:]
    return tail


def _kill(child: Process) -> None:
    """Ends a process by force and, where there are process groups, all that it started."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            child.kill()
        else:
            os.killpg(child.pid, signal.SIGKILL)
