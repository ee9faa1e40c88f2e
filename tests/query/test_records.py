"""Records of the universe: what was done in each environment, and why it was chosen."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents_db.records import AgentDraft, AgentRecord
from agents_db.store import AgentsDB
from langgym.query.records import EnvRecordItem, read_record, read_records
from tests.agents_db.conftest import ENV, World
from universe.catalog import default_catalog

CARD = default_catalog().find(ENV)
WHY = "the centre \x1b[31mcalls"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AgentsDB.open(tmp_path / "store.db") as db:
        yield World(db)


def play(world: World, number: int, *, bob: AgentRecord | None = None, total: float = 1.0, env_id: str = ENV) -> None:
    episode = world.start(number, env_id=env_id, rival=None if bob is None else bob.agent_id)
    world.db.end_episode(world.draft_end(episode, total=total))


def choose(world: World, number: int, *, env_id: str = ENV, offered: tuple[str, ...] = ("mpe/simple_v3", ENV)) -> int:
    """Has ada choose an environment and begin it; returns the episode's id."""
    draft = replace(world.draft_choice(number), offered={"offers": [{"env_id": each} for each in offered]})
    choice = world.db.start_choice(draft)
    world.db.end_choice(choice.choice_id, env_id=env_id, reason=f"{WHY} {number}", source="model")
    drafted = replace(world.draft_episode(number, env_id=env_id), choice_id=choice.choice_id)
    return world.db.start_episode(drafted).episode_id


def find(world: World, env_id: str) -> EnvRecordItem:
    [item] = [item for item in read_records(world.db, default_catalog()).items if item.env_id == env_id]
    return item


def test_the_record_adds_up_what_all_agents_did(world: World) -> None:
    bob = world.db.create_agent(AgentDraft(name="bob", model="x"))
    play(world, 0, bob=bob, total=3.0)
    play(world, 1, total=1.0)
    item = find(world, ENV)
    assert (item.n_participations, item.n_agents, item.wins, item.draws, item.losses) == (3, 2, 2, 0, 1)
    assert (item.mean_total, item.best_total) == (pytest.approx(1 / 3), 3.0)


def test_what_nobody_has_played_is_there_with_nothing(world: World) -> None:
    item = find(world, "classic/chess_v6")
    assert (item.title, item.n_participations, item.mean_total, item.best_total) == ("Chess", 0, None, None)


def test_what_was_played_and_is_gone_is_there_and_cannot_be_played(world: World) -> None:
    play(world, 0, env_id="gone/game_v0")
    item = find(world, "gone/game_v0")
    assert (item.title, item.suite, item.playable, item.n_participations) == ("gone/game_v0", "gone", False, 1)


def test_without_a_store_every_environment_is_there() -> None:
    page = read_records(None, default_catalog())
    assert [item.env_id for item in page.items] == sorted(card.env_id for card in default_catalog())
    assert read_record(None, CARD).agents == ()


def test_agents_that_were_deleted_are_left_out(world: World) -> None:
    play(world, 0)
    choose(world, 1)
    world.db.delete_agent("ada")
    detail = read_record(world.db, CARD)
    assert (detail.n_participations, detail.agents, detail.choices) == (0, (), ())


def test_each_agent_has_its_record_and_who_played_most_comes_first(world: World) -> None:
    bob = world.db.create_agent(AgentDraft(name="bob", model="x"))
    play(world, 0, bob=bob, total=3.0)
    play(world, 1, total=1.0)
    detail = read_record(world.db, CARD)
    assert [(score.agent, score.n_participations, score.mean_total) for score in detail.agents] == [
        ("ada", 2, 2.0),
        ("bob", 1, -3.0),
    ]
    [stats] = world.db.env_stats(bob.agent_id)
    assert (detail.agents[1].last_total, detail.agents[1].mean_turns) == (stats.last_total, stats.mean_turns)


def test_choices_are_told_newest_first_with_what_was_offered(world: World) -> None:
    first, second = choose(world, 0), choose(world, 1, offered=(ENV,))
    choose(world, 2, env_id="mpe/simple_v3")
    choices = read_record(world.db, CARD).choices
    assert [(each.episode_id, each.place, each.n_offered, each.reason) for each in choices] == [
        (second, 1, 1, f"{WHY} 1"),
        (first, 2, 2, f"{WHY} 0"),
    ]
    assert {(each.agent, each.source) for each in choices} == {("ada", "model")}


def test_no_more_choices_are_read_than_asked_for(world: World) -> None:
    for number in range(3):
        choose(world, number)
    assert [choice.reason for choice in read_record(world.db, CARD, limit=1).choices] == [f"{WHY} 2"]
