"""The screen of arenas and ratings."""

import json
import shlex
import shutil
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot

from agents_db.store import AgentsDB
from langgym.arena.plan import ArenaPlan
from langgym.cli.app import main
from langgym.home import store_path
from langgym.models.loopback import ChatRequest, ChatServer
from langgym.query import arena as arenas
from langgym.tui.app import LangGymApp
from langgym.tui.screens.agent import AgentScreen
from langgym.tui.screens.ratings import RatingsScreen
from langgym.tui.targets import RatingsTarget
from langgym.views.arena import ANSWERS, NO_ARENA, NO_RATINGS, OVERALL, VERSIONS
from tests.cli.harness import find_flags, pick_first
from tests.tui.stage import open_app, play, press, screen_text, settle
from universe.catalog import default_catalog

RATINGS = RatingsTarget()
FOUR, TICTACTOE = "classic/connect_four_v3", "classic/tictactoe_v3"
NEXT, PREVIOUS = "right_square_bracket", "left_square_bracket"


def hold(home: Path, *words: str) -> None:
    assert main(["--home", str(home), "arena", *words, "--seed", "1", "--quiet"]) == 0


def mumble(turns: Iterator[int], request: ChatRequest) -> str:
    """Answers what is of no use at every fifth time."""
    return "I would rather not say." if next(turns) % 5 == 4 else pick_first(request)


