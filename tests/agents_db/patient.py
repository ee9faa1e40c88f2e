"""A store with an index in a folder of its own, and ways to look at every byte and row of it."""

import shutil
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from hashlib import blake2b
from pathlib import Path

from agents_db.exact import ExactIndex
from agents_db.index import MemoryIndex
from agents_db.inspection import check_indexes
from agents_db.records import Finding
from agents_db.store import AgentsDB
from tests.agents_db.conftest import EMBEDDER, World, make_vector

TOP = Path(__file__).parents[2]
ADA = 1


class Patient:
    """A home with a store and an index; `ada` is the first agent."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = home / "langgym.db"
        self.root = home / "index"
        self.agent = self.root / str(ADA)

    def fill(self, n: int) -> None:
        """Makes the store with `n` memories and a clean index of them."""
        with AgentsDB.open(self.path) as db:
            World(db).remember(0, n)
            self.open_index(db).close()

    def copy_to(self, home: Path) -> "Patient":
        shutil.copytree(self.home, home)
        return Patient(home)

    def open_index(self, db: AgentsDB) -> MemoryIndex:
        return MemoryIndex.open(db, ADA, self.root, embedder=EMBEDDER)

    def find_generation(self) -> Path:
        (generation,) = self.agent.glob("gen-*")
        return generation

    def find_segment(self) -> Path:
        (segment,) = (entry for entry in self.find_generation().iterdir() if entry.is_dir())
        return segment

    def check(self) -> list[Finding]:
        with AgentsDB.open_reader(self.path) as db:
            return [*db.check(), *check_indexes(db, self.root)]

    def find_problems(self) -> list[str]:
        return [finding.what for finding in self.check() if finding.severity == "problem"]

    def change(self, *statements: str) -> None:
        """Damages the rows."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as driver:
            for statement in statements:
                assert driver.execute(statement).rowcount != 0, statement

    def read_rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Returns every row of every table but what moves with each look: versions, queues, states of indexes."""
        names = (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('outbox', 'index_state') ORDER BY 1"
        )
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as driver:
            driver.execute("PRAGMA query_only=ON")
            tables = [name for (name,) in driver.execute(names) if not name.startswith("sqlite_")]
            rows = {name: sorted(driver.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in tables}
            columns = [row[1] for row in driver.execute("PRAGMA table_info(agent)")]
        moving = columns.index("memory_version")
        rows["env_record"] = [
            tuple(round(value, 9) if isinstance(value, float) else value for value in row) for row in rows["env_record"]
        ]  # sums that were added up in another order
        rows["agent"] = [(*row[:moving], *row[moving + 1 :]) for row in rows["agent"]]
        return rows

    def hash_files(self) -> dict[str, str]:
        """Returns the hash of each file but locks and SQLite's own notes."""
        passing = ("lock", "owner.json", "langgym.db-wal", "langgym.db-shm")
        files = (path for path in sorted(self.home.rglob("*")) if path.is_file() and path.name not in passing)
        return {str(path.relative_to(self.home)): blake2b(path.read_bytes()).hexdigest() for path in files}


@contextmanager
def opened(patient: Patient) -> Generator[tuple[AgentsDB, MemoryIndex]]:
    """Yields the store and ada's index, open as for play."""
    with AgentsDB.open(patient.path) as db, patient.open_index(db) as index:
        yield db, index


def check_answers(db: AgentsDB, index: MemoryIndex) -> None:
    """Fails unless the index answers as exact search does."""
    exact = ExactIndex(db, ADA, embedder=EMBEDDER)
    for seed in range(5_000, 5_030):
        vector = make_vector(seed)
        assert index.query(vector, 5) == exact.query(vector, 5)
