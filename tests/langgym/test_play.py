"""Runs end to end: choosing, playing, remembering, stopping anywhere and going on at the very turn."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents_db.errors import AgentOwned, UnknownAgent
from agents_db.owner import AgentLock
from langgym.errors import ModelError, ReplayError, UsageError
from langgym.home import index_root
from langgym.models.doubles import Call, FunctionModel
from langgym.narrator import SilentNarrator
from langgym.policies.random import RandomPolicy
from langgym.policies.registry import find_policy
from langgym.runner import Stopped
from tests.langgym.worlds import World, answer_by_schema
from universe.cards import BUILT_IN


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "home")
    yield made
    made.close()


def stop_after(n: int) -> Callable[[], bool]:
    asked = iter(range(1_000_000))
    return lambda: next(asked) >= n


def test_an_agent_chooses_plays_and_remembers(world: World) -> None:
    narrator = SilentNarrator()
    report = world.play(world.plan(episodes=3), narrator=narrator)
    ada = world.db.agent("ada")
    assert len(report.finished) == 3
    assert [chosen.source for chosen in narrator.chosen] == ["model"] * 3
    assert all(chosen.reason == "because" for chosen in narrator.chosen)
    assert ada.n_participations == ada.n_memories == 3


def test_every_memory_leads_back_to_its_episode_steps_and_prompts(world: World) -> None:
    world.play(world.plan(env_id="classic/tictactoe_v3"))
    [memory] = world.db.memories(world.db.agent("ada").agent_id)
    assert memory.turn_from is not None
    steps = [s for s in world.db.steps(memory.episode_id, seat=memory.seat) if s.source == "model"]
    assert (memory.turn_from, memory.turn_to) == (steps[0].turn, steps[-1].turn)
    attempts = world.db.attempts(episode_id=memory.episode_id, turn=memory.turn_from, seat=memory.seat)
    assert "RULES" in attempts[0].prompt[0].text
    assert all(step.name in memory.text for step in steps)


def test_what_was_remembered_is_recalled_in_the_next_episode_and_shown(world: World) -> None:
    world.play(world.plan(env_id="classic/tictactoe_v3", episodes=2))
    [_, second] = sorted(world.db.episodes(), key=lambda episode: episode.episode_id)
    recalls = world.db.recalls(second.episode_id)
    [attempt, *_] = world.db.attempts(episode_id=second.episode_id)
    [shown] = [message.text for message in attempt.prompt if message.section == "memories"]
    assert {recall.rank for recall in recalls} == {1}
    assert world.db.memory(recalls[0].memory_id).text in shown
    assert all(0 <= part <= 1 for recall in recalls for part in recall.parts.values())


def test_without_memory_nothing_is_recalled(world: World) -> None:
    world.play(world.plan(env_id="classic/tictactoe_v3", episodes=2, settings={"memories": 0}))
    assert [recall for episode in world.db.episodes() for recall in world.db.recalls(episode.episode_id)] == []
    assert all("memories" not in str(call.messages) for call in world.model.calls)


def test_the_seat_rotates_by_episode(world: World) -> None:
    world.play(world.plan(env_id="classic/tictactoe_v3", episodes=4))
    seats = [part.seat for episode in world.db.episodes() for part in episode.participations if part.player == "ada"]
    assert seats == ["player_2", "player_1", "player_2", "player_1"]


def test_self_play_writes_a_memory_for_each_seat_from_its_own_texts(world: World) -> None:
    world.play(world.plan(env_id="classic/leduc_holdem_v4", settings={"rival": "self"}))
    memories = world.db.memories(world.db.agent("ada").agent_id)
    assert {memory.seat for memory in memories} == {"player_0", "player_1"}
    assert world.db.agent("ada").n_participations == 2


def test_another_agent_as_rival_keeps_its_own_memory(world: World) -> None:
    world.ensure("bob")
    world.play(world.plan(env_id="classic/tictactoe_v3", episodes=2, settings={"rival": "agent:bob"}))
    ada, bob = world.db.agent("ada"), world.db.agent("bob")
    assert (ada.n_memories, bob.n_memories) == (2, 2)
    for agent in (ada, bob):
        own = {memory.memory_id for memory in world.db.memories(agent.agent_id)}
        for episode in world.db.episodes():
            seat = next(part.seat for part in episode.participations if part.agent_id == agent.agent_id)
            assert {recall.memory_id for recall in world.db.recalls(episode.episode_id, seat=seat)} <= own


@pytest.mark.parametrize("env_id", ["classic/tictactoe_v3", "classic/rps_v2", "mpe/simple_crypto_v3", None])
def test_a_run_stopped_at_every_turn_ends_like_one_never_stopped(tmp_path: Path, env_id: str | None) -> None:
    straight, broken = World(tmp_path / "straight"), World(tmp_path / "broken")
    plan = straight.plan(episodes=2, env_id=env_id, settings={"max_turns": 12, "rival": "self"})
    straight.play(plan)
    with pytest.raises(Stopped):
        broken.play(plan, should_stop=stop_after(1))
    run_id = broken.db.open_runs()[0].run_id
    for _ in range(100):
        try:
            broken.go_on(run_id, should_stop=stop_after(2))
            break
        except Stopped:
            continue
    assert broken.transcript() == straight.transcript()
    assert broken.db.open_runs() == []
    straight.close()
    broken.close()


def test_what_a_rival_learns_and_changes_meanwhile_does_not_reach_an_interrupted_episode(tmp_path: Path) -> None:
    straight, broken = World(tmp_path / "straight"), World(tmp_path / "broken")
    for world in (straight, broken):
        world.ensure("bob", reflector="grounded")
        world.play(world.plan(agent="bob", env_id="classic/tictactoe_v3", episodes=2))
    plan = straight.plan(env_id="classic/tictactoe_v3", settings={"rival": "agent:bob"})
    straight.play(plan)
    with pytest.raises(Stopped):
        broken.play(plan, should_stop=stop_after(4))
    [episode] = broken.db.unfinished()
    broken.play(broken.plan(agent="bob", env_id="classic/tictactoe_v3", episodes=3, settings={"rival": "self"}), seed=9)
    broken.db.change_agent(broken.db.agent("bob").agent_id, settings={"embedder": "hashed", "memories": 1})
    broken.go_on(episode.run_id)
    assert broken.episodes_text(episode.run_id) == straight.episodes_text(episode.run_id)
    straight.close()
    broken.close()


def test_no_reply_is_paid_twice_when_the_provider_fails_at_any_call(tmp_path: Path) -> None:
    straight = World(tmp_path / "straight")
    plan = straight.plan(env_id="classic/tictactoe_v3", episodes=2)
    straight.play(plan)
    n_calls = len(straight.model.calls)

    failed: set[int] = set()

    def fail_once(call: Call) -> str | Exception:
        number = len(model.calls) - 1 - len(failed)
        if number not in failed:
            failed.add(number)
            return ModelError("the provider is gone")
        return answer_by_schema(call)

    model = FunctionModel(fail_once)
    broken = World(tmp_path / "broken", model)
    with pytest.raises(ModelError):
        broken.play(plan)
    run_id = broken.db.open_runs()[0].run_id
    while broken.db.open_runs():
        try:
            broken.go_on(run_id)
        except ModelError:
            continue
    assert len(model.calls) == n_calls + len(failed)
    own = [step.name for e in broken.db.episodes() for step in broken.db.steps(e.episode_id) if step.source == "model"]
    assert len(own) == n_calls
    straight.close()
    broken.close()


def test_a_drifted_episode_names_the_turn_and_goes_on_only_when_told(world: World) -> None:
    with pytest.raises(Stopped):
        world.play(world.plan(env_id="mpe/simple_v3"), should_stop=stop_after(4))
    [episode] = world.db.unfinished()
    run_id = episode.run_id
    _forge_digest(world, episode.episode_id, turn=2)
    with pytest.raises(ReplayError, match=r"at turn 2\..*--accept-drift"):
        world.go_on(run_id)
    assert len(world.db.steps(episode.episode_id)) == 3
    world.go_on(run_id, accept_drift=True)
    assert world.db.episode(episode.episode_id).drifted


def test_texts_that_have_changed_since_are_a_drift(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Stopped):
        world.play(world.plan(env_id="mpe/simple_v3"), should_stop=stop_after(4))
    [episode] = world.db.unfinished()
    monkeypatch.setattr("langgym.provenance.templates_hash", lambda: "another")
    with pytest.raises(ReplayError, match=r"texts.*--accept-drift"):
        world.go_on(episode.run_id)
    world.go_on(episode.run_id, accept_drift=True)
    assert world.db.episode(episode.episode_id).drifted


def test_an_episode_that_replays_exactly_is_not_marked_although_drift_is_accepted(world: World) -> None:
    with pytest.raises(Stopped):
        world.play(world.plan(env_id="mpe/simple_v3"), should_stop=stop_after(4))
    [episode] = world.db.unfinished()
    world.go_on(episode.run_id, accept_drift=True)
    assert not world.db.episode(episode.episode_id).drifted


def _forge_digest(world: World, episode_id: int, *, turn: int) -> None:
    import sqlite3

    with sqlite3.connect(world.db.path) as connection:
        changed = connection.execute(
            "UPDATE position SET digest = x'00' WHERE episode_id = ? AND turn = ?", (episode_id, turn)
        )
        assert changed.rowcount == 1
    connection.close()


def test_a_forfeit_ends_the_game_and_no_action_is_invented(tmp_path: Path) -> None:
    world = World(tmp_path / "home", FunctionModel(lambda call: "I resign"))
    world.play(world.plan(env_id="classic/tictactoe_v3", seat="player_1"))
    [episode] = world.db.episodes()
    own = next(part for part in episode.participations if part.player == "ada")
    assert (episode.status, own.reason, own.result, own.total) == ("finished", "forfeit", "loss", 0.0)
    assert world.db.steps(episode.episode_id) == []
    assert len(world.db.attempts(episode_id=episode.episode_id)) == 3
    [memory] = world.db.memories(world.db.agent("ada").agent_id)
    assert "forfeited" in memory.text
    world.close()


def test_one_of_many_rivals_without_an_answer_does_not_end_the_game(tmp_path: Path) -> None:
    world = World(tmp_path / "home", FunctionModel(lambda call: "up and away"))
    world.play(world.plan(env_id="classic/texas_holdem_v4", kwargs={"num_players": 5}, seat="player_3"))
    [episode] = world.db.episodes()
    assert episode.reason == "natural"
    world.close()


def test_a_fallback_is_labelled_everywhere(tmp_path: Path) -> None:
    world = World(tmp_path / "home", FunctionModel(lambda call: "up and away"))
    world.play(world.plan(env_id="mpe/simple_v3", settings={"max_turns": 3}))
    [episode] = world.db.episodes()
    assert {step.source for step in world.db.steps(episode.episode_id)} == {"fallback"}
    assert world.db.agent("ada").n_fallbacks == 3
    [memory] = world.db.memories(world.db.agent("ada").agent_id)
    assert "3 of the moves were not mine" in memory.text
    world.close()


def test_a_choice_without_a_legal_answer_is_labelled(tmp_path: Path) -> None:
    model = FunctionModel(lambda call: "whatever" if "environment" in str(call.schema) else answer_by_schema(call))
    world = World(tmp_path / "home", model)
    narrator = SilentNarrator()
    world.play(world.plan(settings={"max_turns": 2}), narrator=narrator)
    [choice] = world.db.choices(world.db.agent("ada").agent_id)
    assert (choice.source, choice.reason) == ("fallback", None)
    assert len(world.db.attempts(choice_id=choice.choice_id)) == 3
    world.close()


def test_the_offer_is_stored_with_its_order_and_record(world: World) -> None:
    world.play(world.plan(episodes=2, settings={"max_turns": 4}))
    second, first = world.db.choices(world.db.agent("ada").agent_id)
    offers = second.offered["offers"]
    assert isinstance(offers, list)
    assert len(offers) == sum(card.playable for card in BUILT_IN)
    played = [offer for offer in offers if isinstance(offer, dict) and offer["played"]]
    assert [offer["env_id"] for offer in played] == [first.env_id]
    assert [o["env_id"] for o in offers] != [o["env_id"] for o in first.offered["offers"]]  # pyright: ignore


def test_a_choice_that_was_begun_goes_on_with_what_was_offered(tmp_path: Path) -> None:
    bad: list[str | Exception] = ["nothing", ModelError("the provider is gone")]
    world = World(tmp_path / "home", FunctionModel(lambda call: bad.pop(0) if bad else answer_by_schema(call)))
    plan = world.plan(settings={"max_turns": 2})
    with pytest.raises(ModelError):
        world.play(plan)
    [run] = world.db.open_runs()
    world.play(world.plan(env_id="mpe/simple_v3", settings={"max_turns": 2}))
    world.go_on(run.run_id)
    [choice] = world.db.choices(world.db.agent("ada").agent_id)
    first, failed, last = world.db.attempts(choice_id=choice.choice_id)
    assert last.prompt == failed.prompt
    assert last.prompt[: len(first.prompt)] == first.prompt
    assert all(offer["line"] in first.prompt[1].text for offer in choice.offered["offers"])  # pyright: ignore
    assert choice.source == "model"
    world.close()


def test_an_environment_that_fails_is_stored_and_the_run_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from pettingzoo.classic.tictactoe.tictactoe import raw_env

    step, calls = raw_env.step, iter(range(100))
    monkeypatch.setattr(raw_env, "step", lambda self, action: 1 / 0 if next(calls) == 3 else step(self, action))
    report = world.play(world.plan(env_id="classic/tictactoe_v3", episodes=2))
    assert (len(report.failed), len(report.finished)) == (1, 1)
    failed = world.db.episode(report.failed[0])
    assert (failed.status, failed.reason) == ("failed", "fault")
    assert "ZeroDivisionError" in (failed.fault or "")
    assert world.db.agent("ada").n_memories == 1


def test_an_agent_that_is_being_played_elsewhere_names_the_owner(world: World) -> None:
    world.ensure("ada")
    with (
        AgentLock(index_root(world.home), world.db.agent("ada").agent_id, name="ada"),
        pytest.raises(AgentOwned, match="process"),
    ):
        world.play(world.plan())


def test_a_rival_that_does_not_exist_is_refused_before_anything_is_played(world: World) -> None:
    with pytest.raises(UnknownAgent):
        world.play(world.plan(settings={"rival": "agent:nobody"}))
    assert world.db.episodes() == []


def test_a_rival_that_is_nobody_is_refused_before_anything_is_played(world: World) -> None:
    with pytest.raises(UsageError, match="agent:NAME"):
        world.play(world.plan(settings={"rival": "openai:gpt"}))
    assert world.db.episodes() == []


def test_an_agent_that_is_its_own_rival_plays_both_seats(world: World) -> None:
    world.play(world.plan(env_id="classic/tictactoe_v3", settings={"rival": "agent:ada"}))
    assert {memory.seat for memory in world.db.memories(world.db.agent("ada").agent_id)} == {"player_1", "player_2"}


def test_a_policy_that_bears_an_agents_name_is_not_that_agent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> object:
        return (lambda place: RandomPolicy(place.stream)) if name == "ada" else find_policy(name)

    for module in ("langgym.seating", "langgym.policies.registry"):
        monkeypatch.setattr(f"{module}.find_policy", find)
    world.play(world.plan(env_id="classic/tictactoe_v3", settings={"rival": "ada"}))
    assert world.db.agent("ada").n_participations == 1


def test_a_seat_that_does_not_exist_names_those_that_do(world: World) -> None:
    with pytest.raises(UsageError, match="player_1, player_2"):
        world.play(world.plan(env_id="classic/tictactoe_v3", seat="player_9"))


def test_the_same_seed_plays_the_same_run(tmp_path: Path) -> None:
    worlds = [World(tmp_path / name) for name in ("one", "two")]
    for world in worlds:
        world.play(world.plan(episodes=2, settings={"max_turns": 6}))
    one, two = (world.transcript() for world in worlds)
    assert one == two
    for world in worlds:
        world.close()
