"""Parcels: nothing is lost on the way, the bytes are the same each time, and several of them fit together."""

import json
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agents_db.errors import AgentExists, CallerError, StoreUnwritable, UnknownAgent
from agents_db.knowledge import AsOf
from agents_db.parcel_tables import MANIFEST, TABLES
from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from tests.agents_db.conftest import World
from tests.agents_db.lifetimes import HARD, Lifetime, make_lifetime
from tests.agents_db.unpacking import count_rows, describe, read_files, read_lines

NAMES = [table.file for table in TABLES.values()]


@pytest.fixture
def life(db: AgentsDB) -> Lifetime:
    return make_lifetime(db, 1.0, float("inf"), float("nan"), -1.0)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[AgentsDB]:
    """Another store."""
    with AgentsDB.open(tmp_path / "other.db") as opened:
        yield opened


# There and back


@pytest.mark.parametrize("target", ["ada.tar", "ada"])
def test_a_second_export_has_the_same_bytes(life: Lifetime, tmp_path: Path, target: str) -> None:
    first = life.db.export_agent("ada", tmp_path / "one" / ".." / target).path
    second = life.db.export_agent("ada", tmp_path / f"again-{target}").path
    assert read_files(first) == read_files(second) if first.is_dir() else first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("target", ["ada.tar", "ada"])
def test_what_was_imported_exports_the_same_bytes(life: Lifetime, other: AgentsDB, tmp_path: Path, target: str) -> None:
    first = life.db.export_agent("ada", tmp_path / target).path
    other.import_agent(first)
    second = other.export_agent("ada", tmp_path / f"again-{target}").path
    assert read_files(first) == read_files(second) if first.is_dir() else first.read_bytes() == second.read_bytes()


def test_nothing_of_an_agent_is_lost(life: Lifetime, other: AgentsDB, tmp_path: Path) -> None:
    other.create_agent(AgentDraft(name="zed", model="m"))
    arrival = other.import_agent(life.db.export_agent("ada", tmp_path / "ada.tar").path)
    assert arrival.is_new
    assert describe(other, "ada") == describe(life.db, "ada")
    assert other.check() == []


def test_a_store_with_others_in_it_gives_the_same_bytes(life: Lifetime, other: AgentsDB, tmp_path: Path) -> None:
    stranger = World(other)
    stranger.db.delete_agent("ada")
    stranger.remember(0)
    first = life.db.export_agent("ada", tmp_path / "ada.tar").path
    other.import_agent(first)
    assert other.export_agent("ada", tmp_path / "again.tar").path.read_bytes() == first.read_bytes()


def test_what_it_knew_when_an_episode_began_is_the_same_elsewhere(
    life: Lifetime, other: AgentsDB, tmp_path: Path
) -> None:
    other.import_agent(life.db.export_agent("ada", tmp_path / "ada.tar").path)
    assert read_beginnings(other) == read_beginnings(life.db)


def read_beginnings(db: AgentsDB) -> list[object]:
    agent_id = db.agent("ada").agent_id
    found: list[object] = []
    for episode in db.episodes(agent_id=agent_id):
        began = episode.participations[0].settings
        then = AsOf(clock=int(str(began["clock"])), event_id=int(str(began["event"])))
        known = db.memories_as_of(agent_id, then, state=None)
        found.append((episode.key, [(memory.key, memory.text, memory.state, memory.pinned) for memory in known]))
    return found


def test_an_advised_decision_names_its_episodes_elsewhere(life: Lifetime, other: AgentsDB, tmp_path: Path) -> None:
    World(other).start()
    other.delete_agent("ada")
    other.import_agent(life.db.export_agent("ada", tmp_path / "ada.tar").path)
    told = {
        db: [
            [db.episode(ident).key for ident in json.loads(step.advice or "{}")["records"][0]["episodes"]]
            for episode in db.episodes(agent_id=db.agent("ada").agent_id)
            for step in db.steps(episode.episode_id, seat="player_1")
        ]
        for db in (life.db, other)
    }
    assert told[other] == told[life.db]
    assert any(told[other])


def test_the_experience_is_the_same_elsewhere(life: Lifetime, other: AgentsDB, tmp_path: Path) -> None:
    other.import_agent(life.db.export_agent("ada", tmp_path / "ada.tar").path)
    place = {"env_id": "game/0", "kwargs": {"size": 3}, "situation_version": 1, "until": 99}
    both = [
        [
            (lived.clock, lived.role, [(step.turn, step.name, step.facts) for step in db.lived_steps(lived.episode_id)])
            for lived in db.lived(db.agent("ada").agent_id, **place)
        ]
        for db in (life.db, other)
    ]
    assert both[0] == both[1] != []


