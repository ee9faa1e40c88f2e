"""The states of a list: loading, empty, nothing fits, error, other schemas, a store that appears."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from agents_db.errors import StoreTooNew, StoreTooOld
from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.errors import UsageError
from langgym.tui.targets import AgentsTarget, EpisodesTarget
from langgym.tui.widgets.filter_bar import FilterBar
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.columns import Column
from tests.tui.stage import open_app, play, press, screen_text, settle


def test_an_empty_home_says_what_makes_data(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_app(tmp_path) as (app, _):
            text = screen_text(app)
            assert "nothing is stored yet" in text
            assert "langgym play --agent ada" in text

    play(scene)


def test_a_store_that_appears_is_shown(tmp_path: Path, lived: Path) -> None:
    async def scene() -> None:
        async with open_app(tmp_path) as (app, pilot):
            assert "nothing is stored yet" in screen_text(app)
            (tmp_path / "langgym.db").write_bytes((lived / "langgym.db").read_bytes())
            await settle(pilot, rest=0.6)
            assert "ada" in screen_text(app)

    play(scene)


def test_an_empty_store_is_told_from_an_empty_filter(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, EpisodesTarget("env:nothing")) as (app, _):
            assert "0 of 66 episodes match 'env:nothing'" in screen_text(app)

    play(scene)


def test_a_store_without_episodes_says_so(tmp_path: Path) -> None:
    AgentsDB.open(tmp_path / "langgym.db").close()

    async def scene() -> None:
        async with open_app(tmp_path, EpisodesTarget()) as (app, _):
            assert "no episodes here" in screen_text(app)

    play(scene)


def test_a_filter_that_means_nothing_is_explained_and_can_be_changed(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, EpisodesTarget("gme:chess")) as (app, pilot):
            assert "No key 'gme'" in screen_text(app)
            await press(pilot, "slash")
            app.screen.query_one(FilterBar).value = "env:leduc*"
            await press(pilot, "enter")
            assert "showing 8 of 66" in screen_text(app)

    play(scene)


def test_a_draft_that_is_dropped_changes_nothing(lived: Path) -> None:
    async def scene() -> None:
        async with open_app(lived, EpisodesTarget("env:leduc*")) as (app, pilot):
            await press(pilot, "slash")
            app.screen.query_one(FilterBar).value = "env:tic*"
            await press(pilot, "escape")
            assert "showing 8 of 66" in screen_text(app)
            assert isinstance(app.focused, VirtualList)

    play(scene)


def test_a_damaged_store_is_an_error_in_its_place_and_r_reads_again(lived_home: Path) -> None:
    store = lived_home / "langgym.db"
    whole = store.read_bytes()
    store.write_bytes(b"this is no store" * 1000)

    async def scene() -> None:
        async with open_app(lived_home) as (app, pilot):
            assert "is damaged or not a store" in screen_text(app)
            store.write_bytes(whole)
            await press(pilot, "r")
            assert "ada" in screen_text(app)

    play(scene)


def set_revision(store: Path, revision: str) -> None:
    with sqlite3.connect(store) as driver:
        driver.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    driver.close()


def test_a_newer_store_ends_the_app_with_what_to_do(lived_home: Path) -> None:
    set_revision(lived_home / "langgym.db", "9999")

    async def scene() -> None:
        async with open_app(lived_home) as (app, _):
            assert isinstance(app.return_value, StoreTooNew)

    play(scene)


def test_an_older_store_ends_the_app_with_what_to_do(lived_home: Path) -> None:
    set_revision(lived_home / "langgym.db", "0001")

    async def scene() -> None:
        async with open_app(lived_home) as (app, _):
            assert isinstance(app.return_value, StoreTooOld)

    play(scene)


def test_without_a_terminal_there_is_a_hint_and_exit_code_2(lived: Path, capsys: object) -> None:
    assert main(["tui", "--home", str(lived)]) == 2


def test_orders_change_and_the_cursor_keeps_its_row_when_others_write(lived_home: Path) -> None:
    async def scene() -> None:
        async with open_app(lived_home, AgentsTarget()) as (app, pilot):
            rows = app.screen.query_one(VirtualList)
            await press(pilot, "j")
            row_id = rows.row_id
            with AgentsDB.open(lived_home / "langgym.db") as db:
                from agents_db.records import AgentDraft

                db.create_agent(AgentDraft(name="zoe", model="random"))
            await settle(pilot, rest=0.6)
            assert "zoe" in screen_text(app)
            assert rows.row_id == row_id
            await press(pilot, "s")
            assert "oldest first" in screen_text(app)

    play(scene)


COLUMNS: Sequence[Column[int]] = (
    Column("id", lambda row: row, width=8, right=True),
    Column("name", lambda row: f"row {row}", width=10),
    Column("more", lambda row: "x" * 30, width=30, rank=1),
)


def test_a_list_of_a_million_rows_asks_only_for_what_is_seen() -> None:
    from textual.app import App, ComposeResult

    asked: list[int] = []

    class Show(App[None]):
        def compose(self) -> ComposeResult:
            yield VirtualList[int](COLUMNS)

        def on_virtual_list_wanted(self, wanted: VirtualList.Wanted) -> None:
            asked.extend(wanted.ids)
            rows: Mapping[int, int] = {row_id: row_id for row_id in wanted.ids}
            wanted.list.put(rows)

    async def scene() -> None:
        app = Show()
        async with app.run_test(size=(80, 20)) as pilot:
            rows = app.query_one(VirtualList)
            rows.fill(range(1_000_000))
            rows.focus()
            await pilot.pause()
            await pilot.press("G")
            await pilot.pause(0.1)
            assert rows.row == 999_999
            assert len(asked) <= 5 * 128

    play(scene)


def test_a_part_that_cannot_be_read_leaves_the_rest(lived: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(home: Path) -> None:
        raise UsageError("the prices cannot be read")

    monkeypatch.setattr("langgym.prices.load_prices", fail)

    async def scene() -> None:
        async with open_app(lived, size=(160, 40)) as (app, _):
            text = screen_text(app)
            assert "the prices cannot be read" in text
            assert "Agents (showing 3 of 3)" in text

    play(scene)


def test_a_store_that_stays_locked_is_an_error_that_says_so(lived_home: Path) -> None:
    store = lived_home / "langgym.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as driver:
        driver.execute("PRAGMA locking_mode=EXCLUSIVE")
        driver.execute("BEGIN EXCLUSIVE")

        async def scene() -> None:
            async with open_app(lived_home) as (app, pilot):
                await settle(pilot, rest=0.5)
                assert "locked" in screen_text(app)
                driver.close()
                await press(pilot, "r")
                assert "ada" in screen_text(app)

        play(scene)