@pytest.fixture(scope="session")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two arenas: in the older one ada learns, in the newer one kim mumbles; only to be read."""
    home = tmp_path_factory.mktemp("rated") / "home"
    quiet = ["--home", str(home), "--env", "tictactoe", "--seed", "1", "--quiet"]
    assert main(["play", *quiet, "--agent", "ada", "--model", "experience", "--episodes", "12"]) == 0
    hold(home, "--agents", "ada,policy:random", "--envs", "tictactoe", "--games", "2", "--learn")
    with ChatServer(partial(mumble, count())) as server:
        assert main(["play", *quiet, "--agent", "kim", *find_flags(server)]) == 0
        hold(home, "--agents", "ada,ada@0,kim,policy:random", "--envs", "tictactoe,connect_four", "--games", "2")
    return home


@pytest.fixture
def rated_home(rated: Path, tmp_path: Path) -> Path:
    """A copy of that home, to be changed."""
    return Path(shutil.copytree(rated, tmp_path / "home"))


def list_keys(home: Path) -> list[str]:
    with AgentsDB.open_reader(store_path(home)) as db:
        return [item.key for item in arenas.read_arenas(db).items]


def screen_of(app: LangGymApp) -> RatingsScreen:
    assert isinstance(app.screen, RatingsScreen)
    return app.screen


async def find_player(pilot: Pilot[Any], name: str) -> None:
    """Puts the cursor of the ratings at a player."""
    ratings = screen_of(pilot.app).ratings  # pyright: ignore[reportArgumentType]
    await press(pilot, "g")
    for _ in range(9):
        if ratings.player == name:
            return
        await press(pilot, "j")
    raise AssertionError(name)


def facts(text: str) -> set[str]:
    return {" ".join(line.split()) for line in text.splitlines()} - {""}


@pytest.mark.parametrize("keys", [(), ("enter",), ("j", "enter")], ids=["arenas", "newest", "oldest"])
def test_the_twin_prints_the_same_rows(rated: Path, capsys: pytest.CaptureFixture[str], keys: tuple[str, ...]) -> None:
    shown: list[str] = []

    async def scene() -> None:
        async with open_app(rated, RATINGS) as (app, pilot):
            for key in keys:
                await press(pilot, key)
            shown.extend([screen_of(app).twin(), screen_of(app).text_to_page()])

    play(scene)
    capsys.readouterr()
    assert main(["--home", str(rated), *shlex.split(shown[0])[1:]]) == 0
    printed = facts(capsys.readouterr().out)
    assert len(printed) >= 3
    assert printed == facts(shown[1])


def test_the_newest_arena_is_looked_at_and_all_its_environments_together(rated: Path) -> None:
    async def scene() -> None:
        async with open_app(rated, RATINGS) as (app, _):
            text = screen_text(app)
            assert "Arenas (showing 2 of 2), newest first" in text
            assert f"arena {list_keys(rated)[0]}: round-robin, seed 1, memories frozen; 24 games" in text
            assert f"{OVERALL} (3 of 4; ] and [ change it)" in text

    play(scene)


def test_each_row_has_the_columns_of_the_command_line(rated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(rated), "arena", "--show", list_keys(rated)[0]]) == 0
    overall = capsys.readouterr().out.partition(f"{OVERALL}\n")[2].partition("\n\n")[0]

    async def scene() -> None:
        async with open_app(rated, RATINGS) as (app, _):
            assert len(facts(overall)) == 5
            assert facts(overall) <= facts(screen_text(app))

    play(scene)


def test_brackets_go_from_table_to_table_and_the_cursor_keeps_to_its_player(rated: Path) -> None:
    async def scene() -> None:
        async with open_app(rated, RATINGS) as (app, pilot):
            ratings = screen_of(app).ratings
            await press(pilot, "enter")
            await find_player(pilot, "ada@0")
            seen: list[tuple[str | None, str | None]] = []
            for key in (NEXT, NEXT, NEXT, NEXT, PREVIOUS):
                await press(pilot, key)
                seen.append((ratings.table, ratings.player))
                assert app.focused is (ratings.answers if ratings.table == ANSWERS else ratings.rated)
            assert [table for table, _ in seen] == [ANSWERS, FOUR, TICTACTOE, OVERALL, TICTACTOE]
            assert {player for _, player in seen} == {"ada@0"}

    play(scene)


def test_what_was_not_legal_is_told_of_each_player_and_the_list_has_the_keys(rated: Path) -> None:
    async def scene() -> None:
        async with open_app(rated, RATINGS) as (app, pilot):
            await press(pilot, "enter", NEXT)
            await find_player(pilot, "kim")
            row = screen_of(app).ratings.answers.row
            assert row is not None
            assert row.n_illegal > 0
            assert f"kim {row.n_decisions} {row.n_fallbacks} {row.n_illegal}" in facts(screen_text(app))
            assert screen_of(app).text_to_copy().splitlines()[1].startswith("kim ")
            await press(pilot, "enter")
            assert isinstance(app.screen, AgentScreen)
            assert app.screen.agent == "kim"

    play(scene)


def test_versions_of_a_memory_have_a_table_where_an_agent_learns(rated: Path) -> None:
    async def scene() -> None:
        async with open_app(rated, RatingsTarget(list_keys(rated)[1])) as (app, pilot):
            await press(pilot, NEXT)
            text = screen_text(app)
            assert f"{VERSIONS} (2 of 2" in text
            assert "agents learn; 2 games" in text
            assert {line.split()[0] for line in facts(text)} >= {"ada@12", "ada@13", "random"}

    play(scene)


@pytest.mark.parametrize("player", ["ada", "ada@0"])
def test_enter_opens_the_agent_of_a_rating_and_escape_goes_back_up(rated: Path, player: str) -> None:
    async def scene() -> None:
        async with open_app(rated, RATINGS) as (app, pilot):
            await press(pilot, "enter")
            await find_player(pilot, player)
            await press(pilot, "enter")
            assert isinstance(app.screen, AgentScreen)
            assert app.screen.agent == "ada"
            await press(pilot, "escape")
            assert screen_of(app).twin() == f"langgym arena --show {list_keys(rated)[0]}"
            await press(pilot, "escape")
            assert screen_of(app).twin() == "langgym arena --list"

    play(scene)


def test_a_policy_opens_nothing(rated: Path) -> None:
    async def scene() -> None:
        async with open_app(rated, RATINGS) as (app, pilot):
            await press(pilot, "enter")
            await find_player(pilot, "random")
            await press(pilot, "enter")
            assert isinstance(app.screen, RatingsScreen)
            [notice] = app._notifications  # pyright: ignore[reportPrivateUsage]: nothing public tells them
            assert "random is a policy" in notice.message

    play(scene)


def test_json_of_the_part_with_the_focus_is_copied(rated: Path) -> None:
    async def scene() -> None:
        async with open_app(rated, RATINGS) as (app, pilot):
            await press(pilot, "Y")
            assert json.loads(app.clipboard)["agents"] == ["ada", "kim"]
            await press(pilot, "enter", "Y")
            assert json.loads(app.clipboard)["schema"] == "langgym.arena/1"
            await press(pilot, "y")
            assert app.clipboard.split()[0] == "player"

    play(scene)


# States


@pytest.mark.parametrize("has_store", [False, True], ids=["no store", "no arena"])
def test_a_store_without_arenas_names_the_command_that_makes_one(tmp_path: Path, has_store: bool) -> None:
    if has_store:
        AgentsDB.open(store_path(tmp_path)).close()

    async def scene() -> None:
        async with open_app(tmp_path, RATINGS) as (app, pilot):
            text, _, advice = NO_ARENA.partition("; ")
            assert text in screen_text(app)
            assert advice in screen_text(app)
            await press(pilot, "enter", NEXT, "Y")
            assert screen_of(app).twin() == "langgym arena --list"

    play(scene)


def test_an_arena_without_games_says_so(rated_home: Path) -> None:
    with AgentsDB.open(store_path(rated_home)) as db:
        plan = ArenaPlan(
            players=("ada", "kim"), envs=(TICTACTOE,), schedule="swiss", seed=2, learn=False, max_turns=None
        )
        db.start_run(plan.draft_run(default_catalog().find(TICTACTOE), 0, moments={}))

    async def scene() -> None:
        async with open_app(rated_home, RATINGS) as (app, pilot):
            assert NO_RATINGS in screen_text(app)
            assert f"arena {plan.key}: swiss, seed 2, memories frozen; 0 games" in screen_text(app)
            await press(pilot, NEXT, "j")
            assert OVERALL in screen_text(app)

    play(scene)


def test_a_key_that_no_arena_has_says_that_it_is_gone(rated: Path) -> None:
    async def scene() -> None:
        async with open_app(rated, RatingsTarget("[b]none")) as (app, pilot):
            assert "No arena has the key '[b]none'" in screen_text(app)
            assert "it is gone; esc goes back" in screen_text(app)
            await press(pilot, "escape")
            assert "Agents (showing" in screen_text(app)

    play(scene)


def test_a_small_terminal_says_what_it_needs(rated: Path) -> None:
    async def scene() -> None:
        async with open_app(rated, RATINGS, size=(59, 16)) as (app, pilot):
            assert "This needs 60 columns and 16 lines." in screen_text(app)
            await pilot.resize_terminal(60, 16)
            await settle(pilot)
            assert "all environments (3 of 4" in screen_text(app)

    play(scene)


def test_ratings_that_take_long_are_announced(rated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done, read = Event(), arenas.read_ratings

    def wait(*args: Any) -> object:
        done.wait(10)
        return read(*args)

    monkeypatch.setattr(arenas, "read_ratings", wait)

    async def scene() -> None:
        app = LangGymApp(rated, first=RATINGS)
        async with app.run_test(size=(120, 40)) as pilot:
            try:
                for _ in range(100):
                    await pilot.pause(0.05)
                    if "loading the ratings" in screen_text(app):
                        break
                assert "loading the ratings" in screen_text(app)
                assert "Arenas (showing 2 of 2)" in screen_text(app)
            finally:
                done.set()
            await settle(pilot)
            assert OVERALL in screen_text(app)

    play(scene)


def test_an_arena_that_is_begun_meanwhile_is_listed_and_nothing_jumps(rated_home: Path) -> None:
    before = list_keys(rated_home)

    async def scene() -> None:
        async with open_app(rated_home, RATINGS) as (app, pilot):
            hold(rated_home, "--agents", "ada,policy:heuristic", "--envs", "tictactoe", "--games", "2")
            await settle(pilot, rest=1.5)
            assert "Arenas (showing 3 of 3)" in screen_text(app)
            assert screen_of(app).ratings.key == before[0]
            row = screen_of(app).arenas.row
            assert row is not None
            assert row.key == before[0]

    play(scene)