def test_no_id_is_in_a_parcel(life: Lifetime, tmp_path: Path) -> None:
    folder = life.db.export_agent("ada", tmp_path / "ada").path
    names = {name for table in TABLES for row in read_lines(folder, table) for name in row}
    assert [name for name in names if name.endswith("_id") and name != "env_id"] == []
    before = [json.loads(row["after"]).get("superseded_by") for row in read_lines(folder, "memory_event")]
    keys = {row["key"] for row in read_lines(folder, "memory")}
    assert {key for key in before if key is not None} <= keys


def test_rows_are_sorted_by_their_keys(life: Lifetime, tmp_path: Path) -> None:
    folder = life.db.export_agent("ada", tmp_path / "ada").path
    keyed = [table for table in TABLES if "key" in TABLES[table].fields]
    for table in keyed:
        keys = [row["key"] for row in read_lines(folder, table)]
        assert keys == sorted(set(keys))


# What stays behind


def test_nothing_that_another_agent_knows_is_exported(life: Lifetime, tmp_path: Path) -> None:
    folder = life.db.export_agent("ada", tmp_path / "ada").path
    whole = b"".join(read_files(folder).values()).decode()
    secrets = ("bob's own memory", "bob's reply", "bob's thought", "bob's advice", "bob knows", life.bob.key)
    assert [secret for secret in secrets if secret in whole] == []
    assert "bob saw" in whole


def test_the_seats_of_others_keep_their_names(life: Lifetime, other: AgentsDB, tmp_path: Path) -> None:
    other.import_agent(life.db.export_agent("ada", tmp_path / "ada.tar").path)
    seats = [(part.player, part.agent_id) for part in other.episodes()[0].participations]
    assert seats == [("ada", other.agent("ada").agent_id), ("bob", None)]


def test_what_others_knew_when_an_episode_began_is_not_told(life: Lifetime, tmp_path: Path) -> None:
    folder = life.db.export_agent("ada", tmp_path / "ada").path
    told = {(row["own"], type(json.loads(row["settings"])["event"])) for row in read_lines(folder, "participation")}
    assert told == {(True, int), (True, str), (False, type(None))}


def test_an_episode_that_goes_on_is_told_as_cut_off(life: Lifetime, other: AgentsDB, tmp_path: Path) -> None:
    running = life.live(finished=False)
    first = life.db.export_agent("ada", tmp_path / "ada.tar").path
    other.import_agent(first)
    assert life.db.episode(running.episode_id).status == "running"
    copy = other.episodes()[0]
    assert (copy.status, copy.fault) == ("failed", "it had not ended when its agent was exported")
    assert (other.open_runs(), other.unfinished()) == ([], [])
    assert other.check() == []
    assert other.export_agent("ada", tmp_path / "again.tar").path.read_bytes() == first.read_bytes()


# Several parcels


def test_an_agent_that_comes_later_takes_its_seats(life: Lifetime, other: AgentsDB, tmp_path: Path) -> None:
    ada = life.db.export_agent("ada", tmp_path / "ada.tar").path
    bob = life.db.export_agent("bob", tmp_path / "bob.tar").path
    other.import_agent(bob)
    other.import_agent(ada)
    assert describe(other, "ada") == describe(life.db, "ada")
    assert [part.agent_id for part in other.episodes()[0].participations] == [2, 1]
    assert other.check() == []
    assert other.export_agent("ada", tmp_path / "again.tar").path.read_bytes() == ada.read_bytes()
    assert other.export_agent("bob", tmp_path / "bobs.tar").path.read_bytes() == bob.read_bytes()


@pytest.mark.parametrize("names", [("eve", "ada"), ("ada", "eve")])
def test_a_fork_and_the_other_arrive_in_any_order(
    life: Lifetime, other: AgentsDB, tmp_path: Path, names: tuple[str, str]
) -> None:
    life.db.fork_agent("ada", "eve", episode_id=2)
    parcels = {name: life.db.export_agent(name, tmp_path / f"{name}.tar").path for name in names}
    for path in parcels.values():
        other.import_agent(path)
    assert describe(other, "ada") == describe(life.db, "ada")
    assert describe(other, "eve") == describe(life.db, "eve")
    assert other.check() == []
    for name, path in parcels.items():
        assert other.export_agent(name, tmp_path / f"{name}2.tar").path.read_bytes() == path.read_bytes()


def test_importing_twice_changes_nothing(life: Lifetime, other: AgentsDB, tmp_path: Path) -> None:
    path = life.db.export_agent("ada", tmp_path / "ada.tar").path
    other.import_agent(path)
    before = count_rows(other)
    assert not other.import_agent(path).is_new
    assert count_rows(other) == before


def test_an_older_parcel_of_an_agent_that_is_here_changes_nothing(life: Lifetime, tmp_path: Path) -> None:
    path = life.db.export_agent("ada", tmp_path / "ada.tar").path
    life.live()
    before = describe(life.db, "ada")
    assert not life.db.import_agent(path).is_new
    assert describe(life.db, "ada") == before


