import math
from collections.abc import Callable

import pytest

from agents_db.errors import NotStored
from agents_db.knowledge import RecallDraft
from agents_db.records import AgentDraft, PositionDraft, SeatOutcome, StepDraft
from agents_db.store import AgentsDB
from tests.agents_db.conftest import EMBEDDER, ENV, World


def test_run_ends_with_its_status(world: World) -> None:
    world.db.end_run(world.run.run_id, "interrupted")
    ended = world.db.run(world.run.run_id)
    assert ended.status == "interrupted"
    assert ended.ended_at is not None


def test_choice_is_stored_once_and_made_once(world: World) -> None:
    choice = world.db.start_choice(world.draft_choice())
    assert world.db.start_choice(world.draft_choice()) == choice
    made = world.db.end_choice(choice.choice_id, env_id="a", reason="it is short", source="model")
    assert world.db.end_choice(choice.choice_id, env_id="b", reason=None, source="random") == made
    assert world.db.find_choice(world.run.run_id, 0) == made
    assert world.db.choices(world.ada.agent_id) == [made]
    assert world.db.find_choice(world.run.run_id, 1) is None


def test_started_episode_is_read_back(world: World) -> None:
    episode = world.start()
    assert world.db.episode(episode.episode_id) == episode
    assert (episode.kwargs, episode.seed, episode.commit, episode.status) == ({"size": 3}, 2**62, "abc", "running")
    assert [played.seat for played in episode.participations] == ["player_1", "player_2"]


def test_starting_an_episode_twice_stores_it_once(world: World) -> None:
    assert world.start() == world.start()
    assert len(world.db.episodes()) == 1


def test_episodes_are_paged_newest_first(world: World) -> None:
    ids = [world.start(number).episode_id for number in range(5)]
    page = world.db.episodes(agent_id=world.ada.agent_id, limit=2)
    assert [episode.episode_id for episode in page] == [ids[4], ids[3]]
    following = world.db.episodes(agent_id=world.ada.agent_id, limit=2, before=ids[3])
    assert [episode.episode_id for episode in following] == [ids[2], ids[1]]


def test_episodes_are_filtered(world: World) -> None:
    first, second = world.start(0), world.start(1, env_id="mpe/simple_v3")
    world.db.end_episode(world.draft_end(first))
    assert [episode.episode_id for episode in world.db.episodes(env_id="mpe/simple_v3")] == [second.episode_id]
    finished = world.db.episodes(agent_id=world.ada.agent_id, status="finished", env_id=ENV)
    assert [episode.episode_id for episode in finished] == [first.episode_id]
    assert world.db.episodes(agent_id=999) == []


def test_episode_against_oneself_is_listed_once(world: World) -> None:
    world.start(rival=world.ada.agent_id)
    assert len(world.db.episodes(agent_id=world.ada.agent_id)) == 1


def test_unfinished_episodes_are_listed_oldest_first(world: World) -> None:
    bob = world.db.create_agent(AgentDraft(name="bob", model="m"))
    first, second = world.start(0), world.start(1, rival=bob.agent_id)
    assert [episode.episode_id for episode in world.db.unfinished()] == [first.episode_id, second.episode_id]
    assert [episode.episode_id for episode in world.db.unfinished(bob.agent_id)] == [second.episode_id]


def test_drifted_episode_is_marked(world: World) -> None:
    episode = world.start()
    world.db.mark_drifted(episode.episode_id)
    assert world.db.episode(episode.episode_id).drifted


def test_turn_is_read_back(world: World) -> None:
    episode = world.start()
    world.play(episode)
    (step,) = world.db.steps(episode.episode_id, turn=0, seat="player_1")
    assert (step.action, step.name, step.source, step.text) == (4, "b2", "model", "the board")
    assert (step.situation, step.thought, step.n_attempts, step.first_try_legal) == ("empty", "centre", 1, True)
    (position,) = world.db.positions(episode.episode_id)
    assert (position.turn, position.digest, position.payments) == (0, b"\0", {"player_1": 0.5})


def test_turn_counts_once_however_often_it_is_recorded(world: World) -> None:
    (memory,) = world.remember(0)
    before = world.db.agent("ada")
    episode = world.start(1)
    recalled = RecallDraft(memory_id=memory.memory_id, rank=1, score=0.5, parts={"relevance": 0.5})
    step = world.draft_step(recalled=(recalled,))
    world.db.record_turn(episode.episode_id, world.draft_position(), [step], paid=False)
    world.db.record_turn(episode.episode_id, world.draft_position(), [step], paid=True)
    stored = world.db.episode(episode.episode_id)
    assert stored.n_turns == 1
    assert stored.participations[0].n_decisions == 1
    assert stored.participations[0].n_first_try_legal == 1
    assert world.db.agent("ada").n_decisions == before.n_decisions + 1
    assert world.db.memory(memory.memory_id).n_recalled == 1
    assert len(world.db.recalls(episode.episode_id, turn=0)) == 1
    assert world.db.recalls_of(memory.memory_id) == world.db.recalls(episode.episode_id)


def test_fallback_is_counted_apart(world: World) -> None:
    episode = world.start()
    step = StepDraft(
        turn=0, seat="player_1", action=0, name="a1", source="fallback", n_attempts=3, first_try_legal=False
    )
    world.db.record_turn(episode.episode_id, world.draft_position(), [step], paid=True)
    played = world.db.episode(episode.episode_id).participations[0]
    assert (played.n_decisions, played.n_fallbacks, played.n_first_try_legal) == (1, 1, 0)
    assert world.db.agent("ada").n_fallbacks == 1


