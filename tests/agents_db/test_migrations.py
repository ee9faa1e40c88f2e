import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from agents_db import migrations
from agents_db.errors import MigrationFailed, StoreCorrupt, StoreTooNew, StoreTooOld
from agents_db.migrations.upgrade import HERE, upgrade
from agents_db.store import AgentsDB
from agents_db.tables import METADATA
from tests.agents_db.conftest import World

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"


def upgrade() -> None:
    with op.batch_alter_table("agent") as batch:
        batch.add_column(sa.Column("motto", sa.Text(), nullable=True))
    with op.batch_alter_table("agent", recreate="always") as batch:
        batch.alter_column("model", existing_type=sa.Text(), type_=sa.String(200))
    {more}
"""


def make_location(folder: Path, *, more: str = "") -> Path:
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = REVISION.format(before=migrations.HEAD, more=more)
    (folder / "versions" / "9999_later.py").write_text(text)
    return folder


def read_all(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def fill_store(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with AgentsDB.open(path) as db:
        World(db).remember(0, 3)
    return read_all(path)


def test_migrated_schema_is_what_the_tables_declare(db: AgentsDB) -> None:
    with create_engine(f"sqlite:///{db.path}", poolclass=NullPool).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_every_table_of_ids_never_reuses_them(db: AgentsDB) -> None:
    with closing(sqlite3.connect(db.path)) as connection:
        rows = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    plain = {"position", "evidence", "embedding", "recall", "index_state", "env_record", "spending", "lived"}
    plain |= {"served_table", "served_seat"}
    assert {name for name, sql in rows.items() if "AUTOINCREMENT" not in sql} == {
        *plain,
        "alembic_version",
        "sqlite_sequence",
    }


def test_known_revisions_are_those_of_the_folder() -> None:
    script = ScriptDirectory(str(HERE))
    assert script.get_heads() == [migrations.HEAD]
    assert {revision.revision for revision in script.walk_revisions()} == set(migrations.REVISIONS)


OLDEST = Path(__file__).parent / "oldest" / "0001.sql"
"""A store of the first schema, as text: three finished episodes and one that was stopped in the middle."""
RENAMED = {"agent", "run", "participation"}
"""Tables in which the limit of a reply got another name."""


def load_oldest(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLDEST.read_text(encoding="utf-8"))
    return read_all(path)


def test_oldest_store_keeps_every_row(tmp_path: Path) -> None:
    before = load_oldest(tmp_path / "store.db")
    AgentsDB.open(tmp_path / "store.db").close()
    after = read_all(tmp_path / "store.db")
    assert all(before[name] for name in ("attempt", "memory", "step", "choice", "recall"))
    for name in before.keys() - RENAMED - {"alembic_version", "sqlite_sequence"}:
        assert [row[: len(before[name][0])] for row in after[name]] == before[name]
    for name in RENAMED:
        assert len(after[name]) == len(before[name])


def test_oldest_store_calls_the_limit_of_a_reply_by_its_new_name(tmp_path: Path) -> None:
    load_oldest(tmp_path / "store.db")
    with AgentsDB.open(tmp_path / "store.db") as db:
        assert db.agent("ada").settings["reply_tokens"] == 64
        for run in db.open_runs():
            assert "max_tokens" not in run.settings["settings"]


def test_oldest_store_knows_what_was_spent(tmp_path: Path) -> None:
    before = load_oldest(tmp_path / "store.db")
    with AgentsDB.open(tmp_path / "store.db") as db:
        spent = db.spending()
    answered = [row for row in before["attempt"] if row[6] != "provider_error"]
    assert sum(row.n_calls for row in spent) == len(answered)
    assert sum(row.tokens_in for row in spent) == sum(row[10] for row in answered)
    assert {row.model for row in spent} == {"openai:double"}


def test_later_revision_keeps_every_row(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    before = fill_store(path)
    upgrade(path, location=make_location(tmp_path / "later"), known=(*migrations.REVISIONS, "9999"))
    after = read_all(path)
    assert after["alembic_version"] == [("9999",)]
    assert [row[:-1] for row in after["agent"]] == before["agent"]
    for name in ("memory", "evidence", "step", "participation", "embedding"):
        assert after[name] == before[name]
        assert after[name]


def test_backup_is_the_store_before(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    before = fill_store(path)
    upgrade(path, location=make_location(tmp_path / "later"), known=(*migrations.REVISIONS, "9999"))
    assert read_all(Path(f"{path}.{migrations.HEAD}.backup")) == before


@pytest.mark.parametrize(
    "more",
    [
        "raise RuntimeError('half way')",
        "op.execute('SELECT * FROM nowhere')",
        "op.execute('DELETE FROM evidence')",
        "op.execute('DELETE FROM run')",
        "op.drop_table('evidence')",
    ],
)
def test_failed_revision_changes_nothing(tmp_path: Path, more: str) -> None:
    path = tmp_path / "store.db"
    before = fill_store(path)
    with pytest.raises(MigrationFailed, match="nothing has changed"):
        upgrade(path, location=make_location(tmp_path / "later", more=more), known=(*migrations.REVISIONS, "9999"))
    assert read_all(path) == before
    with AgentsDB.open(path) as db:
        assert db.check() != []  # a note on the outbox: it opens and reads


def test_newer_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    fill_store(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffff'")
    with pytest.raises(StoreTooNew, match="later LangGym"):
        AgentsDB.open(path)
    with pytest.raises(StoreTooNew, match="later LangGym"):
        AgentsDB.open_reader(path)


def test_reader_of_an_earlier_schema_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from agents_db.migrations.upgrade import check_revision

    with pytest.raises(StoreTooOld, match=r"earlier schema.*any command that writes"):
        check_revision("0001", tmp_path, known=("0001", "0002"))


def test_strange_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreCorrupt, match="not a store"):
        AgentsDB.open(path)
    assert path.read_bytes() == before


def test_current_store_opens_without_alembic(tmp_path: Path) -> None:
    fill_store(tmp_path / "store.db")
    code = (
        "import sys; from agents_db.store import AgentsDB; db = AgentsDB.open(sys.argv[1]); print(len(db.agents())); "
        "db.close(); print('alembic' in sys.modules, 'chromadb' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "store.db")], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "False", "False"]


def test_two_processes_may_make_the_same_store(tmp_path: Path) -> None:
    code = "import sys; from agents_db.store import AgentsDB; AgentsDB.open(sys.argv[1]).close()"
    command = [sys.executable, "-c", code, str(tmp_path / "store.db")]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate()[1] for process in both] == [b"", b""]
    assert [process.returncode for process in both] == [0, 0]


def test_stores_are_made_in_several_threads_at_once(tmp_path: Path) -> None:
    def make(number: int) -> int:
        with AgentsDB.open(tmp_path / f"{number}.db") as db:
            return len(db.check())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(make, range(16))) == [0] * 16
