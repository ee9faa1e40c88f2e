"""The way to the store, and how what others write is seen."""

import threading
from pathlib import Path

import pytest

from agents_db.errors import NoStore
from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from langgym.errors import UsageError
from langgym.tui.source import Look, Source


def add_agent(home: Path, name: str) -> None:
    with AgentsDB.open(home / "langgym.db") as db:
        db.create_agent(AgentDraft(name=name, model="random"))


def count_agents(db: AgentsDB) -> int:
    return len(db.agents())


def test_what_is_written_right_after_the_first_reading_is_seen(lived_home: Path) -> None:
    changed = threading.Event()
    source = Source(lived_home, read_only=False, changed=changed.set)
    source.start()
    try:
        before = source.read(count_agents)
        add_agent(lived_home, "zoe")
        assert changed.wait(5)
        assert source.read(count_agents) == before + 1
    finally:
        source.close()


def test_reading_alone_changes_nothing(lived_home: Path) -> None:
    changed = threading.Event()
    source = Source(lived_home, read_only=False, changed=changed.set)
    source.start()
    try:
        source.read(count_agents)
        assert not changed.wait(1)
    finally:
        source.close()


def test_a_store_that_is_made_later_is_seen(tmp_path: Path) -> None:
    changed = threading.Event()
    source = Source(tmp_path, read_only=False, changed=changed.set)
    source.start()
    try:
        with pytest.raises(NoStore):
            source.read(count_agents)
        add_agent(tmp_path, "ada")
        assert changed.wait(5)
        assert source.read(count_agents) == 1
    finally:
        source.close()


@pytest.mark.parametrize(
    ("before", "now", "differs"),
    [
        (Look(None, None), Look(None, ((1, 1),)), True),
        (Look(None, ((1, 1),)), Look(7, ((1, 1),)), False),
        (Look(None, ((1, 1),)), Look(7, ((2, 1),)), True),
        (Look(7, ((1, 1),)), Look(7, ((2, 1),)), False),
        (Look(7, ((1, 1),)), Look(8, ((1, 1),)), True),
    ],
)
def test_two_looks_differ_where_somebody_has_written(before: Look, now: Look, differs: bool) -> None:
    assert now.differs(before) is differs


def test_nothing_is_written_where_it_is_only_read(lived_home: Path) -> None:
    source = Source(lived_home, read_only=True, changed=lambda: None)
    with pytest.raises(UsageError, match="--read-only"):
        source.write(count_agents)


def test_a_store_that_is_not_there_is_not_made_by_a_change(tmp_path: Path) -> None:
    source = Source(tmp_path, read_only=False, changed=lambda: None)
    with pytest.raises(NoStore):
        source.write(count_agents)
    assert not (tmp_path / "langgym.db").exists()
