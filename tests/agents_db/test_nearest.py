import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agents_db import nearest
from agents_db.index import MemoryIndex
from agents_db.nearest import NearestIndex
from tests.agents_db.conftest import EMBEDDER, World, make_vector

LAZY = """
import sys
from agents_db.nearest import NearestIndex
from agents_db.store import AgentsDB
from tests.agents_db.conftest import EMBEDDER, World, make_vector

with AgentsDB.open(sys.argv[1]) as db:
    world = World(db)
    index = NearestIndex(db, world.ada.agent_id, sys.argv[2], embedder=EMBEDDER, note=print)
    index.drain()
    world.remember(0, 5)
    assert len(index.query(make_vector(2), 3)) == 3
    assert "chromadb" not in sys.modules
    index.drain()
    index.close()
    assert "chromadb" in sys.modules
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "index"


def make_index(world: World, root: Path, *, note: Callable[[str], None] = pytest.fail) -> NearestIndex:
    return NearestIndex(world.db, world.ada.agent_id, root, embedder=EMBEDDER, note=note)


def test_chroma_is_not_loaded_before_there_is_something_to_index(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LAZY, str(tmp_path / "store.db"), str(tmp_path / "index")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_drained_index_is_equal_to_the_store(world: World, root: Path) -> None:
    index = make_index(world, root)
    world.remember(0, 5)
    index.drain()
    world.remember(1, 5)
    index.drain()
    index.close()
    assert world.db.ledger.pending(world.ada.agent_id) == []
    with MemoryIndex.open(world.db, world.ada.agent_id, root, embedder=EMBEDDER) as opened:
        assert opened.verify() == []
        assert len(opened.query(make_vector(0), 100)) == 10


def test_many_memories_are_searched_by_chroma_with_the_same_answer(
    world: World, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.remember(0, 20)
    index = make_index(world, root)
    exact = index.query(make_vector(7), 5)
    assert not root.exists()
    monkeypatch.setattr(nearest, "EXACT_UP_TO", 19)
    assert index.query(make_vector(7), 5) == exact
    assert root.exists()
    index.close()


def test_failure_is_told_once_and_searches_stay_right(world: World, tmp_path: Path) -> None:
    memories = world.remember(0, 5)
    (tmp_path / "file").write_text("")
    notes: list[str] = []
    index = make_index(world, tmp_path / "file", note=notes.append)
    index.drain()
    index.close()
    index.drain()
    index.close()
    assert [note.endswith("searched exactly until then.") for note in notes] == [True]
    assert index.query(make_vector(2), 1)[0][0] == memories[2].memory_id