def test_a_newer_parcel_of_an_agent_that_is_here_is_refused(life: Lifetime, other: AgentsDB, tmp_path: Path) -> None:
    other.import_agent(life.db.export_agent("ada", tmp_path / "ada.tar").path)
    life.live()
    before = count_rows(other)
    with pytest.raises(AgentExists, match="does not know all that the parcel holds"):
        other.import_agent(life.db.export_agent("ada", tmp_path / "new.tar").path)
    assert count_rows(other) == before


def test_a_taken_name_is_refused_and_another_one_helps(life: Lifetime, other: AgentsDB, tmp_path: Path) -> None:
    other.create_agent(AgentDraft(name="ada", model="m"))
    path = life.db.export_agent("ada", tmp_path / "ada.tar").path
    with pytest.raises(AgentExists, match="by `--as`"):
        other.import_agent(path)
    other.import_agent(path, name="eve")
    assert describe(other, "eve") == describe(life.db, "ada")
    assert not other.import_agent(path, name="eve").is_new


def test_an_agent_that_is_here_gets_no_second_name(life: Lifetime, tmp_path: Path) -> None:
    path = life.db.export_agent("ada", tmp_path / "ada.tar").path
    with pytest.raises(AgentExists, match="`langgym agents fork ada --as eve`"):
        life.db.import_agent(path, name="eve")


def test_a_deleted_agent_comes_back_as_it_was(life: Lifetime, tmp_path: Path) -> None:
    path = life.db.export_agent("ada", tmp_path / "ada.tar").path
    before = describe(life.db, "ada")
    life.db.delete_agent("ada")
    life.db.import_agent(path)
    assert describe(life.db, "ada") == before
    assert [finding for finding in life.db.check() if finding.severity == "problem"] == []
    assert life.db.export_agent("ada", tmp_path / "again.tar").path.read_bytes() == path.read_bytes()


def test_a_deleted_agent_that_had_gone_on_does_not_come_back(life: Lifetime, tmp_path: Path) -> None:
    path = life.db.export_agent("ada", tmp_path / "ada.tar").path
    life.live()
    life.db.delete_agent("ada")
    with pytest.raises(AgentExists, match="had gone on playing"):
        life.db.import_agent(path)
    assert life.db.find_agent("ada") is None


def test_an_imported_agent_plays_on(life: Lifetime, other: AgentsDB, tmp_path: Path) -> None:
    other.import_agent(life.db.export_agent("ada", tmp_path / "ada.tar").path)
    other.create_agent(AgentDraft(name="bob", model="m"))
    again = Lifetime.resume(other)
    again.live()
    assert other.memories(other.agent("ada").agent_id)[0].clock == 5
    assert [finding for finding in other.check() if finding.severity == "problem"] == []


# Writing


@pytest.mark.parametrize("target", ["there", "there.tar"])
def test_what_is_there_is_never_replaced(life: Lifetime, tmp_path: Path, target: str) -> None:
    (tmp_path / target).write_text("mine")
    with pytest.raises(CallerError, match="already"):
        life.db.export_agent("ada", tmp_path / target)
    assert (tmp_path / target).read_text() == "mine"


def test_a_folder_that_cannot_be_written_leaves_nothing(life: Lifetime, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnwritable, match="Cannot write"):
        life.db.export_agent("ada", tmp_path / "file" / "ada.tar")


def test_an_unknown_agent_leaves_nothing(life: Lifetime, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UnknownAgent):
        life.db.export_agent("adda", tmp_path / "new.tar")
    assert sorted(tmp_path.iterdir()) == before


def test_a_tar_file_tells_neither_times_nor_owners(life: Lifetime, tmp_path: Path) -> None:
    path = life.db.export_agent("ada", tmp_path / "ada.tar").path
    with tarfile.open(path) as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == [MANIFEST, *NAMES]
    assert {(member.mtime, member.uid, member.gid, member.uname, member.gname) for member in members} == {
        (0, 0, 0, "", "")
    }


def test_a_reader_can_export(life: Lifetime, tmp_path: Path) -> None:
    with AgentsDB.open_reader(life.db.path) as reader:
        parcel = reader.export_agent("ada", tmp_path / "ada.tar")
    assert (parcel.n_rows["agent"], parcel.n_bytes) == (1, parcel.path.stat().st_size)


def test_hard_texts_arrive_as_they_were_stored(life: Lifetime, other: AgentsDB, tmp_path: Path) -> None:
    other.import_agent(life.db.export_agent("ada", tmp_path / "ada.tar").path)
    texts = {memory.text for memory in other.memories(other.agent("ada").agent_id, kind="strategy")}
    assert texts == {"always b2"}
    [step, *_] = other.steps(other.episodes()[-1].episode_id, seat="player_1")
    assert step.text == HARD.replace("\0", "\u2400").replace("\ud800", "\ufffd") * 20
    with closing(sqlite3.connect(other.path)) as driver:
        assert driver.execute("SELECT count(*) FROM text WHERE altered").fetchone()[0] > 0
