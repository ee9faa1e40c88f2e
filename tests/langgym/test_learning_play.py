"""Learning by playing: agents that count what came of their decisions, in stored lives, stopped and resumed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean

import pytest

from agents_db.records import AgentDraft, Json
from langgym.hosting import Host
from langgym.lanes import play_lanes
from langgym.memory.library import Library
from langgym.memory.life import read_lives
from langgym.models.doubles import Call, FunctionModel
from langgym.narrator import SilentNarrator
from langgym.play import Session, start_run
from langgym.query.experience import read_experience, read_places
from langgym.query.memories import read_memory
from langgym.runner import Stopped
from tests.langgym.worlds import World, answer_by_schema
from universe.catalog import default_catalog
from universe.universe import LocalUniverse


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def raise_agent(world: World, name: str = "eve", **kept: Json) -> None:
    world.db.create_agent(AgentDraft(name=name, model="experience", settings={"embedder": "hashed", **kept}))


def play(
    world: World,
    episodes: int,
    *,
    agent: str = "eve",
    env_id: str = "classic/tictactoe_v3",
    seed: int = 7,
    should_stop: Callable[[], bool] = lambda: False,
    **settings: Json,
) -> int:
    plan = world.plan(
        agent=agent,
        env_id=env_id,
        episodes=episodes,
        settings={"model": "experience", "embedder": "hashed", **settings},
    )
    return world.play(plan, seed=seed, should_stop=should_stop).run_id


def returns(world: World, run_id: int, agent: str = "eve") -> list[float]:
    agent_id = world.db.agent(agent).agent_id
    episodes = world.db.episodes(limit=1000)
    parts = [part for each in reversed(episodes) if each.run_id == run_id for part in each.participations]
    return [part.total for part in parts if part.agent_id == agent_id and part.total is not None]


def moves(world: World) -> dict[int, list[tuple[str, str, object]]]:
    """Returns what was played and by which scores, by the episode's number in its run; ids are given by chance."""
    return {
        episode.number: [
            (step.seat, step.name, json.loads(step.advice)["options"] if step.advice else None)
            for step in world.db.steps(episode.episode_id)
        ]
        for episode in world.db.episodes(limit=1000)
    }


def test_an_agent_that_remembers_beats_itself_without_memory(tmp_path: Path) -> None:
    differences: list[float] = []
    for seed in range(3):
        learnt, blank = World(tmp_path / f"learnt-{seed}"), World(tmp_path / f"blank-{seed}")
        for world in (learnt, blank):
            raise_agent(world)
        with_memory = returns(learnt, play(learnt, 60, seed=seed))
        without = returns(blank, play(blank, 60, seed=seed, memories=0))
        differences.append(fmean(with_memory[30:]) - fmean(without[30:]))
        learnt.close()
        blank.close()
    assert min(differences) > 0.2
    assert fmean(differences) > 0.4


def test_without_memory_nothing_is_counted(world: World) -> None:
    raise_agent(world)
    run_id = play(world, 2, memories=0)
    [first, *_] = [episode for episode in world.db.episodes() if episode.run_id == run_id]
    assert all(step.facts is None and step.advice is None for step in world.db.steps(first.episode_id))


