"""Memories: the list, its filter and its side."""

import json
from pathlib import Path

import pytest

from langgym.tui.screens.memory import MemoryScreen
from langgym.tui.targets import MemoriesTarget
from tests.tui.knowing import ADA, list_ids, memories, retire, run_twin, side, write_text
from tests.tui.stage import open_app, play, press, screen_text

HOSTILE = "a\x1b]0;owned\x07b\x1b[2J [@click=app.bell]c[/] \u202edc\x9b31m \x00"


def test_active_memories_are_listed_and_the_title_says_so(lived_home: Path) -> None:
    retire(lived_home, 3)

    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, _):
            n_ada, n_all = len(list_ids(lived_home, "ada")), len(list_ids(lived_home))
            assert f"Active memories (showing {n_ada} of {n_all}), newest first, filter: agent:ada" in screen_text(app)
            assert 3 not in memories(app).list.ids

    play(scene)


def test_a_state_in_the_filter_shows_the_others(lived_home: Path) -> None:
    retire(lived_home, 3)

    async def scene() -> None:
        async with open_app(lived_home, MemoriesTarget("state:retired")) as (app, _):
            n_all = len(list_ids(lived_home)) + 1
            assert f"Memories (showing 1 of {n_all}), newest first, filter: state:retired" in screen_text(app)
            assert list(memories(app).list.ids) == [3]

    play(scene)


def test_words_are_looked_for_in_the_text(lived_home: Path) -> None:
    write_text(lived_home, 5, "The Zugzwang came early.")

    async def scene() -> None:
        async with open_app(lived_home, MemoriesTarget()) as (app, pilot):
            await press(pilot, "slash", *"zugzwang", "enter")
            assert list(memories(app).list.ids) == [5]
            assert "The Zugzwang came early." in side(app)

    play(scene)


def test_a_filter_that_nothing_fits_is_told_and_can_be_changed(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, MemoriesTarget("nowhere")) as (app, pilot):
            assert "active memories match 'nowhere'" in screen_text(app)
            assert side(app) == ""
            await press(pilot, "slash", *"kind:episodic", "enter")
            assert len(memories(app).list.ids) > 10

    play(scene)


def test_a_filter_that_cannot_be_read_says_which_part(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, MemoriesTarget("knid:episodic")) as (app, _):
            assert "No key 'knid'; did you mean 'kind'?" in screen_text(app)

    play(scene)


def test_an_empty_store_names_the_command_that_makes_memories(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_app(tmp_path / "none", MemoriesTarget()) as (app, _):
            assert "langgym play --agent ada" in screen_text(app)

    play(scene)


def test_the_side_tells_what_the_memory_says_and_how_it_stands(lived_home: Path) -> None:
    write_text(lived_home, 5, "I was lucky.")

    async def scene() -> None:
        async with open_app(lived_home, MemoriesTarget("lucky")) as (app, _):
            shown = side(app)
            assert "memory 5 of ada (episodic, active, edited by hand)\nI was lucky.\nrests on   episode 5" in shown

    play(scene)


def test_the_side_is_hidden_where_there_is_no_room_and_the_list_is_not(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, MemoriesTarget(), size=(60, 16)) as (app, _):
            assert not app.screen.query_one("#side").display
            assert "Leduc" in screen_text(app) or "Connect" in screen_text(app)

    play(scene)


def test_the_twin_lists_the_same_memories(lived_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    retire(lived_home, 3)
    seen: dict[str, list[int]] = {}

    async def scene() -> None:
        async with open_app(lived_home, MemoriesTarget('agent:ada "I acted 3"')) as (app, pilot):
            for _ in memories(app).pane.listing.orders:
                await press(pilot, "s")
                seen[memories(app).twin()] = list(memories(app).list.ids)

    play(scene)
    assert len(seen) == 4
    for twin, ids in seen.items():
        page = json.loads(run_twin(twin, lived_home, capsys, "--json", "--limit", "500"))
        assert [item["memory_id"] for item in page["items"]] == ids


def test_the_twin_of_another_state_lists_the_same_memories(
    lived_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    retire(lived_home, 3)
    twins: list[str] = []

    async def scene() -> None:
        async with open_app(lived_home, MemoriesTarget("state:retired")) as (app, _):
            twins.append(memories(app).twin())

    play(scene)
    page = json.loads(run_twin(twins[0], lived_home, capsys, "--json"))
    assert [item["memory_id"] for item in page["items"]] == [3]


def test_hostile_text_is_shown_as_pictures(lived_home: Path) -> None:
    write_text(lived_home, 5, HOSTILE)

    async def scene() -> None:
        async with open_app(lived_home, MemoriesTarget("owned")) as (app, pilot):
            assert not set(screen_text(app)) & set("\x1b\x07\x9b\u202e\x00")
            assert "␛]0;owned␇b␛[2J [@click=app.bell]c[/]" in screen_text(app)
            await press(pilot, "e")
            assert not set(screen_text(app)) & set("\x1b\x07\x9b\u202e\x00")
            assert "stands as pictures" in screen_text(app)

    play(scene)


def test_enter_opens_a_memory_and_escape_comes_back(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, MemoriesTarget()) as (app, pilot):
            first = memories(app).list.row_id
            await press(pilot, "enter")
            assert isinstance(app.screen, MemoryScreen)
            assert app.screen.heading == f"Memory {first}"
            await press(pilot, "escape")
            assert memories(app).list.row_id == first

    play(scene)


def test_b_opens_the_turn_where_the_memory_was_born(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, MemoriesTarget("agent:bob")) as (app, pilot):
            row = memories(app).list.row
            assert row is not None
            await press(pilot, "b")
            assert f"turn={row.turn_from}," in repr(app.screen._target)  # pyright: ignore[reportAttributeAccessIssue]

    play(scene)
