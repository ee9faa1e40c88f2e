"""Memories: the search by meaning."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from langgym.tui.targets import MemoriesTarget
from tests.tui.knowing import ADA, change, list_ids, memories, run_twin, side, write_text
from tests.tui.stage import open_app, play, press, screen_text


async def search(pilot: "Pilot[Any]", words: str) -> None:
    await press(pilot, "S", *("space" if letter == " " else letter for letter in words), "enter")


def test_a_search_lists_the_nearest_first_with_their_cosines(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, ADA) as (app, pilot):
            await search(pilot, "player_2 won a3")
            found, n_ada = memories(app).search_pane.found, len(list_ids(lived, "ada"))
            scores = [row.score or 0.0 for row in found.values()]
            assert sorted(memories(app).list.ids) == list_ids(lived, "ada")
            assert scores == sorted(scores, reverse=True)
            assert f"{scores[0]:.2f}" in screen_text(app)
            assert f"Nearest to 'player_2 won a3' within agent:ada: {n_ada} by hashed-256" in screen_text(app)

    play(scene)


def test_a_search_goes_over_all_agents_unless_the_filter_names_one(lived: Path) -> None:
    found: dict[str, set[str]] = {}

    async def scene(filter: str) -> None:
        async with open_app(lived, MemoriesTarget(filter)) as (app, pilot):
            await search(pilot, "won")
            found[filter] = {row.agent for row in memories(app).search_pane.found.values()}

    for filter in ("", "agent:bob"):
        play(lambda filter=filter: scene(filter))
    assert found == {"": {"ada", "bob", "eve"}, "agent:bob": {"bob"}}


def test_the_twin_of_a_search_finds_the_same(lived: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[tuple[str, list[int]]] = []

    async def scene() -> None:
        async with open_app(lived, MemoriesTarget("env:tictactoe")) as (app, pilot):
            await search(pilot, "b2 won")
            seen.append((memories(app).twin(), list(memories(app).list.ids)))

    play(scene)
    [(twin, ids)] = seen
    page = json.loads(run_twin(twin, lived, capsys, "--json"))
    assert [item["memory_id"] for item in page["items"]] == ids


def test_memories_without_a_vector_are_counted(lived_home: Path) -> None:
    write_text(lived_home, 5, "Nobody has read this yet.")

    async def scene() -> None:
        async with open_app(lived_home, ADA) as (app, pilot):
            await search(pilot, "read")
            assert "1 memory has no vector yet and was left out" in screen_text(app)
            assert 5 not in memories(app).list.ids

    play(scene)


def test_escape_leaves_the_search_for_the_list(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, ADA) as (app, pilot):
            await press(pilot, "j", "j")
            before = memories(app).list.row_id
            await search(pilot, "won")
            await press(pilot, "escape")
            assert (memories(app).search_pane.is_open, memories(app).list.row_id) == (False, before)
            assert app.focused is memories(app).pane.list
            assert f"memory {before} of ada" in side(app)

    play(scene)


def test_without_weights_the_search_says_how_to_get_them_and_words_are_still_found(lived_home: Path) -> None:
    change(lived_home, lambda db: [db.change_agent(each.agent_id, settings={}) for each in db.agents()])

    async def scene() -> None:
        async with open_app(lived_home, MemoriesTarget()) as (app, pilot):
            await search(pilot, "corner")
            assert "langgym models fetch" in screen_text(app)
            await press(pilot, "slash", *"agent:bob", "enter")
            assert sorted(memories(app).list.ids) == list_ids(lived_home, "bob")

    play(scene)


def test_an_agent_that_cannot_be_searched_is_named(lived_home: Path) -> None:
    change(lived_home, lambda db: db.change_agent(db.agent("bob").agent_id, settings={}))

    async def scene() -> None:
        async with open_app(lived_home, MemoriesTarget()) as (app, pilot):
            await search(pilot, "won")
            assert "bob was left out: The weights 'minilm' are not in" in screen_text(app)
            assert {row.agent for row in memories(app).search_pane.found.values()} == {"ada", "eve"}

    play(scene)


def test_only_active_memories_are_searched_and_it_says_so(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, MemoriesTarget("state:retired")) as (app, pilot):
            await search(pilot, "won")
            assert "Only active memories are searched; leave `state:`" in screen_text(app)

    play(scene)


LOADED = """
import asyncio, sys
from pathlib import Path
from langgym.tui.targets import MemoriesTarget
from tests.tui.stage import open_app, press

async def scene():
    async with open_app(Path(sys.argv[1]), MemoriesTarget()) as (app, pilot):
        await press(pilot, "slash", *"agent:ada", "enter")
        assert app.screen.pane.list.ids
        before = sorted({"onnxruntime", "chromadb", "openai", "pettingzoo", "tokenizers"} & set(sys.modules))
        await press(pilot, "S", *"won", "enter")
        assert app.screen.search_pane.list.ids
        print(before, "langgym.hosting" in sys.modules)

asyncio.run(scene())
"""


def test_nothing_heavy_is_loaded_before_the_first_search(lived: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LOADED, str(lived)], capture_output=True, text=True, check=False)
    assert done.stdout == "[] True\n", done.stderr
