import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agents_db import engine
from agents_db.errors import (
    NoStore,
    NotStored,
    StoreBusy,
    StoreClosed,
    StoreCorrupt,
    StoreFull,
    StoreUnwritable,
)
from agents_db.records import AgentDraft, EpisodeRecord
from agents_db.store import AgentsDB, read_clock
from agents_db.writer import Transaction, Writer
from tests.agents_db.conftest import World

PLAY = """
import sys
from agents_db.records import AgentDraft, EpisodeDraft, PlayerDraft, PositionDraft, RunDraft, StepDraft
from agents_db.store import AgentsDB
db = AgentsDB.open(sys.argv[1])
ada = db.find_agent("ada") or db.create_agent(AgentDraft(name="ada", model="m"))
unfinished = db.unfinished(ada.agent_id)
if unfinished:
    episode = unfinished[0]
else:
    run = db.start_run(RunDraft(seed=1, settings={}, langgym_version="0", commit=None))
    player = PlayerDraft(seat="player_1", role="x", team=None, player="ada", agent_id=ada.agent_id, model="m")
    episode = db.start_episode(EpisodeDraft(
        run_id=run.run_id, number=0, choice_id=None, env_id="e", kwargs={}, text_version=1, situation_version=1, seed=1,
        max_turns=None, templates="t", packages={}, langgym_version="0", commit=None, players=(player,)))
for turn in range(episode.n_turns, 100_000):
    step = StepDraft(turn=turn, seat="player_1", action=turn, name="n", source="model", text=f"board {turn} " * 40)
    db.record_turn(episode.episode_id, PositionDraft(turn=turn, digest=b"d", payments={}), [step], paid=turn % 7 == 0)
    print(turn, flush=True)
"""


def play_until_killed(path: Path, n_lines: int) -> int:
    """Returns the last turn that was acknowledged."""
    with subprocess.Popen([sys.executable, "-c", PLAY, str(path)], stdout=subprocess.PIPE, text=True) as player:
        assert player.stdout is not None
        for _ in range(n_lines):
            assert player.stdout.readline()
        os.kill(player.pid, signal.SIGKILL)
        rest = player.stdout.read()
        last = rest[: rest.rfind("\n") + 1].split()
    return int(last[-1]) if last else n_lines - 1


def test_killed_player_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for _ in range(3):
        last = play_until_killed(path, random.randint(1, 200))
        with AgentsDB.open(path) as db:
            (episode,) = db.unfinished()
            turns = [step.turn for step in db.steps(episode.episode_id)]
            assert turns == list(range(len(turns)))
            assert last < len(turns) == episode.n_turns == episode.participations[0].n_decisions
            assert db.check() == []


def test_full_disk_is_named_and_loses_nothing(tmp_path: Path) -> None:
    AgentsDB.open(tmp_path / "store.db").close()
    writer = Writer(tmp_path / "store.db")
    with AgentsDB(tmp_path / "store.db", writer=writer, clock=read_clock) as db:
        world = World(db)
        episode = world.start()
        writer.submit(_limit_pages, durable=False)
        acknowledged: list[int] = []
        with pytest.raises(StoreFull, match="nothing stored is lost"):
            play_forever(world, episode, acknowledged)
        n_acknowledged = len(acknowledged)
        assert n_acknowledged > 0
        assert len(db.steps(episode.episode_id)) == n_acknowledged
        assert len(db.positions(episode.episode_id)) == n_acknowledged
        writer.submit(_lift_limit, durable=False)
        world.play(episode, n_acknowledged)
        assert db.check() == []


def play_forever(world: World, episode: EpisodeRecord, acknowledged: list[int]) -> None:
    for turn in range(1000):
        world.play(episode, turn, text=os.urandom(2000).hex())
        acknowledged.append(turn)


def _limit_pages(transaction: Transaction) -> None:
    pages = transaction.cursor.execute("PRAGMA page_count").fetchone()[0]
    transaction.cursor.execute(f"PRAGMA max_page_count={pages + 20}")


def _lift_limit(transaction: Transaction) -> None:
    transaction.cursor.execute("PRAGMA max_page_count=1000000")


