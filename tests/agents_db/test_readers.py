"""Readers that are closed while threads read."""

import threading
from pathlib import Path

import pytest

from agents_db.errors import StoreClosed
from agents_db.store import AgentsDB
from tests.agents_db.conftest import World

ROUNDS = 15
N_THREADS = 4


def test_a_store_is_closed_in_the_midst_of_reads(tmp_path: Path) -> None:
    with AgentsDB.open(tmp_path / "store.db") as db:
        world = World(db)
        for number in range(200):
            world.start(number)
    ended = [reason for _ in range(ROUNDS) for reason in close_amid_reads(tmp_path / "store.db")]
    assert len(ended) == ROUNDS * N_THREADS
    assert set(ended) == {StoreClosed}


def close_amid_reads(path: Path) -> list[type[Exception]]:
    """Closes a store that threads read without a pause; returns how each of them ended."""
    db = AgentsDB.open_reader(path)
    begun = threading.Barrier(N_THREADS + 1)
    ended: list[type[Exception]] = []

    def read() -> None:
        begun.wait()
        try:
            while True:
                db.episodes_by_id(db.episode_ids())
        except Exception as error:
            ended.append(type(error))

    threads = [threading.Thread(target=read) for _ in range(N_THREADS)]
    for thread in threads:
        thread.start()
    begun.wait()
    threads[0].join(0.02)
    db.close()
    for thread in threads:
        thread.join(10.0)
        assert not thread.is_alive()
    return ended


def test_a_closed_store_can_be_closed_again_and_not_be_read(tmp_path: Path) -> None:
    db = AgentsDB.open(tmp_path / "store.db")
    db.agents()
    db.close()
    db.close()
    with pytest.raises(StoreClosed):
        db.agents()
