"""The service is killed under its clients, who recover by themselves: no move is lost or doubled."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from langgym.bench.serve import find_growth, measure_kills
from langgym.bench.serving.checks import compare
from langgym.bench.serving.clients import Book
from langgym.bench.serving.load import run_load
from langgym.bench.serving.process import ServiceProcess
from langgym.home import store_path


def test_clients_go_on_after_the_service_was_killed(tmp_path: Path) -> None:
    kills, _, book = measure_kills(tmp_path / "bench", 3, tables=6, seed=4)

    assert book.problems == []
    assert kills.n_kills == 3
    assert book.n_retries
    assert sum(map(len, book.acknowledged.values())) > 50


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Book]:
    """A home whose service was loaded for a moment, and what its clients were told."""
    home, book = tmp_path_factory.mktemp("loaded") / "home", Book()
    with ServiceProcess(home) as service:
        asyncio.run(run_load(service, book, tables=4, seconds=1.0, rate=None, seed=1))
        assert service.stop() == 0
    return home, book


@pytest.fixture
def altered(loaded: tuple[Path, Book], tmp_path: Path) -> tuple[Path, Book]:
    """A copy of that home, to be tampered with."""
    home = tmp_path / "copy"
    home.mkdir()
    with closing(sqlite3.connect(store_path(loaded[0]))) as source, closing(sqlite3.connect(store_path(home))) as copy:
        source.backup(copy)
    return home, loaded[1]


def change(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(store_path(home))) as driver:
        driver.execute(statement)
        driver.commit()


def test_a_quiet_load_shows_no_problem(loaded: tuple[Path, Book]) -> None:
    home, book = loaded

    assert (book.problems, compare(home, book)) == ([], [])


def test_a_move_that_is_lost_is_seen(altered: tuple[Path, Book]) -> None:
    home, book = altered
    change(home, "DELETE FROM step WHERE step_id = (SELECT min(step_id) FROM step)")

    assert any("stores None and acknowledged" in problem for problem in compare(home, book))


def test_a_move_that_nobody_made_is_seen(altered: tuple[Path, Book]) -> None:
    home, book = altered
    change(home, "UPDATE step SET turn = turn + 500 WHERE step_id = (SELECT min(step_id) FROM step)")

    assert any("nobody was told of" in problem for problem in compare(home, book))


def test_a_move_that_is_stored_otherwise_is_seen(altered: tuple[Path, Book]) -> None:
    home, book = altered
    change(home, "UPDATE step SET action = action + 1 WHERE step_id = (SELECT min(step_id) FROM step)")

    assert any("and acknowledged" in problem for problem in compare(home, book))


def test_two_answers_for_one_move_are_seen() -> None:
    book = Book()
    book.acknowledge("t", 3, seat="a", action=1)
    book.acknowledge("t", 3, seat="a", action=1)
    assert book.problems == []

    book.acknowledge("t", 3, seat="a", action=2)
    assert len(book.problems) == 1


def test_memory_that_grows_is_told_from_memory_that_is_flat() -> None:
    assert find_growth([100, 200, 200, 200, 201, 199, 200, 200]) < 0.01
    assert find_growth([100, 110, 120, 130, 140, 150, 160, 170]) > 0.3
