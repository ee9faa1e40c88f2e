"""Every fault is found, and mended to what it was."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agents_db.borders import VARIABLE
from agents_db.doctor import plan_repair, repair_store
from agents_db.errors import NoStore
from agents_db.knowledge import RecallDraft
from agents_db.store import AgentsDB
from tests.agents_db.conftest import EMBEDDER, World
from tests.agents_db.patient import ADA, TOP, Patient, check_answers, opened

ROWS = {
    "memories of an agent": (["UPDATE agent SET n_memories = 7"], "n_memories is 7 and should be 4"),
    "decisions of an agent": (["UPDATE agent SET n_decisions = 0"], "n_decisions is 0 and should be 3"),
    "fallbacks of an agent": (["UPDATE agent SET n_fallbacks = 5"], "n_fallbacks is 5 and should be 0"),
    "episodes of an agent": (["UPDATE agent SET n_participations = 9"], "n_participations is 9 and should be 2"),
    "tokens of an agent": (
        ["UPDATE agent SET tokens_in = 1, tokens_out = 1"],
        "tokens_in is 1 and should be 17, tokens_out is 1 and should be 3",
    ),
    "decisions of a seat": (["UPDATE participation SET n_decisions = 4 WHERE participation_id = 1"], "'player_1' of"),
    "first tries of a seat": (["UPDATE participation SET n_first_try_legal = 0"], "n_first_try_legal is 0 and should"),
    "turns of an episode": (["UPDATE episode SET n_turns = 99 WHERE episode_id = 1"], "n_turns is 99 and should be 1"),
    "recalls of a memory": (
        ["UPDATE memory SET n_recalled = 3 WHERE memory_id = 1"],
        "n_recalled is 3 and should be 1",
    ),
    "wins": (["UPDATE env_record SET n_wins = 50"], "The record of agent 'ada' in 'classic/tictactoe_v3'"),
    "returns": (["UPDATE env_record SET sum_total = sum_total + 0.5"], "The record of agent 'ada'"),
    "last return": (["UPDATE env_record SET last_total = 77"], "The record of agent 'ada'"),
    "no record": (["DELETE FROM env_record"], "The record of agent 'ada'"),
    "strange record": (
        ["INSERT INTO env_record SELECT agent_id, 'strange', 1, 1, 1, 1, 1, 0, 0, 1, 1 FROM env_record"],
        "in 'strange' is not what its episodes say",
    ),
    "evidence": (["DELETE FROM evidence WHERE memory_id = 2"], "Memory 2 has lost what it rests on"),
    "a decision and all that counts it": (
        ["UPDATE participation SET n_decisions = 9 WHERE participation_id = 1", "UPDATE agent SET n_decisions = 9"],
        "n_decisions is 9 and should be 3",
    ),
}
HOLD = """
import sys, time
from agents_db.owner import AgentLock
lock = AgentLock(sys.argv[1], 1, name="ada")
print("held", flush=True)
time.sleep(60)
"""
CHECK = """
import sys
from pathlib import Path
from agents_db.inspection import check_indexes
from agents_db.store import AgentsDB
with AgentsDB.open_reader(sys.argv[1]) as db:
    print(check_indexes(db, Path(sys.argv[2])))
