"""Strategies: the claim beside what came of it, the versions of each, and the way through the agents."""

import shlex
from pathlib import Path

import pytest

from agents_db.knowledge import MemoryChange, MemoryDraft, MemoryRecord
from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.home import store_path
from langgym.query.versions import read_versions
from langgym.tui.app import LangGymApp
from langgym.tui.screens.memory import MemoryScreen
from langgym.tui.screens.strategies import StrategiesScreen
from langgym.tui.targets import EpisodeTarget, MemoryTarget, StrategiesTarget
from langgym.tui.widgets.text_pane import TextPane
from tests.tui.stage import open_app, play, press, screen_text

TEXTS = ("Take the corner.\nIt is safe.", "Take the corner early.\nIt is safe.", "Take the centre.\nIt is safe.")


@pytest.fixture
def home(lived_home: Path) -> Path:
    """A home in which ada has stated a strategy anew and then put another in its place; bob has none."""
    with AgentsDB.open(store_path(lived_home)) as db:
        first, second = db.add_memories([_draft(db, TEXTS[0], 0.5, 10), _draft(db, TEXTS[2], 0.1, 20)])
        fields = {"text": TEXTS[1], "effect": 0.4, "low": 0.2, "high": 0.6}
        edit = MemoryChange(
            memory_id=first.memory_id, op="edit", fields=fields, actor="grounded", reason="seen more", episode_id=15
        )
        fields = {"state": "superseded", "superseded_by": second.memory_id}
        gone = MemoryChange(memory_id=first.memory_id, op="supersede", fields=fields, actor="grounded")
        db.learn((), [edit, gone])
    return lived_home


def _draft(db: AgentsDB, text: str, effect: float, episode_id: int) -> MemoryDraft:
    return MemoryDraft(
        agent_id=db.agent("ada").agent_id,
        kind="strategy",
        text=text,
        env_id="classic/tictactoe_v3",
        role="player",
        episode_id=episode_id,
        seat="player_1",
        turn_from=0,
        turn_to=2,
        outcome=None,
        importance=0.5,
        subject="where to begin",
        action="corner",
        effect=effect,
        low=effect - 0.3,
        high=effect + 0.3,
        maker="grounded",
        votes=2,
        clock=5,
    )


def list_strategies(home: Path) -> list[MemoryRecord]:
    with AgentsDB.open_reader(store_path(home)) as db:
        return db.memories(db.agent("ada").agent_id, kind="strategy", state=None)


def screen(app: LangGymApp) -> StrategiesScreen:
    assert isinstance(app.screen, StrategiesScreen)
    return app.screen


def side(app: LangGymApp) -> str:
    return app.screen.query_one("#side", TextPane).text()


def test_the_claim_stands_beside_what_was_measured_since(home: Path) -> None:
    async def scene() -> None:
        async with open_app(home, StrategiesTarget("ada"), size=(200, 40)) as (app, _):
            drawn = screen_text(app)
            row = screen(app).pane.list.row
            assert row is not None
            assert "+0.10 [-0.20, +0.40]" in drawn
            assert row.measured is not None
            assert f"{row.measured.effect:+.2f} [" in drawn
            assert f"{row.measured.n_with} : {row.measured.n_without}" in drawn
            assert "superseded" in drawn

    play(scene)


def test_the_narrowest_terminal_shows_action_claim_and_what_came_of_it(home: Path) -> None:
    async def scene() -> None:
        async with open_app(home, StrategiesTarget("ada"), size=(60, 16)) as (app, _):
            drawn = screen_text(app)
            assert "corner" in drawn
            assert "+0.10 [-0.20, +0.40]" in drawn
            assert "since then" in drawn

    play(scene)


def test_without_a_name_the_agent_that_had_a_strategy_first_is_shown(home: Path) -> None:
    async def scene() -> None:
        async with open_app(home, StrategiesTarget()) as (app, _):
            assert "Strategies of ada (showing 2 of 2)" in screen_text(app)

    play(scene)


def test_the_side_tells_each_version_with_its_trigger_and_what_changed(home: Path) -> None:
    older, newer = sorted(memory.memory_id for memory in list_strategies(home))

    async def scene() -> None:
        async with open_app(home, StrategiesTarget("ada")) as (app, _):
            told = side(app)
            assert f"version 1 of 3: memory {older}" in told
            assert "after episode 15, by grounded (seen more): +0.40 [+0.20, +0.60]" in told
            assert "- Take the corner.\n+ Take the corner early.\n  It is safe." in told
            assert f"version 3 of 3: memory {newer}" in told
            assert "- Take the corner early.\n+ Take the centre.\n  It is safe." in told

    play(scene)


def test_versions_begin_with_what_was_said_at_first(home: Path) -> None:
    chain = sorted(memory.memory_id for memory in list_strategies(home))
    with AgentsDB.open_reader(store_path(home)) as db:
        versions = read_versions(db, chain)
    assert [version.text for version in versions] == list(TEXTS)
    assert [version.effect for version in versions] == [0.5, 0.4, 0.1]
    assert [version.episode_id for version in versions] == [10, 15, 20]


