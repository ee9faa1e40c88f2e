"""An interrupted episode is rebuilt to the very position, or refused with the turn where it differs."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from agents_db.records import EpisodeRecord
from langgym.bench import resume
from langgym.config import Settings
from langgym.errors import ReplayError
from langgym.guards import Guards
from langgym.models.doubles import Call, FunctionModel
from langgym.narrator import SilentNarrator
from langgym.plan import Plan
from langgym.recorder import read_traces
from langgym.replay import Past, Position, fast_forward, find_position, read_past
from langgym.runner import Act
from tests.langgym.worlds import World, answer_by_schema
from universe.card import EnvCard
from universe.cards import BUILT_IN
from universe.catalog import default_catalog
from universe.digest import position_digest
from universe.streams import Stream
from universe.text_env import TextEnv

N_TURNS = 4
every_card = pytest.mark.parametrize("card", BUILT_IN, ids=lambda card: card.env_id)


class Cut(BaseException):
    """The end of the process."""


class CuttingNarrator(SilentNarrator):
    """Ends the process when a turn has been stored and the environment has not moved yet."""

    def __init__(self, turn: int) -> None:
        super().__init__()
        self.turn = turn

    def on_turn(self, position: Position, acts: Sequence[Act]) -> None:
        super().on_turn(position, acts)
        if position.turn == self.turn:
            raise Cut


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[list[World]]:
    made: list[World] = []
    yield made
    for world in made:
        world.close()


def add_world(worlds: list[World], home: Path, model: FunctionModel | None = None) -> World:
    worlds.append(World(home, model))
    return worlds[-1]


def play_cut(world: World, plan: Plan, *, after: int) -> EpisodeRecord | None:
    """Plays until a turn is stored; returns the episode under way, or `None` where it ended before."""
    try:
        world.play(plan, narrator=CuttingNarrator(after))
    except Cut:
        [episode] = world.db.unfinished()
        return episode
    return None


def play_random(card: EnvCard, *, n_turns: int, seed: int = 3) -> Past:
    """Plays randomly and returns what would be stored of it."""
    env = TextEnv(card)
    env.reset(seed)
    stream = Stream.of(seed, "past")
    actions: dict[int, dict[str, int]] = {}
    digests = {0: find_position(env).digest}
    while env.turns() and env.n_turns < n_turns:
        chosen = {turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()}
        actions[env.n_turns] = chosen
        env.play(chosen)
        digests[env.n_turns] = find_position(env).digest
    env.close()
    return Past(digests=digests, actions=actions)


def rebuild(card: EnvCard, past: Past, *, seed: int = 3, max_turns: int | None = None) -> Position:
    env = TextEnv(card, max_turns=max_turns)
    env.reset(seed)
    try:
        return fast_forward(env, past, Guards())
    finally:
        env.close()


@every_card
def test_every_environment_is_rebuilt_to_the_same_position(card: EnvCard) -> None:
    past = play_random(card, n_turns=20)
    position = rebuild(card, past)
    assert position.turn == len(past.actions)
    assert position.digest == past.digests[position.turn]


def test_the_hash_of_a_position_is_what_stored_episodes_have() -> None:
    seen = {
        "b": {"observation": np.array([[True, False], [False, True]]).T, "action_mask": np.array([1, 0, 1], np.int8)},
        "a": np.array([1.23456789, -0.00001, 0.1]),
    }
    digest = position_digest(seen, {"b": -0.5, "a": 0.0}, {"c": "terminated"})
    assert digest.hex() == "f2efd8cd5a189763bd9aedeb10bd7fcd"


def test_the_hash_of_a_position_does_not_depend_on_how_an_array_lies_in_memory() -> None:
    turned = np.asfortranarray([[1.0, 2.0], [3.0, 4.0]])
    assert position_digest({"a": turned}, {}, {}).hex() == "1cf4c21cd33ef2c1373806173974317e"


def test_another_seed_is_named_at_the_first_turn() -> None:
    card = default_catalog().find("mpe/simple")
    with pytest.raises(ReplayError, match=r"differs .* at turn 0") as caught:
        rebuild(card, play_random(card, n_turns=5), seed=4)
    assert caught.value.turn == 0


def test_an_environment_that_drifts_on_the_way_is_named_with_its_turn() -> None:
    card = default_catalog().find("mpe/simple")
    past = play_random(card, n_turns=8)
    past.actions[3]["agent_0"] = (past.actions[3]["agent_0"] + 1) % 5  # pyright: ignore[reportIndexIssue]
    with pytest.raises(ReplayError, match=r"differs .* at turn 4") as caught:
        rebuild(card, past)
    assert caught.value.turn == 4


def test_an_environment_that_ends_too_early_has_drifted() -> None:
    card = default_catalog().find("mpe/simple")
    with pytest.raises(ReplayError, match="at turn 5") as caught:
        rebuild(card, play_random(card, n_turns=8), max_turns=5)
    assert caught.value.turn == 5


def test_whoever_accepts_drift_is_told_each_turn_that_differs() -> None:
    card = default_catalog().find("mpe/simple")
    past, told = play_random(card, n_turns=8), list[int]()
    past.actions[5]["agent_0"] = (past.actions[5]["agent_0"] + 1) % 5  # pyright: ignore[reportIndexIssue]
    accepting = Past(digests=past.digests, actions=past.actions, on_drift=told.append)
    assert rebuild(card, accepting).turn == 8
    assert told == [6, 7, 8]


@pytest.mark.parametrize(
    ("name", "actions", "said"),
    [
        ("tictactoe", {0: {"player_1": 4}, 1: {"player_2": 4}}, "action of player_2 in turn 1"),
        ("tictactoe", {0: {"player_1": 4}, 1: {"player_1": 5}}, "action of player_2 in turn 1"),
        ("rps", {0: {"player_0": 0, "player_1": 0}, 1: {"player_0": 0}}, "action of player_1 in turn 1"),
        ("tictactoe", {0: {"player_1": 4}, 1: {"player_2": 5, "player_1": 6}}, "Turn 1 .* of player_1, who does not"),
    ],
    ids=["illegal", "another seat's", "missing", "one too many"],
)
def test_a_stored_move_that_does_not_fit_is_named_with_its_turn(
    name: str, actions: dict[int, dict[str, int]], said: str
) -> None:
    with pytest.raises(ReplayError, match=said) as caught:
        rebuild(default_catalog().find(name), Past(digests={}, actions=actions))
    assert caught.value.turn == 1


@every_card
def test_traces_read_back_are_those_of_the_turns_that_were_told(
    tmp_path: Path, worlds: list[World], card: EnvCard
) -> None:
    world = add_world(worlds, tmp_path)
    narrator = SilentNarrator()
    world.play(make_plan(world, card.env_id), narrator=narrator)
    [episode] = world.db.episodes()
    told: dict[str, list[tuple[int, str, float]]] = {part.seat: [] for part in episode.participations}
    last = dict.fromkeys(told, "")
    for act in narrator.acts:
        assert act.action is not None
        told[act.turn.seat].append((act.turn.number, act.turn.name(act.action), act.turn.reward))
        last[act.turn.seat] = act.turn.situation
    traces = read_traces(world.db, episode, list(told))
    assert {seat: [(m.turn, m.name, m.reward) for m in trace.moments] for seat, trace in traces.items()} == told
    assert {seat: trace.moments[-1].situation if trace.moments else "" for seat, trace in traces.items()} == last


@pytest.fixture(scope="module")
def transcript(tmp_path_factory: pytest.TempPathFactory) -> Callable[[EnvCard], list[object]]:
    """Returns, for a card, the transcript of an episode that was never interrupted."""

    @cache
    def play(env_id: str) -> list[object]:
        world = World(tmp_path_factory.mktemp("straight"))
        world.play(make_plan(world, env_id))
        try:
            return world.transcript()
        finally:
            world.close()

    return lambda card: play(card.env_id)


def make_plan(world: World, env_id: str) -> Plan:
    return world.plan(env_id=env_id, settings={"rival": "self", "mate": "self", "max_turns": N_TURNS})


@pytest.mark.parametrize("after", [1, N_TURNS - 1])
@every_card
def test_an_episode_cut_anywhere_leaves_the_memories_of_one_never_cut(
    tmp_path: Path,
    worlds: list[World],
    transcript: Callable[[EnvCard], list[object]],
    card: EnvCard,
    after: int,
) -> None:
    world = add_world(worlds, tmp_path)
    episode = play_cut(world, make_plan(world, card.env_id), after=after)
    if episode is not None:
        world.go_on(episode.run_id)
    assert world.transcript() == transcript(card)


@pytest.mark.parametrize("after", [0, 2, 3])
def test_fallbacks_before_a_cut_are_told_in_the_memory(tmp_path: Path, worlds: list[World], after: int) -> None:
    def answer_sometimes(call: Call) -> str:
        return "I pass" if (call.seed or 0) % 2 else answer_by_schema(call)

    straight = add_world(worlds, tmp_path / "straight", FunctionModel(answer_sometimes))
    cut = add_world(worlds, tmp_path / "cut", FunctionModel(answer_sometimes))
    plan = straight.plan(env_id="mpe/simple_v3", settings={"max_turns": N_TURNS, "max_attempts": 1})
    straight.play(plan)
    episode = play_cut(cut, plan, after=after)
    assert episode is not None
    cut.go_on(episode.run_id)
    [memory] = cut.db.memories(cut.db.agent("ada").agent_id)
    assert "of the moves were not mine" in memory.text
    assert cut.transcript() == straight.transcript()


def say_rock(call: Call) -> str:
    return json.dumps({"action": "rock"})


def say_nonsense(call: Call) -> str:
    return "up and away"


def say_nothing(call: Call) -> str:
    return ""


GUARDED = {
    "repeated": ("classic/rps_v2", say_rock, {"max_repeats": 3, "rival": "self"}),
    "illegal_loop": ("mpe/simple_v3", say_nonsense, {"max_misses": 4, "max_attempts": 2}),
    "silent": ("mpe/simple_v3", say_nothing, {"max_misses": 4, "max_attempts": 2}),
}
"""By reason: an environment, a model and the settings that end it after four turns."""
every_guard = pytest.mark.parametrize("reason", GUARDED)


def make_guarded(worlds: list[World], home: Path, reason: str, **changes: int) -> tuple[World, Plan]:
    env_id, answer, settings = GUARDED[reason]
    world = add_world(worlds, home, FunctionModel(answer))
    return world, world.plan(env_id=env_id, settings={"max_turns": 12, **settings, **changes})


@every_guard
def test_a_guard_ends_an_episode_and_is_its_reason(tmp_path: Path, worlds: list[World], reason: str) -> None:
    world, plan = make_guarded(worlds, tmp_path, reason)
    world.play(plan)
    [episode] = world.db.episodes()
    assert (episode.status, episode.reason, episode.n_turns) == ("finished", reason, 4)
    assert {(part.reason, part.result) for part in episode.participations} == {(reason, None)}


@every_guard
def test_a_guard_is_off_by_0(tmp_path: Path, worlds: list[World], reason: str) -> None:
    world, plan = make_guarded(worlds, tmp_path, reason, max_repeats=0, max_misses=0)
    world.play(plan)
    [episode] = world.db.episodes()
    assert (episode.reason, episode.n_turns) == ("capped", 12)


@pytest.mark.parametrize("after", [0, 1, 2, 3])
@every_guard
def test_a_guard_judges_alike_after_a_replay(tmp_path: Path, worlds: list[World], reason: str, after: int) -> None:
    straight, plan = make_guarded(worlds, tmp_path / "straight", reason)
    cut, _ = make_guarded(worlds, tmp_path / "cut", reason)
    straight.play(plan)
    episode = play_cut(cut, plan, after=after)
    assert episode is not None
    cut.go_on(episode.run_id)
    assert cut.transcript() == straight.transcript()


def test_one_answer_in_time_lets_an_episode_go_on(tmp_path: Path, worlds: list[World]) -> None:
    calls = iter(range(1_000))
    world = add_world(
        worlds, tmp_path, FunctionModel(lambda call: say_nothing(call) if next(calls) % 3 else answer_by_schema(call))
    )
    world.play(world.plan(env_id="mpe/simple_v3", settings={"max_turns": 9, "max_attempts": 1, "max_misses": 3}))
    [episode] = world.db.episodes()
    assert (episode.reason, episode.n_turns) == ("capped", 9)


def test_nonsense_among_silence_is_no_silence(tmp_path: Path, worlds: list[World]) -> None:
    calls = iter(range(1_000))
    world = add_world(
        worlds, tmp_path, FunctionModel(lambda call: say_nonsense(call) if next(calls) == 2 else say_nothing(call))
    )
    world.play(world.plan(env_id="mpe/simple_v3", settings={"max_turns": 9, "max_attempts": 1, "max_misses": 4}))
    [episode] = world.db.episodes()
    assert episode.reason == "illegal_loop"


def test_what_was_heard_before_a_fallback_is_read_back(tmp_path: Path, worlds: list[World]) -> None:
    world, plan = make_guarded(worlds, tmp_path, "silent", max_misses=3)
    world.play(plan)
    [episode] = world.db.episodes()
    assert read_past(world.db, episode.episode_id).misses == {turn: {"agent_0": True} for turn in range(3)}


def test_guards_are_on_by_default() -> None:
    settings = Settings(model="random")
    assert settings.max_repeats > 0
    assert settings.max_misses > 0


BRIEF = ["--plies", "8", "--frames", "8", "--rounds", "1"]


def test_the_bench_finds_every_resumed_episode_equal(capsys: pytest.CaptureFixture[str]) -> None:
    assert resume.main(BRIEF) == 0
    assert "as if it had never stopped" in capsys.readouterr().out


def test_the_bench_fails_where_a_replay_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def copy_badly(source: Path, target: Path) -> None:
        copy_store(source, target)
        with closing(sqlite3.connect(target)) as connection:
            connection.execute("UPDATE position SET digest = x'00' WHERE turn = 3")
            connection.commit()

    copy_store = resume.copy_store
    monkeypatch.setattr(resume, "copy_store", copy_badly)
    assert resume.main(BRIEF) == 1
    assert "classic/chess_v6: The rebuilt environment differs from the stored one at turn 3." in capsys.readouterr().out


def test_the_bench_fails_where_a_finished_episode_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def copy_badly(source: Path, target: Path) -> None:
        copy_store(source, target)
        with closing(sqlite3.connect(target)) as connection:
            connection.execute("UPDATE step SET name = 'pass' WHERE turn = 3")
            connection.commit()

    copy_store = resume.copy_store
    monkeypatch.setattr(resume, "copy_store", copy_badly)
    assert resume.main(BRIEF) == 1
    assert "classic/chess_v6: the resumed episode is not the uninterrupted one." in capsys.readouterr().out