def test_garbage_is_not_a_store(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"This is a text and no database at all. " * 100)
    with pytest.raises(StoreCorrupt, match=r"store\.db"):
        AgentsDB.open(path)
    with pytest.raises(StoreCorrupt, match=r"store\.db"):
        AgentsDB.open_reader(path)
    assert path.read_bytes().startswith(b"This is")


def test_damaged_pages_are_found_by_check(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with AgentsDB.open(path) as db:
        world = World(db)
        episode = world.start()
        for turn in range(200):
            world.play(episode, turn, text=os.urandom(200).hex())
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size * 3 // 4)
        file.write(os.urandom(size // 8))
    with AgentsDB.open_reader(path) as db:
        problems = [finding for finding in db.check() if finding.severity == "problem"]
    assert problems


def test_missing_store_is_told_apart_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(NoStore, match="create an agent"):
        AgentsDB.open_reader(tmp_path / "sub" / "store.db")
    assert list(tmp_path.iterdir()) == []


def test_reader_sees_what_is_written_and_cannot_write(world: World) -> None:
    with AgentsDB.open_reader(world.db.path) as reader:
        assert reader.agents() == [world.ada]
        world.start()
        assert len(reader.episodes()) == 1
        with pytest.raises(StoreUnwritable, match="only for reading"):
            reader.create_agent(AgentDraft(name="bob", model="m"))


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnwritable, match="--home"):
        AgentsDB.open(tmp_path / "file" / "sub" / "store.db")


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder with a store in it that this process may read and not write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with AgentsDB.open(folder / "store.db") as db:
            World(db)
        (folder / "store.db").chmod(0o444)
        folder.chmod(0o555)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
            folder.chmod(0o755)


def test_folder_without_permission_is_named(locked_folder: Path) -> None:
    with pytest.raises(StoreUnwritable, match="permissions"):
        AgentsDB.open(locked_folder / "other.db")
    with pytest.raises(StoreUnwritable, match="permissions"):
        AgentsDB.open(locked_folder / "store.db")


def test_folder_without_permission_can_be_read(locked_folder: Path) -> None:
    with AgentsDB.open_reader(locked_folder / "store.db") as db:
        assert [agent.name for agent in db.agents()] == ["ada"]


def test_locked_store_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    with (
        AgentsDB.open(world.db.path) as other,
        closing(sqlite3.connect(world.db.path, isolation_level=None)) as holder,
    ):
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="locked"):
            other.create_agent(AgentDraft(name="bob", model="m"))
        holder.execute("ROLLBACK")
        other.create_agent(AgentDraft(name="bob", model="m"))


def test_closed_store_says_so(tmp_path: Path) -> None:
    db = AgentsDB.open(tmp_path / "store.db")
    db.agents()
    db.close()
    db.close()
    with pytest.raises(StoreClosed):
        db.agents()
    with pytest.raises(StoreClosed):
        db.create_agent(AgentDraft(name="bob", model="m"))


def test_store_is_used_from_many_threads(world: World) -> None:
    episode = world.start()
    turns = range(40)
    threads = [threading.Thread(target=world.play, args=(episode, turn)) for turn in turns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [step.turn for step in world.db.steps(episode.episode_id)] == list(turns)
    assert world.db.episode(episode.episode_id).participations[0].n_decisions == len(turns)


def test_clock_is_injected(tmp_path: Path) -> None:
    with AgentsDB.open(tmp_path / "store.db", clock=lambda: 42) as db:
        assert db.create_agent(AgentDraft(name="ada", model="m")).created_at == 42


def test_unknown_run_is_refused(world: World) -> None:
    draft = world.draft_episode()
    strange = type(draft)(**{name: getattr(draft, name) for name in draft.__slots__} | {"run_id": 77})
    with pytest.raises(NotStored, match="77"):
        world.db.start_episode(strange)


def test_a_closed_store_is_one_file(tmp_path: Path) -> None:
    path = tmp_path / "langgym.db"
    with AgentsDB.open(path) as db:
        db.create_agent(AgentDraft(name="ada", model="random"))
        assert db.agents()
    assert [file.name for file in tmp_path.iterdir()] == ["langgym.db"]
