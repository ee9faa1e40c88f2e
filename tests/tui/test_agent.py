"""The screen of one agent's life, in tabs."""

from pathlib import Path

import pytest
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Tabs

from langgym.config import CONFIG_FILE
from langgym.tui.app import LangGymApp
from langgym.tui.panes.curves import CurvesPane
from langgym.tui.panes.experience import ExperiencePane
from langgym.tui.panes.overview import OverviewPane
from langgym.tui.screens.agent import TABS
from langgym.tui.screens.memory import MemoryScreen
from langgym.tui.screens.replay import ReplayScreen
from langgym.tui.settings import TuiSettings
from langgym.tui.targets import AgentTarget, Tab
from langgym.tui.widgets.filter_bar import FilterBar
from langgym.tui.widgets.line_chart import LineChart
from langgym.tui.widgets.virtual_list import VirtualList
from tests.tui.agents import ADA, Twin, facts, part_of, screen_of
from tests.tui.stage import open_app, play, press, screen_text, settle

# the tabs


def test_a_tab_is_made_when_it_is_first_seen(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, ADA) as (app, pilot):
            places = app.screen.query_one(ContentSwitcher).children
            assert [place.id for place in places if place.children] == ["in-overview"]
            await press(pilot, "l")
            assert [place.id for place in places if place.children] == ["in-overview", "in-episodes"]

    play(scene)


def test_h_and_l_go_round_the_tabs(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, ADA) as (app, pilot):
            await press(pilot, "h")
            assert screen_of(app).tab == "configuration"
            await press(pilot, "l", "l")
            assert screen_of(app).tab == "episodes"
            assert app.focused is list_of_episodes(app)

    play(scene)


def list_of_episodes(app: LangGymApp) -> Widget:
    found: Widget = screen_of(app).query_one("#episodes-pane VirtualList")
    return found


def test_arrows_change_tabs_where_the_tabs_have_the_focus_and_leave_it_there(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, ADA) as (app, pilot):
            await press(pilot, "shift+tab", "right", "right")
            assert screen_of(app).tab == "memories"
            assert isinstance(app.focused, Tabs)

    play(scene)


def test_letters_in_a_filter_change_no_tab(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, AgentTarget("eve", "episodes")) as (app, pilot):
            await press(pilot, "slash", *"hold", "enter")
            assert screen_of(app).tab == "episodes"
            assert app.screen.query_one(FilterBar).applied == "hold"
            assert "filter: hold" in screen_text(app)

    play(scene)


def test_the_palette_opens_a_tab(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, ADA) as (app, pilot):
            await press(pilot, "ctrl+p", *"tab curves", "enter")
            await settle(pilot)
            assert screen_of(app).tab == "curves"

    play(scene)


@pytest.mark.parametrize("tab", [tab for tab in TABS if tab != "cost"])
def test_a_deep_link_opens_a_tab_that_shows_what_its_twin_prints(schooled: Path, run_twin: Twin, tab: Tab) -> None:
    shown: list[str] = []

    async def scene() -> None:
        async with open_app(schooled, AgentTarget("ada", tab)) as (app, _):
            screen = screen_of(app)
            assert screen.tab == tab
            text = screen.text_to_page()
            if tab in ("episodes", "memories"):
                text = "\n".join(map(str, screen.query_one(f"#{tab}-pane").query_one(VirtualList).ids))
            shown.extend([screen.twin(), text])

    play(scene)
    printed = facts(run_twin(schooled, shown[0]))
    if tab in ("episodes", "memories"):
        printed = {line.split()[0] for line in printed} - {"id"}
    assert len(printed) > 2
    assert printed <= facts(shown[1])


# what the tabs show


def test_the_last_episodes_are_told_and_enter_replays_one(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, ADA) as (app, pilot):
            assert "Last episodes" in screen_text(app)
            newest = part_of(app, OverviewPane).rows.row_id
            await press(pilot, "tab", "enter")
            assert isinstance(app.screen, ReplayScreen)
            assert app.screen.twin().startswith(f"langgym replay {newest}")
            await press(pilot, "escape")
            assert screen_of(app).tab == "overview"

    play(scene)


