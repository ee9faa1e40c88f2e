from collections.abc import Iterator
from pathlib import Path

import pytest

from agents_db.errors import NotStored
from agents_db.knowledge import RecallDraft
from agents_db.records import EpisodeRecord, PositionDraft, StepDraft
from agents_db.store import AgentsDB
from langgym.query.episodes import read_episode
from langgym.query.replay import read_replay, read_replay_step
from tests.agents_db.conftest import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AgentsDB.open(tmp_path / "store.db") as db:
        yield World(db)


def _play(world: World, turn: int, seat: str, *, text: str | None = None, paid: float = 0.0) -> None:
    """Stores a decision; `paid` is what the first seat had earned on the way to it."""
    episode = _find(world)
    position = PositionDraft(turn=turn, digest=b"d", payments={"player_1": paid, "player_2": -paid})
    source = "model" if seat == "player_1" else "random"
    step = StepDraft(turn=turn, seat=seat, action=turn, name=f"a{turn}", source=source, text=text)
    world.db.record_turn(episode.episode_id, position, [step], paid=False)


def _find(world: World) -> EpisodeRecord:
    return world.start(0)


def test_a_replay_has_every_decision_without_its_texts(world: World) -> None:
    for turn, seat in enumerate(("player_1", "player_2", "player_1")):
        _play(world, turn, seat, text="seen", paid=float(turn))
    replay = read_replay(world.db, _find(world).episode_id)
    assert [(item.turn, item.seat, item.player, item.action, item.name) for item in replay.spine] == [
        (0, "player_1", "ada", 0, "a0"),
        (1, "player_2", "random", 1, "a1"),
        (2, "player_1", "ada", 2, "a2"),
    ]
    assert [dict(item.rewards) for item in replay.spine] == [
        {"player_1": 1.0, "player_2": -1.0},
        {"player_1": 2.0, "player_2": -2.0},
        {},
    ]


def test_a_replay_tells_the_same_as_the_episode(world: World) -> None:
    world.remember(0, n=2)
    replay, episode = read_replay(world.db, 1), read_episode(world.db, 1)
    for name in ("key", "seed", "run_seed", "max_turns", "status", "participations", "memory_ids"):
        assert getattr(replay, name) == getattr(episode, name), name
    assert [item.rewards for item in replay.spine] == [step.rewards for step in episode.steps]
    assert len(replay.memory_ids) == 2


def test_an_episode_under_way_is_unfinished(world: World) -> None:
    episode = world.start()
    assert read_replay(world.db, episode.episode_id).unfinished
    world.db.end_episode(world.draft_end(episode))
    assert not read_replay(world.db, episode.episode_id).unfinished


def test_a_replay_counts_what_was_recalled(world: World) -> None:
    [memory] = world.remember(0)
    episode = world.start(1)
    step = world.draft_step(0, recalled=(RecallDraft(memory_id=memory.memory_id, rank=1, score=0.5, parts={}),))
    world.db.record_turn(episode.episode_id, world.draft_position(0), [step], paid=False)
    assert [item.n_recalled for item in read_replay(world.db, episode.episode_id).spine] == [1]
    [shown] = read_replay_step(world.db, episode.episode_id, 0).step.recalled
    assert shown.memory_id == memory.memory_id


def test_a_step_has_what_every_seat_had_earned_before_it(world: World) -> None:
    for turn, paid in enumerate((0.0, 1.0, 0.5)):
        _play(world, turn, "player_1", paid=paid)
    episode_id = _find(world).episode_id
    assert read_replay_step(world.db, episode_id, 0, "player_1").earned == {"player_1": 0.0, "player_2": 0.0}
    assert read_replay_step(world.db, episode_id, 2, "player_1").earned == {"player_1": 1.5, "player_2": -1.5}


