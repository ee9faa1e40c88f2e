import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from agents_db.chroma import ChromaFolder
from agents_db.errors import IndexBroken
from agents_db.index import MemoryIndex, compare_index, remove_index
from agents_db.knowledge import Vectors
from agents_db.probe import probe_folder
from agents_db.seal import seal_folder
from tests.agents_db.conftest import EMBEDDER, World, make_vector

CRASH = """
import os, signal, sys
from agents_db.chroma import ChromaFolder
from agents_db.index import MemoryIndex
from agents_db.ledger import Ledger
from agents_db.store import AgentsDB

def die_after(kind, name):
    real = getattr(kind, name)
    def method(*arguments, **options):
        real(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(kind, name, method)

def die_before(kind, name):
    setattr(kind, name, lambda *arguments, **options: os.kill(os.getpid(), signal.SIGKILL))

path, root, point = sys.argv[1:]
db = AgentsDB.open(path)
ada = db.agent("ada")
if point == "dirty":
    die_after(Ledger, "mark")
elif point == "upserted":
    die_after(ChromaFolder, "upsert")
elif point == "unsettled":
    die_before(Ledger, "settle")
elif point == "unswitched":
    die_before(Ledger, "switch")
elif point == "switched":
    die_after(Ledger, "switch")
index = MemoryIndex.open(db, ada.agent_id, root, embedder="test-embedder")
index.drain()
index.rebuild()
os._exit(3)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "index"


def open_index(world: World, root: Path, *, embedder: str = EMBEDDER) -> MemoryIndex:
    return MemoryIndex.open(world.db, world.ada.agent_id, root, embedder=embedder)


def find_ids(index: MemoryIndex, seed: int, k: int = 3) -> list[int]:
    return [memory_id for memory_id, _ in index.query(make_vector(seed), k)]


def find_generations(world: World, root: Path) -> list[str]:
    return sorted(folder.name for folder in (root / str(world.ada.agent_id)).glob("gen-*"))


def test_new_index_holds_what_is_stored(world: World, root: Path) -> None:
    memories = world.remember(0, 20)
    with open_index(world, root) as index:
        assert index.is_open
        assert index.verify() == []
        ((memory_id, cosine),) = index.query(make_vector(7), 1)
        assert (memory_id, cosine) == (memories[7].memory_id, pytest.approx(1.0, abs=1e-6))
    assert world.db.ledger.pending(world.ada.agent_id) == []


def test_query_finds_what_waits_before_it_is_drained(world: World, root: Path) -> None:
    world.remember(0, 5)
    with open_index(world, root) as index:
        (new,) = world.remember(1)
        assert len(world.db.ledger.pending(world.ada.agent_id)) == 1
        assert find_ids(index, 1000, 1) == [new.memory_id]
        index.drain()
        assert world.db.ledger.pending(world.ada.agent_id) == []
        assert find_ids(index, 1000, 1) == [new.memory_id]
        assert index.verify() == []


def test_clean_index_is_reopened_as_it_is(world: World, root: Path) -> None:
    world.remember(0, 5)
    open_index(world, root).close()
    state = world.db.ledger.state(world.ada.agent_id)
    assert state is not None
    assert not state.dirty
    world.remember(1, 2)
    with open_index(world, root) as index:
        assert find_generations(world, root) == [f"gen-{state.generation}"]
        index.drain()
        assert index.verify() == []


def test_drain_is_repeatable(world: World, root: Path) -> None:
    memories = world.remember(0, 5)
    with open_index(world, root) as index:
        world.remember(1, 5)
        index.drain()
        index.drain()
        assert index.verify() == []
        assert len(find_ids(index, 0, 100)) == 10
    assert len(memories) == 5


def test_memories_without_vectors_are_indexed_later(world: World, root: Path) -> None:
    episode = world.start()
    (memory,) = world.db.end_episode(world.draft_end(episode, world.draft_memory(episode, seed=None)))
    with open_index(world, root) as index:
        assert index.query(make_vector(1), 3) == []
        world.db.add_vectors(EMBEDDER, [(memory.memory_id, make_vector(1))])
        assert find_ids(index, 1) == [memory.memory_id]
        index.drain()
        assert index.verify() == []


def test_other_embedder_gets_its_own_generation(world: World, root: Path) -> None:
    (memory,) = world.remember(0)
    open_index(world, root).close()
    world.db.add_vectors("other", [(memory.memory_id, make_vector(3, 16))])
    with open_index(world, root, embedder="other") as index:
        assert index.query(make_vector(3, 16), 1)[0][0] == memory.memory_id
        assert index.verify() == []
    assert find_generations(world, root) == ["gen-2"]


def test_rebuild_leaves_one_generation(world: World, root: Path) -> None:
    world.remember(0, 5)
    with open_index(world, root) as index:
        index.rebuild()
        assert find_generations(world, root) == ["gen-2"]
        assert index.verify() == []


def test_orphan_generations_are_removed(world: World, root: Path) -> None:
    world.remember(0)
    open_index(world, root).close()
    orphan = root / str(world.ada.agent_id) / "gen-7"
    orphan.mkdir()
    open_index(world, root).close()
    assert find_generations(world, root) == ["gen-1"]


def test_removed_index_is_gone(world: World, root: Path) -> None:
    world.remember(0)
    open_index(world, root).close()
    world.db.delete_agent("ada")
    remove_index(root, world.ada.agent_id)
    assert find_generations(world, root) == []


def test_verify_finds_missing_strange_and_changed_rows(world: World, root: Path) -> None:
    memories = world.remember(0, 5)
    open_index(world, root).close()
    chroma = ChromaFolder(root / str(world.ada.agent_id) / "gen-1", create=False)
    chroma.delete([memories[0].memory_id])
    rows = Vectors(ids=np.array([memories[1].memory_id, 999]), matrix=np.stack([make_vector(50), make_vector(51)]))
    chroma.upsert(rows)
    chroma.close()
    seal_folder(chroma.folder)
    with open_index(world, root) as index:
        faults = " ".join(finding.what for finding in index.verify())
        assert "lacks rows" in faults
        assert "has rows that the store has not" in faults
        assert "other vectors" in faults
        assert 999 not in find_ids(index, 51, 10)
        index.rebuild()
        assert index.verify() == []


def test_a_row_that_waits_may_be_found_in_place_of_its_twin(tmp_path: Path) -> None:
    vectors = np.stack([make_vector(1)] * 8)
    chroma = ChromaFolder(tmp_path, create=True)
    chroma.upsert(Vectors(ids=np.arange(1, 9), matrix=vectors))
    [[found]] = chroma.query(vectors[:1], 1)
    own = 1 if found != 1 else 8
    stored = Vectors(ids=np.array([own]), matrix=vectors[:1])
    assert compare_index(chroma, stored, {*range(1, 9)} - {own}) == []
    chroma.close()


def _empty_file(path: Path) -> None:
    path.write_bytes(b"")


def _garble(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


@pytest.mark.parametrize("tear", [_empty_file, _garble, Path.unlink], ids=["empty", "garbage", "missing"])
def test_torn_folder_is_rebuilt(world: World, root: Path, tear: Callable[[Path], None]) -> None:
    memories = world.remember(0, 5)
    open_index(world, root).close()
    tear(root / str(world.ada.agent_id) / "gen-1" / "chroma.sqlite3")
    with open_index(world, root) as index:
        assert index.verify() == []
        assert find_ids(index, 2, 1) == [memories[2].memory_id]
    assert find_generations(world, root) == ["gen-2"]


def test_missing_folder_is_rebuilt(world: World, root: Path) -> None:
    world.remember(0, 5)
    open_index(world, root).close()
    shutil.rmtree(root)
    with open_index(world, root) as index:
        assert index.verify() == []


def test_dirty_index_that_lost_a_row_is_rebuilt(world: World, root: Path) -> None:
    memories = world.remember(0, 5)
    open_index(world, root).close()
    chroma = ChromaFolder(root / str(world.ada.agent_id) / "gen-1", create=False)
    chroma.delete([memories[0].memory_id])
    chroma.close()
    world.db.ledger.mark(world.ada.agent_id, dirty=True)
    with open_index(world, root) as index:
        assert index.verify() == []
    assert find_generations(world, root) == ["gen-2"]


def test_clean_index_of_another_size_is_rebuilt(world: World, root: Path) -> None:
    memories = world.remember(0, 5)
    open_index(world, root).close()
    chroma = ChromaFolder(root / str(world.ada.agent_id) / "gen-1", create=False)
    chroma.delete([memories[0].memory_id])
    chroma.close()
    seal_folder(chroma.folder)
    with open_index(world, root) as index:
        assert find_ids(index, 0, 1) == [memories[0].memory_id]
    assert find_generations(world, root) == ["gen-2"]


def test_index_that_cannot_be_made_falls_back_to_the_store(world: World, tmp_path: Path) -> None:
    memories = world.remember(0, 5)
    (tmp_path / "file").write_text("")
    with open_index(world, tmp_path / "file") as index:
        assert not index.is_open
        assert find_ids(index, 2, 1) == [memories[2].memory_id]
        assert index.verify() != []
        with pytest.raises(IndexBroken):
            index.rebuild()


@pytest.mark.parametrize("point", ["dirty", "upserted", "unsettled", "unswitched", "switched"])
def test_kill_at_any_point_heals(world: World, root: Path, point: str) -> None:
    world.remember(0, 5)
    if point not in ("unswitched", "switched"):
        open_index(world, root).close()
    world.remember(1, 5)
    command = [sys.executable, "-c", CRASH, str(world.db.path), str(root), point]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    with open_index(world, root) as index:
        index.drain()
        assert index.is_open
        assert index.verify() == []
        assert len(find_ids(index, 0, 100)) == 10
    assert len(find_generations(world, root)) == 1
    assert world.db.ledger.pending(world.ada.agent_id) == []


def test_probe_tells_a_whole_folder_from_a_torn_one(world: World, root: Path) -> None:
    world.remember(0, 5)
    open_index(world, root).close()
    folder = root / str(world.ada.agent_id) / "gen-1"
    assert probe_folder(folder)
    (folder / "chroma.sqlite3").write_bytes(b"torn")
    assert not probe_folder(folder)


def test_folder_is_opened_once_in_a_process(world: World, root: Path) -> None:
    world.remember(0)
    with open_index(world, root) as index:
        assert index.is_open
        with pytest.raises(IndexBroken, match="open already"):
            ChromaFolder(root / str(world.ada.agent_id) / "gen-1", create=False)
