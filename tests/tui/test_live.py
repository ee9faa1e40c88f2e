"""The screen of what is being played now."""

import os
import re
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from agents_db.owner import AgentLock
from agents_db.records import AgentDraft, EpisodeRecord
from agents_db.store import AgentsDB
from langgym.cli.app import main
from langgym.home import index_root, store_path
from langgym.tui.app import LangGymApp
from langgym.tui.screens.live import LiveScreen
from langgym.tui.screens.replay import ReplayScreen
from langgym.tui.settings import TuiSettings
from langgym.tui.targets import LiveTarget
from langgym.views.live import NO_LIVE
from tests.agents_db.conftest import World
from tests.tui.stage import open_app, play, press, screen_text, settle

LIVE = LiveTarget()


class Arena(World):
    """A home with an agent that this process plays where it is told to."""

    def __init__(self, db: AgentsDB, home: Path) -> None:
        super().__init__(db)
        self.home = home

    def owned(self) -> AgentLock:
        return AgentLock(index_root(self.home), self.ada.agent_id, name="ada")

    def ask(self, episode: EpisodeRecord) -> None:
        """Asks a model that does not answer yet."""
        self.db.begin_attempt(replace(self.draft_attempt(episode), outcome="pending", reply=None, model="openai:slow"))


@pytest.fixture
def arena(tmp_path: Path) -> Iterator[Arena]:
    home = tmp_path / "home"
    home.mkdir()
    with AgentsDB.open(store_path(home)) as db:
        yield Arena(db, home)


@asynccontextmanager
async def open_later(home: Path, now: Callable[[], datetime]) -> AsyncGenerator[tuple[LangGymApp, Pilot[Any]]]:
    """Opens the screen at another time."""
    app = LangGymApp(home, first=LIVE, now=now)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        yield app, pilot


async def watch(pilot: Pilot[Any], holds: Callable[[str], bool], seconds: float = 8.0) -> None:
    """Waits until what is drawn is as it should be, with nobody pressing a key."""
    for _ in range(int(seconds / 0.1)):
        if holds(screen_text(pilot.app)):  # pyright: ignore[reportArgumentType]
            return
        await pilot.pause(0.1)
    raise AssertionError(screen_text(pilot.app))  # pyright: ignore[reportArgumentType]


def test_nothing_under_way_is_said_with_the_command_that_begins_something(arena: Arena) -> None:
    async def scene() -> None:
        async with open_app(arena.home, LIVE) as (app, _):
            assert NO_LIVE in screen_text(app)

    play(scene)


def test_a_home_without_a_store_has_nothing_under_way(tmp_path: Path) -> None:
    async def scene() -> None:
        async with open_app(tmp_path, LIVE) as (app, _):
            assert NO_LIVE in screen_text(app)

    play(scene)


def test_an_episode_that_is_played_is_running_and_says_who_did_what(arena: Arena) -> None:
    async def scene() -> None:
        async with open_app(arena.home, LIVE) as (app, _):
            shown = screen_text(app)
            assert "▶ running" in shown
            assert "ada: b2" in shown
            assert "ada, random" in shown

    with arena.owned():
        arena.play(arena.start())
        play(scene)


def test_an_episode_that_nobody_plays_is_dead_and_can_be_resumed(arena: Arena) -> None:
    arena.play(arena.start())

    async def scene() -> None:
        async with open_app(arena.home, LIVE) as (app, _):
            shown = screen_text(app)
            assert "✕ dead" in shown
            assert "langgym resume" in shown

    play(scene)


def test_an_episode_waits_for_the_model_that_was_asked(arena: Arena) -> None:
    async def scene() -> None:
        async with open_app(arena.home, LIVE) as (app, _):
            shown = screen_text(app)
            assert "◌ waiting" in shown
            assert "openai:slow since" in shown

    with arena.owned():
        arena.ask(arena.start())
        play(scene)


def test_an_episode_whose_process_is_silent_has_stalled(arena: Arena) -> None:
    later = datetime.now(UTC) + timedelta(seconds=75)

    async def scene() -> None:
        async with open_later(arena.home, lambda: later) as (app, _):
            shown = screen_text(app)
            assert "‖ stalled" in shown
            assert re.search(r"has written nothing for 1 min 1[45] s", shown)

    with arena.owned():
        arena.play(arena.start())
        play(scene)


def test_states_are_told_in_ascii_where_that_is_asked_for(arena: Arena) -> None:
    arena.play(arena.start())

    async def scene() -> None:
        async with open_app(arena.home, LIVE, settings=TuiSettings(glyphs="ascii")) as (app, _):
            assert "x dead" in screen_text(app)

    play(scene)


