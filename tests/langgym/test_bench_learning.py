"""Learning curves: paired lives, stand-ins that learn, verdicts that are corrected, lives that are not lived twice."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from langgym.bench.learning import main
from langgym.bench.learning.arms import ARMS, find_arms
from langgym.bench.learning.crew import find_tasks, run_tasks
from langgym.bench.learning.journal import Journal
from langgym.bench.learning.learners import CountingPlayer, Remembering, hash_observation
from langgym.bench.learning.lives import Life, Task, make_trial, run_life
from langgym.bench.learning.playing import Match, Trial, find_seats, find_sides
from langgym.bench.learning.rules import FIXED, BiasedPlayer, RulePlayer
from langgym.bench.learning.tables import Findings
from langgym.bench.learning.verdicts import Verdict, bootstrap, compare, correct, count
from langgym.errors import UsageError
from langgym.memory.experience import Moment
from langgym.memory.life import Lived
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

TRIAL = Trial(
    env_id="classic/tictactoe_v3", side="player", rival="random", episodes=40, checkpoints=(40,), evaluations=60
)
SHORT = replace(TRIAL, episodes=4, checkpoints=(2, 4), evaluations=6)
QUICK = ["tictactoe", "--seeds", "1", "--episodes", "4", "--evaluations", "6", "--workers", "1"]


class Witness(Remembering):
    """Plays at random and keeps every life that it is told of."""

    def __init__(self) -> None:
        self.lives: list[Lived] = []

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        return stream.pick(turn.view.legal, turn.seat, turn.index)

    def absorb(self, life: Lived) -> None:
        self.lives.append(life)


def turn_of(env_id: str, plays: int = 0) -> Turn:
    env = TextEnv(default_catalog().find(env_id))
    env.reset(1)
    for _ in range(plays):
        env.play({turn.seat: turn.view.legal[0] for turn in env.turns()})
    return env.turns()[0]


def made(arm: str, returns: Sequence[float], *, trial: Trial = SHORT, seed: int = 0) -> Life:
    return Life(task=Task(trial=trial, arm=arm, seed=seed), returns=dict.fromkeys(trial.checkpoints, tuple(returns)))


def verdict(difference: float, chance: float, *, env_id: str = TRIAL.env_id, side: str = "player") -> Verdict:
    return Verdict(
        trial=replace(TRIAL, env_id=env_id, side=side),
        arm="both",
        other="none",
        difference=difference,
        low=difference,
        high=difference,
        chance=chance,
    )


# Sides, seats and what is lived through


def test_a_team_is_one_side_and_those_who_play_for_themselves_are_another() -> None:
    catalog = default_catalog()
    assert find_sides(catalog.find("mpe/simple_tag_v3")) == ["predators", "prey"]
    assert find_sides(catalog.find("classic/go_v5")) == ["player"]


def test_an_agent_takes_its_whole_team_or_one_seat_after_the_other() -> None:
    tag, go = default_catalog().find("mpe/simple_tag_v3"), default_catalog().find("classic/go_v5")
    assert find_seats(tag, "predators", 1) == ["adversary_0", "adversary_1", "adversary_2"]
    assert [find_seats(go, "player", number) for number in (0, 1, 2)] == [["black_0"], ["white_0"], ["black_0"]]


def test_both_seats_are_lived_through_where_everything_is_open() -> None:
    witness, match = Witness(), Match(TRIAL, seed=0, own="")
    match.learn(witness, 0)
    assert [(life.seat, life.own) for life in witness.lives] == [("player_1", True), ("player_2", False)]


def test_only_its_own_seat_is_lived_through_where_something_is_hidden() -> None:
    witness, match = Witness(), Match(replace(TRIAL, env_id="classic/leduc_holdem_v4"), seed=0, own="")
    match.learn(witness, 1)
    assert [life.seat for life in witness.lives] == ["player_1"]


def test_what_a_seat_was_paid_lies_on_its_decisions() -> None:
    witness = Witness()
    match = Match(replace(TRIAL, env_id="mpe/simple_spread_v3", side="team"), seed=0, own="")
    match.learn(witness, 0)
    paid = [sum(moment.reward for moment in life.moments) for life in witness.lives]
    assert paid == pytest.approx([life.total for life in witness.lives])
    assert min(paid) < -5


def test_arms_meet_the_same_rivals_whatever_they_draw_themselves() -> None:
    one, other = Witness(), Witness()
    Match(TRIAL, seed=3, own="").learn(one, 1)
    Match(TRIAL, seed=3, own="again").learn(other, 1)
    openings = [life.moments[0].action for witness in (one, other) for life in witness.lives if not life.own]
    mine = [life.moments[0].action for witness in (one, other) for life in witness.lives if life.own]
    assert openings[0] == openings[1]
    assert mine[0] != mine[1]


# Who plays


def test_a_rule_keeps_to_the_next_fact_among_those_with_the_first() -> None:
    turn = turn_of("mpe/simple_reference_v3")
    rule = RulePlayer(("says the number of the goal", "towards the nearest landmark along the longer side"))
    facts = turn.facts.actions[rule.decide(turn, Stream.of(1), learning=False)]
    assert "says the number of the goal" in facts
    assert any(fact.startswith("towards the nearest landmark along the longer side") for fact in facts)


@pytest.mark.parametrize("env_id", sorted({env_id for env_id, _ in FIXED} - {"classic/chess_v6"}))
def test_the_words_of_fixed_rules_are_those_of_the_renderers(env_id: str) -> None:
    """All but the decisive moves, which random play seldom gets to make."""
    card = default_catalog().find(env_id)
    wanted = {fact for (of, _), facts in FIXED.items() if of == env_id for fact in facts} - {"wins"}
    env = TextEnv(card)
    for seed in range(60):
        stream = Stream.of(seed)
        env.reset(seed)
        while turns := env.turns():
            met = {fact for turn in turns for facts in turn.facts.actions.values() for fact in facts}
            wanted = {fact for fact in wanted if not any(each.startswith(fact) for each in met)}
            env.play({turn.seat: stream.pick(turn.view.legal, turn.seat, turn.index) for turn in turns})
        if not wanted:
            return
    assert wanted == set()


def test_every_side_has_a_fixed_rule_but_the_one_that_no_rule_can_help() -> None:
    cards = [card for card in default_catalog() if card.suite != "atari"]
    missing = {(card.env_id, side) for card in cards for side in find_sides(card)} - set(FIXED)
    assert missing == {("classic/rps_v2", "player")}


def test_sixty_of_a_hundred_turns_are_rock() -> None:
    turn, rival = turn_of("classic/rps_v2"), BiasedPlayer(0.6)
    played = [rival.decide(turn, Stream.of(n), learning=False) for n in range(2000)]
    assert played.count(0) / 2000 == pytest.approx(0.6, abs=0.04)
    assert played.count(1) / 2000 == pytest.approx(0.2, abs=0.04)


def test_counting_prefers_what_paid_and_tries_what_is_unknown() -> None:
    turn = turn_of("classic/tictactoe_v3")
    player = CountingPlayer(default_catalog().find("classic/tictactoe_v3"))
    moment = player.witness(turn, 4)
    for reward, action in ((0.2, 4), (0.0, 0)):
        for _ in range(50):
            player.absorb(lived([replace(moment, action=action, reward=reward)]))
    assert player.decide(turn, Stream.of(1), learning=False) == 4
    known = {moment.options[0], moment.options[4]}
    assert moment.options[player.decide(turn, Stream.of(1), learning=True)] not in known


def lived(moments: Sequence[Moment]) -> Lived:
    return Lived(
        participation_id=1,
        episode_id=1,
        seat="player_1",
        role="player",
        clock=1,
        moments=tuple(moments),
        total=0.0,
        result=None,
    )


def test_a_raw_observation_is_its_bytes_without_the_mask() -> None:
    board: Mapping[str, object] = {"observation": np.eye(3), "action_mask": np.ones(9)}
    assert hash_observation(board) == hash_observation({**board, "action_mask": np.zeros(9)})
    assert hash_observation(board) != hash_observation({**board, "observation": np.zeros((3, 3))})


@pytest.mark.parametrize("arm", ["experience", "strategies", "both"])
def test_a_stand_in_learns_tic_tac_toe(arm: str) -> None:
    life = run_life(Task(trial=TRIAL, arm=arm, seed=0))
    assert np.mean(life.last) > 0.5
    assert abs(np.mean(run_life(Task(trial=TRIAL, arm="none", seed=0)).last)) < 0.35


# Lives


def test_the_same_task_comes_to_the_same_whatever_process_lives_it() -> None:
    tasks = find_tasks([SHORT], ("both", "ucb-raw"), 1)
    alone = run_tasks(tasks, workers=1, journal=Journal(None), say=str)
    together = run_tasks(tasks, workers=2, journal=Journal(None), say=str)
    assert [life.returns for life in alone] == [life.returns for life in together]
    assert all(set(life.returns) == {2, 4} for life in alone)


def test_long_games_are_played_less_often() -> None:
    catalog, points = default_catalog(), (25, 50, 100, 300)
    chess = make_trial(catalog.find("classic/chess_v6"), "player", rival="random", points=points, evaluations=100)
    assert (chess.episodes, chess.checkpoints, chess.evaluations) == (100, (25, 50, 100), 29)
    cards = catalog.find("classic/leduc_holdem_v4")
    assert make_trial(cards, "player", rival="random", points=points, evaluations=100).episodes == 300


def test_an_arm_without_a_rule_for_a_side_is_left_out() -> None:
    names = ("none", "fixed", "tactic")
    assert find_arms(replace(TRIAL, env_id="classic/rps_v2"), names) == ["none"]
    assert find_arms(replace(TRIAL, env_id="classic/rps_v2", rival="rock60"), names) == ["none", "fixed"]
    assert find_arms(TRIAL, names) == ["none", "fixed", "tactic"]


# Lives that are not lived twice


def test_a_second_run_lives_only_what_is_missing(tmp_path: Path) -> None:
    path, tasks = tmp_path / "lives.jsonl", find_tasks([SHORT], ("none", "fixed"), 2)
    first = run_tasks(tasks[:3], workers=1, journal=Journal(path), say=str)
    said: list[str] = []
    second = run_tasks(tasks, workers=1, journal=Journal(path), say=said.append)
    assert said[0] == "3 of 4 lives were there already\n"
    assert said[1].startswith("life 1 of 1: classic/tictactoe_v3 player, fixed, agent 2")
    assert second[:3] == first


def test_a_line_that_was_cut_off_is_dropped(tmp_path: Path) -> None:
    path, tasks = tmp_path / "lives.jsonl", find_tasks([SHORT], ("none",), 2)
    run_tasks(tasks, workers=1, journal=Journal(path), say=str)
    path.write_text(path.read_text()[:-20])
    journal = Journal(path)
    assert [journal.find(task) is None for task in tasks] == [False, True]
    run_tasks(tasks, workers=1, journal=journal, say=str)
    assert all(Journal(path).find(task) for task in tasks)


def test_lives_of_other_code_are_not_mixed_with_these(tmp_path: Path) -> None:
    path = tmp_path / "lives.jsonl"
    run_tasks(find_tasks([SHORT], ("none",), 1), workers=1, journal=Journal(path), say=str)
    path.write_text(json.dumps({**json.loads(path.read_text()), "code": "other"}) + "\n")
    with pytest.raises(UsageError, match="line 1 was lived by other code"):
        Journal(path)


def test_another_file_is_not_taken_for_lives(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("to do\n")
    with pytest.raises(UsageError, match="line 1 is not a life"):
        Journal(path)
    assert path.read_text() == "to do\n"


# Verdicts


def test_verdicts_are_corrected_for_the_number_of_looks() -> None:
    """0.03 would do alone, and does not as the second of three; then nothing after it does."""
    found = correct([verdict(1.0, 0.001), verdict(-1.0, 0.03), verdict(1.0, 0.04)])
    assert [each.better for each in found] == [True, False, False]
    assert [each.worse for each in found] == [False, False, False]
    assert correct([verdict(-1.0, 0.03)])[0].worse
    assert not correct([verdict(1.0, 0.06)])[0].better


def test_an_environment_with_a_side_that_is_worse_is_not_better() -> None:
    tag = "mpe/simple_tag_v3"
    sides = [verdict(1.0, 0.001, env_id=tag, side="prey"), verdict(-1.0, 0.001, env_id=tag, side="predators")]
    found = count(correct([*sides, verdict(1.0, 0.001)]))
    assert (found.n_envs, found.better, found.worse) == (2, (TRIAL.env_id,), (tag,))


def test_an_environment_with_one_better_side_is_better() -> None:
    tag = "mpe/simple_tag_v3"
    sides = [verdict(1.0, 0.001, env_id=tag, side="prey"), verdict(-1.0, 0.9, env_id=tag, side="predators")]
    assert count(correct(sides)).better == (tag,)


def test_an_interval_covers_the_difference_and_chance_tells_noise_from_it() -> None:
    random = np.random.default_rng(7)
    noise = random.normal(size=(5, 100))
    low, high, chance = bootstrap(noise - noise.mean())
    assert low < 0 < high
    assert chance > 0.5
    low, high, chance = bootstrap(noise - noise.mean() + 1.0)
    assert 0.7 < low < 1.0 < high < 1.3
    assert chance < 0.001


def test_agents_that_disagree_make_no_sure_difference() -> None:
    pairs = np.repeat([[1.5], [-1.0], [2.0], [-1.0], [0.5]], 100, axis=1)
    low, high, _ = bootstrap(pairs)
    assert low < 0 < high


def test_differences_are_paired_agent_by_agent() -> None:
    none = [made("none", [0.0, 5.0, -5.0], seed=0), made("none", [9.0, 0.0, 1.0], seed=1)]
    more = [made("both", [10.0, 1.0, 2.0], seed=1), made("both", [1.0, 6.0, -4.0], seed=0)]
    [found] = compare([*none, *more], "both")
    assert (found.difference, found.low, found.high) == (1.0, 1.0, 1.0)


def test_an_arm_that_is_clearly_worse_fails_the_bench() -> None:
    lives = [made(arm, [value] * 30, seed=seed) for arm, value in (("none", 1.0), ("both", 0.0)) for seed in range(3)]
    assert Findings(lives, ("none", "both")).clearly_worse == (TRIAL.env_id,)
    assert (
        "both (primary): better than none in 0 of 1, worse in 1 (classic/tictactoe_v3)"
        in Findings(lives, ("none", "both")).tell()
    )


# The command


def test_the_bench_writes_a_table_a_report_and_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, picture = tmp_path / "report.json", tmp_path / "curves.png"
    code = main([*QUICK, "--arms", "experience,fixed", "--json", str(report), "--plot", str(picture)])
    told = capsys.readouterr()
    assert code == 0
    assert "stand-ins for a language model" in told.out
    assert "life 3 of 3" in told.err
    found = json.loads(report.read_text())
    assert (found["primary"], list(found["arms"])) == ("experience", ["none", "experience", "fixed"])
    assert [life["tokens"] for life in found["lives"]] == [0, 0, 0]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_rival_that_means_nothing_in_a_game_is_refused() -> None:
    with pytest.raises(UsageError, match="None of these environments has a rival 'tactic'"):
        main(["leduc", "--rival", "tactic"])


def test_an_unknown_arm_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--arms", "magic"])
    assert f"no arm 'magic'; they are {', '.join(ARMS)}" in capsys.readouterr().err


def test_a_picture_without_matplotlib_is_refused_before_anything_is_lived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"install langgym\[plots\]"):
        main([*QUICK, "--plot", "curves.png"])


def test_a_folder_that_is_not_there_is_refused_before_anything_is_lived(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*QUICK, "--json", str(tmp_path / "none" / "report.json")])
    told = capsys.readouterr().err
    assert "there is no folder" in told
    assert "life 1" not in told


def test_checkpoints_are_numbers_from_one_on(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--checkpoints", "0,25"])
    assert "a whole number from 1 on, not '0'" in capsys.readouterr().err