print("chromadb" in sys.modules)
"""
REPAIR = """
import sys
from pathlib import Path
from agents_db.doctor import repair_store
repair_store(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Patient:
    """Two finished episodes with attempts, a choice, a recall and four memories that wait for an index; made once."""
    patient = Patient(tmp_path_factory.mktemp("sound") / "home")
    with AgentsDB.open(patient.path) as db:
        world = World(db)
        choice = db.start_choice(world.draft_choice())
        db.add_attempt(world.draft_choice_attempt(choice.choice_id))
        (memory,) = world.remember(0)
        episode = world.start(1)
        db.add_attempt(world.draft_attempt(episode))
        recalled = (RecallDraft(memory_id=memory.memory_id, rank=1, score=0.5, parts={}),)
        db.record_turn(episode.episode_id, world.draft_position(), [world.draft_step(recalled=recalled)], paid=True)
        world.play(episode, 1)
        drafts = [world.draft_memory(episode, text=f"{n}", seed=n) for n in range(3)]
        db.end_episode(world.draft_end(episode, *drafts, total=-1.0))
    return patient


@pytest.fixture(scope="module")
def indexed(sound: Patient, tmp_path_factory: pytest.TempPathFactory) -> Patient:
    """The same with a clean index."""
    patient = sound.copy_to(tmp_path_factory.mktemp("indexed") / "home")
    with opened(patient):
        pass
    assert patient.check() == []
    return patient


@pytest.fixture
def patient(sound: Patient, tmp_path: Path) -> Patient:
    return sound.copy_to(tmp_path / "home")


@pytest.fixture
def whole(indexed: Patient, tmp_path: Path) -> Patient:
    return indexed.copy_to(tmp_path / "home")


def repair(patient: Patient) -> list[tuple[str, str]]:
    return [(item.state, item.what) for item in repair_store(patient.path, patient.root).items]


def check_whole(patient: Patient, n_memories: int = 4) -> None:
    """Fails unless nothing is found any more, and nothing is left to repair."""
    assert patient.check() == []
    assert repair(patient) == []
    with opened(patient) as (db, index):
        assert index.is_open
        assert index.verify() == []
        assert len(db.memories(ADA)) == n_memories
        check_answers(db, index)


# Rows


@pytest.mark.parametrize(("damage", "told"), ROWS.values(), ids=ROWS.keys())
def test_rows_are_mended_to_what_they_were(patient: Patient, damage: list[str], told: str) -> None:
    before = patient.read_rows()
    patient.change(*damage)
    damaged = patient.read_rows()
    found = [finding for finding in patient.check() if finding.severity == "problem"]
    assert any(told in finding.what for finding in found)
    assert all(finding.mendable and "`langgym db repair`" in finding.advice for finding in found)
    assert repair(patient) == [("mended", finding.what) for finding in found]
    assert patient.read_rows() == before
    assert at_backup(patient).read_rows() == damaged
    assert patient.find_problems() == []
    assert repair(patient) == []


def at_backup(patient: Patient) -> Patient:
    """Returns the store as it was before the repair."""
    found = Patient(patient.home)
    found.path = Path(f"{patient.path}.before-repair.backup")
    return found


def test_a_sound_store_has_no_problem_and_is_not_changed(patient: Patient) -> None:
    files = patient.hash_files()
    assert [finding.severity for finding in patient.check()] == ["note"]  # the memories that wait
    assert repair(patient) == []
    assert patient.hash_files() == files


def test_a_plan_says_what_the_repair_does_and_changes_nothing(patient: Patient) -> None:
    patient.change("UPDATE agent SET n_decisions = 0", "DELETE FROM env_record")
    (patient.root / "77").mkdir(parents=True)
    files = patient.hash_files()
    plan = plan_repair(patient.path, patient.root)
    assert patient.hash_files() == files
    assert (patient.root / "77").is_dir()
    assert [item.state for item in plan.items] == ["planned"] * 3
    assert [item.what for item in plan.items] == [what for _, what in repair(patient)]


def test_outbox_rows_of_gone_memories_are_removed(patient: Patient) -> None:
    patient.change("INSERT INTO outbox (agent_id, memory_id) VALUES (1, 999)")
    assert patient.find_problems() == []
    assert repair(patient) == [("mended", "1 rows of the indexes' outbox are of memories that are gone.")]
    with AgentsDB.open_reader(patient.path) as db:
        assert [row.memory_id for row in db.ledger.pending(ADA)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("vector", "told"),
    [
        ("x'00'", "has not the 8 dimensions"),
        ("CAST(zeroblob(32) AS TEXT)", "has not the 8 dimensions"),
        ("zeroblob(36)", "has not the 8 dimensions"),
        ("CAST(x'0000c07f' || zeroblob(28) AS BLOB)", "values that are not finite"),
        ("CAST(x'0000807f' || zeroblob(28) AS BLOB)", "values that are not finite"),
    ],
    ids=["short", "text", "long", "nan", "infinite"],
)
def test_vectors_that_cannot_be_right_are_removed_and_made_again(patient: Patient, vector: str, told: str) -> None:
    patient.change(f"UPDATE embedding SET vector = {vector} WHERE memory_id = 2")
    (what,) = patient.find_problems()
    assert "memory 2" in what
    assert told in what
    assert repair(patient) == [("mended", what)]
    assert patient.find_problems() == []
    with AgentsDB.open(patient.path) as db:
        assert [memory.memory_id for memory in db.unembedded(ADA, EMBEDDER)] == [2]
        assert len(db.vectors(ADA, EMBEDDER).ids) == 3


def test_a_damaged_probe_is_removed(patient: Patient) -> None:
    patient.change("UPDATE embedder SET probe_text = 'fox', probe_vector = x'00'")
    assert repair(patient) == [("mended", "The probe of the embedder 'test-embedder' is damaged.")]
    with AgentsDB.open_reader(patient.path) as db:
        found = db.find_embedder(EMBEDDER)
        assert found is not None
        assert found.probe_vector is None


def test_what_no_repair_can_mend_is_left_with_advice(patient: Patient) -> None:
    patient.change(
        "UPDATE text SET body = x'ff' WHERE text_id = 1", "UPDATE evidence SET seat = 'x' WHERE memory_id = 1"
    )
    done = repair_store(patient.path, patient.root)
    assert [(item.state, item.severity) for item in done.items] == [("left", "problem")] * 2
    assert all("Restore a backup" in item.note for item in done.items)
    assert done.backup is None
    assert len(patient.find_problems()) == 2


def test_there_is_nothing_to_repair_where_nothing_is_stored(tmp_path: Path) -> None:
    with pytest.raises(NoStore, match="nothing to repair"):
        repair_store(tmp_path / "langgym.db", tmp_path / "index")
    assert list(tmp_path.iterdir()) == []


# SQLite's own indexes


def hide_index(patient: Patient, statement: str) -> None:
    """Runs a statement that one of SQLite's indexes does not hear of."""
    with closing(sqlite3.connect(patient.path, isolation_level=None)) as driver:
        row = driver.execute("SELECT * FROM sqlite_master WHERE name = 'ix_memory_agent'").fetchone()
        driver.execute("PRAGMA writable_schema=ON")
        driver.execute("DELETE FROM sqlite_master WHERE name = 'ix_memory_agent'")
    with closing(sqlite3.connect(patient.path, isolation_level=None)) as driver:
        driver.execute(statement)
        driver.execute("PRAGMA writable_schema=ON")
        driver.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", row)


def test_an_index_of_sqlite_that_is_off_is_built_anew(patient: Patient) -> None:
    hide_index(patient, "UPDATE memory SET kind = 'odd' WHERE memory_id = 2")
    before = patient.read_rows()
    found = [finding for finding in patient.check() if finding.severity == "problem"]
    assert any("ix_memory_agent" in finding.what for finding in found)
    assert all(finding.mendable for finding in found)
    assert repair(patient) == [("mended", finding.what) for finding in found]
    assert patient.find_problems() == []
    assert patient.read_rows() == before
    with AgentsDB.open_reader(patient.path) as db:
        assert [memory.memory_id for memory in db.memories(ADA, kind="odd")] == [2]


def test_a_store_with_damaged_tables_is_left_as_it_is(tmp_path: Path) -> None:
    patient = Patient(tmp_path / "home")
    with AgentsDB.open(patient.path) as db:
        world = World(db)
        episode = world.start()
        for turn in range(200):
            world.play(episode, turn, text=os.urandom(300).hex())
    with closing(sqlite3.connect(patient.path)) as driver:
        (root,) = driver.execute("SELECT rootpage FROM sqlite_master WHERE name = 'text'").fetchone()
        (size,) = driver.execute("PRAGMA page_size").fetchone()
    with patient.path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(os.urandom(size))
    patient.change("UPDATE agent SET n_decisions = 0")
    content = patient.path.read_bytes()
    done = repair_store(patient.path, patient.root)
    assert {item.state for item in done.items} == {"left"}
    assert all("Restore a backup" in item.note for item in done.items)
    assert patient.path.read_bytes() == content


# Vector indexes


def test_a_sound_index_is_looked_at_and_not_changed(whole: Patient) -> None:
    files = whole.hash_files()
    assert whole.check() == []
    assert repair(whole) == []
    assert whole.hash_files() == files


def test_folders_of_no_agent_are_removed_and_strange_ones_left(whole: Patient) -> None:
    for name in ("77", "photos"):
        (whole.root / name).mkdir()
        (whole.root / name / "file").write_text("x")
    (whole.agent / "gen-9").mkdir()
    assert [finding.severity for finding in whole.check()] == ["note"] * 3
    assert [state for state, _ in repair(whole)] == ["mended", "left", "mended"]
    assert sorted(entry.name for entry in whole.root.iterdir()) == ["1", "photos"]
    assert [entry.name for entry in whole.agent.glob("gen-*")] == ["gen-1"]
    assert (whole.root / "photos" / "file").read_text() == "x"


def test_an_index_that_is_off_without_a_word_is_a_problem_and_is_rebuilt(whole: Patient) -> None:
    whole.change("UPDATE embedding SET vector = (SELECT vector FROM embedding WHERE memory_id = 3) WHERE memory_id = 2")
    assert whole.find_problems() == ["Agent 'ada': The index has other vectors than the store: [2], 1 in all."]
    assert repair(whole) == [("mended", "Agent 'ada': The index has other vectors than the store: [2], 1 in all.")]
    check_whole(whole)


def test_an_index_that_is_not_there_is_a_note_and_is_made_again(whole: Patient) -> None:
    shutil.rmtree(whole.root)
    assert [finding.severity for finding in whole.check()] == ["note"]
    assert [state for state, _ in repair(whole)] == ["mended"]
    assert whole.find_generation().name == "gen-2"
    check_whole(whole)


def test_an_index_of_another_chroma_is_rebuilt(whole: Patient) -> None:
    whole.change("UPDATE index_state SET chroma_version = '0.0.1'")
    assert ["Chroma 0.0.1" in finding.what for finding in whole.check()] == [True]
    assert [state for state, _ in repair(whole)] == ["mended"]
    check_whole(whole)


def test_a_memory_whose_vector_was_damaged_leaves_the_index_too(whole: Patient) -> None:
    whole.change("UPDATE embedding SET vector = x'00' WHERE memory_id = 2")
    assert len(whole.find_problems()) == 1
    repair(whole)
    assert whole.find_problems() == []
    with opened(whole) as (db, index):
        index.drain()
        assert index.verify() == []
        assert 2 not in [memory_id for memory_id, _ in index.query(db.vectors(ADA, EMBEDDER).matrix[0], 10)]


@pytest.fixture
def owner(whole: Patient) -> Iterator["subprocess.Popen[str]"]:
    """A process that plays ada."""
    command = [sys.executable, "-c", HOLD, str(whole.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=TOP) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_an_agent_in_play_is_named_and_left_alone(whole: Patient, owner: "subprocess.Popen[str]") -> None:
    (whole.agent / "gen-1" / "chroma.sqlite3").write_bytes(b"in use")
    (whole.agent / "gen-9").mkdir()
    files = whole.hash_files()
    (finding,) = whole.check()
    assert finding.severity == "note"
    assert f"in use by process {owner.pid} on" in finding.what
    assert repair(whole) == [("left", finding.what)]
    assert whole.hash_files() == files
    assert (whole.agent / "gen-9").is_dir()


def test_chroma_is_not_loaded_where_there_is_no_index(patient: Patient) -> None:
    (patient.root / "1").mkdir(parents=True)
    command = [sys.executable, "-c", CHECK, str(patient.path), str(patient.root)]
    assert subprocess.run(command, capture_output=True, text=True, cwd=TOP, check=True).stdout == "[]\nFalse\n"


@pytest.mark.parametrize("border", ["mid_rebuild", "after_pointer"])
def test_a_repair_that_was_killed_is_repeated(whole: Patient, border: str) -> None:
    whole.change("UPDATE agent SET n_decisions = 0")
    (whole.agent / "gen-1" / "chroma.sqlite3").write_bytes(b"torn")
    command = [sys.executable, "-c", REPAIR, str(whole.path), str(whole.root)]
    environ = {**os.environ, VARIABLE: border}
    assert subprocess.run(command, cwd=TOP, env=environ, check=False).returncode == -signal.SIGKILL
    assert whole.find_problems() == []  # the rows are mended; the index says itself that it may be off
    assert repair(whole)
    check_whole(whole)
