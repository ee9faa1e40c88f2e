from dataclasses import replace
from pathlib import Path

from agents_db.records import SpendingRecord
from agents_db.store import AgentsDB
from tests.agents_db.conftest import World


def only(rows: list[SpendingRecord]) -> SpendingRecord:
    [row] = rows
    return row


def test_a_call_is_stored_before_it_is_made(world: World) -> None:
    episode = world.start()
    draft = replace(world.draft_attempt(episode), model="openai:m", est_in=100, est_out=20)
    world.db.begin_attempt(draft)
    [stored] = world.db.attempts(episode_id=episode.episode_id)
    assert (stored.outcome, stored.reply, stored.prompt[1].text) == ("pending", None, "play")
    spent = only(world.db.spending())
    assert (spent.n_calls, spent.open_calls, spent.open_in, spent.open_out) == (0, 1, 100, 20)


def test_a_reply_completes_the_call(world: World) -> None:
    episode = world.start()
    draft = replace(world.draft_attempt(episode), model="openai:m", est_in=100, est_out=20)
    world.db.begin_attempt(draft)
    world.db.add_attempt(draft)
    [stored] = world.db.attempts(episode_id=episode.episode_id)
    assert (stored.outcome, stored.reply, stored.lost_calls, stored.model) == ("ok", "b2", 0, "openai:m")
    spent = only(world.db.spending())
    assert (spent.model, spent.n_calls, spent.tokens_in, spent.tokens_out) == ("openai:m", 1, 10, 2)
    assert (spent.open_calls, spent.lost_calls) == (0, 0)
    assert world.db.agent("ada").tokens_in == 10


def test_a_call_that_is_begun_again_was_lost_and_counts_by_its_estimate(world: World) -> None:
    episode = world.start()
    draft = replace(world.draft_attempt(episode), model="openai:m", est_in=100, est_out=20)
    world.db.begin_attempt(draft)
    world.db.begin_attempt(draft)
    world.db.add_attempt(draft)
    [stored] = world.db.attempts(episode_id=episode.episode_id)
    assert (stored.ordinal, stored.lost_calls) == (0, 1)
    spent = only(world.db.spending())
    assert (spent.n_calls, spent.lost_calls, spent.lost_in, spent.lost_out) == (1, 1, 100, 20)


def test_calls_that_a_provider_swallowed_count_with_the_reply_that_came(world: World) -> None:
    episode = world.start()
    draft = replace(world.draft_attempt(episode), est_in=7, est_out=3, lost_calls=2)
    world.db.begin_attempt(draft)
    world.db.add_attempt(draft)
    assert world.db.attempts(episode_id=episode.episode_id)[0].lost_calls == 2
    spent = only(world.db.spending())
    assert (spent.n_calls, spent.lost_calls, spent.lost_in, spent.lost_out) == (1, 2, 14, 6)


def test_a_call_that_only_failed_is_no_answered_one(world: World) -> None:
    episode = world.start()
    failed = replace(world.draft_attempt(episode), outcome="provider_error", reply=None, tokens_in=None)
    world.db.begin_attempt(failed)
    world.db.add_attempt(failed)
    assert only(world.db.spending()).n_calls == 0


def test_what_has_ended_is_neither_begun_nor_counted_again(world: World) -> None:
    episode = world.start()
    draft = world.draft_attempt(episode)
    world.db.add_attempt(draft)
    first = world.db.attempts()
    world.db.begin_attempt(draft)
    world.db.add_attempt(replace(draft, reply="c3"))
    assert world.db.attempts() == first
    spent = only(world.db.spending())
    assert (spent.n_calls, spent.lost_calls, spent.open_calls) == (1, 0, 0)


def test_calls_of_a_choice_are_counted_for_who_chooses(world: World) -> None:
    choice = world.db.start_choice(world.draft_choice())
    draft = replace(world.draft_choice_attempt(choice.choice_id), model="openai:m", est_in=50, est_out=9)
    world.db.begin_attempt(draft)
    assert only(world.db.spending(agent_id=world.ada.agent_id)).open_in == 50
    world.db.begin_attempt(draft)
    world.db.add_attempt(draft)
    spent = only(world.db.spending(run_id=world.run.run_id))
    assert (spent.agent_id, spent.n_calls, spent.lost_in) == (world.ada.agent_id, 1, 50)


def test_spending_is_of_one_run_or_one_agent(world: World) -> None:
    episode = world.start()
    world.db.add_attempt(world.draft_attempt(episode))
    assert world.db.spending(run_id=world.run.run_id + 1) == []
    assert world.db.spending(agent_id=world.ada.agent_id + 1) == []


def test_a_call_under_way_is_known_to_another_process(world: World, tmp_path: Path) -> None:
    episode = world.start()
    world.db.begin_attempt(replace(world.draft_attempt(episode), est_in=5))
    with AgentsDB.open_reader(world.db.path) as reader:
        assert only(reader.spending()).open_in == 5


def test_a_record_leaves_out_episodes_that_are_not_known_yet(world: World) -> None:
    for number in range(3):
        world.remember(number)
    [whole] = world.db.env_stats(world.ada.agent_id)
    last = world.db.find_episode(world.run.run_id, 2)
    assert last is not None
    [part] = world.db.env_stats(world.ada.agent_id, without=[last.episode_id])
    assert (whole.n_participations, part.n_participations, part.n_wins) == (3, 2, 2)
    every = [world.db.find_episode(world.run.run_id, number) for number in range(3)]
    assert world.db.env_stats(world.ada.agent_id, without=[one.episode_id for one in every if one]) == []


def test_a_record_added_up_anew_is_the_one_that_was_kept(world: World) -> None:
    for number in range(4):
        world.remember(number)
    other = world.start(4)
    [kept] = world.db.env_stats(world.ada.agent_id)
    [added] = world.db.env_stats(world.ada.agent_id, without=[other.episode_id])
    assert (added.n_participations, added.mean_total, added.best_total, added.last_total) == (
        kept.n_participations,
        kept.mean_total,
        kept.best_total,
        kept.last_total,
    )
    assert (added.n_wins, added.n_losses, added.mean_turns) == (kept.n_wins, kept.n_losses, kept.mean_turns)
