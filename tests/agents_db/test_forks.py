"""Forks: what a new agent begins with, and that nothing passes between it and the other one afterwards."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents_db.errors import AgentExists, BadName, NotStored, UnknownAgent
from agents_db.knowledge import AsOf, MemoryRecord
from agents_db.store import AgentsDB
from tests.agents_db.conftest import EMBEDDER, make_vector
from tests.agents_db.lifetimes import Lifetime, make_lifetime, read_rows

ALIKE = ("kind", "text", "env_id", "role", "episode_id", "seat", "turn_from", "turn_to", "outcome", "importance")
STANDING = ("clock", "state", "created_at", "scope", "subject", "condition", "action", "effect", "low", "high", "maker")
WORTH = ("trust", "votes", "n_helped", "n_hurt", "pinned")


@pytest.fixture
def life(db: AgentsDB) -> Lifetime:
    return make_lifetime(db, 1.0, -1.0, 0.5)


def look(memory: MemoryRecord) -> tuple[object, ...]:
    return tuple(getattr(memory, name) for name in (*ALIKE, *STANDING, *WORTH))


def know(db: AgentsDB, agent_id: int) -> list[tuple[object, ...]]:
    return [look(memory) for memory in reversed(db.memories(agent_id, state=None, limit=1000))]


def test_a_fork_knows_what_the_other_knows(life: Lifetime) -> None:
    eve = life.db.fork_agent("ada", "eve")
    assert know(life.db, eve.agent_id) == know(life.db, life.ada.agent_id)
    assert (eve.model, eve.settings) == (life.ada.model, life.ada.settings)


def test_a_fork_at_an_episode_knows_what_was_known_when_it_had_ended(life: Lifetime) -> None:
    second = life.db.find_episode(life.run.run_id, 1)
    assert second is not None
    third = life.db.find_episode(life.run.run_id, 2)
    assert third is not None
    began = third.participations[0].settings
    then = AsOf(clock=int(str(began["clock"])), event_id=int(str(began["event"])))
    eve = life.db.fork_agent("ada", "eve", episode_id=second.episode_id)
    known = [look(memory) for memory in life.db.memories_as_of(life.ada.agent_id, then, state=None)]
    assert know(life.db, eve.agent_id) == known
    assert eve.n_participations == 2


def test_what_was_changed_by_hand_after_the_next_episode_began_is_not_in_the_fork(life: Lifetime) -> None:
    second = life.db.find_episode(life.run.run_id, 1)
    assert second is not None
    [memory] = [m for m in life.db.memories(life.ada.agent_id) if m.episode_id == second.episode_id and m.pinned]
    life.begin()
    life.edit(memory, "late")
    eve = life.db.fork_agent("ada", "eve", episode_id=second.episode_id)
    assert "late" not in {copy.text for copy in life.db.memories(eve.agent_id, state=None)}


def test_nothing_of_the_other_changes(life: Lifetime) -> None:
    before = read_rows(life.db.path, agent_id=life.ada.agent_id)
    life.db.fork_agent("ada", "eve")
    life.db.fork_agent("ada", "zoe", episode_id=1)
    assert read_rows(life.db.path, agent_id=life.ada.agent_id) == before


@pytest.mark.parametrize("episode_id", [None, 1, 2])
def test_the_store_is_whole_with_a_fork(life: Lifetime, episode_id: int | None) -> None:
    life.db.fork_agent("ada", "eve", episode_id=episode_id)
    assert [finding for finding in life.db.check() if finding.severity == "problem"] == []


def test_the_record_of_a_fork_is_that_of_what_it_has_lived_through(life: Lifetime) -> None:
    eve = life.db.fork_agent("ada", "eve", episode_id=2)
    records = {stats.env_id: (stats.n_participations, stats.mean_total) for stats in life.db.env_stats(eve.agent_id)}
    assert records == {"game/0": (1, 1.0), "game/1": (1, -1.0)}
    assert [stats.env_id for stats in life.db.env_stats(life.db.fork_agent("ada", "zoe").agent_id)] == list(records)


def test_the_experience_of_a_fork_is_that_of_the_other_until_then(life: Lifetime) -> None:
    eve = life.db.fork_agent("ada", "eve", episode_id=2)
    place = {"env_id": "game/0", "kwargs": {"size": 3}, "situation_version": 1}
    mine = life.db.lived(eve.agent_id, until=99, **place)
    assert mine == life.db.lived(life.ada.agent_id, until=2, **place)
    assert [record.clock for record in mine] == [1]


def test_evidence_of_later_episodes_is_left_out(life: Lifetime) -> None:
    first = life.db.fork_agent("ada", "eve", episode_id=1)
    known = {
        piece.episode_id for copy in life.db.memories(first.agent_id) for piece in life.db.evidence(copy.memory_id)
    }
    assert known == {1}
    [strategy] = life.db.memories(first.agent_id, kind="strategy")
    relations = [(piece.seat, piece.relation) for piece in life.db.evidence(strategy.memory_id)]
    assert relations == [("player_1", "source"), ("player_2", "supports")]


def test_what_was_superseded_names_the_copy(life: Lifetime) -> None:
    eve = life.db.fork_agent("ada", "eve")
    copies = life.db.memories(eve.agent_id, state=None)
    successors = {copy.superseded_by for copy in copies if copy.state == "superseded"}
    assert successors
    assert successors <= {copy.memory_id for copy in copies}


def test_vectors_are_copied_where_the_text_is_the_same(life: Lifetime) -> None:
    eve = life.db.fork_agent("ada", "eve")
    mine, theirs = (life.db.vectors(agent_id, EMBEDDER) for agent_id in (eve.agent_id, life.ada.agent_id))
    assert np.array_equal(mine.matrix, theirs.matrix)
    texts = [[memory.text for memory in life.db.memories_by_id(found.ids.tolist())] for found in (mine, theirs)]
    assert texts[0] == texts[1] == ["always b2"] * 2


def test_a_vector_of_another_text_is_not_copied(life: Lifetime) -> None:
    db = life.db
    [memory] = [memory for memory in db.memories(life.ada.agent_id, kind="episodic") if memory.episode_id == 3]
    life.begin()
    life.edit(memory, "late")
    db.add_vectors(EMBEDDER, [(memory.memory_id, make_vector(1))])
    eve = db.fork_agent("ada", "eve", episode_id=3)
    assert "by hand 2" in {copy.text for copy in db.unembedded(eve.agent_id, EMBEDDER)}


def test_history_begins_with_the_fork(life: Lifetime) -> None:
    eve = life.db.fork_agent("ada", "eve")
    assert life.db.memory_events(agent_id=eve.agent_id) == []
    assert {copy.rev for copy in life.db.memories(eve.agent_id, state=None)} == {0}


def test_making_a_memory_again_finds_the_copy(life: Lifetime) -> None:
    eve = life.db.fork_agent("ada", "eve")
    before = life.db.memories(eve.agent_id, kind="strategy", state=None)
    episode = life.db.episode(1)
    again = replace(life.draft_strategy(episode), agent_id=eve.agent_id, text="made again")
    assert life.db.add_memories([again]) == [copy for copy in before if copy.episode_id == 1]


def test_what_one_learns_later_never_reaches_the_other(life: Lifetime) -> None:
    db = life.db
    eve = db.fork_agent("ada", "eve")
    mine = know(db, life.ada.agent_id)
    copy = db.memories(eve.agent_id)[0]
    life.edit(copy, "eve's own")
    assert know(db, life.ada.agent_id) == mine
    theirs = know(db, eve.agent_id)
    life.live()
    assert know(db, eve.agent_id) == theirs
    db.delete_agent("ada")
    assert know(db, eve.agent_id) == theirs
    assert [finding for finding in db.check() if finding.severity == "problem"] == []


def test_a_fork_can_be_forked_at_what_it_lived_through_as_the_other(life: Lifetime) -> None:
    db = life.db
    db.fork_agent("ada", "eve")
    zoe = db.fork_agent("eve", "zoe", episode_id=1)
    assert (zoe.n_participations, {copy.episode_id for copy in db.memories(zoe.agent_id, state=None)}) == (1, {1})


def test_an_episode_that_was_not_played_to_its_end_is_no_moment(life: Lifetime) -> None:
    running = life.live(finished=False)
    with pytest.raises(NotStored, match="has not played episode 4 to its end"):
        life.db.fork_agent("ada", "eve", episode_id=running.episode_id)
    assert life.db.find_agent("eve") is None


def test_an_unknown_episode_is_told(life: Lifetime) -> None:
    with pytest.raises(NotStored, match="No episode has the id 77"):
        life.db.fork_agent("ada", "eve", episode_id=77)


@pytest.mark.parametrize(
    ("name", "fork", "error"), [("ada", "bob", AgentExists), ("ada", "Eve", BadName), ("zed", "eve", UnknownAgent)]
)
def test_names_are_checked(life: Lifetime, name: str, fork: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        life.db.fork_agent(name, fork)


def test_a_fork_survives_reopening(life: Lifetime, tmp_path: Path) -> None:
    eve = life.db.fork_agent("ada", "eve")
    with AgentsDB.open_reader(life.db.path) as reader:
        assert reader.agent("eve") == eve
