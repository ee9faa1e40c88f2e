import pytest

from agents_db.errors import AgentExists, BadName, UnknownAgent
from agents_db.knowledge import RecallDraft
from agents_db.records import AgentDraft
from tests.agents_db.conftest import EMBEDDER, World


def test_created_agent_is_found_by_name(world: World) -> None:
    assert world.db.agent("ada") == world.ada
    assert world.db.agents() == [world.ada]


@pytest.mark.parametrize("name", ["Ada", "", "-a", "a" * 33, "a b", "random", "user", "ä"])
def test_bad_and_reserved_names_are_refused(world: World, name: str) -> None:
    with pytest.raises(BadName):
        world.db.create_agent(AgentDraft(name=name, model="m"))


def test_taken_name_is_refused(world: World) -> None:
    with pytest.raises(AgentExists, match="'ada'"):
        world.db.create_agent(AgentDraft(name="ada", model="m"))


def test_unknown_agent_names_the_nearest(world: World) -> None:
    with pytest.raises(UnknownAgent, match="Did you mean 'ada'") as caught:
        world.db.agent("adaa")
    assert caught.value.nearest == ("ada",)
    assert world.db.find_agent("adaa") is None


def test_changed_agent_keeps_what_was_not_given(world: World) -> None:
    changed = world.db.change_agent(world.ada.agent_id, settings={"temperature": 0.5})
    assert (changed.model, changed.settings) == ("scripted", {"temperature": 0.5})
    assert world.db.change_agent(world.ada.agent_id, model="other").settings == {"temperature": 0.5}


def test_deleted_agent_loses_memories_and_frees_its_name(world: World) -> None:
    (memory,) = world.remember(0)
    recalled = RecallDraft(memory_id=memory.memory_id, rank=1, score=0.9, parts={"relevance": 0.9})
    later = world.start(1)
    world.db.record_turn(later.episode_id, world.draft_position(), [world.draft_step(recalled=(recalled,))], paid=False)
    world.db.delete_agent("ada")
    assert world.db.find_agent("ada") is None
    assert world.db.memories(world.ada.agent_id) == []
    assert len(world.db.vectors(world.ada.agent_id, EMBEDDER).ids) == 0
    assert world.db.recalls(later.episode_id) == []
    assert world.db.ledger.pending(world.ada.agent_id) == []
    assert world.db.check() == []


def test_episodes_of_a_deleted_agent_stay_readable_and_end(world: World) -> None:
    episode = world.start()
    world.play(episode)
    world.db.delete_agent("ada")
    stored = world.db.episode(episode.episode_id)
    assert (stored.status, stored.fault) == ("failed", "agent 'ada' was deleted")
    assert [step.text for step in world.db.steps(episode.episode_id)] == ["the board"]


def test_new_agent_of_a_freed_name_has_a_new_id_and_key(world: World) -> None:
    world.db.delete_agent("ada")
    again = world.db.create_agent(AgentDraft(name="ada", model="m"))
    assert again.agent_id > world.ada.agent_id
    assert again.key != world.ada.key
