"""The screen of what was spent."""

import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.home import store_path
from langgym.models.loopback import ChatServer
from langgym.tui.app import LangGymApp
from langgym.tui.screens.agent import AgentScreen
from langgym.tui.screens.cost import CostScreen
from langgym.tui.targets import AgentTarget, CostTarget
from langgym.views.cost import CostRow, list_costs
from tests.cli.harness import pick_first
from tests.tui.stage import open_app, play, press, screen_text, settle

COST = CostTarget()
PRICES = "[models.test]\ninput = 2\noutput = 8\n"


@pytest.fixture(scope="session")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which ada has called a model with a price, and bob one without."""
    home = tmp_path_factory.mktemp("paid") / "home"
    home.mkdir()
    (home / "prices.toml").write_text(PRICES, encoding="utf-8")
    game = ["--env", "tictactoe", "--seed", "1", "--reflector", "grounded", "--embedder", "hashed", "--thought", "0"]
    with ChatServer(pick_first) as server:
        for name, model in (("ada", "openai:test"), ("bob", "openai:other")):
            flags = ["--home", str(home), "--agent", name, "--model", model, "--base-url", server.url, *game, "--quiet"]
            assert main(["play", *flags]) == 0
    return home


@pytest.fixture
def paid_home(paid: Path, tmp_path: Path) -> Path:
    """A copy of that home, to be changed."""
    return Path(shutil.copytree(paid, tmp_path / "home"))


def screen_of(app: LangGymApp) -> CostScreen:
    assert isinstance(app.screen, CostScreen)
    return app.screen


def facts(text: str) -> set[str]:
    return {" ".join(line.split()) for line in text.splitlines()} - {""}


@pytest.mark.parametrize("keys", [(), ("right_square_bracket",)])
def test_the_twin_prints_the_same_rows(paid: Path, capsys: pytest.CaptureFixture[str], keys: tuple[str, ...]) -> None:
    shown: list[str] = []

    async def scene() -> None:
        async with open_app(paid, COST) as (app, pilot):
            await press(pilot, *keys)
            shown.extend([screen_of(app).twin(), screen_of(app).text_to_page()])

    play(scene)
    capsys.readouterr()
    assert main(["--home", str(paid), *shlex.split(shown[0])[1:]]) == 0
    printed = facts(capsys.readouterr().out)
    assert len(printed) >= 3
    assert printed == facts(shown[1])


def test_tokens_without_a_price_are_never_free(paid: Path) -> None:
    async def scene() -> None:
        async with open_app(paid, COST) as (app, pilot):
            rows = screen_of(app).pane.rows
            await press(pilot, "j")
            assert rows.row is not None
            assert rows.row.agent == "bob"
            line = next(line for line in screen_text(app).splitlines() if line.startswith("bob "))
            assert line.endswith("unpriced")
            assert "$" not in line
            total = next(line for line in screen_text(app).splitlines() if line.startswith("total"))
            assert "tokens unpriced" in total

    play(scene)


def test_the_row_at_the_cursor_is_told_in_words(paid: Path) -> None:
    async def scene() -> None:
        async with open_app(paid, COST, size=(60, 16)) as (app, pilot):
            assert "ada openai:test: 4 calls, " in screen_text(app)
            await press(pilot, "G")
            assert "total: 8 calls, " in screen_text(app)

    play(scene)


def test_brackets_go_from_run_to_run(paid: Path) -> None:
    async def scene() -> None:
        async with open_app(paid, COST) as (app, pilot):
            await press(pilot, "right_square_bracket")
            assert "Spent in run 2" in screen_text(app)
            assert [row.agent for row in list_shown(app)] == ["bob", "total"]
            await press(pilot, "right_square_bracket")
            assert [row.agent for row in list_shown(app)] == ["ada", "total"]
            await press(pilot, "right_square_bracket")
            assert "Spent in all runs" in screen_text(app)

    play(scene)


def list_shown(app: LangGymApp) -> Sequence[CostRow]:
    found = screen_of(app).pane.found
    assert found is not None
    return list_costs(found.page)


def test_enter_opens_what_the_agent_has_spent(paid: Path) -> None:
    async def scene() -> None:
        async with open_app(paid, COST) as (app, pilot):
            await press(pilot, "enter")
            assert isinstance(app.screen, AgentScreen)
            assert (app.screen.agent, app.screen.tab) == ("ada", "cost")
            assert app.screen.twin() == "langgym cost --agent ada"
            assert "openai:other" not in screen_text(app)

    play(scene)


def test_the_total_opens_nothing(paid: Path) -> None:
    async def scene() -> None:
        async with open_app(paid, COST) as (app, pilot):
            await press(pilot, "G", "enter")
            assert isinstance(app.screen, CostScreen)

    play(scene)


def test_what_a_deleted_agent_spent_stays_and_opens_nothing(paid_home: Path) -> None:
    with AgentsDB.open(store_path(paid_home)) as db:
        db.delete_agent("ada")

    async def scene() -> None:
        async with open_app(paid_home, COST) as (app, pilot):
            assert "(deleted)" in screen_text(app)
            await press(pilot, "g", "enter")
            assert isinstance(app.screen, CostScreen)
            [notice] = app._notifications  # pyright: ignore[reportPrivateUsage]: nothing public tells them
            assert "was deleted" in notice.message

    play(scene)


def test_a_store_in_which_nothing_was_spent_says_so(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, COST) as (app, _):
            assert "nothing was spent: no model has been called" in screen_text(app)

    play(scene)


def test_an_empty_store_says_how_to_begin(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_app(tmp_path / "none", COST) as (app, _):
            assert "langgym play --agent ada" in screen_text(app)

    play(scene)


def test_prices_that_cannot_be_read_are_told_and_r_reads_again(paid_home: Path) -> None:
    (paid_home / "prices.toml").write_text("[models.test]\ninput = -2\n", encoding="utf-8")

    async def scene() -> None:
        async with open_app(paid_home, COST) as (app, pilot):
            assert "r reads again" in screen_text(app)
            (paid_home / "prices.toml").write_text(PRICES, encoding="utf-8")
            await press(pilot, "r")
            assert "$0.00" in screen_text(app)

    play(scene)


def test_an_agent_shows_its_limits_beside_its_settings(paid_home: Path) -> None:
    assert main(["--home", str(paid_home), "agents", "limit", "ada", "--max-calls", "10"]) == 0

    async def scene() -> None:
        async with open_app(paid_home, AgentTarget("ada", "configuration")) as (app, pilot):
            await settle(pilot)
            assert "calls 10 calls 6 calls the agent" in facts(app.screen.text_to_page())  # type: ignore[attr-defined]

    play(scene)
