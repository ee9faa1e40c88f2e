"""The arena: seats swapped, seeds paired, memories frozen, gone on with after any stop, known orders found."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from agents_db.records import AgentDraft
from agents_db.store import AgentsDB
from langgym.arena.arena import Arena
from langgym.arena.entrants import read_entrants
from langgym.arena.games import Leg, find_games, name_versions
from langgym.arena.plan import ArenaPlan, find_runs
from langgym.arena.schedule import Bout, fill_seats, find_sides, is_zero_sum, pair_swiss
from langgym.cli.app import main
from langgym.errors import UsageError
from langgym.home import find_home, store_path
from langgym.hosting import Host
from langgym.models.doubles import FunctionModel
from langgym.query.arena import RatingsPage, read_ratings
from langgym.runner import Stopped
from tests.langgym.worlds import answer_by_schema
from universe.catalog import default_catalog
from universe.streams import Stream

TICTACTOE = "classic/tictactoe_v3"
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


def make_plan(*players: str, envs: tuple[str, ...] = (TICTACTOE,), **changes: object) -> ArenaPlan:
    values: dict[str, object] = {"schedule": "round-robin", "seed": 3, "learn": False, "max_turns": None, **changes}
    return ArenaPlan(players=players, envs=envs, **values)  # pyright: ignore[reportArgumentType]


def hold(
    home: Path,
    plan: ArenaPlan,
    n_games: int,
    *,
    model: FunctionModel | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    parallel: int = 1,
) -> RatingsPage:
    with AgentsDB.open(store_path(home), clock=lambda: 0) as db:
        host = Host(db, home, note=lambda text: None, make_model=(lambda settings: model) if model else None)
        try:
            Arena(host, home, plan, should_stop=should_stop).play(n_games, parallel=parallel)
        finally:
            host.close()
        return read_ratings(db, plan.key)


def train(name: str, *, episodes: int, model: str = "experience", env: str = "tictactoe") -> None:
    words = ["play", "--agent", name, "--model", model, "--env", env, "--episodes", str(episodes), "--seed", "1"]
    assert main([*words, "--quiet", "--embedder", "hashed"]) == 0


def create(name: str, *, model: str) -> None:
    with AgentsDB.open(store_path(find_home())) as db:
        db.create_agent(AgentDraft(name=name, model=model, settings={"embedder": "hashed"}))


def tell_games(home: Path, plan: ArenaPlan) -> list[object]:
    with AgentsDB.open_reader(store_path(home)) as db:
        found: list[object] = []
        for run in find_runs(db, plan.key):
            for number in sorted(db.numbers(run.run_id)):
                episode = db.find_episode(run.run_id, number)
                assert episode is not None
                seats = [(part.seat, part.player, part.total) for part in episode.participations]
                moves = [(move.turn, move.seat, move.action) for move in db.moves(episode.episode_id)]
                found.append((run.settings["env_id"], episode.number, episode.seed, episode.status, seats, moves))
        return found


# Who meets whom


def test_a_bout_is_two_games_of_one_seed_with_the_seats_swapped(home: Path) -> None:
    plan = make_plan("policy:random", "policy:heuristic")
    hold(home, plan, 4)

    games = tell_games(home, plan)
    first, second = games[:2], games[2:]
    assert [game[2] for game in first] == [game[2] for game in second]  # pyright: ignore[reportIndexIssue]
    assert len({game[2] for game in games}) == 2  # pyright: ignore[reportIndexIssue]
    seated = [[player for _, player, _ in game[4]] for game in games]  # pyright: ignore[reportIndexIssue]
    assert seated == [["random", "heuristic"]] * 2 + [["heuristic", "random"]] * 2


def test_all_meet_all_as_often(home: Path) -> None:
    plan = make_plan("policy:random", "policy:heuristic", "eve@0")
    train("eve", episodes=1)
    page = hold(home, plan, 4)

    assert {item.player: item.n_games for item in page.items} == {"random": 8, "heuristic": 8, "eve@0": 8}


def test_teams_are_sides_and_one_team_alone_has_all_seats_in_turn() -> None:
    tag, spread = default_catalog().find("simple_tag"), default_catalog().find("simple_spread")
    bout = Bout(tag.env_id, 0, "a", "b")

    assert find_sides(tag) == (("adversary_0", "adversary_1", "adversary_2"), ("agent_0",))
    assert Counter(fill_seats(tag, bout, 1).values()) == {"b": 3, "a": 1}
    assert find_sides(spread) is None
    assert [set(fill_seats(spread, bout, leg).values()) for leg in (0, 1)] == [{"a"}, {"b"}]


@pytest.mark.parametrize("card", [card for card in default_catalog() if card.playable], ids=lambda card: card.env_id)
def test_both_players_have_the_same_seats_over_a_bout(card) -> None:  # pyright: ignore
    legs = [fill_seats(card, Bout(card.env_id, 0, "a", "b"), leg) for leg in (0, 1)]

    assert [legs[0][seat] for seat in card.seats] != [legs[1][seat] for seat in card.seats]
    assert all({leg[seat] for leg in legs} == {"a", "b"} for seat in card.seats)


def test_swiss_pairs_equals_and_nobody_twice_while_somebody_is_new() -> None:
    points = {"a": 2.0, "b": 2.0, "c": 0.0, "d": 0.0}
    stream = Stream.of(1)

    assert {frozenset(pair) for pair in pair_swiss(points, {}, stream)} == {frozenset("ab"), frozenset("cd")}
    met = {frozenset("ab"): 1, frozenset("cd"): 1}
    again = {frozenset(pair) for pair in pair_swiss(points, met, stream)}
    assert again in ({frozenset("ac"), frozenset("bd")}, {frozenset("ad"), frozenset("bc")})


def test_by_swiss_everybody_rests_in_turn(home: Path) -> None:
    plan = make_plan("policy:random", "policy:heuristic", "eve@0", schedule="swiss")
    train("eve", episodes=1)
    page = hold(home, plan, 6)

    assert {item.player: item.n_games for item in page.items} == {"random": 4, "heuristic": 4, "eve@0": 4}


# What counts


def make_leg(leg: int, values: Mapping[str, float], *, is_zero_sum: bool) -> Leg:
    return Leg(env_id="e", number=0, leg=leg, is_zero_sum=is_zero_sum, values=values, clocks={}, seats=())


def test_where_seats_are_paid_differently_only_both_games_together_count() -> None:
    legs = [
        make_leg(0, {"a": 5.0, "b": -9.0}, is_zero_sum=False),
        make_leg(1, {"a": -8.0, "b": 7.0}, is_zero_sum=False),
    ]

    assert [game.score for game in find_games(legs)] == [0.0]  # a has -3, b has -2
    assert find_games(legs[:1]) == []


def test_where_one_wins_what_the_other_loses_each_game_counts() -> None:
    legs = [make_leg(0, {"a": 1.0, "b": -1.0}, is_zero_sum=True), make_leg(1, {"a": 0.0, "b": 0.0}, is_zero_sum=True)]

    assert [game.score for game in find_games(legs)] == [1.0, 0.5]


def test_a_game_without_a_number_does_not_count() -> None:
    assert find_games([make_leg(0, {"a": float("nan"), "b": 1.0}, is_zero_sum=True)]) == []


def test_a_cooperative_environment_is_rated_by_who_does_better_alone(home: Path) -> None:
    page = hold(home, make_plan("policy:random", "policy:heuristic", envs=("mpe/simple_spread_v3",)), 8)

    assert not is_zero_sum(default_catalog().find("simple_spread"))
    assert (page.n_played, page.n_counted) == (8, 4)
    assert [(item.player, item.score) for item in page.items] == [("heuristic", 4.0), ("random", 0.0)]


def test_a_player_whose_answer_is_illegal_has_lost_and_it_is_told(home: Path) -> None:
    create("ada", model="openai:double")
    page = hold(home, make_plan("ada", "policy:random"), 2, model=FunctionModel(lambda call: "No."))

    [conduct] = [row for row in page.conduct if row.player == "ada"]
    assert page.items[0].player == "random"
    assert page.items[0].score == 2.0
    assert conduct.n_decisions == 0  # every game was forfeited at the first one


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


# The command


def test_the_command_prints_ratings_and_shows_them_again(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["arena", "--agents", "policy:random,policy:heuristic", "--envs", "tictactoe", "--games", "4", "--json"]
    assert main(words) == 0
    page = json.loads(capsys.readouterr().out)
    assert main(["arena", "--show", page["key"], "--json"]) == 0

    assert json.loads(capsys.readouterr().out) == page
    assert page["schema"] == "langgym.arena/1"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--agents", "eve"], "two entrants"),
        (["--agents", "policy:random,policy:random"], "enters twice"),
        (["--agents", "policy:experience,policy:random"], "can enter no arena"),
        (["--agents", "policy:random,Eve!"], "is no entrant"),
        (["--agents", "policy:random,eve"], "eve"),
        (["--agents", "policy:random,policy:heuristic", "--games", "3"], "odd"),
        (["--agents", "policy:random,policy:heuristic", "--learn", "--parallel", "2"], "one game after the other"),
    ],
)
def test_what_cannot_be_played_is_told_in_a_line(
    words: list[str], told: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["arena", "--envs", "tictactoe", *words]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


def test_an_agent_cannot_be_older_than_it_is(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train("eve", episodes=2)
    capsys.readouterr()

    assert main(["arena", "--agents", "eve@3,policy:random", "--envs", "tictactoe", "--games", "2"]) == 2
    assert "cannot be eve@3" in capsys.readouterr().err


def test_entrants_are_agents_of_any_age_and_policies() -> None:
    ada, old, random = read_entrants(["ada", "ada@20", "policy:random"])

    assert (ada.agent, ada.clock) == ("ada", None)
    assert (old.agent, old.clock) == ("ada", 20)
    assert (random.agent, random.player) == (None, "random")
