import sqlite3
from contextlib import closing

import numpy as np
import pytest

from agents_db.errors import BadVector, NotStored, StoreCorrupt
from agents_db.exact import ExactIndex
from agents_db.filters import Condition
from agents_db.records import AgentDraft
from tests.agents_db.conftest import EMBEDDER, World, make_vector


def test_memory_is_read_back(world: World) -> None:
    (memory,) = world.remember(0)
    assert world.db.memory(memory.memory_id) == memory
    assert (memory.agent, memory.kind, memory.state, memory.seat) == ("ada", "episodic", "active", "player_1")
    assert world.db.memories_by_id([99, memory.memory_id]) == [memory]


def test_memories_are_paged_newest_first(world: World) -> None:
    stored = world.remember(0, 3)
    page = world.db.memories(world.ada.agent_id, limit=2)
    assert page == [stored[2], stored[1]]
    assert world.db.memories(world.ada.agent_id, before=page[-1].memory_id) == [stored[0]]
    assert world.db.memories(world.ada.agent_id, kind="strategy") == []
    assert world.db.memories(world.ada.agent_id, env_id="mpe/simple_v3") == []


@pytest.mark.parametrize(
    ("words", "found"), [("CENTRE won", True), ("100%", True), ("1_0", False), ("ÄRGER", True), ("centre lost", False)]
)
def test_text_is_found_by_every_word(world: World, words: str, found: bool) -> None:
    episode = world.start()
    draft = world.draft_memory(episode, text="I won 100% by the Centre, to his ärger.")
    stored = world.db.end_episode(world.draft_end(episode, draft))
    conditions = [Condition("word", "like", word) for word in words.split()]
    assert list(world.db.memory_ids(conditions)) == ([stored[0].memory_id] if found else [])


def test_agents_do_not_share_memories(world: World) -> None:
    world.remember(0)
    bob = world.db.create_agent(AgentDraft(name="bob", model="m"))
    assert world.db.memories(bob.agent_id) == []
    assert list(world.db.memory_ids([Condition("agent", "=", "bob")])) == []
    assert len(world.db.vectors(bob.agent_id, EMBEDDER).ids) == 0


def test_vectors_come_back_exactly(world: World) -> None:
    memories = world.remember(0, 3)
    found = world.db.vectors(world.ada.agent_id, EMBEDDER)
    assert found.ids.tolist() == [memory.memory_id for memory in memories]
    assert np.array_equal(found.matrix, np.stack([make_vector(i) for i in range(3)]))
    assert world.db.vectors(world.ada.agent_id, EMBEDDER, after=memories[1].memory_id).ids.tolist() == [
        memories[2].memory_id
    ]


def test_missing_vectors_are_added_later(world: World) -> None:
    episode = world.start()
    stored = world.db.end_episode(world.draft_end(episode, world.draft_memory(episode, seed=None)))
    assert world.db.unembedded(world.ada.agent_id, EMBEDDER) == stored
    world.db.add_vectors(EMBEDDER, [(stored[0].memory_id, make_vector(5))])
    world.db.add_vectors(EMBEDDER, [(stored[0].memory_id, make_vector(5))])
    assert world.db.unembedded(world.ada.agent_id, EMBEDDER) == []
    assert len(world.db.ledger.pending(world.ada.agent_id)) == 1


def test_vector_of_an_unknown_memory_is_refused(world: World) -> None:
    with pytest.raises(NotStored, match="77"):
        world.db.add_vectors(EMBEDDER, [(77, make_vector(1))])


@pytest.mark.parametrize(
    "vector",
    [np.full(8, np.nan, np.float32), np.ones((2, 4), np.float32), np.ones(9, np.float32), np.ones(0, np.float32)],
)
def test_bad_vector_is_refused(world: World, vector: np.ndarray) -> None:
    (memory,) = world.remember(0)
    world.db.register_embedder("other", "Other", dim=8, probe_text="probe", probe_vector=make_vector(1))
    with pytest.raises(BadVector):
        world.db.add_vectors("other", [(memory.memory_id, vector)])


def test_first_probe_of_an_embedder_stays(world: World) -> None:
    first = world.db.register_embedder("e", "E", dim=8, probe_text="probe", probe_vector=make_vector(1))
    again = world.db.register_embedder("e", "E", dim=8, probe_text="probe", probe_vector=make_vector(2))
    assert again.probe_vector is not None
    assert first.probe_vector is not None
    assert np.array_equal(again.probe_vector, first.probe_vector)
    assert world.db.find_embedder("unknown") is None


def test_embedder_of_another_dimension_is_refused(world: World) -> None:
    world.db.register_embedder("e", "E", dim=8, probe_text="probe", probe_vector=make_vector(1))
    with pytest.raises(BadVector, match="8 dimensions"):
        world.db.register_embedder("e", "E", dim=9, probe_text="probe", probe_vector=make_vector(1, 9))


def test_exact_index_ranks_by_cosine(world: World) -> None:
    memories = world.remember(0, 20)
    index = ExactIndex(world.db, world.ada.agent_id, embedder=EMBEDDER)
    (best, second) = index.query(make_vector(7), 2)
    assert best == (memories[7].memory_id, pytest.approx(1.0, abs=1e-6))
    assert second[1] < 1


def test_exact_index_sees_new_and_late_vectors(world: World) -> None:
    index = ExactIndex(world.db, world.ada.agent_id, embedder=EMBEDDER)
    assert index.query(make_vector(1), 3) == []
    episode = world.start(0)
    (late,) = world.db.end_episode(world.draft_end(episode, world.draft_memory(episode, seed=None)))
    (new,) = world.remember(1)
    assert [memory_id for memory_id, _ in index.query(make_vector(1), 3)] == [new.memory_id]
    world.db.add_vectors(EMBEDDER, [(late.memory_id, make_vector(1))])
    assert [memory_id for memory_id, _ in index.query(make_vector(1), 3)] == [late.memory_id, new.memory_id]


def test_equal_vectors_rank_newest_first(world: World) -> None:
    episode = world.start()
    twins = [world.draft_memory(episode, text=text, seed=3) for text in ("a", "b", "c")]
    stored = world.db.end_episode(world.draft_end(episode, *twins))
    index = ExactIndex(world.db, world.ada.agent_id, embedder=EMBEDDER)
    assert [memory_id for memory_id, _ in index.query(make_vector(3), 2)] == [stored[2].memory_id, stored[1].memory_id]


def test_a_vector_of_the_wrong_length_is_damage_and_says_what_mends_it(world: World) -> None:
    [memory] = world.remember(0)
    with closing(sqlite3.connect(world.db.path)) as driver:
        driver.execute("UPDATE embedding SET vector = x'00' WHERE memory_id = ?", (memory.memory_id,))
        driver.commit()
    with pytest.raises(StoreCorrupt, match="langgym db repair"):
        world.db.vectors(world.ada.agent_id, EMBEDDER)
