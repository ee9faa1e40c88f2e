"""What experience says of an action: facts that add up, the exact situation last, the future by its best action."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langgym.bench.learning.table import _correct, summarize
from langgym.bench.learning.trials import Trial, _pay, run_trials
from langgym.memory.advice import explore, find_best, settle
from langgym.memory.experience import BORROWED, Estimate, Experience, Moment, Weighing, _sum_ahead

LEFT, RIGHT = 0, 1
OPTIONS: Mapping[int, tuple[str, ...]] = {LEFT: ("left",), RIGHT: ("right",)}


def moment(action: int, reward: float, *, situation: str = "crossing", state: Sequence[str] = ("open",)) -> Moment:
    return Moment(situation=situation, state=tuple(state), options=OPTIONS, action=action, reward=reward)


def live(*episodes: Sequence[Moment], weighing: Weighing | None = None) -> Experience:
    experience = Experience(weighing or Weighing(every=10_000))
    for episode in episodes:
        experience.absorb(episode)
    experience.refit()
    return experience


def value(
    experience: Experience, action: int, *, situation: str = "crossing", state: Sequence[str] = ("open",)
) -> float:
    return experience.estimates(situation, state, OPTIONS)[action].value


def test_without_experience_everything_is_worth_the_same() -> None:
    estimates = live().estimates("crossing", ("open",), OPTIONS)
    assert set(estimates.values()) == {Estimate(0.0, 0.0, 0)}


def test_what_paid_is_worth_more_than_what_cost() -> None:
    experience = live(*[[moment(LEFT, 1.0)]] * 5, *[[moment(RIGHT, -1.0)]] * 5)
    assert value(experience, LEFT) > 0.5
    assert value(experience, RIGHT) < -0.5


def test_a_fact_counts_the_more_the_oftener_it_was_seen() -> None:
    seldom = live(*[[moment(LEFT, 1.0)]] * 1, *[[moment(RIGHT, -1.0)]] * 1)
    often = live(*[[moment(LEFT, 1.0)]] * 50, *[[moment(RIGHT, -1.0)]] * 50)
    assert 0 < value(seldom, LEFT) < value(often, LEFT) < 1


def test_facts_speak_where_the_situation_is_new() -> None:
    experience = live(*[[moment(LEFT, 1.0)]] * 20, *[[moment(RIGHT, -1.0)]] * 20)
    assert value(experience, LEFT, situation="never seen") > 0.4
    estimate = experience.estimates("never seen", ("open",), OPTIONS)[LEFT]
    assert (estimate.tried, estimate.evidence) == (0, BORROWED)


def test_the_exact_situation_says_what_the_facts_do_not() -> None:
    usual = [[moment(LEFT, 1.0)]] * 60
    trap = [[moment(LEFT, -1.0, situation="trap")]] * 20
    experience = live(*usual, *trap, *[[moment(RIGHT, 0.0)]] * 20, *[[moment(RIGHT, 0.0, situation="trap")]] * 20)
    assert value(experience, LEFT, situation="trap") < value(experience, RIGHT, situation="trap")
    assert value(experience, LEFT) > value(experience, RIGHT)


def test_a_good_state_makes_no_action_better_than_another() -> None:
    """Actions that were only taken where everything is good are not taken for good themselves."""
    good = [
        [moment(action, 10.0, situation=f"good {n}", state=("sunny",))] for n in range(30) for action in (0, 0, 0, 1)
    ]
    bad = [[moment(action, 0.0, situation=f"bad {n}", state=("rainy",))] for n in range(30) for action in (1, 1, 1, 0)]
    experience = live(*good, *bad)
    estimates = experience.estimates("elsewhere", ("cloudy",), OPTIONS)
    assert abs(estimates[LEFT].value - estimates[RIGHT].value) < 1.0


def test_a_decision_is_worth_what_the_best_next_one_promises() -> None:
    after_left = [[moment(LEFT, 0.0), moment(action, paid, situation="left")] for action, paid in ((0, 1.0), (1, -1.0))]
    after_right = [
        [moment(RIGHT, 0.0), moment(action, paid, situation="right")] for action, paid in ((0, 0.1), (1, 0.1))
    ]
    by_average = live(*(after_left + after_right) * 20, weighing=Weighing(every=10_000, sweeps=1))
    ahead = live(*(after_left + after_right) * 20, weighing=Weighing(every=10_000, sweeps=6))
    assert value(by_average, LEFT) < value(by_average, RIGHT)
    assert value(ahead, LEFT) > value(ahead, RIGHT)


@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=5),
    steps=st.one_of(st.none(), st.integers(1, 8)),
    seed=st.integers(0, 99),
)
def test_rewards_are_summed_within_an_episode_and_a_horizon(lengths: list[int], steps: int | None, seed: int) -> None:
    rewards = np.random.default_rng(seed).normal(size=sum(lengths))
    last = np.zeros(len(rewards), dtype=bool)
    last[np.cumsum(lengths) - 1] = True
    expected = []
    for start in range(len(rewards)):
        end = start + int(np.argmax(last[start:])) + 1
        expected.append(rewards[start : end if steps is None else min(end, start + steps)].sum())
    assert _sum_ahead(rewards, last, steps) == pytest.approx(expected)


def test_equal_lives_know_the_same() -> None:
    episodes = [[moment(n % 2, float(n % 3), situation=f"s{n % 5}")] for n in range(40)]
    one, other = live(*episodes, weighing=Weighing()), live(*episodes, weighing=Weighing())
    assert one.estimates("s1", ("open",), OPTIONS) == other.estimates("s1", ("open",), OPTIONS)
    assert len(one) == 40


def test_curiosity_prefers_what_is_unknown_and_caution_what_is_known() -> None:
    estimates = {LEFT: Estimate(0.0, 20.0, 20), RIGHT: Estimate(0.0, 0.0, 0)}
    assert find_best(explore(estimates, scale=1.0, n=20, curiosity=0.2)) == [RIGHT]
    assert find_best(settle(estimates, scale=1.0)) == [LEFT]
    assert find_best({LEFT: 1.0, RIGHT: 1.0}) == [LEFT, RIGHT]


def test_what_is_paid_between_decisions_belongs_to_the_one_before() -> None:
    life, owed = [moment(LEFT, 0.0)], {"me": 2.0}
    _pay(life, owed, "me")
    _pay(life, owed, "me")
    assert (life[0].reward, owed["me"]) == (2.0, 0.0)


def test_what_is_paid_before_the_first_decision_is_nobodys() -> None:
    life, owed = list[Moment](), {"me": 2.0}
    _pay(life, owed, "me")
    assert (life, owed["me"]) == ([], 0.0)


def test_verdicts_are_corrected_for_the_number_of_looks() -> None:
    """0.03 would do alone, and does not as the second of three; then nothing after it does."""
    verdicts: list[dict[str, object]] = [
        {"difference": 1.0, "chance": 0.001},
        {"difference": -1.0, "chance": 0.03},
        {"difference": 1.0, "chance": 0.04},
    ]
    _correct(verdicts)
    assert [verdict["better"] for verdict in verdicts] == [True, False, False]
    assert [verdict["worse"] for verdict in verdicts] == [False, False, False]
    _correct(worse := [{"difference": -1.0, "chance": 0.03}])
    assert worse[0]["worse"] is True
    _correct(alone := [{"difference": 1.0, "chance": 0.06}])
    assert alone[0]["better"] is False


def test_a_stand_in_learns_tic_tac_toe_and_an_agent_without_memory_does_not() -> None:
    trial = Trial(
        env_id="classic/tictactoe_v3", side="player", rival="random", episodes=40, checkpoints=(40,), evaluations=60
    )
    curves = run_trials([trial], n_seeds=1, workers=1)
    [verdict] = summarize(curves)
    assert verdict["better"]
    means = {curve.arm: np.mean(curve.returns[40]) for curve in curves}
    assert means["experience"] > 0.6
    assert abs(means["none"]) < 0.35
