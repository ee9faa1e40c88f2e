"""What was learnt elsewhere: a weak prior that speaks first and gives way to experience."""

import json
from pathlib import Path

import pytest

from langgym.bench import transfer
from langgym.bench.learning.playing import Trial
from langgym.bench.transfer import Gain, Move, run_move
from langgym.errors import UsageError
from langgym.memory.experience import Experience, Moment, Outlook

OPTIONS = {0: ("left",), 1: ("right",)}
HERE = Trial(
    env_id="classic/tictactoe_v3", side="player", rival="random", episodes=40, checkpoints=(40,), evaluations=1
)
THERE = Trial(
    env_id="classic/connect_four_v3", side="player", rival="random", episodes=2, checkpoints=(0, 2), evaluations=10
)


def moment(action: int, reward: float) -> Moment:
    return Moment(situation="crossing", state=("open",), options=OPTIONS, action=action, reward=reward)


def values(outlook: Outlook) -> list[float]:
    return [each.value for each in outlook.weigh("crossing", ("open",), OPTIONS).values()]


def test_what_is_held_beforehand_speaks_before_any_experience() -> None:
    experience = Experience(prior={"left": (1.0, 9.0)})
    assert values(experience.at()) == pytest.approx([0.75, 0.0])
    assert experience.at().n_decisions == 0


def test_the_more_decisions_it_counts_for_the_more_it_says() -> None:
    weak, strong = (values(Experience(prior={"left": (1.0, strength)}).at())[0] for strength in (1.0, 30.0))
    assert 0 < weak < 0.5 < strong < 1


def test_experience_outweighs_what_was_held_before() -> None:
    experience = Experience(prior={"left": (1.0, 10.0), "right": (-1.0, 10.0)})
    for _ in range(60):
        experience.absorb([moment(0, -1.0)])
        experience.absorb([moment(1, 1.0)])
    left, right = values(experience.at())
    assert left < right
    assert values(experience.at(0)) == pytest.approx([10 / 13, -10 / 13])


def test_a_few_decisions_that_agree_change_little_of_it() -> None:
    experience = Experience(prior={"left": (1.0, 30.0), "right": (-1.0, 30.0)})
    experience.absorb([moment(0, 1.0)])
    experience.absorb([moment(1, -1.0)])
    left, right = values(experience.at())
    assert 0.8 < left < 1.2
    assert -1.2 < right < -0.8


def test_an_empty_prior_changes_nothing() -> None:
    plain, empty = Experience(), Experience(prior={})
    for n in range(12):
        for experience in (plain, empty):
            experience.absorb([moment(n % 2, float(n % 3))])
    assert values(plain.at()) == values(empty.at())


def test_the_worth_of_facts_is_told_with_how_often_they_were_seen() -> None:
    experience = Experience()
    for _ in range(5):
        experience.absorb([moment(0, 1.0)])
    experience.absorb([moment(1, -1.0)])
    worths = experience.at().find_worths()
    assert {fact: seen for fact, (_, seen) in worths.items()} == {"left": 5, "right": 1}
    assert worths["left"][0] > worths["right"][0]
    assert experience.at(0).find_worths() == {}


def test_facts_of_one_game_are_a_head_start_in_another() -> None:
    alone, carried = (run_move(Move(sources=(HERE,), target=THERE, cap=cap, seed=0)) for cap in (0.0, 10.0))
    assert sum(carried.returns[0]) - sum(alone.returns[0]) > 3
    assert carried.carried["wins"][0] > 0 > carried.carried["leaves the rival a win"][0]
    assert max(strength for _, strength in carried.carried.values()) == 10.0
    assert alone.carried == {}


def test_a_loss_counts_only_where_it_should_have_worn_off() -> None:
    def gain(point: int, high: float) -> Gain:
        return Gain(target=THERE, point=point, difference=-1.0, low=-2.0, high=high)

    assert [gain(25, -0.1).is_loss, gain(50, -0.1).is_loss, gain(50, 0.1).is_loss] == [False, True, False]


def test_the_bench_tells_the_head_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    quick = ["--seeds", "1", "--episodes", "30", "--evaluations", "10", "--checkpoints", "0,2", "--workers", "1"]
    assert transfer.main([*quick, "--json", str(report)]) == 0
    told = capsys.readouterr().out
    assert "a head start of +" in told
    assert "learnt before in: classic/tictactoe_v3 player (30 episodes)" in told
    found = json.loads(report.read_text())
    assert [gain["point"] for gain in found["gains"]] == [0, 2]
    assert [life["cap"] for life in found["lives"]] == [0.0, 10.0]


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(UsageError, match="No environment's name has 'halma' in it"):
        transfer.main(["--to", "halma"])