def test_a_step_has_the_rewards_that_followed_it(world: World) -> None:
    _play(world, 0, "player_1")
    _play(world, 1, "player_1", paid=1.0)
    step = read_replay_step(world.db, _find(world).episode_id, 0, "player_1").step
    assert step.rewards == {"player_1": 1.0, "player_2": -1.0}


def test_the_board_is_what_the_prompt_showed(world: World) -> None:
    _play(world, 0, "player_1", text="the text")
    world.db.add_attempt(world.draft_attempt(_find(world), 0, prompt="TURN 0\nthe board"))
    assert read_replay_step(world.db, _find(world).episode_id, 0).board == "TURN 0\nthe board"


def test_the_board_of_a_seat_that_was_not_asked_is_its_text(world: World) -> None:
    _play(world, 0, "player_1", text="the text")
    assert read_replay_step(world.db, _find(world).episode_id, 0).board == "the text"


def test_the_board_of_a_seat_without_texts_is_what_was_last_seen(world: World) -> None:
    _play(world, 0, "player_1", text="before")
    _play(world, 1, "player_1", text="just before")
    _play(world, 2, "player_2")
    _play(world, 3, "player_1", text="after")
    assert read_replay_step(world.db, _find(world).episode_id, 2).board == "just before"


def test_there_is_no_board_where_nobody_looked(world: World) -> None:
    _play(world, 0, "player_2")
    _play(world, 1, "player_1", text="after")
    assert read_replay_step(world.db, _find(world).episode_id, 0).board is None


def test_the_previous_prompt_is_the_seats_own_last_one(world: World) -> None:
    for turn in range(3):
        _play(world, turn, "player_1")
    for turn, prompt in ((0, "first"), (2, "now")):  # in turn 1 no model was asked
        world.db.add_attempt(world.draft_attempt(_find(world), turn, prompt=prompt))
    step = read_replay_step(world.db, _find(world).episode_id, 2)
    assert step.previous_prompt is not None
    assert [(message.section, message.text) for message in step.previous_prompt] == [
        ("rules", "the rules"),
        ("board", "first"),
    ]


def test_there_is_no_previous_prompt_of_the_first_decision(world: World) -> None:
    _play(world, 0, "player_1")
    world.db.add_attempt(world.draft_attempt(_find(world), 0))
    step = read_replay_step(world.db, _find(world).episode_id, 0)
    assert step.previous_prompt is None
    assert step.step.attempts[0].prompt is not None


def test_a_step_names_the_memories_that_rest_on_it(world: World) -> None:
    for turn in range(2):
        _play(world, turn, "player_1")
    episode = _find(world)
    [memory] = world.db.end_episode(world.draft_end(episode, world.draft_memory(episode)))  # of turn 0
    assert read_replay_step(world.db, episode.episode_id, 0).taught == (memory.memory_id,)
    assert read_replay_step(world.db, episode.episode_id, 1).taught == ()


def test_without_a_seat_the_first_of_the_turn_is_read(world: World) -> None:
    _play(world, 0, "player_2")
    _play(world, 0, "player_1")
    assert read_replay_step(world.db, _find(world).episode_id, 0).step.seat == "player_2"


@pytest.mark.parametrize(
    ("turn", "seat", "message"),
    [
        (7, None, "has no decision in turn 7; its turns are 0 to 0"),
        (0, "player_2", "has no decision of 'player_2' in turn 0"),
    ],
)
def test_a_decision_that_is_not_there_is_explained(world: World, turn: int, seat: str | None, message: str) -> None:
    _play(world, 0, "player_1")
    with pytest.raises(NotStored, match=message):
        read_replay_step(world.db, _find(world).episode_id, turn, seat)


def test_an_episode_without_decisions_is_explained(world: World) -> None:
    with pytest.raises(NotStored, match="No decision of episode 1 is stored yet"):
        read_replay_step(world.db, _find(world).episode_id, 0)


def test_an_episode_that_is_not_stored_has_no_replay(world: World) -> None:
    with pytest.raises(NotStored):
        read_replay(world.db, 9)
