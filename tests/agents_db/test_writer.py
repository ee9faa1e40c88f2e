import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agents_db.errors import NotStored, StoreClosed
from agents_db.store import AgentsDB
from agents_db.writer import Transaction, Writer
from tests.agents_db.conftest import World

N = 20


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    AgentsDB.open(tmp_path / "store.db").close()
    writer = Writer(tmp_path / "store.db")
    yield writer
    writer.close()


def insert_text(digest: bytes) -> Callable[[Transaction], int]:
    def write(transaction: Transaction) -> int:
        transaction.cursor.execute("INSERT INTO text (digest, codec, altered, body) VALUES (?, 0, 0, x'')", (digest,))
        return transaction.driver.total_changes

    return write


def break_key(transaction: Transaction) -> None:
    transaction.cursor.execute("INSERT INTO position (episode_id, turn, digest, payments) VALUES (99, 0, x'', '{}')")


def count_texts(transaction: Transaction) -> int:
    return transaction.cursor.execute("SELECT count(*) FROM text").fetchone()[0]


def read_sync(transaction: Transaction) -> int:
    return transaction.cursor.execute("PRAGMA synchronous").fetchone()[0]


def submit_together(
    writer: Writer, pool: ThreadPoolExecutor, *writes: Callable[[Transaction], object]
) -> list[Future[object]]:
    """Submits while the writer is held, so that the writes wait together."""
    held, go = threading.Event(), threading.Event()

    def hold(transaction: Transaction) -> None:
        held.set()
        assert go.wait(10)

    first = pool.submit(writer.submit, hold, durable=False)
    assert held.wait(10)
    futures = [pool.submit(writer.submit, write, durable=False) for write in writes]
    while not all(future.running() for future in futures):
        pass
    go.set()
    first.result(10)
    return futures


def test_one_failure_does_not_harm_the_others(writer: Writer) -> None:
    with ThreadPoolExecutor(N + 2) as pool:
        writes = [insert_text(bytes([n])) for n in range(N)]
        futures = submit_together(writer, pool, *writes[:10], break_key, *writes[10:])
        errors = [future.exception(10) for future in futures]
    assert [type(error) for error in errors if error] == [NotStored]
    assert errors[10] is not None
    assert writer.submit(count_texts, durable=False) == N


def test_failed_write_leaves_nothing(writer: Writer) -> None:
    def write(transaction: Transaction) -> None:
        insert_text(b"x")(transaction)
        raise KeyError("a mistake of the caller's")

    with pytest.raises(KeyError):
        writer.submit(write, durable=False)
    assert writer.submit(count_texts, durable=False) == 0


def test_text_of_a_failed_write_is_stored_when_it_comes_again(writer: Writer) -> None:
    def write(transaction: Transaction) -> None:
        transaction.texts.add("again")
        raise KeyError("a mistake of the caller's")

    with pytest.raises(KeyError):
        writer.submit(write, durable=False)
    writer.submit(lambda transaction: transaction.texts.add("again"), durable=False)
    assert writer.submit(count_texts, durable=False) == 1


def test_durable_writes_are_synced(writer: Writer) -> None:
    normal, full = 1, 2
    assert writer.submit(read_sync, durable=True) == full
    assert writer.submit(read_sync, durable=False) == normal
    assert writer.submit(read_sync, durable=True) == full


def test_closing_stores_what_waits(writer: Writer, tmp_path: Path) -> None:
    with ThreadPoolExecutor(N + 2) as pool:
        futures = submit_together(writer, pool, *(insert_text(bytes([n])) for n in range(N)))
        writer.close()
        stored = [future for future in futures if future.exception(10) is None]
        refused = [future.exception() for future in futures if future.exception(10) is not None]
    assert all(isinstance(error, StoreClosed) for error in refused)
    again = Writer(tmp_path / "store.db")
    assert again.submit(count_texts, durable=False) == len(stored)
    again.close()


def test_writer_that_was_never_used_has_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    with AgentsDB.open(tmp_path / "store.db") as db:
        db.agents()
        assert threading.active_count() == before


FORK = """
import os, sys
from agents_db.errors import StoreError
from agents_db.records import AgentDraft
from agents_db.store import AgentsDB

db = AgentsDB.open(sys.argv[1])
db.create_agent(AgentDraft(name="ada", model="m"))
child = os.fork()
if child == 0:
    try:
        db.create_agent(AgentDraft(name="bob", model="m"))
    except StoreError as error:
        os._exit(7 if "forked" in str(error) else 8)
    os._exit(9)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
db.create_agent(AgentDraft(name="eve", model="m"))
print(status, [agent.name for agent in db.agents()])
db.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_forked_child_may_not_write(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORK, str(tmp_path / "store.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("7 ['ada', 'eve']\n", "")


def test_write_alone_needs_no_thread(writer: Writer) -> None:
    before = threading.active_count()
    writer.submit(insert_text(b"x"), durable=False)
    assert threading.active_count() == before


def test_write_after_an_interrupted_one_is_stored_alone(writer: Writer) -> None:
    def interrupt(transaction: Transaction) -> None:
        insert_text(b"x")(transaction)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        writer.submit(interrupt, durable=False)
    writer.submit(insert_text(b"y"), durable=False)
    assert writer.submit(count_texts, durable=False) == 1


def test_a_held_write_is_stored_with_the_next_one_and_before_it(tmp_path: Path) -> None:
    with AgentsDB.open(tmp_path / "store.db") as db:
        world = World(db)
        episode = world.start()
        step = world.draft_step(0)
        db.record_turn(episode.episode_id, world.draft_position(0), [step], paid=False, held=True)
        assert db.moves(episode.episode_id) == []
        db.add_attempt(world.draft_attempt(episode, turn=1))
        assert [move.turn for move in db.moves(episode.episode_id)] == [0]


def test_held_writes_are_stored_when_they_are_many_or_old_and_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with AgentsDB.open(path) as db:
        world = World(db)
        episode = world.start()

        def hold(turn: int) -> None:
            step = world.draft_step(turn)
            db.record_turn(episode.episode_id, world.draft_position(turn), [step], paid=False, held=True)

        hold(0)
        time.sleep(0.06)
        hold(1)
        assert len(db.moves(episode.episode_id)) == 2
        hold(2)
        db.flush()
        assert len(db.moves(episode.episode_id)) == 3
        hold(3)
    with AgentsDB.open_reader(path) as db:
        assert [move.turn for move in db.moves(1)] == [0, 1, 2, 3]


def test_a_held_write_that_cannot_be_stored_fails_the_next_one_and_stays(tmp_path: Path) -> None:
    db = AgentsDB.open(tmp_path / "store.db")
    world = World(db)
    episode = world.start()
    stranger = replace(world.draft_step(0), seat="player_9")
    db.record_turn(episode.episode_id, world.draft_position(0), [stranger], paid=False, held=True)
    for _ in range(2):
        with pytest.raises(NotStored, match="player_9"):
            db.add_attempt(world.draft_attempt(episode))
    assert db.attempts() == []
    with pytest.raises(NotStored, match="player_9"):
        db.close()


def test_a_writer_waits_for_another_process_and_is_quick_about_it(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    late: list[float] = []
    with AgentsDB.open(path) as db, closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other:
        world = World(db)
        for number in range(7):
            other.execute("BEGIN IMMEDIATE")
            with ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(world.start, number)
                time.sleep(0.35)  # by now SQLite itself would look only every tenth of a second
                assert not waiting.done()
                other.execute("ROLLBACK")
                released = time.monotonic()
                waiting.result(5)
                late.append(time.monotonic() - released)
    assert sorted(late)[3] < 0.03