def test_a_learner_stopped_at_every_turn_ends_like_one_never_stopped(tmp_path: Path) -> None:
    straight, broken = World(tmp_path / "straight"), World(tmp_path / "broken")
    for world in (straight, broken):
        raise_agent(world)
    play(straight, 6)

    def stop_after(n: int) -> Callable[[], bool]:
        left = iter(range(n))
        return lambda: next(left, None) is None

    with pytest.raises(Stopped):
        play(broken, 6, should_stop=stop_after(1))
    run_id = broken.db.open_runs()[0].run_id
    for _ in range(100):
        try:
            broken.go_on(run_id, should_stop=stop_after(2))
            break
        except Stopped:
            continue
    assert broken.transcript() == straight.transcript()
    advice = [step.advice for world in (straight, broken) for step in world.db.steps(6)]
    assert advice[: len(advice) // 2] == advice[len(advice) // 2 :]


def test_episodes_played_at_once_know_what_their_window_says_and_nothing_later(tmp_path: Path) -> None:
    one, other = World(tmp_path / "one"), World(tmp_path / "other")
    for world in (one, other):
        raise_agent(world)
        plan = world.plan(
            agent="eve",
            env_id="classic/tictactoe_v3",
            episodes=12,
            parallel=4,
            settings={"model": "experience", "embedder": "hashed"},
        )
        world.play(plan, seed=3)
    assert moves(one) == moves(other)


def test_what_rivals_did_teaches_where_everything_is_open(world: World) -> None:
    raise_agent(world)
    play(world, 1)
    lives = read_lives(world.db, world.db.agent("eve").agent_id, default_catalog().find("tictactoe"), {}, until=1)
    assert [life.own for life in lives].count(False) == 1
    assert sum(life.total for life in lives) == 0


def test_what_rivals_did_stays_hidden_where_hands_are(world: World) -> None:
    raise_agent(world)
    play(world, 3, env_id="classic/leduc_holdem_v4")
    lives = read_lives(world.db, world.db.agent("eve").agent_id, default_catalog().find("leduc_holdem"), {}, until=3)
    assert all(life.own for life in lives)


def test_experience_is_read_as_of_any_moment(world: World) -> None:
    raise_agent(world)
    play(world, 5)
    agent_id, card = world.db.agent("eve").agent_id, default_catalog().find("tictactoe")
    early = Library(world.db, agent_id)
    known = early.open(card, {}, "player", clock=2).n_decisions
    late = Library(world.db, agent_id)
    assert late.open(card, {}, "player", clock=5).n_decisions > known
    assert late.open(card, {}, "player", clock=2).n_decisions == known
    assert late.open(card, {}, "player", clock=0).n_decisions == 0


def test_no_experience_of_one_agent_reaches_another(world: World) -> None:
    for name in ("eve", "ada"):
        raise_agent(world, name)
    play(world, 3)
    card = default_catalog().find("tictactoe")
    assert Library(world.db, world.db.agent("ada").agent_id).open(card, {}, "player", clock=99).n_decisions == 0


def test_every_number_that_is_told_leads_to_its_episodes(world: World) -> None:
    raise_agent(world)
    play(world, 20)
    page = read_experience(world.db, "eve", default_catalog().find("tictactoe"), {}, limit=1000)
    for item in page.items:
        for tried in item.tried:
            found = [
                step
                for episode_id in tried.episodes
                for step in world.db.steps(episode_id)
                if step.situation == item.situation
            ]
            assert len(found) >= tried.n
            assert tried.wins + tried.draws + tried.losses == tried.n
    assert sum(item.n for item in page.items) == page.n_decisions


def test_places_are_where_it_has_experience(world: World) -> None:
    raise_agent(world)
    play(world, 1)
    assert [(item.env_id, item.role) for item in read_places(world.db, "eve").items] == [
        ("classic/tictactoe_v3", "player")
    ]


def test_a_model_is_told_what_came_of_its_moves(tmp_path: Path) -> None:
    world = World(tmp_path, FunctionModel(answer_by_schema))
    world.play(world.plan(episodes=3, env_id="classic/tictactoe_v3"))
    sections = [
        message.text
        for attempt in world.db.attempts(episode_id=3)
        for message in attempt.prompt
        if message.section == "experience"
    ]
    assert sections
    assert all(text.startswith("WHAT CAME OF IT BEFORE\n") for text in sections)
    assert any("never tried" in text or "Never here before" in text for text in sections)
    world.close()


def test_what_was_shown_is_credited_by_what_came_of_it(world: World) -> None:
    world.play(world.plan(episodes=8, env_id="classic/tictactoe_v3"))
    credits = {recall.credit for episode in world.db.episodes() for recall in world.db.recalls(episode.episode_id)}
    assert credits & {1, -1}
    agent_id = world.db.agent("ada").agent_id
    credited = [memory for memory in world.db.memories(agent_id, limit=100) if memory.n_helped or memory.n_hurt]
    assert credited
    for memory in credited:
        events = [event for event in world.db.memory_events(memory_id=memory.memory_id) if event.op == "credit"]
        assert len(events) == memory.n_helped + memory.n_hurt


def test_conclusions_are_drawn_between_episodes_and_shown_in_the_next(world: World) -> None:
    raise_agent(world)
    play(world, 32, env_id="mpe/simple_v3", seed=1)
    agent_id = world.db.agent("eve").agent_id
    strategies = world.db.memories(agent_id, kind="strategy", state=None)
    assert strategies
    for strategy in strategies:
        assert strategy.maker == "grounded"
        for piece in world.db.evidence(strategy.memory_id):
            assert world.db.steps(piece.episode_id, seat=piece.seat)
    shown = {recall.memory_id for recall in world.db.recalls(32)}
    assert shown & {strategy.memory_id for strategy in strategies}


def test_an_agent_without_a_reflector_draws_no_conclusions(world: World) -> None:
    raise_agent(world)
    play(world, 32, env_id="mpe/simple_v3", reflector="none")
    assert world.db.memories(world.db.agent("eve").agent_id, kind="strategy", state=None) == []
    assert world.db.jobs(is_open=True) == []


def test_a_model_that_reflects_is_asked_after_a_loss_and_what_cites_nothing_is_refused(tmp_path: Path) -> None:
    def answer(call: Call) -> str:
        if any(message.section == "reflect_ask" for message in call.messages):
            return '{"operations": [{"op": "add", "condition": null, "action": "centre", "effect_words": "wins"}]}'
        return answer_by_schema(call)

    world = World(tmp_path, FunctionModel(answer))
    world.play(world.plan(episodes=6, env_id="classic/tictactoe_v3"))
    asked = [
        attempt
        for episode in world.db.episodes()
        for attempt in world.db.attempts(episode_id=episode.episode_id, turn=episode.n_turns)
    ]
    assert asked
    assert {attempt.outcome for attempt in asked} != {"ok"}
    assert world.db.memories(world.db.agent("ada").agent_id, kind="strategy", state=None) == []
    world.close()


def test_what_one_game_taught_helps_in_another_that_shares_its_words(tmp_path: Path) -> None:
    travelled, fresh = World(tmp_path / "travelled"), World(tmp_path / "fresh")
    for world in (travelled, fresh):
        raise_agent(world)
    play(travelled, 120)
    there = {"env_id": "classic/connect_four_v3", "seed": 5}
    with_past, without = returns(travelled, play(travelled, 4, **there)), returns(fresh, play(fresh, 4, **there))
    assert fmean(with_past) > fmean(without) + 0.3
    travelled.close()
    fresh.close()


def test_what_was_carried_over_stays_as_it_was_when_the_game_was_begun(world: World) -> None:
    raise_agent(world)
    play(world, 40)
    play(world, 2, env_id="classic/connect_four_v3")
    agent_id, card = world.db.agent("eve").agent_id, default_catalog().find("connect_four")
    before = Library(world.db, agent_id).open(card, {}, "player", clock=42).find_worths()
    play(world, 20)
    after = Library(world.db, agent_id).open(card, {}, "player", clock=62).find_worths()
    assert after == before


def test_what_was_carried_over_is_that_of_the_moment_for_an_episode_that_is_resumed(world: World) -> None:
    raise_agent(world)
    play(world, 40)
    agent_id, card = world.db.agent("eve").agent_id, default_catalog().find("connect_four")
    live = Library(world.db, agent_id).open(card, {}, "player", clock=40).find_worths()
    play(world, 3, env_id="classic/connect_four_v3")
    assert Library(world.db, agent_id).open(card, {}, "player", clock=40).find_worths() == live
    assert live


def test_agents_of_several_runs_in_one_process_reflect_each_on_its_own_account(tmp_path: Path) -> None:
    world = World(tmp_path, FunctionModel(answer_by_schema))
    host = Host(world.db, tmp_path, note=world.notes.append, make_model=lambda settings: world.model, parallel=4)
    sessions: list[Session] = []
    for name in ("ada", "bob", "eve"):
        world.ensure(name)
        plan = world.plan(agent=name, env_id="classic/tictactoe_v3", episodes=4, parallel=2)
        run = start_run(world.db, plan, seed=len(name))
        sessions.append(Session(host, run, plan, universe=LocalUniverse(), narrator=SilentNarrator()))
    play_lanes([session.lane for session in sessions], threads=4)
    reports = [session.end() for session in sessions]
    assert [len(report.finished) for report in reports] == [4, 4, 4]
    assert world.db.jobs() == []
    asked = {
        part.player
        for episode in world.db.episodes()
        for attempt in world.db.attempts(episode_id=episode.episode_id, turn=episode.n_turns)
        for part in episode.participations
        if part.seat == attempt.seat
    }
    assert asked == {"ada", "bob", "eve"}
    host.close()
    world.close()


def test_the_effect_that_a_strategy_states_is_what_its_episodes_say(world: World) -> None:
    raise_agent(world)
    play(world, 32, env_id="mpe/simple_v3", seed=1)
    strategies = world.db.memories(world.db.agent("eve").agent_id, kind="strategy")
    assert strategies
    for strategy in strategies:
        recount = read_memory(world.db, strategy.memory_id).recount
        assert recount is not None
        assert (recount.effect, recount.low, recount.high) == (strategy.effect, strategy.low, strategy.high)
        assert f"{recount.n_with} against {recount.n_without} decisions" in strategy.text
