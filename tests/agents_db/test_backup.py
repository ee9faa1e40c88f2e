"""Backups that are whole, whoever writes meanwhile, and vacuums that lose nothing."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agents_db import backup, engine
from agents_db.backup import back_up
from agents_db.engine import open_sqlite
from agents_db.errors import CallerError, NoStore, StoreBusy, StoreCorrupt, StoreFull, StoreUnwritable
from agents_db.owner import AgentLock
from agents_db.store import AgentsDB
from agents_db.vacuum import vacuum_store
from tests.agents_db.conftest import World
from tests.agents_db.mounts import Mount
from tests.agents_db.patient import ADA, TOP, Patient

LOCK = """
import sqlite3, sys, time
driver = sqlite3.connect(sys.argv[1], isolation_level=None)
driver.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(60)
"""


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    """A store with a few hundred kilobytes in it."""
    patient = Patient(tmp_path / "home")
    with AgentsDB.open(patient.path) as db:
        world = World(db)
        world.remember(0, 5)
        episode = world.start(1)
        for turn in range(100):
            world.play(episode, turn, text=os.urandom(2000).hex())
    return patient


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "copy.db"


def test_backup_is_the_same_store(patient: Patient, target: Path) -> None:
    size = back_up(patient.path, target)
    assert [entry.name for entry in target.parent.iterdir()] == ["copy.db"]
    assert target.stat().st_size == size > 200_000
    copy = Patient(target.parent)
    copy.path = target
    assert copy.read_rows() == patient.read_rows()


def test_backup_holds_what_is_still_in_the_log(patient: Patient, target: Path) -> None:
    with AgentsDB.open(patient.path) as db:
        run = db.run(1)
        db.end_run(run.run_id, "finished")
        assert Path(f"{patient.path}-wal").stat().st_size > 0
        back_up(patient.path, target)
        with AgentsDB.open_reader(target) as copy:
            assert copy.run(1).status == "finished"


def test_progress_is_told_while_others_write(patient: Patient, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "PAGES", 5)
    told: list[tuple[int, int]] = []
    with AgentsDB.open(patient.path) as db:
        episode = db.episodes()[0]

        def write(done: int, total: int) -> None:
            told.append((done, total))
            db.mark_drifted(episode.episode_id)

        back_up(patient.path, target, progress=write)
    assert told == sorted(told)
    assert len(told) > 10
    assert told[-1][0] == told[-1][1]
    with AgentsDB.open_reader(target) as copy:
        assert not copy.episode(episode.episode_id).drifted  # the moment at which it began


def test_a_file_that_is_there_is_replaced_only_when_told(patient: Patient, target: Path) -> None:
    target.parent.mkdir()
    target.write_text("dear")
    with pytest.raises(CallerError, match="--force"):
        back_up(patient.path, target)
    assert target.read_text() == "dear"
    back_up(patient.path, target, replace=True)
    AgentsDB.open_reader(target).close()


def test_the_store_itself_and_stores_in_use_are_never_replaced(patient: Patient, tmp_path: Path) -> None:
    with pytest.raises(CallerError, match="the store itself"):
        back_up(patient.path, patient.path, replace=True)
    with AgentsDB.open(tmp_path / "other.db") as other:
        World(other)
        with pytest.raises(CallerError, match="store in use"):
            back_up(patient.path, tmp_path / "other.db", replace=True)
    with pytest.raises(CallerError, match="is a folder"):
        back_up(patient.path, tmp_path)


def test_nothing_cannot_be_backed_up(tmp_path: Path, target: Path) -> None:
    with pytest.raises(NoStore, match="nothing to back up"):
        back_up(tmp_path / "langgym.db", target)
    assert not target.parent.exists()


def test_a_damaged_store_gives_no_backup(patient: Patient, target: Path) -> None:
    with patient.path.open("r+b") as file:
        file.seek(patient.path.stat().st_size // 2)
        file.write(os.urandom(100_000))
    with pytest.raises(StoreCorrupt, match="`langgym db check`"):
        back_up(patient.path, target)
    assert list(target.parent.iterdir()) == []


def test_rows_without_parents_give_no_backup(patient: Patient, target: Path) -> None:
    patient.change("DELETE FROM participation WHERE participation_id = 1", "DELETE FROM run")
    with pytest.raises(StoreCorrupt, match="without their parents"):
        back_up(patient.path, target)
    assert list(target.parent.iterdir()) == []


def test_no_space_leaves_nothing_behind(patient: Patient, make_mount: Callable[[int], Mount]) -> None:
    files = patient.hash_files()
    folder = make_mount(128).path
    with pytest.raises(StoreFull, match="No space left for a backup") as caught:
        back_up(patient.path, folder / "copy.db")
    assert len(str(caught.value).splitlines()) == 1
    assert list(folder.iterdir()) == []
    assert patient.hash_files() == files


def test_a_folder_that_cannot_be_made_is_named(patient: Patient, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnwritable, match="name another target"):
        back_up(patient.path, tmp_path / "file" / "copy.db")


# Vacuum


def test_vacuum_gives_back_what_is_not_needed(patient: Patient) -> None:
    patient.change("DELETE FROM step", "DELETE FROM text")
    before = patient.read_rows()
    done = vacuum_store(patient.path, patient.root, {ADA: "ada"})
    assert done.after < done.before / 2
    assert done.after == patient.path.stat().st_size
    assert not done.waits
    assert patient.read_rows() == before


def test_vacuum_names_the_agent_in_play(patient: Patient) -> None:
    with (
        AgentLock(patient.root, ADA, name="ada"),
        pytest.raises(StoreBusy, match=rf"'ada' is in play \(process {os.getpid()} on"),
    ):
        vacuum_store(patient.path, patient.root, {ADA: "ada"})


@pytest.fixture
def locker(patient: Patient) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds the store's write lock."""
    command = [sys.executable, "-c", LOCK, str(patient.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=TOP) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_vacuum_names_the_process_in_the_way(
    patient: Patient, locker: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    with pytest.raises(StoreBusy, match=f"open in process {locker.pid}"):
        vacuum_store(patient.path, patient.root, {})


def test_vacuum_says_when_a_reader_holds_the_log(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    with closing(open_sqlite(patient.path, "ro")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM step").fetchone()
        assert vacuum_store(patient.path, patient.root, {}).waits
    assert not vacuum_store(patient.path, patient.root, {}).waits


def test_vacuum_without_space_loses_nothing(patient: Patient, make_mount: Callable[[int], Mount]) -> None:
    mount = make_mount(patient.path.stat().st_size // 1024 + 200)
    full = patient.copy_to(mount.path / "home")
    rows = full.read_rows()
    with pytest.raises(StoreFull, match="Nothing is lost") as caught:
        vacuum_store(full.path, full.root, {})
    assert len(str(caught.value).splitlines()) == 1
    assert full.read_rows() == rows
    assert full.find_problems() == []


def test_there_is_nothing_to_vacuum_where_nothing_is_stored(tmp_path: Path) -> None:
    with pytest.raises(NoStore):
        vacuum_store(tmp_path / "langgym.db", tmp_path / "index", {})
