"""The arena: memories frozen, gone on with after any stop, known orders found."""

import sys
from pathlib import Path

import pytest

from agents_db.store import AgentsDB
from langgym.arena.games import Leg, name_versions
from langgym.arena.plan import find_runs
from langgym.cli.app import main
from langgym.errors import UsageError
from langgym.home import store_path
from langgym.models.doubles import FunctionModel
from langgym.query.arena import read_ratings
from langgym.runner import Stopped
from tests.langgym.arenas import create, hold, make_plan, tell_games, train
from tests.langgym.worlds import answer_by_schema

MIXED = """
from langgym.policies.policy import Decision
from langgym.policies.registry import find_policy


class Mixed:
    memory, is_paid, waits = "none", False, False

    def __init__(self, place, share):
        self.place, self.share = place, share
        self.best, self.random = find_policy("heuristic")(place), find_policy("random")(place)

    def decide(self, turn, recalled, ledger):
        drawn = self.place.stream.fraction(turn.seat, turn.index, 9)
        return (self.best if drawn < self.share else self.random).decide(turn, recalled, ledger)
"""


# Memories


def test_a_frozen_arena_changes_nothing_of_an_agent(home: Path, tmp_path: Path) -> None:
    train("eve", episodes=6)
    assert main(["agents", "export", "eve", str(tmp_path / "before")]) == 0
    hold(home, make_plan("eve", "policy:random"), 6)
    assert main(["agents", "export", "eve", str(tmp_path / "after")]) == 0

    before = {file.name: file.read_bytes() for file in (tmp_path / "before").iterdir()}
    assert before == {file.name: file.read_bytes() for file in (tmp_path / "after").iterdir()}


def test_an_arena_in_which_agents_learn_is_remembered(home: Path) -> None:
    train("eve", episodes=3)
    page = hold(home, make_plan("eve", "policy:random", learn=True), 4)

    with AgentsDB.open_reader(store_path(home)) as db:
        assert db.agent("eve").n_participations == 7
    assert {item.player for item in page.versions} == {"eve@3", "eve@4", "eve@5", "eve@6", "random"}


def test_an_agent_of_the_past_knows_what_it_knew(home: Path) -> None:
    train("eve", episodes=30)
    plan = make_plan("eve", "eve@0", "policy:random")
    page = hold(home, plan, 20)

    with AgentsDB.open_reader(store_path(home)) as db:
        episodes = [db.find_episode(run.run_id, 0) for run in find_runs(db, plan.key)]
        parts = [part for episode in episodes if episode for part in episode.participations]
    assert {part.player: part.settings["clock"] for part in parts if "eve" in part.player} == {"eve": 30, "eve@0": 0}
    assert page.items[0].player == "eve"


def test_an_arena_goes_on_with_the_memories_that_it_began_with(home: Path) -> None:
    train("eve", episodes=5)
    plan = make_plan("eve", "policy:random")
    hold(home, plan, 2)
    train("eve", episodes=5)
    page = hold(home, plan, 4)

    assert [item.player for item in page.versions] == [
        "eve@5" if item.player == "eve" else item.player for item in page.items
    ]
    assert {item.n_games for item in page.items} == {4}


def test_ratings_of_several_arenas_tell_versions_apart(home: Path) -> None:
    train("eve", episodes=5)
    first = hold(home, make_plan("eve", "policy:random", seed=1), 2)
    train("eve", episodes=5)
    second = hold(home, make_plan("eve", "policy:random", seed=2), 2)

    with AgentsDB.open_reader(store_path(home)) as db:
        page = read_ratings(db, run_ids=[*first.run_ids, *second.run_ids])
    assert page.key is None
    assert {item.player for item in page.versions} == {"eve@5", "eve@10", "random"}


def test_spans_of_a_life_are_rated_together_where_an_agent_learns() -> None:
    legs = [
        Leg(env_id="e", number=n, leg=0, is_zero_sum=True, values={"a": 1.0, "b": 0.0}, clocks={"a": n}, seats=())
        for n in range(10)
    ]

    assert {name for leg in name_versions(legs) for name in leg.values} == {"a@0-2", "a@3-5", "a@6-8", "a@9", "b"}


