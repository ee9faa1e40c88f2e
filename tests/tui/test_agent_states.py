"""The screen of an agent: what it tells where there is little or nothing, or where somebody else writes."""

import threading
from pathlib import Path
from typing import Any

import pytest

from agents_db.store import AgentsDB
from langgym.config import CONFIG_FILE
from langgym.home import store_path
from langgym.tui.app import LangGymApp
from langgym.tui.panes.overview import Overview, OverviewPane
from langgym.tui.screens.agent import TABS, AgentScreen
from langgym.tui.targets import AgentTarget, Tab
from langgym.tui.widgets.line_chart import LineChart
from langgym.tui.widgets.state_panel import StatePanel
from langgym.tui.widgets.text_pane import TextPane
from langgym.tui.widgets.virtual_list import VirtualList
from tests.tui.agents import ADA, facts, part_of, play_elsewhere, screen_of, state_of
from tests.tui.stage import open_app, play, press, screen_text, settle


def test_an_empty_store_says_how_to_begin(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_app(tmp_path / "none", ADA) as (app, _):
            assert "nothing is stored yet" in state_of(app)
            assert "langgym play --agent ada" in state_of(app)

    play(scene)


def test_what_takes_long_is_announced_and_then_shown(lived: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, go_on = OverviewPane.read, threading.Event()

    def wait(self: OverviewPane, db: AgentsDB) -> Overview:
        assert go_on.wait(30)
        return read(self, db)

    monkeypatch.setattr(OverviewPane, "read", wait)

    async def scene() -> None:
        app = LangGymApp(lived, first=ADA)
        async with app.run_test(size=(100, 30)) as pilot:
            for _ in range(100):
                await pilot.pause(0.1)
                if "loading the agent" in screen_text(app):
                    break
            assert "loading the agent" in state_of(app)
            go_on.set()
            await settle(pilot)
            assert "played     36 times to the end" in screen_text(app)
            assert isinstance(app.focused, TextPane)

    play(scene)


def test_an_agent_that_is_not_there_is_gone_in_every_tab(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, AgentTarget("nobody", "episodes")) as (app, pilot):
            assert "No agent 'nobody'" in state_of(app)
            await press(pilot, "l")
            assert screen_of(app).tab == "episodes"
            await press(pilot, "escape")
            assert not isinstance(app.screen, AgentScreen)

    play(scene)


def test_an_agent_that_is_deleted_meanwhile_is_gone(lived_home: Path) -> None:
    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, pilot):
            with AgentsDB.open(store_path(lived_home)) as db:
                db.delete_agent("ada")
            await pilot.pause(1.0)
            await settle(pilot)
            assert "No agent 'ada'" in state_of(app)

    play(scene)


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("strategies", "langgym play --agent eve --episodes 50"),
        ("cost", "nothing was spent: no model has been called"),
    ],
)
def test_a_tab_with_nothing_says_so(lived: Path, tab: Tab, words: str) -> None:
    async def scene() -> None:
        async with open_app(lived, AgentTarget("eve", tab)) as (app, _):
            assert words in state_of(app)

    play(scene)


def test_what_cannot_be_read_is_said_and_r_reads_it_again(lived_home: Path) -> None:
    file = lived_home / CONFIG_FILE
    file.write_text("memoires = 3\n", encoding="utf-8")

    async def scene() -> None:
        async with open_app(lived_home, AgentTarget("ada", "configuration")) as (app, pilot):
            assert "Did you mean 'memories'?" in state_of(app)
            assert "Did you mean 'memories'?" in screen_of(app).text_to_copy()
            file.write_text("memories = 3\n", encoding="utf-8")
            await press(pilot, "r")
            assert f"memories 3 {file}" in facts(part_of(app).text())

    play(scene)


def test_what_another_process_writes_is_read_and_the_cursor_stays(lived_home: Path) -> None:
    flags = ["--agent", "ada", "--model", "experience", "--env", "tictactoe", "--embedder", "hashed", "--quiet"]

    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, pilot):
            await press(pilot, "tab", "j")
            pane = part_of(app, OverviewPane)
            seen = pane.rows.row_id
            await play_elsewhere(lived_home, flags)
            await pilot.pause(1.6)
            await settle(pilot)
            assert "37 times to the end" in pane.text()
            assert pane.rows.row_id == seen

    play(scene)


def test_a_tab_that_was_not_seen_is_read_again_when_it_is(lived_home: Path) -> None:
    flags = ["--agent", "bob", "--model", "experience", "--env", "tictactoe", "--embedder", "hashed", "--quiet"]

    async def scene() -> None:
        async with open_app(lived_home, AgentTarget("bob", "episodes")) as (app, pilot):
            await press(pilot, "h")
            await play_elsewhere(lived_home, flags)
            await pilot.pause(1.6)
            await press(pilot, "l")
            assert "showing 21 of 21" in screen_text(app)

    play(scene)


def test_a_narrow_terminal_shows_the_main_part_of_every_tab(schooled: Path) -> None:
    async def scene() -> None:
        async with open_app(schooled, ADA, size=(60, 16)) as (app, pilot):
            seen: set[str] = set()
            for _ in TABS:
                part: Any = screen_of(app).part
                parts = [
                    *part.query(TextPane),
                    *part.query(VirtualList),
                    *part.query(LineChart),
                    *part.query(StatePanel),
                ]
                assert any(each.is_on_screen and each.size.height >= 3 for each in parts)
                seen.add(screen_of(app).tab)
                await press(pilot, "l")
            assert seen == set(TABS)

    play(scene)


def test_a_tab_is_copied_as_json(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, ADA) as (app, pilot):
            assert '"langgym.agent/1"' in str(screen_of(app).json_to_copy())
            await press(pilot, "l")
            assert '"participations"' in str(screen_of(app).json_to_copy())

    play(scene)
