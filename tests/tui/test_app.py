import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from textual.widgets import Input

from langgym.errors import UsageError
from langgym.tui.app import LangGymApp
from langgym.tui.keymap import KEYS, check_keymap
from langgym.tui.opening import MODES, make_screen
from langgym.tui.screens.goto import GotoScreen, read_target
from langgym.tui.screens.help import HelpScreen
from langgym.tui.screens.jump import JumpScreen
from langgym.tui.screens.screen import StoreScreen
from langgym.tui.settings import TuiSettings, load_tui_settings
from langgym.tui.targets import AgentTarget, EpisodesTarget, EpisodeTarget, MemoryTarget, UniverseTarget
from tests.tui.stage import open_app, play, press, screen_text

HEAVY = ("chromadb", "openai", "pettingzoo", "mpe2", "onnxruntime", "sqlmodel", "sqlalchemy", "alembic", "xllamacpp")


def open_and_list(home: Path, keys: list[str], modules: tuple[str, ...]) -> list[str]:
    """Returns which modules an interface has loaded after some keys."""
    code = f"""
import asyncio, json, sys
from pathlib import Path
from langgym.tui.app import LangGymApp
async def scene():
    app = LangGymApp(Path({str(home)!r}))
    async with app.run_test(size=(120, 40)) as pilot:
        for key in {keys!r}:
            await pilot.press(key)
            await pilot.pause(0.2)
            await app.workers.wait_for_complete()
            await pilot.pause()
        sys.stdout.write(json.dumps([name for name in {modules!r} if name in sys.modules]))
asyncio.run(scene())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    return json.loads(done.stdout)


def test_nothing_heavy_is_loaded_by_importing_the_interface() -> None:
    code = f"import sys, langgym.tui.app, langgym.tui.screens.agents; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_first_screen_of_every_mode_loads_neither_games_nor_indexes_nor_models(lived: Path) -> None:
    heavy = ("chromadb", "openai", "pettingzoo", "mpe2", "onnxruntime", "alembic", "xllamacpp")
    assert open_and_list(lived, [KEYS[mode].keys for mode in MODES], heavy) == []


@pytest.mark.parametrize("mode", MODES)
def test_a_number_opens_its_screen(mode: str, lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived) as (app, pilot):
            await press(pilot, KEYS[mode].keys)
            assert app.current_mode == mode
            assert type(app.screen) is type(make_screen(MODES[mode]))

    play(scene)


def test_each_mode_keeps_its_way_back(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived) as (app, pilot):
            app.open(AgentTarget("ada"))
            await press(pilot, "2", "1")
            assert len(app.screen_stack) == 2
            await press(pilot, "1")
            assert len(app.screen_stack) == 1

    play(scene)


def test_escape_goes_back_and_stays_at_the_first_screen(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, EpisodeTarget(1)) as (app, pilot):
            assert "Episode 1" in screen_text(app)
            await press(pilot, "escape")
            await press(pilot, "escape")
            assert "Agents (showing" in screen_text(app)

    play(scene)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("812", EpisodeTarget(812)),
        ("e812", EpisodeTarget(812)),
        ("812.17", EpisodeTarget(812, 17)),
        ("m30", MemoryTarget(30)),
        ("ada", AgentTarget("ada")),
        ("mo", AgentTarget("mo")),
        ("classic/chess_v6", UniverseTarget("classic/chess_v6")),
        ("  ", None),
    ],
)
def test_a_line_says_where_to_go(text: str, target: object) -> None:
    assert read_target(text) == target


def test_going_to_an_episode_opens_it_at_the_turn(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived) as (app, pilot):
            await press(pilot, "colon")
            assert isinstance(app.screen, GotoScreen)
            app.screen.query_one(Input).value = "1.2"
            await press(pilot, "enter")
            assert "turn 2" in screen_text(app)

    play(scene)


def test_going_to_what_is_not_there_says_so_and_the_app_goes_on(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived) as (app, pilot):
            app.open(EpisodeTarget(99_999))
            await press(pilot, "j")
            assert "No episode has the id 99999" in screen_text(app)
            await press(pilot, "escape")
            assert "Agents (showing" in screen_text(app)

    play(scene)


def test_help_names_the_part_its_keys_and_the_twin(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, size=(100, 60)) as (app, pilot):
            await press(pilot, "question_mark")
            assert isinstance(app.screen, HelpScreen)
            text = screen_text(app)
            assert "langgym agents list" in text
            assert "A list: j and k" in text
            assert "Filter" in text
            await press(pilot, "escape")
            assert isinstance(app.screen, StoreScreen)

    play(scene)


def test_a_letter_jumps_to_a_part(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, EpisodeTarget(1)) as (app, pilot):
            await press(pilot, "ctrl+o")
            assert isinstance(app.screen, JumpScreen)
            letters = dict(app.screen.parts)
            letter = next(letter for letter, part in letters.items() if part.id == "step")
            await press(pilot, letter)
            assert app.focused is not None
            assert app.focused.id == "step"

    play(scene)


def test_a_keymap_changes_a_key(lived: Path) -> None:
    async def scene() -> None:
        settings = TuiSettings(keymap={"episodes": "f5"})
        async with open_app(lived, settings=settings) as (app, pilot):
            await press(pilot, "2")
            assert app.current_mode == "agents"
            await press(pilot, "f5")
            assert app.current_mode == "episodes"

    play(scene)


def test_a_key_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'filter'"):
        check_keymap({"filtr": "f5"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tui = 3", "must be a table"),
        ("[tui]\ntheem = 'x'", "means nothing"),
        ("[tui]\nglyphs = 'emoji'", "'unicode' or 'ascii'"),
        ("[tui]\ntheme = 3", "name of a theme"),
        ("[tui]\nkeymap = {filter = 3}", "keys in quotes"),
        ("[tui", "cannot be read"),
    ],
)
def test_bad_settings_are_named(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(UsageError, match=told):
        load_tui_settings(tmp_path)


def test_settings_are_read(tmp_path: Path) -> None:
    text = '[tui]\ntheme = "nord"\nglyphs = "ascii"\n[tui.keymap]\nfilter = "f3"\n'
    (tmp_path / "config.toml").write_text(text)
    assert load_tui_settings(tmp_path) == TuiSettings("nord", "ascii", {"filter": "f3"})


def test_an_unknown_theme_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="langgym-colourblind"):
        LangGymApp(tmp_path, settings=TuiSettings(theme="pink"))


def test_the_theme_for_colour_blindness_is_taken(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, settings=TuiSettings(theme="langgym-colourblind")) as (app, _):
            assert app.current_theme.primary == "#0072B2"

    play(scene)


def test_the_palette_finds_a_screen(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived) as (app, pilot):
            await press(pilot, "ctrl+p")
            await press(pilot, *"open univ")
            await press(pilot, "enter")
            assert app.current_mode == "universe"

    play(scene)


def test_what_is_copied_is_plain_and_also_in_a_file(
    lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def scene() -> None:
        async with open_app(lived) as (app, pilot):
            await press(pilot, "y")
            [file] = tmp_path.glob("langgym-copied-*.txt")
            assert app.clipboard == file.read_text() == "eve"
            app.copy("a\x1b]52;c;aGk=\x07b")
            assert app.clipboard == "a␛]52;c;aGk=␇b"

    play(scene)


def test_json_of_a_row_is_copied(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived) as (app, pilot):
            await press(pilot, "Y")
            assert json.loads(app.clipboard)["name"] == "eve"

    play(scene)


def test_a_small_terminal_says_what_it_needs_and_a_larger_one_shows_all(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, size=(59, 20)) as (app, pilot):
            assert "This needs 60 columns and 16 lines." in screen_text(app)
            await pilot.resize_terminal(60, 16)
            await pilot.pause()
            assert "ada" in screen_text(app)

    play(scene)


def test_q_ends_without_an_error(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived) as (app, pilot):
            await pilot.press("q")
            await pilot.pause()
            assert (app.return_code, app.return_value) == (0, None)

    play(scene)


def test_a_letter_in_a_field_is_a_letter(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived) as (app, pilot):
            await press(pilot, "slash", "q", "1")
            assert app.is_running
            assert app.current_mode == "agents"
            field = app.focused
            assert isinstance(field, Input)
            assert field.value == "q1"

    play(scene)


def test_no_colour_is_left_where_none_is_wanted(lived: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scene() -> None:
        async with open_app(lived) as (app, _):
            assert app.no_color
            assert "ada" in screen_text(app)

    play(scene)


def test_filters_of_a_link_are_applied(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, EpisodesTarget("env:leduc*")) as (app, _):
            assert "showing 8 of" in screen_text(app)

    play(scene)


def test_the_side_tells_of_the_first_agent_before_a_key_is_pressed(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, size=(160, 40)) as (app, _):
            assert "Record" in screen_text(app)
            assert "classic/leduc_holdem" in screen_text(app)

    play(scene)


def test_what_is_too_long_for_a_terminal_is_copied_to_the_file_alone(
    lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def scene() -> None:
        async with open_app(lived) as (app, _):
            app.copy("x" * 100_001)
            [file] = tmp_path.glob("langgym-copied-*.txt")
            assert (app.clipboard, len(file.read_text())) == ("", 100_001)

    play(scene)
