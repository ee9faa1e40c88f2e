"""Torn files, lost logs and kills in the middle of healing: nothing stays silent, no memory is lost."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents_db.backup import back_up
from agents_db.borders import VARIABLE
from agents_db.doctor import repair_store
from agents_db.errors import StoreCorrupt
from agents_db.store import AgentsDB
from tests.agents_db.conftest import EMBEDDER, World
from tests.agents_db.patient import ADA, TOP, Patient, check_answers, opened

N_MEMORIES = 1_100
"""More than Chroma keeps before it writes its files."""
Harm = Callable[[Patient], None]

REMEMBER = """
import os, sys
from agents_db.index import MemoryIndex
from agents_db.owner import AgentLock
from agents_db.records import AgentDraft, RunDraft
from agents_db.store import AgentsDB
from tests.agents_db.conftest import EMBEDDER, World

path, root, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
db = AgentsDB.open(path)
world = World.__new__(World)
world.db, world.ada = db, db.agent("ada")
world.run = db.run(1)
lock = AgentLock(root, world.ada.agent_id, name="ada")
index = MemoryIndex.open(db, world.ada.agent_id, root, embedder=EMBEDDER)
for number in range(first, last):
    world.remember(number, 3)
    print(number, flush=True)
    index.drain()
index.rebuild()
print("rebuilt", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Patient:
    """A home with many memories and a clean index; made once."""
    patient = Patient(tmp_path_factory.mktemp("sound") / "home")
    patient.fill(N_MEMORIES)
    return patient


@pytest.fixture
def patient(sound: Patient, tmp_path: Path) -> Patient:
    return sound.copy_to(tmp_path / "home")


def check_healthy(patient: Patient, n_memories: int) -> None:
    """Fails unless the index is equal to the store, answers exactly, and nothing is left to mend."""
    with opened(patient) as (db, index):
        assert index.is_open
        assert index.verify() == []
        assert len(db.memories(ADA, limit=10_000)) == len(db.vectors(ADA, EMBEDDER).ids) == n_memories
        check_answers(db, index)
        index.drain()
        assert db.check() == []


# Torn files


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def garble(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def garble_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(100))


def tear(harm: Callable[[Path], None], name: str) -> Harm:
    return lambda patient: harm(patient.find_segment() / name)


def lose_segment(patient: Patient) -> None:
    shutil.rmtree(patient.find_segment())


def tear_database(patient: Patient) -> None:
    garble_header(patient.find_generation() / "chroma.sqlite3")


TORN = {
    "pickle truncated": tear(truncate, "index_metadata.pickle"),
    "pickle emptied": tear(empty, "index_metadata.pickle"),
    "pickle removed": tear(Path.unlink, "index_metadata.pickle"),
    "vectors truncated": tear(truncate, "data_level0.bin"),
    "vectors emptied": tear(empty, "data_level0.bin"),
    "vectors removed": tear(Path.unlink, "data_level0.bin"),
    "vectors garbled": tear(garble, "data_level0.bin"),
    "lengths garbled": tear(garble, "length.bin"),
    "segment removed": lose_segment,
    "header garbled": tear_database,
}


@pytest.mark.parametrize("harm", TORN.values(), ids=TORN.keys())
def test_torn_files_are_told_and_the_index_is_made_anew(patient: Patient, harm: Harm) -> None:
    harm(patient)
    files = patient.hash_files()
    (problem,) = patient.find_problems()
    assert problem.startswith("Agent 'ada': The")
    assert patient.hash_files() == files
    check_healthy(patient, N_MEMORIES)
    assert patient.find_generation().name == "gen-2"


def test_torn_files_are_mended_by_a_repair(patient: Patient) -> None:
    tear(truncate, "data_level0.bin")(patient)
    assert [item.state for item in repair_store(patient.path, patient.root).items] == ["mended"]
    assert patient.find_generation().name == "gen-2"
    check_healthy(patient, N_MEMORIES)


def test_removed_folder_is_made_anew(patient: Patient) -> None:
    shutil.rmtree(patient.root)
    assert patient.find_problems() == []  # it may be removed at any time
    check_healthy(patient, N_MEMORIES)


@pytest.mark.parametrize("generation", [0, 2, 99])
def test_wrong_pointer_is_put_right(patient: Patient, generation: int) -> None:
    patient.change(f"UPDATE index_state SET generation = {generation}")
    check_healthy(patient, N_MEMORIES)
    assert patient.find_generation().name == f"gen-{generation + 1}"


def test_files_of_another_moment_are_not_trusted(patient: Patient, tmp_path: Path) -> None:
    """The index has as many rows as the store, and its pointer says that it is clean."""
    other = Patient(tmp_path / "other")
    with AgentsDB.open(other.path) as db:
        World(db).remember(1, N_MEMORIES)
        other.open_index(db).close()
    seal = (patient.find_generation() / "seal.json").read_bytes()
    shutil.rmtree(patient.find_generation())
    shutil.copytree(other.find_generation(), patient.agent / "gen-1")
    (patient.agent / "gen-1" / "seal.json").write_bytes(seal)
    assert len(patient.find_problems()) == 1
    check_healthy(patient, N_MEMORIES)


# Kills


def start(patient: Patient, first: int, last: int, crash: str = "") -> "subprocess.Popen[str]":
    """Starts a process that remembers three things in each of some episodes, indexes them, and rebuilds the index."""
    command = [sys.executable, "-c", REMEMBER, str(patient.path), str(patient.root), str(first), str(last)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, text=True, cwd=TOP, env={**os.environ, VARIABLE: crash}, **pipes)


@pytest.mark.parametrize("border", ["mid_chroma", "after_chroma", "mid_rebuild", "after_pointer"])
def test_three_kills_amid_recovery_lose_nothing(tmp_path: Path, border: str) -> None:
    patient = Patient(tmp_path / "home")
    patient.fill(50)
    stored: list[str] = []
    for number in (1, 2, 3):
        with start(patient, number, number + 1, border) as process:
            stored += process.communicate()[0].split()
        assert process.returncode == -signal.SIGKILL
    assert {finding.severity for finding in patient.check()} <= {"note"}
    check_healthy(patient, 50 + 3 * len([line for line in stored if line != "rebuilt"]))
    assert len(list(patient.agent.glob("gen-*"))) == 1


@pytest.fixture
def cut(tmp_path: Path) -> Patient:
    """A home whose player was killed, and whose log was then deleted: an older state, and an index of a later one."""
    patient = Patient(tmp_path / "home")
    patient.fill(50)
    with start(patient, 1, 4) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(4)] == ["1\n", "2\n", "3\n", "rebuilt\n"]
        process.kill()
    assert Path(f"{patient.path}-wal").stat().st_size > 0
    Path(f"{patient.path}-wal").unlink()
    Path(f"{patient.path}-shm").unlink()
    return patient


