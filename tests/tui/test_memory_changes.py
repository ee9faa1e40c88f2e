"""Memories: what a person may change, and what somebody else changes meanwhile."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from textual.widgets import TextArea

from agents_db.knowledge import MemoryChange
from agents_db.store import AgentsDB
from langgym.home import store_path
from langgym.tui.screens.memories import MemoriesScreen
from langgym.tui.screens.writes import EditScreen, MemoryWrites
from langgym.tui.targets import MemoriesTarget
from tests.tui.knowing import ADA, change, memories, read, retire, side, told, write, write_text
from tests.tui.stage import open_app, play, press, screen_text, settle


@pytest.mark.parametrize(
    ("key", "field", "value", "words"),
    [("P", "pinned", True, "is pinned"), ("x", "state", "retired", "is retired")],
)
def test_a_key_changes_the_memory_and_u_undoes_it(
    lived_home: Path, key: str, field: str, value: object, words: str
) -> None:
    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, pilot):
            memory_id = memories(app).list.row_id
            assert memory_id is not None
            before = read(lived_home, memory_id)
            await press(pilot, key)
            assert getattr(read(lived_home, memory_id), field) == value
            assert f"memory {memory_id} of ada {words}" in told(app)
            assert "u undoes it" in told(app)
            await press(pilot, "u")
            assert getattr(read(lived_home, memory_id), field) == getattr(before, field)
            assert "is undone" in told(app)

    play(scene)


def test_the_same_key_again_takes_the_pin_away(lived_home: Path) -> None:
    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, pilot):
            memory_id = memories(app).list.row_id
            assert memory_id is not None
            await press(pilot, "P")
            await press(pilot, "P")
            assert not read(lived_home, memory_id).pinned
            assert "is not pinned any more" in told(app)

    play(scene)


def test_a_retired_memory_is_restored_by_the_same_key(lived_home: Path) -> None:
    retire(lived_home, 3)

    async def scene() -> None:
        async with open_app(lived_home, MemoriesTarget("state:retired")) as (app, pilot):
            await press(pilot, "x")
            assert read(lived_home, 3).state == "active"
            assert "is active again" in told(app)

    play(scene)


def test_changes_are_undone_one_after_the_other_and_none_twice(lived_home: Path) -> None:
    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, pilot):
            memory_id = memories(app).list.row_id
            assert memory_id is not None
            await press(pilot, "P")
            await write(pilot, "Anew.")
            await press(pilot, "u")
            assert (read(lived_home, memory_id).text != "Anew.", read(lived_home, memory_id).pinned) == (True, True)
            await press(pilot, "u")
            assert not read(lived_home, memory_id).pinned
            await press(pilot, "u")
            assert "nothing was changed here that could be undone" in told(app)

    play(scene)


def test_an_edit_is_stored_and_shown(lived_home: Path) -> None:
    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, pilot):
            memory_id = memories(app).list.row_id
            assert memory_id is not None
            await write(pilot, "Take the\ncentre.")
            assert read(lived_home, memory_id).text == "Take the\ncentre."
            assert "edited by hand" in side(app)
            assert "Take the centre." in screen_text(app)

    play(scene)


@pytest.mark.parametrize(("text", "why"), [(" \n ", "must say something"), (None, "what it says already")])
def test_an_edit_that_says_nothing_new_is_refused(lived: Path, text: str | None, why: str) -> None:
    async def scene() -> None:
        async with open_app(lived, ADA) as (app, pilot):
            await press(pilot, "e")
            area = app.screen.query_one(TextArea)
            area.text = area.text if text is None else text
            await press(pilot, "ctrl+s")
            assert isinstance(app.screen, EditScreen)
            assert why in screen_text(app)

    play(scene)


def test_escape_drops_what_was_typed(lived_home: Path) -> None:
    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, pilot):
            memory_id = memories(app).list.row_id
            assert memory_id is not None
            await press(pilot, "e", *"q1?u", "escape")
            assert isinstance(app.screen, MemoriesScreen)
            assert read(lived_home, memory_id).rev == 0

    play(scene)


def test_keys_of_the_interface_are_letters_in_the_editor(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, ADA) as (app, pilot):
            await press(pilot, "e", "space", "q", "2", "question_mark", "colon", "P")
            assert app.screen.query_one(TextArea).text.endswith(" q2?:P")

    play(scene)


def test_an_edit_over_somebody_elses_is_not_stored_but_kept_as_a_draft(lived_home: Path) -> None:
    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, pilot):
            memory_id = memories(app).list.row_id
            assert memory_id is not None
            await press(pilot, "e")
            await asyncio.to_thread(write_text, lived_home, memory_id, "Theirs.")
            app.screen.query_one(TextArea).text = "Mine."
            await press(pilot, "ctrl+s")
            assert read(lived_home, memory_id).text == "Theirs."
            assert "text was changed meanwhile" in screen_text(app)
            assert "It says now: Theirs." in screen_text(app)
            assert app.screen.query_one(TextArea).text == "Mine."
            await press(pilot, "ctrl+s")
            assert read(lived_home, memory_id).text == "Mine."

    play(scene)


def test_counts_that_play_adds_meanwhile_do_not_stand_in_the_way_of_an_edit(lived_home: Path) -> None:
    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, pilot):
            memory_id = memories(app).list.row_id
            assert memory_id is not None
            await press(pilot, "e")
            credit = MemoryChange(memory_id=memory_id, op="credit", fields={"n_helped": 7}, actor="credit")
            await asyncio.to_thread(change, lived_home, lambda db: db.change_memory(credit))
            app.screen.query_one(TextArea).text = "Mine."
            await press(pilot, "ctrl+s")
            assert (read(lived_home, memory_id).text, read(lived_home, memory_id).n_helped) == ("Mine.", 7)

    play(scene)


def test_what_was_changed_again_by_somebody_else_is_not_undone(lived_home: Path) -> None:
    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, pilot):
            memory_id = memories(app).list.row_id
            assert memory_id is not None
            await write(pilot, "Mine.")
            await asyncio.to_thread(write_text, lived_home, memory_id, "Theirs.")
            await press(pilot, "u")
            assert read(lived_home, memory_id).text == "Theirs."
            assert "cannot be undone: text was changed again" in told(app)

    play(scene)


@pytest.mark.parametrize("key", ["P", "x", "e", "u"])
def test_a_read_only_interface_changes_nothing_and_says_so(lived: Path, key: str) -> None:
    async def scene() -> None:
        async with open_app(lived, ADA, read_only=True) as (app, pilot):
            memory_id = memories(app).list.row_id
            assert memory_id is not None
            await press(pilot, key)
            assert isinstance(app.screen, MemoryWrites)
            assert "this is read-only" in told(app)
            assert read(lived, memory_id).rev == 0

    play(scene)


def test_what_another_process_writes_is_shown_and_the_cursor_stays(lived_home: Path) -> None:
    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, pilot):
            await press(pilot, "j", "j")
            memory_id = memories(app).list.row_id
            assert memory_id is not None
            await asyncio.to_thread(write_text, lived_home, memory_id, "Written elsewhere.")
            for _ in range(10):
                await settle(pilot)
                if "Written elsewhere." in side(app):
                    break
            row = memories(app).list.row
            assert row is not None
            assert (row.memory_id, row.text) == (memory_id, "Written elsewhere.")

    play(scene)


def test_changes_beside_a_process_that_plays_are_all_there(lived_home: Path) -> None:
    flags = ["--agent", "ada", "--model", "experience", "--env", "tictactoe", "--episodes", "15", "--quiet"]
    command = [sys.executable, "-m", "langgym", "play", "--home", str(lived_home), *flags]
    changed: list[int] = []
    with AgentsDB.open_reader(store_path(lived_home)) as db:
        n_before = db.agent("ada").n_participations

    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, pilot):
            player = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                while player.poll() is None:
                    row_id = memories(app).list.row_id
                    assert row_id is not None
                    await press(pilot, "P")
                    changed.append(row_id)
                    await press(pilot, "j")
            finally:
                player.kill()
                _, error = player.communicate()
            assert player.returncode == 0, error

    play(scene)
    assert len(changed) > 1
    with AgentsDB.open_reader(store_path(lived_home)) as db:
        assert db.agent("ada").n_participations == n_before + 15
        assert set(db.pinned(db.agent("ada").agent_id)) == set(changed)
