"""The screen of what can be played."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from langgym.cli.app import main
from langgym.tui.app import LangGymApp
from langgym.tui.screens.agents import AgentsScreen
from langgym.tui.screens.replay import ReplayScreen
from langgym.tui.screens.universe import UniverseScreen
from langgym.tui.targets import UniverseTarget
from langgym.tui.widgets.text_pane import TextPane
from langgym.tui.widgets.virtual_list import VirtualList
from tests.tui.stage import open_app, play, press, screen_text, settle
from universe.catalog import default_catalog

TIC_TAC_TOE = UniverseTarget("tictactoe")


@pytest.fixture(scope="session")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which dee has chosen what it played."""
    home = tmp_path_factory.mktemp("chosen") / "home"
    flags = [
        "--model",
        "random",
        "--episodes",
        "2",
        "--max-turns",
        "4",
        "--seed",
        "3",
        "--embedder",
        "hashed",
        "--quiet",
    ]
    assert main(["play", "--home", str(home), "--agent", "dee", *flags]) == 0
    return home


def screen_of(app: LangGymApp) -> UniverseScreen:
    assert isinstance(app.screen, UniverseScreen)
    return app.screen


def facts(text: str) -> set[str]:
    return {" ".join(line.split()) for line in text.splitlines()} - {""}


def test_every_card_is_shown_without_a_store(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_app(tmp_path / "none", UniverseTarget()) as (app, _):
            n = len(default_catalog())
            assert f"showing {n} of {n}, 0 played" in screen_text(app)
            first = screen_of(app).cards.row
            assert first is not None
            assert default_catalog().find(first.env_id).rules.split(". ")[0][:30] in screen_text(app)

    play(scene)


def test_the_cards_are_shown_without_loading_a_game() -> None:
    code = """
import asyncio, sys, tempfile
from pathlib import Path
from langgym.tui.targets import UniverseTarget
from tests.tui.stage import open_app, press, screen_text, settle
async def scene():
    async with open_app(Path(tempfile.mkdtemp()), UniverseTarget("chess")) as (app, pilot):
        assert "Checkmate" in screen_text(app)
asyncio.run(scene())
print([name for name in ("pettingzoo", "numpy", "chess", "chromadb", "sqlalchemy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = done.stdout.splitlines()[-1]
    assert "pettingzoo" not in loaded
    assert "chess" not in loaded
    assert "chromadb" not in loaded


def test_the_twins_print_the_facts_of_the_card_and_the_record(lived: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[str] = []

    async def scene() -> None:
        async with open_app(lived, TIC_TAC_TOE) as (app, _):
            shown.extend([screen_of(app).twin(), screen_of(app).card.text()])

    play(scene)
    capsys.readouterr()
    for command in shown[0].split("; "):
        assert main(["--home", str(lived), *shlex.split(command)[1:]]) == 0
    printed = facts(capsys.readouterr().out)
    assert len(printed) > 15
    assert printed <= facts(shown[1])


def test_the_record_of_the_store_stands_in_the_list(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, UniverseTarget()) as (app, pilot):
            await press(pilot, "slash", *"tictac", "enter")
            row = screen_of(app).cards.row
            assert row is not None
            assert (row.env_id, row.n_participations, row.n_agents) == ("classic/tictactoe_v3", 50, 2)
            assert "played 50 times by 2 agents" in " ".join(screen_of(app).card.text().split())

    play(scene)


def test_what_was_played_most_comes_first_in_the_other_order(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, UniverseTarget()) as (app, pilot):
            await press(pilot, "s", "g")
            row = screen_of(app).cards.row
            assert row is not None
            assert row.env_id == "classic/tictactoe_v3"

    play(scene)


def test_a_filter_that_fits_nothing_says_so(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, UniverseTarget()) as (app, pilot):
            await press(pilot, "slash", *"zzz", "enter")
            assert f"0 of {len(default_catalog())} environments match 'zzz'" in screen_text(app)
            await press(pilot, "slash", *["backspace"] * 3, "enter")
            assert f"showing {len(default_catalog())}" in screen_text(app)

    play(scene)


def test_the_other_card_is_read_from_its_top(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, UniverseTarget()) as (app, pilot):
            await press(pilot, "enter", "G", "escape", "j")
            text = screen_of(app).card.query_one(TextPane)
            assert text.block is not None
            assert text.block.name == "env"

    play(scene)


def test_escape_goes_from_the_card_to_the_list_and_on(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived) as (app, pilot):
            app.open(UniverseTarget())
            await settle(pilot)
            await press(pilot, "enter")
            assert isinstance(app.focused, TextPane)
            await press(pilot, "escape")
            assert isinstance(app.focused, VirtualList)
            await press(pilot, "escape")
            assert isinstance(app.screen, AgentsScreen)

    play(scene)


def test_escape_leaves_a_card_that_was_named_from_elsewhere(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, TIC_TAC_TOE) as (app, pilot):
            assert isinstance(app.focused, TextPane)
            await press(pilot, "escape")
            assert isinstance(app.screen, AgentsScreen)

    play(scene)


def test_a_narrow_terminal_shows_the_list_or_the_card(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, UniverseTarget(), size=(60, 16)) as (app, pilot):
            screen = screen_of(app)
            assert (screen.cards.is_on_screen, screen.card.is_on_screen) == (True, False)
            await press(pilot, "enter")
            assert (screen.cards.is_on_screen, screen.card.is_on_screen) == (False, True)
            assert screen.card.size.width >= 59
            await press(pilot, "escape")
            assert (screen.cards.is_on_screen, screen.card.is_on_screen) == (True, False)

    play(scene)


def test_a_name_that_nothing_has_is_answered_with_the_list(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, UniverseTarget("tictactow")) as (app, _):
            assert isinstance(app.focused, VirtualList)
            [notice] = app._notifications  # pyright: ignore[reportPrivateUsage]: nothing public tells them
            assert "Did you mean 'classic/tictactoe_v3'" in notice.message

    play(scene)


def test_a_choice_says_who_and_why_and_opens_its_episode(chosen: Path) -> None:
    from agents_db.store import AgentsDB
    from langgym.home import store_path

    with AgentsDB.open_reader(store_path(chosen)) as db:
        [episode] = [each for each in db.episodes(limit=10) if each.number == 0]

    async def scene() -> None:
        async with open_app(chosen, UniverseTarget(episode.env_id)) as (app, pilot):
            told = f"episode {episode.episode_id}: dee, by random, "
            assert told in screen_of(app).card.text()
            await press(pilot, "G", "enter")
            assert isinstance(app.screen, ReplayScreen)
            assert app.screen.twin().startswith(f"langgym replay {episode.episode_id}")

    play(scene)


def test_the_card_is_copied_as_json(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, TIC_TAC_TOE) as (app, _):
            assert '"langgym.env/1"' in str(screen_of(app).json_to_copy())

    play(scene)
