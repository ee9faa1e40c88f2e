"""What is played now: who still plays, who waits, who has stalled and who is gone."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agents_db.owner import AgentLock
from agents_db.records import RunDraft
from agents_db.store import AgentsDB
from langgym.home import index_root, store_path
from langgym.models.loopback import ChatServer, slow
from langgym.query.live import LiveItem, LivePage, read_live
from tests.agents_db.conftest import World
from tests.cli.harness import TOP, find_flags, pick_first

WRITER = """
import sys, time
from agents_db.owner import AgentLock
from agents_db.records import PositionDraft, StepDraft
from agents_db.store import AgentsDB

with AgentsDB.open(sys.argv[1]) as db, AgentLock(sys.argv[2], 1, name="ada"):
    for turn in range(10_000):
        step = StepDraft(turn=turn, seat="player_1", action=4, name="b2", source="scripted")
        db.record_turn(1, PositionDraft(turn=turn, digest=b"", payments={}), [step], paid=True)
        time.sleep(0.05)
"""
"""A player who decides twenty times a second, and asks no model."""
QUIET = 0.7
"""Seconds after which a test holds an episode to be stalled."""


class Scene(World):
    """A world with one open episode of ada's, and the folder in which owners are named."""

    def __init__(self, db: AgentsDB, root: Path) -> None:
        super().__init__(db)
        self.root = root

    def look(self, *, now: datetime | None = None, quiet: float = 10.0) -> LivePage:
        return read_live(self.db, self.root, now or datetime.now(UTC), quiet_seconds=quiet)

    def see(self, *, now: datetime | None = None, quiet: float = 10.0) -> LiveItem:
        [item] = self.look(now=now, quiet=quiet).items
        return item

    def wait_for(self, state: str, *, quiet: float = 10.0) -> LiveItem:
        wait_until(lambda: self.see(quiet=quiet).state == state)
        return self.see(quiet=quiet)

    @contextmanager
    def write(self) -> Iterator["subprocess.Popen[bytes]"]:
        """Has a process play the open episode."""
        command = [sys.executable, "-c", WRITER, str(self.db.path), str(self.root)]
        with subprocess.Popen(command, cwd=TOP) as child:
            try:
                yield child
            finally:
                child.kill()


def wait_until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "It never came to hold."
        time.sleep(0.02)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with AgentsDB.open(tmp_path / "store.db") as db:
        yield Scene(db, tmp_path / "index")


def after(item: LiveItem, seconds: float) -> datetime:
    return item.written_at + timedelta(seconds=seconds)


# Real processes


def test_an_episode_whose_player_writes_is_running_and_dead_once_it_was_killed(scene: Scene) -> None:
    scene.start()
    with scene.write() as child:
        item = scene.wait_for("running")
        assert (item.owner_pid, item.last_seat, item.last_action) == (child.pid, "player_1", "b2")
        child.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert scene.see().state == "dead"
        assert scene.look().over


def test_a_player_that_was_halted_has_stalled_and_goes_on_running(scene: Scene) -> None:
    scene.start()
    with scene.write() as child:
        scene.wait_for("running", quiet=QUIET)
        child.send_signal(signal.SIGSTOP)
        item = scene.wait_for("stalled", quiet=QUIET)
        assert item.owner_pid == child.pid
        assert not scene.look(quiet=QUIET).over
        child.send_signal(signal.SIGCONT)
        scene.wait_for("running", quiet=QUIET)


def test_an_episode_waits_while_its_model_thinks_and_is_dead_once_it_was_killed(home: Path) -> None:
    with ChatServer(pick_first, faults=itertools.repeat(slow(0.5))) as server:
        flags = ("--agent", "ada", "--env", "tictactoe", *find_flags(server))
        command = [sys.executable, "-m", "langgym", "play", *flags]
        with subprocess.Popen(command, cwd=TOP, stderr=subprocess.DEVNULL) as child:
            wait_until(lambda: any(item.state == "waiting" for item in look_at(home)))
            [item] = look_at(home)
            child.kill()
        assert (item.waits_for, item.owner_pid) == ("openai:test", child.pid)
        assert item.waits_since is not None
        assert [item.state for item in look_at(home)] == ["dead"]


def look_at(home: Path) -> tuple[LiveItem, ...]:
    if not store_path(home).exists():
        return ()
    try:
        with AgentsDB.open_reader(store_path(home)) as db:
            return read_live(db, index_root(home), datetime.now(UTC)).items
    except Exception:  # the store is being made
        return ()


# What each state rests on


