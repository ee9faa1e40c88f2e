"""The interface on a stage: an app without a terminal, what is read awaited, what is drawn as text."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from langgym.tui.app import LangGymApp
from langgym.tui.settings import TuiSettings
from langgym.tui.targets import Target

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs a scene to its end."""
    asyncio.run(scene())


@asynccontextmanager
async def open_app(
    home: Path,
    first: Target | None = None,
    *,
    size: tuple[int, int] = (120, 40),
    settings: TuiSettings | None = None,
    read_only: bool = False,
) -> AsyncIterator[tuple[LangGymApp, Pilot[Any]]]:
    """Yields an app that is open at a target, with everything read that it needs for that."""
    app = LangGymApp(home, first=first, settings=settings, read_only=read_only, now=lambda: NOW)
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        yield app, pilot


async def settle(pilot: Pilot[Any], *, rest: float = 0.15) -> None:
    """Waits until nothing is being read any more; `rest` is how long a cursor must rest before its side is read."""
    for seconds in (0.0, rest):
        await pilot.pause(seconds)
        while any(worker.is_running for worker in pilot.app.workers):
            with suppress(WorkerCancelled):  # what was asked for again is waited for in the next round
                await pilot.app.workers.wait_for_complete()
            await pilot.pause()
    await pilot.pause()


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Presses keys and waits for what they ask for."""
    await pilot.press(*keys)
    await settle(pilot)


def screen_text(app: LangGymApp) -> str:
    """Returns what is drawn, line by line."""
    # The compositor is Textual's own affair; nothing public gives the text of what is drawn.
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
