"""What tests of an agent's screen share."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from langgym.tui.app import LangGymApp
from langgym.tui.panes.read_pane import ReadPane
from langgym.tui.screens.agent import AgentScreen
from langgym.tui.targets import AgentTarget
from langgym.tui.widgets.state_panel import StatePanel

ADA = AgentTarget("ada")
Twin = Callable[[Path, str], str]


def screen_of(app: LangGymApp) -> AgentScreen:
    assert isinstance(app.screen, AgentScreen)
    return app.screen


def part_of(app: LangGymApp, kind: type[ReadPane[Any]] = ReadPane) -> Any:
    part = screen_of(app).part
    assert isinstance(part, kind)
    return part


def state_of(app: LangGymApp) -> str:
    """Returns what the panel says that is seen."""
    [panel] = [panel for panel in app.screen.query(StatePanel) if panel.is_on_screen]
    return str(panel.visual)


def facts(text: str) -> set[str]:
    """Returns the lines of a text, however wide their columns are."""
    return {" ".join(line.split()) for line in text.splitlines()} - {""}


async def play_elsewhere(home: Path, flags: Sequence[str]) -> None:
    """Plays an episode in another process."""
    command = [sys.executable, "-m", "langgym", "--home", str(home), "play", *flags]
    child = await asyncio.create_subprocess_exec(*command)
    assert await child.wait() == 0
