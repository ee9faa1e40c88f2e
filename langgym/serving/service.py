"""Runs a service over a station: HTTP and MCP behind one guard, and the table that is always there."""

import asyncio
import gc
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

from langgym.serving.station import Station
from langgym.serving.usher import Standing, Usher
from universe.mcp.desk import HallDesk
from universe.mcp.mount import make_mount
from universe.mcp.server import make_server
from universe.service.app import Mounted
from universe.service.hall import Hall
from universe.service.logs import setup_logs
from universe.service.running import serve
from universe.service.settings import ServiceSettings

MCP_PATH = "/mcp"
COLLECT_AT = (50_000, 20, 10)
"""When Python looks for garbage in rings: hundreds of tables are many objects, and each look stops every request."""
SWITCH_SECONDS = 0.0005
"""After which a thread that renders lets the one that answers go on: Python's own 5 ms are long for who waits."""


def run_service(
    station: Station,
    settings: ServiceSettings,
    *,
    standing: Standing | None,
    note: Callable[[str], None],
    on_listen: Callable[[str], None],
    level: str = "WARNING",
) -> None:
    """Serves until SIGTERM or Ctrl-C; requests under way are answered, and every table is put away.

    Args:
        station: What is served; it belongs to the caller.
        settings: Where to listen, who may come in, and how much of everything.
        standing: A table that is always to be there.
        note: Is told in one line what a person should know.
        on_listen: Is told the address once it listens.
        level: From which on is logged, as JSON lines on standard error; `INFO` logs every request.

    Raises:
        OSError: It cannot listen there.
    """
    hall = Hall(journal=station.journal, house=station.house, limits=settings.limits)
    mount = make_mount(make_server(HallDesk(hall)))
    setup_logs(level)
    _hurry()

    @asynccontextmanager
    async def live() -> AsyncGenerator[None]:
        usher = None
        if standing is not None:
            usher = asyncio.get_running_loop().create_task(Usher(hall, standing, note=note).run())
        async with mount.run():
            yield
        if usher is not None:
            usher.cancel()
            with suppress(asyncio.CancelledError):
                await usher

    serve(hall, settings, mounts=[Mounted(prefix=MCP_PATH, app=mount.app, life=live)], on_listen=on_listen)


def _hurry() -> None:
    """Has this process answer soon rather than compute fast; what is loaded so far is not looked at again."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AT)