def test_turn_of_an_unknown_episode_is_refused(world: World) -> None:
    with pytest.raises(NotStored):
        world.db.record_turn(99, world.draft_position(), [world.draft_step()], paid=False)


def test_turn_of_an_unknown_seat_stores_nothing(world: World) -> None:
    episode = world.start()
    stranger = StepDraft(turn=0, seat="player_9", action=0, name="a1", source="model")
    with pytest.raises(NotStored, match="player_9"):
        world.db.record_turn(episode.episode_id, world.draft_position(), [stranger], paid=False)
    assert world.db.positions(episode.episode_id) == []


def test_attempt_is_read_back_and_counted_once(world: World) -> None:
    episode = world.start()
    draft = world.draft_attempt(episode)
    for _ in range(2):
        world.db.add_attempt(draft)
    [stored] = world.db.attempts(episode_id=episode.episode_id, turn=0, seat="player_1")
    assert (stored.outcome, stored.prompt, stored.reply) == (draft.outcome, draft.prompt, draft.reply)
    assert (stored.tokens_in, stored.tokens_out, stored.milliseconds) == (10, 2, 5)
    assert (world.db.agent("ada").tokens_in, world.db.agent("ada").tokens_out) == (10, 2)


def test_attempt_at_a_choice_counts_for_its_agent(world: World) -> None:
    choice = world.db.start_choice(world.draft_choice())
    draft = world.draft_choice_attempt(choice.choice_id)
    for _ in range(2):
        world.db.add_attempt(draft)
    [stored] = world.db.attempts(choice_id=choice.choice_id)
    assert (stored.outcome, stored.prompt, stored.reply) == (draft.outcome, draft.prompt, draft.reply)
    assert world.db.agent("ada").tokens_in == 7


def test_end_counts_once_and_returns_the_same_memories(world: World) -> None:
    episode = world.start()
    world.play(episode)
    end = world.draft_end(episode, world.draft_memory(episode))
    memories = world.db.end_episode(end)
    assert world.db.end_episode(end) == memories
    ada = world.db.agent("ada")
    assert (ada.n_participations, ada.n_memories) == (1, 1)
    (stats,) = world.db.env_stats(ada.agent_id)
    assert (stats.n_participations, stats.mean_total, stats.n_wins, stats.mean_turns) == (1, 1.0, 1, 1.0)
    stored = world.db.episode(episode.episode_id)
    assert (stored.status, stored.reason, stored.participations[0].total) == ("finished", "natural", 1.0)
    assert memories[0].clock == 1


def test_env_stats_sum_up(world: World) -> None:
    totals = [1.0, -2.0, 4.0]
    for number, total in enumerate(totals):
        world.db.end_episode(world.draft_end(world.start(number), total=total))
    (stats,) = world.db.env_stats(world.ada.agent_id)
    assert (stats.mean_total, stats.best_total, stats.last_total) == (1.0, 4.0, 4.0)


def test_failed_episode_does_not_move_the_clock(world: World) -> None:
    world.db.end_episode(world.draft_end(world.start(), status="failed"))
    assert world.db.agent("ada").n_participations == 0
    assert world.db.env_stats(world.ada.agent_id) == []


def test_playing_oneself_counts_two_participations(world: World) -> None:
    world.db.end_episode(world.draft_end(world.start(rival=world.ada.agent_id)))
    assert world.db.agent("ada").n_participations == 2


def test_rewards_keep_their_exact_value(world: World) -> None:
    episode = world.start()
    reward = math.pi * 1e-300
    world.db.record_turn(
        episode.episode_id, PositionDraft(turn=0, digest=b"", payments={"player_1": reward}), [], paid=False
    )
    assert world.db.positions(episode.episode_id)[0].payments == {"player_1": reward}
    world.db.end_episode(world.draft_end(episode, total=reward))
    assert world.db.episode(episode.episode_id).participations[0].total == reward


def test_return_that_is_not_a_number_is_kept_out_of_records(world: World) -> None:
    world.db.end_episode(world.draft_end(world.start(), total=math.nan))
    assert world.db.env_stats(world.ada.agent_id) == []
    assert world.db.agent("ada").n_participations == 1


READS: list[Callable[[AgentsDB], object]] = [
    lambda db: db.run(9),
    lambda db: db.episode(9),
    lambda db: db.memory(9),
    lambda db: db.mark_drifted(9),
    lambda db: db.end_choice(9, env_id="a", reason=None, source="model"),
    lambda db: db.end_run(9, "finished"),
]


@pytest.mark.parametrize("read", READS)
def test_unknown_ids_are_refused(world: World, read: Callable[[AgentsDB], object]) -> None:
    with pytest.raises(NotStored, match="9"):
        read(world.db)


def test_unknown_seat_in_an_outcome_stores_nothing(world: World) -> None:
    episode = world.start()
    end = world.draft_end(episode)
    strange = type(end)(
        episode_id=end.episode_id,
        status="finished",
        reason="natural",
        fault=None,
        position=None,
        outcomes=(*end.outcomes, SeatOutcome(seat="player_9", total=0.0, result=None, reason="natural")),
        memories=(),
    )
    with pytest.raises(NotStored, match="player_9"):
        world.db.end_episode(strange)
    assert world.db.agent("ada").n_participations == 0
    assert world.db.episode(episode.episode_id).status == "running"


def test_counters_agree_with_what_is_stored(world: World) -> None:
    world.remember(0, 3)
    assert [finding for finding in world.db.check() if finding.severity == "problem"] == []
    assert world.db.vectors(world.ada.agent_id, EMBEDDER).matrix.shape == (3, 8)