def test_play_goes_on_after_the_log_was_deleted(cut: Patient) -> None:
    check_healthy(cut, 50)
    with start(cut, 1, 3) as process:
        process.communicate("")
    assert process.returncode == 0
    with AgentsDB.open_reader(cut.path) as db:
        assert len(db.memories(ADA, limit=1_000)) == 56
    check_healthy(cut, 56)


def test_a_store_whose_log_was_deleted_is_mended_by_a_repair(cut: Patient) -> None:
    repair_store(cut.path, cut.root)
    assert cut.check() == []
    check_healthy(cut, 50)


# Copies


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Patient]:
    """A home in which another process goes on writing."""
    patient = Patient(tmp_path / "home")
    patient.fill(20)
    with start(patient, 1, 1_000_000) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        yield patient
        process.kill()


def test_a_copy_of_the_files_of_a_busy_store_is_whole_or_says_that_it_is_not(busy: Patient, tmp_path: Path) -> None:
    for number in range(10):
        copy = Patient(tmp_path / f"copy{number}")
        copy.home.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(f"{busy.path}{suffix}", f"{copy.path}{suffix}")
        try:
            with AgentsDB.open(copy.path) as db:
                problems = [finding for finding in db.check() if finding.severity == "problem"]
                n_memories = len(db.memories(ADA, limit=100_000))
        except StoreCorrupt:
            continue
        assert problems or n_memories >= 20


def test_a_backup_of_a_busy_store_is_whole(busy: Patient, tmp_path: Path) -> None:
    sizes: list[int] = []
    for number in range(10):
        copy = Patient(tmp_path / f"copy{number}")
        back_up(busy.path, copy.path)
        with AgentsDB.open(copy.path) as db:
            assert [finding.what for finding in db.check() if finding.severity == "problem"] == []
            sizes.append(len(db.memories(ADA, limit=100_000)))
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0] >= 20
