"""The screen of curves side by side."""

import re
from pathlib import Path

import pytest
from textual.pilot import Pilot

from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.home import store_path
from langgym.tui.app import LangGymApp
from langgym.tui.screens.compare import MOST, CompareScreen
from langgym.tui.settings import TuiSettings
from langgym.tui.targets import CompareTarget
from langgym.tui.widgets.line_chart import LineChart
from langgym.views.curves import NO_CURVE
from tests.tui.stage import open_app, play, press, screen_text, settle

TICTACTOE = "classic/tictactoe_v3"
PAIR = CompareTarget(("ada", "bob"), TICTACTOE)


def find_screen(app: LangGymApp) -> CompareScreen:
    assert isinstance(app.screen, CompareScreen)
    return app.screen


async def focus_agent(pilot: Pilot[object], name: str) -> None:
    """Puts the cursor at an agent of the list."""
    assert isinstance(pilot.app.screen, CompareScreen)
    agents = pilot.app.screen.pane.list
    agents.focus()
    agents.action_first()
    for _ in range(len(agents.ids)):
        await pilot.pause()
        if agents.row is not None and agents.row.name == name:
            return
        agents.action_down()
    raise AssertionError(name)


def test_two_agents_are_drawn_with_their_numbers_of_episodes(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, PAIR) as (app, _):
            shown = screen_text(app)
            assert "● ada n=30" in shown
            assert "▲ bob n=20" in shown

    play(scene)


def test_without_a_word_the_two_who_have_played_most_are_compared(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, CompareTarget()) as (app, _):
            assert find_screen(app).twin() == f"langgym curves --agent ada --agent bob --env {TICTACTOE}"

    play(scene)


def test_an_environment_that_all_have_in_common_comes_before_one_that_was_played_more(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, CompareTarget(("ada", "eve"))) as (app, _):
            assert "connect_four" in find_screen(app).twin()
            assert "2 of 2 agents played it" in screen_text(app)

    play(scene)


def test_brackets_turn_through_the_environments_and_all_of_them_together(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, CompareTarget(("ada",))) as (app, pilot):
            screen = find_screen(app)
            first = screen.twin()
            await press(pilot, "]")
            second = screen.twin()
            await press(pilot, "]")
            assert "all environments thrown together (3 of 3" in screen_text(app)
            assert "--env" not in screen.twin()
            await press(pilot, "]")
            assert screen.twin() == first
            await press(pilot, "[", "[")
            assert screen.twin() == second

    play(scene)


def test_space_marks_an_agent_and_takes_its_mark_away(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, PAIR) as (app, pilot):
            await focus_agent(pilot, "eve")
            await press(pilot, "space")
            assert "■ eve n=0" in screen_text(app)
            assert re.search(r"✓ +eve", screen_text(app))
            await press(pilot, "space")
            assert "--agent eve" not in find_screen(app).twin()
            assert not re.search(r"✓ +eve", screen_text(app))

    play(scene)


def test_without_any_mark_it_says_how_to_mark(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, CompareTarget(("ada",))) as (app, pilot):
            await focus_agent(pilot, "ada")
            await press(pilot, "space")
            shown = screen_text(app)
            assert "no agent is marked" in shown
            assert "space marks the one at the cursor" in shown

    play(scene)


def test_a_ninth_agent_is_refused_until_another_has_lost_its_mark(lived_home: Path) -> None:
    with AgentsDB.open(store_path(lived_home)) as db:
        names = [db.create_agent(AgentDraft(name=f"more{number}", model="random")).name for number in range(MOST)]

    async def scene() -> None:
        async with open_app(lived_home, CompareTarget(tuple(names))) as (app, pilot):
            await focus_agent(pilot, "ada")
            await press(pilot, "space")
            assert "--agent ada" not in find_screen(app).twin()
            await focus_agent(pilot, "more0")
            await press(pilot, "space")
            await focus_agent(pilot, "ada")
            await press(pilot, "space")
            assert "--agent ada" in find_screen(app).twin()

    play(scene)


def test_n_shows_numbers_and_n_again_the_chart(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, PAIR) as (app, pilot):
            await press(pilot, "n")
            assert "95 % interval" in screen_text(app)
            assert "● ada" not in screen_text(app)
            await press(pilot, "n")
            assert "● ada" in screen_text(app)

    play(scene)