def test_enter_opens_the_episode_and_follows_it(arena: Arena) -> None:
    episode = arena.start()
    arena.play(episode)

    async def scene() -> None:
        async with open_app(arena.home, LIVE) as (app, pilot):
            await press(pilot, "enter")
            assert isinstance(app.screen, ReplayScreen)
            assert str(episode.episode_id) in app.screen.heading
            assert "following" in screen_text(app)

    play(scene)


def test_what_another_process_writes_is_seen(arena: Arena) -> None:
    episode = arena.start()

    async def scene() -> None:
        async with open_app(arena.home, LIVE) as (_, pilot):
            arena.play(episode)
            await watch(pilot, lambda shown: "ada: b2" in shown)

    with arena.owned():
        play(scene)


def test_a_process_that_ends_without_a_word_is_seen_to_be_gone(arena: Arena) -> None:
    lock = arena.owned()
    arena.play(arena.start())

    async def scene() -> None:
        async with open_app(arena.home, LIVE) as (app, pilot):
            assert "running" in screen_text(app)
            lock.close()
            await watch(pilot, lambda shown: "dead" in shown)

    play(scene)


@pytest.mark.parametrize("owned", [True, False])
def test_the_clock_runs_only_while_somebody_plays(arena: Arena, owned: bool) -> None:
    looks = count()
    begin = datetime.now(UTC)

    async def scene() -> None:
        async with open_later(arena.home, lambda: begin + timedelta(microseconds=next(looks))) as (_, pilot):
            before = next(looks)
            await pilot.pause(2.6)
            assert (next(looks) > before + 1) is owned

    with arena.owned() if owned else nullcontext():
        arena.play(arena.start())
        play(scene)


def test_the_cursor_stays_at_its_episode_when_another_begins(arena: Arena) -> None:
    first = arena.start()
    bob = arena.db.create_agent(AgentDraft(name="bob", model="scripted"))

    async def scene() -> None:
        async with open_app(arena.home, LIVE) as (app, pilot):
            screen = app.screen
            assert isinstance(screen, LiveScreen)
            arena.start(1, rival=bob.agent_id)
            await watch(pilot, lambda shown: "2 dead" in shown)
            with AgentLock(index_root(arena.home), bob.agent_id, name="bob"):
                arena.play(arena.start(2, rival=bob.agent_id))
                await watch(pilot, lambda shown: "running" in shown)
            assert screen.list.row_id == first.episode_id

    play(scene)


def test_those_that_are_played_stand_above_those_that_are_dead(arena: Arena) -> None:
    arena.start()
    bob = arena.db.create_agent(AgentDraft(name="bob", model="scripted"))

    async def scene() -> None:
        with AgentLock(index_root(arena.home), bob.agent_id, name="bob"):
            played = arena.start(1, rival=bob.agent_id)
            async with open_app(arena.home, LIVE) as (app, _):
                screen = app.screen
                assert isinstance(screen, LiveScreen)
                assert screen.list.ids[0] == played.episode_id

    play(scene)


def test_a_store_that_cannot_be_read_is_said_and_read_again_on_r(arena: Arena, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    store_path(broken).write_bytes(b"no database at all" * 500)

    async def scene() -> None:
        async with open_app(broken, LIVE) as (app, pilot):
            assert "r reads again" in screen_text(app)
            store_path(broken).unlink()
            await press(pilot, "r")
            assert NO_LIVE in screen_text(app)

    play(scene)


def test_a_small_terminal_shows_which_episode_is_in_which_state(arena: Arena) -> None:
    arena.play(arena.start())

    async def scene() -> None:
        async with open_app(arena.home, LIVE, size=(60, 16)) as (app, _):
            shown = screen_text(app)
            assert "classic/tictactoe_v3" in shown
            assert "✕ dead" in shown
            assert "ada, random" in shown

    play(scene)


def test_the_twin_prints_the_same_facts(arena: Arena, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    async def scene() -> None:
        async with open_app(arena.home, LIVE, size=(240, 40)) as (app, _):
            assert isinstance(app.screen, LiveScreen)
            seen.append(app.screen.twin())
            seen.extend(line for line in screen_text(app).splitlines() if "▶ running" in line)

    with arena.owned():
        episode = arena.start()
        arena.play(episode)
        arena.play(episode, 1)
        play(scene)
        assert main(["--home", str(arena.home), *seen[0].split()[1:]]) == 0
    [_, row] = seen
    headings, printed = capsys.readouterr().out.splitlines()
    facts = dict(zip(re.split(r"\s{2,}", headings), re.split(r"\s{2,}", printed), strict=True))
    assert facts["process"].startswith(str(os.getpid()))
    assert [fact for fact in facts.values() if " ago" not in fact and fact not in row] == []
