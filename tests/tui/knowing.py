"""What tests of the memories on screens share: reading and changing them behind the screen's back."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from agents_db.knowledge import MemoryChange, MemoryRecord
from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.home import store_path
from langgym.tui.app import LangGymApp
from langgym.tui.screens.memories import MemoriesScreen
from langgym.tui.targets import MemoriesTarget
from langgym.tui.widgets.text_pane import TextPane
from tests.tui.stage import press

ADA = MemoriesTarget("agent:ada")


def change(home: Path, act: Callable[[AgentsDB], Any]) -> Any:
    with AgentsDB.open(store_path(home)) as db:
        return act(db)


def read(home: Path, memory_id: int) -> MemoryRecord:
    with AgentsDB.open_reader(store_path(home)) as db:
        return db.memory(memory_id)


def list_ids(home: Path, agent: str | None = None) -> list[int]:
    """Returns the ids of the active memories."""
    with AgentsDB.open_reader(store_path(home)) as db:
        names = [each.name for each in db.agents() if agent in (None, each.name)]
        found = [db.memories(db.agent(name).agent_id, limit=1000) for name in names]
        return sorted(memory.memory_id for each in found for memory in each)


def write_text(home: Path, memory_id: int, text: str) -> None:
    made = MemoryChange(memory_id=memory_id, op="edit", fields={"text": text}, actor="hand")
    change(home, lambda db: db.change_memory(made))


def retire(home: Path, memory_id: int) -> None:
    made = MemoryChange(memory_id=memory_id, op="retire", fields={"state": "retired"}, actor="hand")
    change(home, lambda db: db.change_memory(made))


def run_twin(twin: str, home: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    capsys.readouterr()
    command, *arguments = shlex.split(twin)
    assert command == "langgym"
    assert main([*arguments, *more, "--home", str(home)]) == 0
    return capsys.readouterr().out


def told(app: LangGymApp) -> str:
    """Returns what was said to the person, one line for each time."""
    return "\n".join(notice.message for notice in app._notifications)


def memories(app: LangGymApp) -> MemoriesScreen:
    screen = app.screen
    assert isinstance(screen, MemoriesScreen)
    return screen


def side(app: LangGymApp) -> str:
    return app.screen.query_one("#side", TextPane).text()


async def write(pilot: "Pilot[Any]", text: str) -> None:
    """Opens the editor, puts a text in the place of what is there, and saves it."""
    await press(pilot, "e")
    pilot.app.screen.query_one(TextArea).text = text
    await press(pilot, "ctrl+s")