# Stopping and going on


def test_an_arena_that_was_stopped_anywhere_ends_as_if_it_had_not_been(home: Path, tmp_path: Path) -> None:
    train("eve", episodes=3)
    whole, plan = tmp_path / "whole", make_plan("eve", "policy:random", "policy:heuristic")
    main(["agents", "export", "eve", str(tmp_path / "eve.tar")])
    main(["--home", str(whole), "agents", "import", str(tmp_path / "eve.tar")])
    expected = hold(whole, plan, 4)
    for patience in (0, 1, 7, 30, 55):
        asked = iter(range(patience))
        with pytest.raises(Stopped):
            hold(home, plan, 4, should_stop=lambda asked=asked: next(asked, None) is None)

    page = hold(home, plan, 4)
    assert tell_games(home, plan) == tell_games(whole, plan)
    assert page.items == expected.items


def test_more_games_go_on_where_the_arena_ended(home: Path) -> None:
    plan = make_plan("policy:random", "policy:heuristic")
    hold(home, plan, 2)
    before = tell_games(home, plan)
    page = hold(home, plan, 6)

    assert page.n_played == 6
    assert [game for game in tell_games(home, plan) if game in before] == before
    assert hold(home, plan, 6).n_played == 6


def test_games_at_once_are_the_same_games(home: Path, tmp_path: Path) -> None:
    plan = make_plan("policy:random", "policy:heuristic")
    hold(home, plan, 8)
    hold(tmp_path / "other", plan, 8, parallel=4)

    assert tell_games(home, plan) == tell_games(tmp_path / "other", plan)


def test_other_commands_leave_a_stopped_arena_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train("eve", episodes=1)
    plan = make_plan("eve", "policy:random")
    asked = iter(range(3))
    with pytest.raises(Stopped):
        hold(home, plan, 4, should_stop=lambda: next(asked, None) is None)

    assert main(["resume"]) == 0
    assert "nothing to resume" in capsys.readouterr().err
    train("eve", episodes=1)
    assert hold(home, plan, 4).n_played == 4


def test_a_model_is_asked_and_its_prompts_are_kept(home: Path) -> None:
    create("ada", model="openai:double")
    model = FunctionModel(answer_by_schema)
    page = hold(home, make_plan("ada", "policy:random"), 2, model=model)

    with AgentsDB.open_reader(store_path(home)) as db:
        kept = [attempt for run_id in page.run_ids for attempt in _attempts(db, run_id)]
    assert len(kept) == len(model.calls) > 0
    assert all(attempt.prompt for attempt in kept)


def _attempts(db: AgentsDB, run_id: int) -> list:  # pyright: ignore
    episode = db.find_episode(run_id, 0)
    assert episode is not None
    return db.attempts(episode_id=episode.episode_id)


def test_an_agent_with_limits_of_its_own_plays_no_game_that_would_not_count_towards_them(home: Path) -> None:
    create("ada", model="openai:double")
    main(["agents", "limit", "ada", "--max-calls", "5"])
    model = FunctionModel(answer_by_schema)

    with pytest.raises(UsageError, match="limits of its own"):
        hold(home, make_plan("ada", "policy:random"), 2, model=model)
    assert not model.calls


# Known orders


def test_five_policies_of_known_strength_are_ranked_rightly(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = {"never": 0.0, "seldom": 0.3, "often": 0.55, "mostly": 0.8, "always": 1.0}
    package = tmp_path / "mixed-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: mixed\nVersion: 1.0\n")
    points = "\n".join(f"{name} = mixed_policies:make_{name}" for name in shares)
    (package / "entry_points.txt").write_text(f"[langgym.policies]\n{points}\n")
    makers = "".join(
        f"\n\ndef make_{name}(place):\n    return Mixed(place, {share})\n" for name, share in shares.items()
    )
    (tmp_path / "mixed_policies.py").write_text(MIXED + makers)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    page = hold(home, make_plan(*(f"policy:{name}" for name in sorted(shares))), 40)

    assert [item.player for item in page.items] == ["always", "mostly", "often", "seldom", "never"]
    assert page.n_counted == 400