@pytest.mark.parametrize(("block", "target"), [("trigger", EpisodeTarget(20)), ("after:version:2", EpisodeTarget(15))])
def test_enter_opens_what_triggered_it(home: Path, block: str, target: EpisodeTarget) -> None:
    async def scene() -> None:
        async with open_app(home, StrategiesTarget("ada")) as (app, pilot):
            targets: list[object] = []
            app.open = targets.append  # type: ignore[method-assign]
            pane = app.screen.query_one("#side", TextPane)
            pane.focus()
            assert pane.select(block)
            await press(pilot, "enter")
            assert targets == [target]

    play(scene)


def test_an_older_version_leads_to_its_memory(home: Path) -> None:
    older = min(memory.memory_id for memory in list_strategies(home))

    async def scene() -> None:
        async with open_app(home, StrategiesTarget("ada")) as (app, pilot):
            targets: list[object] = []
            app.open = targets.append  # type: ignore[method-assign]
            pane = app.screen.query_one("#side", TextPane)
            pane.focus()
            assert pane.select("version:1")
            await press(pilot, "enter")
            assert targets == [MemoryTarget(older)]

    play(scene)


def test_enter_in_the_list_opens_the_memory(home: Path) -> None:
    async def scene() -> None:
        async with open_app(home, StrategiesTarget("ada")) as (app, pilot):
            await press(pilot, "enter")
            assert isinstance(app.screen, MemoryScreen)

    play(scene)


def test_brackets_go_through_the_agents_and_one_without_strategies_says_what_to_do(home: Path) -> None:
    async def scene() -> None:
        async with open_app(home, StrategiesTarget("ada")) as (app, pilot):
            await press(pilot, "right_square_bracket")
            assert "bob finds some as it plays: `langgym play --agent bob" in screen_text(app)
            assert side(app) == ""
            await press(pilot, "left_square_bracket")
            assert "Strategies of ada" in screen_text(app)
            await press(pilot, "left_square_bracket")
            assert "Strategies of eve" in screen_text(app)

    play(scene)


def test_a_filter_narrows_the_list_and_may_name_the_agent(home: Path) -> None:
    async def scene() -> None:
        async with open_app(home, StrategiesTarget("bob")) as (app, pilot):
            await press(pilot, "slash", *"agent:ada", "space", *"state:superseded", "enter")
            row = screen(app).pane.list.row
            assert row is not None
            assert (row.state, len(screen(app).pane.list.ids)) == ("superseded", 1)
            assert "Strategies of ada (showing 1 of 2)" in screen_text(app)

    play(scene)


def test_a_filter_that_nothing_fits_is_told_and_can_be_changed(home: Path) -> None:
    async def scene() -> None:
        async with open_app(home, StrategiesTarget("ada")) as (app, pilot):
            await press(pilot, "slash", *"nowhere", "enter")
            assert "0 of 2 strategies match 'nowhere'" in screen_text(app)
            await press(pilot, "slash", "enter")
            await press(pilot, "slash", *["backspace"] * 7, "enter")
            assert len(screen(app).pane.list.ids) == 2

    play(scene)


def test_an_agent_that_is_not_there_is_named(home: Path) -> None:
    async def scene() -> None:
        async with open_app(home, StrategiesTarget("nobody")) as (app, _):
            assert "'nobody'" in screen_text(app)

    play(scene)


def test_an_empty_store_names_the_command_that_makes_data(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_app(tmp_path / "none", StrategiesTarget()) as (app, _):
            assert "langgym play --agent ada" in screen_text(app)

    play(scene)


def test_a_strategy_is_retired_and_restored_here(home: Path) -> None:
    async def scene() -> None:
        async with open_app(home, StrategiesTarget("ada"), size=(200, 40)) as (app, pilot):
            await press(pilot, "x")
            assert "retired" in {memory.state for memory in list_strategies(home)}
            row = screen(app).pane.list.row
            assert row is not None
            assert row.state == "retired"
            await press(pilot, "u")
            assert "retired" not in {memory.state for memory in list_strategies(home)}

    play(scene)


def test_the_twin_prints_the_same_facts(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    twins: list[str] = []

    async def scene() -> None:
        async with open_app(home, StrategiesTarget("ada")) as (app, _):
            told.extend(side(app).splitlines())
            twins.append(screen(app).twin())

    play(scene)
    capsys.readouterr()
    assert main([*shlex.split(twins[0])[1:], "--home", str(home)]) == 0
    printed = {line.strip() for line in capsys.readouterr().out.splitlines()}
    extra = [line for line in told if line.strip() not in printed]
    assert {line.split()[0] for line in extra} == {"Strategy", "memory", "triggered", "after"}
