"""What experience says of an action: facts that add up, the exact situation last, the future by its best action."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langgym.memory.advice import explore, find_best, settle, weighing_for
from langgym.memory.experience import BORROWED, Estimate, Experience, Moment, Outlook, Record, Weighing, sum_ahead
from langgym.memory.regression import find_due
from universe.catalog import default_catalog

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


def test_looking_ahead_knows_exact_situations() -> None:
    """No fact tells the good end from the bad one: only the situation does."""
    good = [moment(LEFT, 0.0), moment(LEFT, 1.0, situation="good")]
    bad = [moment(RIGHT, 0.0), moment(LEFT, -1.0, situation="bad")]
    outlook = live(*[good, bad] * 20)
    assert value(outlook, LEFT) > value(outlook, RIGHT) + 0.5


@given(seed=st.integers(0, 999))
def test_the_worth_of_facts_is_that_of_a_ridge_regression(seed: int) -> None:
    """The same equations, written out for every fact and every exact situation, and solved at once."""
    random = np.random.default_rng(seed)
    choices = [(int(a), f"s{b}", f"f{c}", float(d)) for a, b, c, d in random.integers(0, 4, (25, 4))]
    options = {action: (f"way {action}", f"side {action % 2}") for action in range(4)}
    moments = [
        Moment(situation=situation, state=(fact,), options=options, action=action, reward=reward)
        for action, situation, fact, reward in choices
    ]
    outlook = live(*[[each] for each in moments], weighing=replace(PROMPT, ridge=2.0, exact_ridge=5.0))
    names = [(*each.state, *options[each.action], (each.situation, each.action)) for each in moments]
    columns = {name: place for place, name in enumerate(dict.fromkeys(name for row in names for name in row))}
    matrix = np.zeros((len(moments), len(columns)))
    for place, row in enumerate(names):
        matrix[place, [columns[name] for name in row]] = 1.0
    rewards = np.array([each.reward for each in moments])
    penalties = np.array([5.0 if isinstance(name, tuple) else 2.0 for name in columns])
    worth = np.linalg.solve(matrix.T @ matrix + np.diag(penalties), matrix.T @ (rewards - rewards.mean()))
    found = [outlook.weigh(each.situation, each.state, options)[each.action].value for each in moments]
    assert found == pytest.approx(rewards.mean() + matrix @ worth, abs=2e-3)


def test_what_follows_after_the_counted_rewards_counts_in_part() -> None:
    ways = [(first, second) for first in OPTIONS for second in OPTIONS] * 10
    lives = [
        [moment(first, 0.0), moment(second, 10.0 * (first == LEFT), situation="then", state=(f"went {first}",))]
        for first, second in ways
    ]
    blind = live(*lives, weighing=replace(PROMPT, steps=1))
    seeing = live(*lives, weighing=replace(PROMPT, steps=1, promise=0.8))
    assert value(blind, LEFT) - value(blind, RIGHT) == pytest.approx(0.0, abs=1e-3)
    assert value(seeing, LEFT) - value(seeing, RIGHT) > 2.0


def test_the_end_of_an_episode_counts_neither_for_nor_against_what_is_done_there() -> None:
    """Every decision costs 1; to the left is only gone when few are left, so that less is still to pay."""
    episode = [moment(LEFT if place > 3 else RIGHT, -1.0, situation=f"{place}") for place in range(6)]
    outlook = live(*[episode] * 30, weighing=replace(PROMPT, steps=3))
    assert value(outlook, LEFT, situation="new") == pytest.approx(value(outlook, RIGHT, situation="new"), abs=1e-6)


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
        (question(situation, (state, situation), OPTIONS), outlook.near((state,), OPTIONS), outlook.n_decisions)
        for situation in "abcd"
        for state in "xyz"
        for question in (outlook.weigh, outlook.tell)
    ]


@given(lives=lives, ahead=st.booleans())
@settings(deadline=None, max_examples=40)
def test_an_earlier_moment_says_for_ever_what_it_said_then(
    lives: list[list[tuple[str, str, int, int]]], ahead: bool
) -> None:
    weighing = Weighing(every=3, steps=None if ahead else 2, promise=0.5)
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
    once, twice = (
        live([moment(LEFT, 1.0, state=state)], [moment(LEFT, 0.0, state=("shut",))])
        for state in (("open",), ("open", "open"))
    )
    assert value(once, LEFT) == value(twice, LEFT, state=("open", "open"))


def test_an_episode_without_decisions_is_an_episode() -> None:
    outlook = live([], [moment(LEFT, 1.0)], [])
    assert (outlook.n_episodes, outlook.n_decisions) == (3, 1)


def test_curiosity_prefers_what_is_unknown_and_caution_what_is_known() -> None:
    estimates = {LEFT: Estimate(0.0, 20.0, 20), RIGHT: Estimate(0.0, 0.0, 0)}
    assert find_best(explore(estimates, scale=1.0, n=20, curiosity=0.2)) == [RIGHT]
    assert find_best(settle(estimates, scale=1.0)) == [LEFT]
    assert find_best({LEFT: 1.0, RIGHT: 1.0}) == [LEFT, RIGHT]


@pytest.mark.parametrize("env_id", ["classic/tictactoe", "classic/chess", "classic/go"])
def test_open_games_in_turns_look_ahead_by_the_best_next_decision(env_id: str) -> None:
    assert weighing_for(default_catalog().find(env_id)).steps is None


def test_facts_must_be_seen_oftener_where_cards_are_hidden() -> None:
    open_game, hidden = (weighing_for(default_catalog().find(f"classic/{name}")) for name in ("go", "leduc_holdem"))
    assert hidden.ridge > open_game.ridge


def test_a_contest_of_unseen_choices_looks_no_further_than_its_round() -> None:
    weighing = weighing_for(default_catalog().find("classic/rps"))
    assert (weighing.steps, weighing.promise) == (1, 0.0)


def test_a_chase_looks_beyond_the_next_rewards() -> None:
    weighing = weighing_for(default_catalog().find("mpe/simple_tag"))
    assert weighing.steps is not None
    assert weighing.promise > 0
