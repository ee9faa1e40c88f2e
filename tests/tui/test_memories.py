"""Memories: the list, its filter, the search by meaning, and what a person may change."""

import asyncio
import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from agents_db.knowledge import MemoryChange, MemoryRecord
from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.home import store_path
from langgym.tui.app import LangGymApp
from langgym.tui.screens.memories import MemoriesScreen
from langgym.tui.screens.memory import MemoryScreen
from langgym.tui.screens.writes import EditScreen, MemoryWrites
from langgym.tui.targets import MemoriesTarget
from langgym.tui.widgets.text_pane import TextPane
from tests.tui.stage import open_app, play, press, screen_text, settle

HOSTILE = "a\x1b]0;owned\x07b\x1b[2J [@click=app.bell]c[/] \u202edc\x9b31m \x00"
ADA = MemoriesTarget("agent:ada")


def change(home: Path, act: Callable[[AgentsDB], Any]) -> Any:
    with AgentsDB.open(store_path(home)) as db:
        return act(db)


def read(home: Path, memory_id: int) -> MemoryRecord:
    with AgentsDB.open_reader(store_path(home)) as db:
        return db.memory(memory_id)


def list_ids(home: Path, agent: str | None = None) -> list[int]:
    """Returns the ids of the active memories."""
    with AgentsDB.open_reader(store_path(home)) as db:
        names = [each.name for each in db.agents() if agent in (None, each.name)]
        found = [db.memories(db.agent(name).agent_id, limit=1000) for name in names]
        return sorted(memory.memory_id for each in found for memory in each)


def write_text(home: Path, memory_id: int, text: str) -> None:
    made = MemoryChange(memory_id=memory_id, op="edit", fields={"text": text}, actor="hand")
    change(home, lambda db: db.change_memory(made))


def retire(home: Path, memory_id: int) -> None:
    made = MemoryChange(memory_id=memory_id, op="retire", fields={"state": "retired"}, actor="hand")
    change(home, lambda db: db.change_memory(made))


def run_twin(twin: str, home: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    capsys.readouterr()
    command, *arguments = shlex.split(twin)
    assert command == "langgym"
    assert main([*arguments, *more, "--home", str(home)]) == 0
    return capsys.readouterr().out


def told(app: LangGymApp) -> str:
    """Returns what was said to the person, one line for each time."""
    return "\n".join(notice.message for notice in app._notifications)


def memories(app: LangGymApp) -> MemoriesScreen:
    screen = app.screen
    assert isinstance(screen, MemoriesScreen)
    return screen


def side(app: LangGymApp) -> str:
    return app.screen.query_one("#side", TextPane).text()


async def write(pilot: "Pilot[Any]", text: str) -> None:
    """Opens the editor, puts a text in the place of what is there, and saves it."""
    await press(pilot, "e")
    pilot.app.screen.query_one(TextArea).text = text
    await press(pilot, "ctrl+s")


# the list


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


# search by meaning


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


# changes


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