@pytest.mark.parametrize(
    ("tab", "kind"), [("episodes", ReplayScreen), ("memories", MemoryScreen), ("strategies", MemoryScreen)]
)
def test_enter_opens_what_is_in_a_list(schooled: Path, tab: Tab, kind: type) -> None:
    async def scene() -> None:
        async with open_app(schooled, AgentTarget("ada", tab)) as (app, pilot):
            await press(pilot, "j", "enter")
            assert isinstance(app.screen, kind)

    play(scene)


def test_only_the_agents_own_episodes_are_listed(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, AgentTarget("bob", "episodes")) as (app, _):
            assert "showing 20 of 20" in screen_text(app)

    play(scene)


def test_strategies_are_told_in_full_below_the_list(schooled: Path) -> None:
    async def scene() -> None:
        async with open_app(schooled, AgentTarget("ada", "strategies")) as (app, pilot):
            rows = part_of(app).rows
            assert len(rows.ids) > 1
            assert f"Strategy {rows.row_id} in classic/tictactoe_v3" in screen_text(app)
            await press(pilot, "j")
            assert f"Strategy {rows.row_id} in classic/tictactoe_v3" in screen_text(app)

    play(scene)


def test_brackets_change_the_environment_of_the_curve(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, AgentTarget("eve", "curves")) as (app, pilot):
            pane = part_of(app, CurvesPane)
            assert pane.env_id == "classic/leduc_holdem_v4"  # played most
            await press(pilot, "right_square_bracket")
            assert pane.env_id == "classic/connect_four_v3"
            assert "eve in classic/connect_four_v3" in screen_text(app)
            await press(pilot, "left_square_bracket", "left_square_bracket")
            assert pane.env_id is None
            assert "eve in all environments" in screen_text(app)

    play(scene)


def test_n_shows_the_numbers_of_a_curve(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, AgentTarget("ada", "curves")) as (app, pilot):
            assert app.screen.query_one(LineChart).display
            await press(pilot, "n")
            assert not app.screen.query_one(LineChart).display
            assert "95 % interval" in screen_text(app)
            await press(pilot, "n")
            assert app.screen.query_one(LineChart).display

    play(scene)


def test_a_chart_in_ascii_has_no_other_characters(lived: Path) -> None:
    async def scene() -> None:
        ascii_only = TuiSettings(glyphs="ascii")
        async with open_app(lived, AgentTarget("ada", "curves"), settings=ascii_only) as (app, _):
            chart = app.screen.query_one(LineChart)
            lines = screen_text(app).splitlines()[chart.region.y : chart.region.bottom]
            assert "".join(lines).strip()
            assert "".join(lines).isascii()

    play(scene)


def test_experience_is_counted_for_the_place_at_the_cursor(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, AgentTarget("ada", "experience")) as (app, pilot):
            pane = part_of(app, ExperiencePane)
            assert pane.page is not None
            assert pane.page.env_id == "classic/connect_four_v3"
            await press(pilot, "j")
            assert pane.page.env_id == "classic/tictactoe_v3"
            assert f"{pane.page.n_decisions} decisions in {pane.page.n_situations} situations" in screen_text(app)

    play(scene)


def test_a_situation_opens_the_last_episode_behind_it(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, AgentTarget("ada", "experience")) as (app, pilot):
            page = part_of(app, ExperiencePane).page
            last = max(episode_id for tried in page.items[0].tried for episode_id in tried.episodes)
            await press(pilot, "enter", "enter")
            assert isinstance(app.screen, ReplayScreen)
            assert app.screen.twin().startswith(f"langgym replay {last}")

    play(scene)


def test_a_setting_says_where_it_comes_from(lived_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGGYM_MEMORIES", "7")
    (lived_home / CONFIG_FILE).write_text("curiosity = 0.25\nmemories = 3\n", encoding="utf-8")

    async def scene() -> None:
        async with open_app(lived_home, AgentTarget("ada", "configuration")) as (app, _):
            shown = facts(part_of(app).text())
            assert "memories 7 LANGGYM_MEMORIES" in shown
            assert f"curiosity 0.25 {lived_home / CONFIG_FILE}" in shown
            assert "embedder hashed the agent" in shown
            assert "max_attempts 3 the default" in shown

    play(scene)