def test_the_chart_reads_values_at_its_cursor(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, PAIR) as (app, pilot):
            app.screen.query_one(LineChart).focus()
            await press(pilot, "right")
            assert re.search(r"at 30:.*ada n=30 [-.\d]+ \[", screen_text(app))

    play(scene)


def test_agents_with_the_same_settings_are_said_to_keep_the_same(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, PAIR) as (app, _):
            assert "these agents keep the same settings" in screen_text(app)

    play(scene)


def test_what_differs_is_named_and_that_a_gap_has_no_single_cause(lived_home: Path) -> None:
    with AgentsDB.open(store_path(lived_home)) as db:
        db.change_agent(db.agent("eve").agent_id, settings={"memories": 0})

    async def scene() -> None:
        async with open_app(lived_home, CompareTarget(("ada", "eve"))) as (app, _):
            shown = find_screen(app).text_to_copy()
            assert "no single cause" in shown
            assert "model experience (ada), random (eve)" in shown
            assert "0 (eve)" in shown

    play(scene)


def test_an_agent_that_is_gone_is_named_and_the_others_are_shown(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, CompareTarget(("ada", "nobody"))) as (app, _):
            assert "not in this store: nobody" in screen_text(app)
            assert "● ada n=" in screen_text(app)

    play(scene)


def test_agents_that_have_finished_nothing_are_said_to_have_no_curve(lived_home: Path) -> None:
    with AgentsDB.open(store_path(lived_home)) as db:
        db.create_agent(AgentDraft(name="young", model="random"))

    async def scene() -> None:
        async with open_app(lived_home, CompareTarget(("young",))) as (app, _):
            assert NO_CURVE.split(";")[0] in screen_text(app)

    play(scene)


def test_a_home_without_a_store_says_what_makes_an_agent(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_app(tmp_path, CompareTarget()) as (app, _):
            assert "langgym play --agent ada" in screen_text(app)

    play(scene)


def test_a_store_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    store_path(tmp_path).write_bytes(b"no database at all" * 500)

    async def scene() -> None:
        async with open_app(tmp_path, PAIR) as (app, _):
            assert "r reads again" in screen_text(app)

    play(scene)


def test_what_was_marked_stays_when_somebody_writes(lived_home: Path) -> None:
    async def scene() -> None:
        async with open_app(lived_home, CompareTarget(("bob", "ada"), TICTACTOE)) as (app, pilot):
            with AgentsDB.open(store_path(lived_home)) as db:
                db.create_agent(AgentDraft(name="young", model="random"))
            for _ in range(30):
                await pilot.pause(0.1)
                if "young" in screen_text(app):
                    break
            await settle(pilot)
            assert "young" in screen_text(app)
            assert find_screen(app).twin() == f"langgym curves --agent bob --agent ada --env {TICTACTOE}"

    play(scene)


def test_ascii_is_drawn_where_that_is_asked_for(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, PAIR, settings=TuiSettings(glyphs="ascii")) as (app, _):
            shown = screen_text(app)
            assert "o ada n=30" in shown
            assert "✓" not in shown

    play(scene)


def test_a_small_terminal_shows_agents_and_curves(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, PAIR, size=(60, 16)) as (app, _):
            shown = screen_text(app)
            assert re.search(r"✓ +ada", shown)
            assert "● ada n=30" in shown
            assert "these agents keep" in shown

    play(scene)


def test_a_small_terminal_leaves_all_its_room_to_the_numbers(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, PAIR, size=(60, 16)) as (app, pilot):
            await press(pilot, "n")
            assert re.search(r"\[[-+]\d\.\d\d, [-+]\d\.\d\d\]", screen_text(app))
            assert not find_screen(app).pane.display
            await press(pilot, "n")
            assert find_screen(app).pane.display

    play(scene)


def test_the_twin_prints_the_same_facts(lived: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    async def scene() -> None:
        async with open_app(lived, PAIR, size=(200, 50)) as (app, pilot):
            await press(pilot, "n")
            seen.extend((find_screen(app).twin(), screen_text(app), find_screen(app).text_to_copy()))

    play(scene)
    twin, shown, told = seen
    assert main(["--home", str(lived), *twin.split()[1:]]) == 0
    printed = capsys.readouterr().out.strip().splitlines()
    assert printed[:3] == told.splitlines()
    drawn = " ".join(shown.split())
    rows = [" ".join(line.split()) for line in printed[4:]]
    assert len(rows) > 10
    assert [row for row in rows if row not in drawn] == []
