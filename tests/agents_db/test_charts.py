"""How figures are read: by indexes, whatever the store has grown to."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from agents_db.charts import list_buckets, list_chosen, list_open, list_records
from agents_db.engine import find_driver, make_engine
from tests.agents_db.conftest import ENV, World

READERS: dict[str, Callable[[Connection], object]] = {
    "buckets": lambda c: list_buckets(c, 1, env_id=None, n_buckets=40, smallest=5),
    "buckets of an environment": lambda c: list_buckets(c, 1, env_id=ENV, n_buckets=40, smallest=5),
    "open episodes": list_open,
    "choices": lambda c: list_chosen(c, ENV, limit=10),
    "records of an environment": lambda c: list_records(c, ENV),
}
LARGE = ("step", "attempt", "episode", "participation", "lived", "choice")


@pytest.fixture
def connection(world: World, tmp_path: Path) -> Iterator[Connection]:
    episode = world.start()
    world.play(episode)
    world.db.begin_attempt(world.draft_attempt(episode, 1))
    with make_engine(tmp_path / "store.db", "ro").connect() as opened:
        yield opened


def explain(connection: Connection, read: Callable[[Connection], object]) -> list[str]:
    """Returns the plans of all statements that a reader runs."""
    driver = find_driver(connection)
    statements: list[str] = []
    driver.set_trace_callback(statements.append)
    read(connection)
    driver.set_trace_callback(None)
    queries = [statement for statement in statements if statement.startswith(("SELECT", "WITH"))]
    assert queries
    return [row[3] for query in queries for row in driver.execute(f"EXPLAIN QUERY PLAN {query}")]


@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
def test_no_large_table_is_read_from_end_to_end(connection: Connection, read: Callable[[Connection], object]) -> None:
    plan = explain(connection, read)
    scanned = [line for line in plan if line.split()[0] == "SCAN" and line.split()[1] in (*LARGE, "e", "p", "l")]
    assert scanned == []


def test_choices_are_read_in_the_order_in_which_they_are_told(connection: Connection) -> None:
    plan = explain(connection, READERS["choices"])
    assert plan[0].startswith("SEARCH episode USING INDEX ix_episode_env")
    assert not any("TEMP B-TREE" in line for line in plan)
