"""What experience says of an action: facts that add up, the exact situation last, the future by its best action."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langgym.bench.learning.table import _correct, summarize
from langgym.bench.learning.trials import Trial, _pay, run_trials
from langgym.memory.advice import explore, find_best, settle
from langgym.memory.experience import BORROWED, Estimate, Experience, Moment, Outlook, Record, Weighing, sum_ahead
from langgym.memory.regression import find_due

LEFT, RIGHT = 0, 1
PROMPT = Weighing(every=1, growth=0.0)
"""Reckons anew after every participation."""
OPTIONS: Mapping[int, tuple[str, ...]] = {LEFT: ("left",), RIGHT: ("right",)}


def moment(action: int, reward: float, *, situation: str = "crossing", state: Sequence[str] = ("open",)) -> Moment:
    return Moment(situation=situation, state=tuple(state), options=OPTIONS, action=action, reward=reward)


def live(*episodes: Sequence[Moment], weighing: Weighing = PROMPT) -> Outlook:
    experience = Experience(weighing)
    for episode in episodes:
        experience.absorb(episode)
    return experience.at()


def value(outlook: Outlook, action: int, *, situation: str = "crossing", state: Sequence[str] = ("open",)) -> float:
    return outlook.weigh(situation, state, OPTIONS)[action].value


def test_without_experience_everything_is_worth_the_same() -> None:
    estimates = live().weigh("crossing", ("open",), OPTIONS)
    assert set(estimates.values()) == {Estimate(0.0, 0.0, 0)}


def test_what_paid_is_worth_more_than_what_cost() -> None:
    outlook = live(*[[moment(LEFT, 1.0)]] * 5, *[[moment(RIGHT, -1.0)]] * 5)
    assert value(outlook, LEFT) > 0.5
    assert value(outlook, RIGHT) < -0.5


def test_a_fact_counts_the_more_the_oftener_it_was_seen() -> None:
    seldom = live(*[[moment(LEFT, 1.0)]] * 1, *[[moment(RIGHT, -1.0)]] * 1)
    often = live(*[[moment(LEFT, 1.0)]] * 50, *[[moment(RIGHT, -1.0)]] * 50)
    assert 0 < value(seldom, LEFT) < value(often, LEFT) < 1


def test_facts_speak_where_the_situation_is_new() -> None:
    outlook = live(*[[moment(LEFT, 1.0)]] * 20, *[[moment(RIGHT, -1.0)]] * 20)
    assert value(outlook, LEFT, situation="never seen") > 0.4
    estimate = outlook.weigh("never seen", ("open",), OPTIONS)[LEFT]
    assert (estimate.tried, estimate.evidence) == (0, BORROWED)


def test_the_exact_situation_says_what_the_facts_do_not() -> None:
    usual = [[moment(LEFT, 1.0)]] * 60
    trap = [[moment(LEFT, -1.0, situation="trap")]] * 20
    outlook = live(*usual, *trap, *[[moment(RIGHT, 0.0)]] * 20, *[[moment(RIGHT, 0.0, situation="trap")]] * 20)
    assert value(outlook, LEFT, situation="trap") < value(outlook, RIGHT, situation="trap")
    assert value(outlook, LEFT) > value(outlook, RIGHT)


def test_a_good_state_makes_no_action_better_than_another() -> None:
    """Actions that were only taken where everything is good are not taken for good themselves."""
    good = [
        [moment(action, 10.0, situation=f"good {n}", state=("sunny",))] for n in range(30) for action in (0, 0, 0, 1)
    ]
    bad = [[moment(action, 0.0, situation=f"bad {n}", state=("rainy",))] for n in range(30) for action in (1, 1, 1, 0)]
    outlook = live(*good, *bad)
    estimates = outlook.weigh("elsewhere", ("cloudy",), OPTIONS)
    assert abs(estimates[LEFT].value - estimates[RIGHT].value) < 1.0


def test_a_decision_is_worth_what_the_best_next_one_promises() -> None:
    after_left = [[moment(LEFT, 0.0), moment(action, paid, situation="left")] for action, paid in ((0, 1.0), (1, -1.0))]
    after_right = [
        [moment(RIGHT, 0.0), moment(action, paid, situation="right")] for action, paid in ((0, 0.1), (1, 0.1))
    ]
    by_average = live(*(after_left + after_right) * 20, weighing=replace(PROMPT, sweeps=0))
    ahead = live(*(after_left + after_right) * 20, weighing=replace(PROMPT, sweeps=6))
    assert value(by_average, LEFT) < value(by_average, RIGHT)
    assert value(ahead, LEFT) > value(ahead, RIGHT)


@given(n=st.integers(1, 9), steps=st.one_of(st.none(), st.integers(1, 12)), seed=st.integers(0, 99))
def test_rewards_are_summed_to_the_end_or_a_horizon(n: int, steps: int | None, seed: int) -> None:
    rewards = np.random.default_rng(seed).normal(size=n)
    expected = [rewards[start : n if steps is None else start + steps].sum() for start in range(n)]
    assert sum_ahead(rewards, steps) == pytest.approx(expected)


def test_the_first_episodes_count_at_once() -> None:
    outlook = live([moment(LEFT, 1.0)], [moment(RIGHT, -1.0)], weighing=Weighing())
    assert value(outlook, LEFT) > value(outlook, RIGHT)


def test_reckonings_grow_rare_as_the_memory_grows() -> None:
    dues = sorted({find_due(n, Weighing()) for n in range(1000)})
    assert dues[:8] == [0, 1, 2, 3, 4, 6, 9, 13]
    steps = [after - before for before, after in pairwise(dues)]
    assert steps == sorted(steps)
    assert 60 < len(set(dues)) + max(steps) < 200


chances = st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(0, 1), st.integers(-2, 2))
lives = st.lists(st.lists(chances, max_size=4), min_size=1, max_size=14)
Told = tuple[object, ...]


def act(episode: Sequence[tuple[str, str, int, int]]) -> list[Moment]:
    return [
        moment(action, float(reward), situation=situation, state=(state, situation))
        for situation, state, action, reward in episode
    ]


def ask(outlook: Outlook) -> list[Told]:
    """Returns everything that can be asked about the situations of `chances`."""
    return [
        (ask(situation, (state, situation), OPTIONS), outlook.near((state,), OPTIONS), outlook.n_decisions)
        for situation in "abcd"
        for state in "xyz"
        for ask in (outlook.weigh, outlook.tell)
    ]


@given(lives=lives, ahead=st.booleans())
@settings(deadline=None, max_examples=40)
def test_an_earlier_moment_says_for_ever_what_it_said_then(
    lives: list[list[tuple[str, str, int, int]]], ahead: bool
) -> None:
    weighing = Weighing(every=3, steps=None if ahead else 2)
    grown, said = Experience(weighing), list[list[Told]]()
    for number, episode in enumerate(lives):
        said.append(ask(grown.at()))
        grown.absorb(act(episode), source=number, result="win")
    said.append(ask(grown.at()))
    assert [ask(grown.at(n)) for n in reversed(range(len(said)))] == said[::-1]


@given(lives=lives, n=st.integers(0, 14))
@settings(deadline=None, max_examples=40)
def test_what_comes_later_changes_nothing(lives: list[list[tuple[str, str, int, int]]], n: int) -> None:
    n = min(n, len(lives))
    whole, beginning = Experience(), Experience()
    for number, episode in enumerate(lives):
        whole.absorb(act(episode), source=number)
        if number < n:
            beginning.absorb(act(episode), source=number)
    assert ask(whole.at(n)) == ask(beginning.at())


def test_an_outlook_stays_as_it_was_while_its_experience_grows() -> None:
    experience = Experience(PROMPT)
    experience.absorb([moment(LEFT, 1.0)])
    outlook = experience.at()
    before = ask(outlook)
    for n in range(300):
        experience.absorb([moment(RIGHT, 5.0, situation="abcd"[n % 4], state=("x", str(n)))])
    assert ask(outlook) == before


def test_threads_that_ask_for_different_moments_hear_the_same() -> None:
    experience = Experience(PROMPT)
    for n in range(30):
        experience.absorb([moment(n % 2, float(n % 3), situation="abcd"[n % 4], state=("x",))], source=n)
    alone = [ask(experience.at(n)) for n in range(30)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda n: ask(experience.at(n)), range(30)))
    assert together == alone


def test_a_moment_that_has_not_come_is_refused() -> None:
    with pytest.raises(ValueError, match="none are the first 1"):
        Experience().at(1)


def test_it_is_told_what_came_of_an_action_in_this_very_situation() -> None:
    experience = Experience()
    experience.absorb([moment(LEFT, 0.0), moment(LEFT, 1.0)], source=7, result="win")
    experience.absorb([moment(LEFT, -2.0)], source=9, result="loss")
    experience.absorb([moment(RIGHT, 1.0, situation="elsewhere")], source=11, result="win")
    assert experience.at().tell("crossing", (), OPTIONS) == {
        LEFT: Record(n=3, wins=2, draws=0, losses=1, mean=0.0, sources=(7, 9), fact=None)
    }


def test_where_the_situation_is_new_the_finest_known_fact_speaks() -> None:
    experience = Experience()
    seen = {LEFT: ("left", "left of the river"), RIGHT: ("right",)}
    new = {LEFT: ("left", "left of the wood"), RIGHT: ("jump",)}
    experience.absorb([Moment(situation="crossing", state=(), options=seen, action=LEFT, reward=1.0)], result="draw")
    assert experience.at().tell("wood", (), new) == {}
    assert experience.at().near((), new) == {
        LEFT: Record(n=1, wins=0, draws=1, losses=0, mean=1.0, sources=(0,), fact="left")
    }
    finest = experience.at().near((), seen)[LEFT].fact
    assert finest == "left of the river"


def test_a_fact_that_was_only_on_offer_says_nothing() -> None:
    outlook = live([moment(LEFT, 1.0)])
    assert set(outlook.near((), OPTIONS)) == {LEFT}


def test_a_fact_named_twice_counts_once() -> None:
    once = live([moment(LEFT, 1.0, state=("open",))])
    twice = live([moment(LEFT, 1.0, state=("open", "open"))])
    assert value(once, LEFT) == value(twice, LEFT, state=("open", "open"))


def test_an_episode_without_decisions_is_an_episode() -> None:
    outlook = live([], [moment(LEFT, 1.0)], [])
    assert (outlook.n_episodes, outlook.n_decisions) == (3, 1)


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