def test_nothing_is_played_where_nothing_is_open(scene: Scene) -> None:
    scene.db.end_episode(scene.draft_end(scene.start()))
    page = scene.look()
    assert (page.items, page.between, page.over) == ((), (), True)


def test_an_episode_that_nobody_owns_is_dead_however_lately_it_wrote(scene: Scene) -> None:
    scene.play(scene.start())
    item = scene.see()
    assert (item.state, item.owner_pid, item.host) == ("dead", None, None)


def test_who_took_the_agent_after_the_last_word_does_not_play_the_episode(scene: Scene) -> None:
    scene.play(scene.start())
    time.sleep(0.002)
    with AgentLock(scene.root, scene.ada.agent_id, name="ada"):
        assert scene.see().state == "dead"


def test_an_episode_is_stalled_once_it_was_silent_for_too_long(scene: Scene) -> None:
    with AgentLock(scene.root, scene.ada.agent_id, name="ada"):
        scene.play(scene.start())
        item = scene.see()
        assert scene.see(now=after(item, 9.0)).state == "running"
        late = scene.see(now=after(item, 11.0))
    assert (late.state, late.idle_seconds) == ("stalled", pytest.approx(11.0))


def test_a_slow_game_is_given_three_times_its_pace(tmp_path: Path) -> None:
    begin = time.time_ns() // 1000
    clock = itertools.count(begin, 60_000_000)
    with AgentsDB.open(tmp_path / "store.db", clock=lambda: next(clock)) as db:
        scene = Scene(db, tmp_path / "index")
        (tmp_path / "index" / "1").mkdir(parents=True)
        owner = {"pid": os.getpid(), "host": "elsewhere", "since": 0}
        (tmp_path / "index" / "1" / "owner.json").write_text(json.dumps(owner), encoding="utf-8")
        episode = scene.start()
        for turn in range(4):
            scene.play(episode, turn)
        item = scene.see()
        assert item.pace_seconds == 60.0
        assert scene.see(now=after(item, 170.0)).state == "running"
        assert scene.see(now=after(item, 190.0)).state == "stalled"


def test_an_answer_that_is_awaited_for_long_is_no_stall(scene: Scene) -> None:
    with AgentLock(scene.root, scene.ada.agent_id, name="ada"):
        episode = scene.start()
        scene.db.begin_attempt(replace(scene.draft_attempt(episode), model="openai:slow"))
        item = scene.see()
        late = scene.see(now=after(item, 3600.0))
        assert (late.state, late.waits_for, late.waits_since) == ("waiting", "openai:slow", item.written_at)
        scene.db.add_attempt(scene.draft_attempt(episode))
        assert (scene.see().state, scene.see().waits_for) == ("running", None)


def test_an_owner_on_another_machine_is_believed_and_named(scene: Scene) -> None:
    scene.start()
    (scene.root / "1").mkdir(parents=True)
    owner = {"pid": 7, "host": "elsewhere", "since": 0}
    (scene.root / "1" / "owner.json").write_text(json.dumps(owner), encoding="utf-8")
    item = scene.see()
    assert (item.state, item.owner_pid, item.host) == ("running", 7, "elsewhere")


def test_an_attempt_counts_as_a_word_of_its_episode(scene: Scene) -> None:
    episode = scene.start()
    scene.play(episode)
    before = scene.see()
    scene.db.add_attempt(scene.draft_attempt(episode, 1))
    assert scene.see().written_at > before.written_at


def test_the_turn_under_way_and_the_last_decision_are_told(scene: Scene) -> None:
    episode = scene.start()
    fresh = scene.see()
    assert (fresh.turn, fresh.last_seat, fresh.last_action, fresh.pace_seconds) == (0, None, None, None)
    for turn in range(3):
        scene.play(episode, turn)
    item = scene.see()
    assert (item.turn, item.last_seat, item.last_action) == (3, "player_1", "b2")


def test_a_run_between_two_episodes_is_not_over(scene: Scene) -> None:
    run = scene.db.start_run(RunDraft(seed=1, settings={"agent": "ada"}, langgym_version="0", commit=None))
    assert scene.look().over
    with AgentLock(scene.root, scene.ada.agent_id, name="ada"):
        page = scene.look()
        assert (page.between, page.over) == ((run.run_id,), False)
        scene.start()
        assert scene.look().between == ()


def test_a_stalled_episode_may_still_go_on(scene: Scene) -> None:
    with AgentLock(scene.root, scene.ada.agent_id, name="ada"):
        scene.start()
        page = scene.look(now=datetime.now(UTC) + timedelta(seconds=60))
    assert [item.state for item in page.items] == ["stalled"]
    assert not page.over
