"""One memory: its blocks, where they lead, and what it is like when it is gone."""

import shlex
from pathlib import Path

import pytest

from agents_db.knowledge import MemoryChange
from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.home import store_path
from langgym.models.loopback import ChatServer
from langgym.query.memories import MemoryDetail, read_memory
from langgym.tui.app import LangGymApp
from langgym.tui.screens.memory import MemoryScreen
from langgym.tui.targets import EpisodeTarget, MemoryTarget, Target
from langgym.tui.widgets.text_pane import TextPane
from tests.cli.harness import find_flags, pick_first
from tests.tui.stage import open_app, play, press, screen_text


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a model was asked, with what it remembered in its prompts; only to be read."""
    home = tmp_path_factory.mktemp("told") / "home"
    with ChatServer(pick_first) as server:
        flags = ["--home", str(home), "--agent", "ada", "--env", "tictactoe", "--embedder", "hashed", "--quiet"]
        assert main(["play", *flags, "--episodes", "3", "--seed", "3", *map(str, find_flags(server))]) == 0
    return home


def find_recalled(home: Path) -> MemoryDetail:
    """Returns a memory that was recalled and rests on several decisions."""
    with AgentsDB.open_reader(store_path(home)) as db:
        ids = db.memory_ids(order="recalled")
        found = (read_memory(db, memory_id) for memory_id in ids)
        return next(memory for memory in found if len(memory.steps) > 1 and memory.recalled_in)


def change(home: Path, made: MemoryChange) -> None:
    with AgentsDB.open(store_path(home)) as db:
        db.change_memory(made)


def pane(app: LangGymApp) -> TextPane:
    return app.screen.query_one(TextPane)


def opened(app: LangGymApp) -> list[Target]:
    """Collects what is opened from now on, instead of opening it."""
    targets: list[Target] = []
    app.open = targets.append  # type: ignore[method-assign]
    return targets


def test_a_memory_is_told_in_blocks_with_its_text_first(told: Path) -> None:
    memory = find_recalled(told)

    async def scene() -> None:
        async with open_app(told, MemoryTarget(memory.memory_id)) as (app, _):
            text = pane(app).text()
            assert text.startswith(f"memory {memory.memory_id} of {memory.agent} (episodic, active)\n{memory.text}")
            assert f"Recalled {memory.n_recalled} times" in text
            assert f"turn {memory.steps[0].turn} {memory.seat} ({memory.agent}): {memory.steps[0].name}" in text

    play(scene)


@pytest.mark.parametrize("name", ["birth", "decision", "recalled"])
def test_enter_opens_where_a_block_leads(told: Path, name: str) -> None:
    memory = find_recalled(told)
    step, use = memory.steps[1], memory.recalled_in[0]
    wanted = {
        "birth": ("birth", EpisodeTarget(memory.episode_id, memory.turn_from, memory.seat)),
        "decision": (f"decision:{step.turn}", EpisodeTarget(memory.episode_id, step.turn, memory.seat)),
        "recalled": ("recalled:0", EpisodeTarget(use.episode_id, use.turn, use.seat)),
    }

    async def scene() -> None:
        async with open_app(told, MemoryTarget(memory.memory_id)) as (app, pilot):
            targets = opened(app)
            block, target = wanted[name]
            assert pane(app).select(block)
            await press(pilot, "enter")
            assert targets == [target]

    play(scene)


def test_b_opens_where_it_was_born(told: Path) -> None:
    memory = find_recalled(told)

    async def scene() -> None:
        async with open_app(told, MemoryTarget(memory.memory_id)) as (app, pilot):
            targets = opened(app)
            await press(pilot, "b")
            assert targets == [EpisodeTarget(memory.episode_id, memory.turn_from, memory.seat)]

    play(scene)


def test_a_superseded_memory_leads_to_the_one_in_its_place(lived_home: Path) -> None:
    made = {"state": "superseded", "superseded_by": 4}
    change(lived_home, MemoryChange(memory_id=3, op="supersede", fields=made, actor="grounded"))

    async def scene() -> None:
        async with open_app(lived_home, MemoryTarget(3)) as (app, pilot):
            assert "superseded by memory 4" in screen_text(app)
            assert pane(app).select("superseded")
            await press(pilot, "enter")
            assert app.screen.query_one(TextPane).text().startswith("memory 4 of ada")

    play(scene)


def test_a_change_shows_what_was_before_and_after(lived_home: Path) -> None:
    change(lived_home, MemoryChange(memory_id=3, op="edit", fields={"text": "New."}, actor="hand", reason="I know"))

    async def scene() -> None:
        async with open_app(lived_home, MemoryTarget(3)) as (app, _):
            assert "→ 'New.' (I know)" in pane(app).text()

    play(scene)


def test_prompts_and_replies_are_folded_until_they_are_asked_for(told: Path) -> None:
    memory = find_recalled(told)

    async def scene() -> None:
        async with open_app(told, MemoryTarget(memory.memory_id)) as (app, pilot):
            assert pane(app).select(f"prompt:{memory.steps[0].turn}")
            folded = screen_text(app)
            await press(pilot, "space")
            assert "--- system: rules" not in folded
            assert "--- system: rules" in screen_text(app)

    play(scene)


def test_the_twin_prints_every_line_of_the_screen(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    memory = find_recalled(told)
    shown: list[str] = []
    twins: list[str] = []

    async def scene() -> None:
        async with open_app(told, MemoryTarget(memory.memory_id)) as (app, _):
            assert isinstance(app.screen, MemoryScreen)
            shown.extend(pane(app).text().splitlines())
            twins.append(app.screen.twin())

    play(scene)
    capsys.readouterr()
    assert main([*shlex.split(twins[0])[1:], "--home", str(told)]) == 0
    printed = {" ".join(line.split()) for line in capsys.readouterr().out.splitlines()}
    extra = [line for line in shown if " ".join(line.split()) not in printed]
    titles = [f"turn {step.turn}: prompts and replies" for step in memory.steps]
    assert extra == [f"born in episode {memory.episode_id}, turn {memory.turn_from}", *titles]


def test_a_memory_that_is_not_there_says_so_and_escape_goes_back(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, MemoryTarget(99_999)) as (app, pilot):
            assert "No memory has the id 99999" in screen_text(app)
            await press(pilot, "escape")
            assert not isinstance(app.screen, MemoryScreen)

    play(scene)


def test_a_memory_whose_agent_is_deleted_while_it_is_looked_at_is_gone(lived_home: Path) -> None:
    async def scene() -> None:
        async with open_app(lived_home, MemoryTarget(3)) as (app, pilot):
            with AgentsDB.open(store_path(lived_home)) as db:
                db.delete_agent("ada")
            await press(pilot, "r")
            assert "it is gone; esc goes back" in screen_text(app)
            await press(pilot, "P")
            assert isinstance(app.screen, MemoryScreen)

    play(scene)


def test_a_change_made_here_is_shown_at_once(lived_home: Path) -> None:
    async def scene() -> None:
        async with open_app(lived_home, MemoryTarget(3)) as (app, pilot):
            await press(pilot, "P")
            assert "memory 3 of ada (episodic, active, pinned)" in screen_text(app)
            await press(pilot, "u")
            assert "memory 3 of ada (episodic, active)" in screen_text(app)

    play(scene)
