"""Contrasts: what is clear in the decisions of a life is found with an interval, and nothing that is not there."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from langgym.memory import decisions as tables
from langgym.memory.contrasts import Comparison, Contrast, find_contrasts
from langgym.memory.decisions import Decisions
from langgym.memory.experience import Moment
from langgym.memory.life import Lived
from tests.langgym.pasts import LEFT, RIGHT, life, moment

NOISE = 1.0


def live(
    n: int, *, gain: float = 1.0, seed: int = 0, state: Sequence[str] = ("open",), own: bool = True
) -> list[Lived]:
    """Returns lives of three decisions each, in which going left earns `gain` more than going right, with noise."""
    draws = Random(seed)

    def decide(turn: int) -> Moment:
        action = draws.choice((LEFT, RIGHT))
        reward = gain * (action == LEFT) + draws.gauss(0, NOISE)
        return moment(action, reward, state=state, turn=turn)

    return [life(number, [decide(turn) for turn in range(3)], own=own) for number in range(1, n + 1)]


def find(lives: Sequence[Lived], *, steps: int | None = 1) -> dict[tuple[str | None, str], Contrast]:
    return {(each.condition, each.action): each for each in find_contrasts(lives, role="player", steps=steps)}


def test_an_action_that_pays_is_found_with_an_interval_round_what_it_pays() -> None:
    contrast = find(live(60))[None, "left"]
    assert contrast.low < 1.0 < contrast.high
    assert contrast.low > 0.3


def test_an_action_that_costs_is_found_with_a_negative_effect() -> None:
    """Where three ways are open, one that costs is told by itself."""
    options = {LEFT: ("left",), RIGHT: ("right",), 2: ("straight",)}
    draws = Random(2)
    lives: list[Lived] = []
    for number in range(1, 81):
        action = draws.choice(tuple(options))
        lives.append(life(number, [moment(action, draws.gauss(0, 0.5) - 2.0 * (action == LEFT), options=options)]))
    assert find(lives)[None, "left"].high < 0


def test_both_sides_of_the_same_choice_are_told_once() -> None:
    assert len(find(live(60))) == 1


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_found_where_nothing_is(seed: int) -> None:
    assert find(live(60, gain=0.0, seed=seed)) == {}


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_found_among_many_facts_that_say_nothing(seed: int) -> None:
    """Some of eight hundred contrasts look clear by chance."""
    draws = Random(seed)

    def draw(kind: str) -> tuple[str, ...]:
        return tuple(f"{kind} {n}" for n in range(20) if draws.random() < 0.5)

    lives = [
        life(
            number,
            [
                moment(0, draws.gauss(0, NOISE), state=draw("state"), options={0: draw("action"), 1: draw("action")})
                for _ in range(4)
            ],
        )
        for number in range(1, 81)
    ]
    assert find(lives) == {}


def test_a_few_decisions_are_not_enough() -> None:
    lives = [life(1, [moment(LEFT, 5.0, turn=n) for n in range(7)]), life(2, [moment(RIGHT, 0.0)] * 20)]
    assert find(lives) == {}


def test_many_decisions_of_few_episodes_are_not_enough() -> None:
    lives = [life(n, [moment((LEFT, RIGHT)[k % 2], 5.0 * (k % 2 == 0), turn=k) for k in range(60)]) for n in (1, 2, 3)]
    assert find(lives) == {}


def test_decisions_that_share_their_outcome_do_not_count_as_independent() -> None:
    """Twenty decisions of an episode that all see the same end are worth no more than a few."""
    draws = Random(3)
    lives: list[Lived] = []
    for number in range(1, 31):
        end, mostly = draws.gauss(0, 1), draws.choice((LEFT, RIGHT))
        moments = [moment(mostly if draws.random() < 0.9 else 1 - mostly, 0.0, turn=turn) for turn in range(20)]
        lives.append(life(number, [*moments[:-1], replace(moments[-1], reward=end)]))
    contrast = Comparison(Decisions(lives, role="player")).measure(None, "left")
    assert contrast is not None
    naive = 2 * 1.96 * (1 / contrast.n_with + 1 / contrast.n_without) ** 0.5
    assert contrast.high - contrast.low > 2 * naive


def test_what_only_others_did_is_not_enough() -> None:
    assert find(live(60, own=False)) == {}


def test_what_was_always_taken_or_never_there_is_compared_with_nothing() -> None:
    lives = live(60)
    comparison = Comparison(Decisions(lives, role="player", steps=1))
    assert comparison.measure(None, "move") is None
    assert comparison.measure(None, "jump") is None


def test_a_good_state_makes_no_action_better_than_another() -> None:
    draws = Random(5)
    lives: list[Lived] = []
    for number in range(1, 121):
        sunny = number % 2 == 0
        action = LEFT if draws.random() < (0.8 if sunny else 0.2) else RIGHT
        state = ("sunny",) if sunny else ("rainy",)
        lives.append(life(number, [moment(action, 10.0 * sunny + draws.gauss(0, 0.5), state=state)]))
    contrast = Comparison(Decisions(lives, role="player", steps=1)).measure(None, "left")
    assert contrast is not None
    assert abs(contrast.effect) < 1.5
    assert (None, "left") not in find(lives)


def test_who_has_learnt_does_better_whatever_it_tries() -> None:
    """An action that came into fashion while everything got better is not taken for the reason."""
    draws = Random(6)
    lives = [
        life(number, [moment(LEFT if draws.random() < number / 160 else RIGHT, number / 20 + draws.gauss(0, 0.5))])
        for number in range(1, 161)
    ]
    assert (None, "left") not in find(lives)


def test_a_condition_is_told_where_it_changes_the_effect() -> None:
    usual, here = live(200, gain=2.0, state=("open",)), live(40, gain=-3.0, seed=1, state=("open", "ice"))
    lives = [replace(each, episode_id=k, clock=k) for k, each in enumerate([*usual, *here], 1)]
    found = find(lives)
    assert found[None, "left"].effect > 0
    assert found["ice", "left"].effect < -2.0


def test_a_condition_that_changes_nothing_is_left_out() -> None:
    lives = live(80, state=("open", "ice")) + live(80, seed=1, state=("open", "mud"))
    lives = [replace(each, episode_id=k, clock=k) for k, each in enumerate(lives, 1)]
    assert list(find(lives)) == [(None, "left")]


def test_the_horizon_limits_what_counts() -> None:
    """A reward two decisions later is seen over three decisions, and not over one."""
    draws = Random(9)
    lives: list[Lived] = []
    for number in range(1, 81):
        first = draws.choice((LEFT, RIGHT))
        late = 3.0 * (first == LEFT) + draws.gauss(0, 0.3)
        states = ("first",), ("later",), ("later",)
        moments = [
            moment(first, 0.0, state=states[0]),
            moment(draws.choice((LEFT, RIGHT)), 0.0, state=states[1], turn=1),
            moment(draws.choice((LEFT, RIGHT)), late, state=states[2], turn=2),
        ]
        lives.append(life(number, moments))
    assert ("first", "left") in find(lives, steps=3)
    assert ("first", "left") not in find(lives, steps=1)


def test_the_evidence_are_own_decisions_of_different_episodes_that_took_the_action() -> None:
    lives = live(40) + [replace(each, own=False, seat="player_1") for each in live(40, seed=1)]
    contrast = find(lives)[None, "left"]
    taken = {
        (each.episode_id, each.seat, m.turn) for each in lives if each.own for m in each.moments if m.action == LEFT
    }
    assert len(contrast.supports) == 4
    assert set(contrast.supports) <= taken
    assert len({sighting.episode_id for sighting in contrast.supports}) == 4


def test_what_speaks_against_a_contrast_is_named_too() -> None:
    contrast = find(live(40))[None, "left"]
    assert contrast.contradicts
    assert not set(contrast.contradicts) & set(contrast.supports)


def test_the_same_lives_say_the_same_to_the_last_bit() -> None:
    assert find_contrasts(live(60), role="player", steps=1) == find_contrasts(live(60), role="player", steps=1)


def test_a_contrast_that_was_found_can_be_measured_alone() -> None:
    lives = live(60)
    assert Comparison(Decisions(lives, role="player", steps=1)).measure(None, "left") == find(lives)[None, "left"]


def test_other_roles_are_passed_over() -> None:
    assert find_contrasts(live(60), role="keeper", steps=1) == []


def test_without_a_life_nothing_is_found() -> None:
    assert find_contrasts([], role="player") == []


def test_only_the_newest_decisions_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST", 30)
    assert len(Decisions(live(60), role="player")) == 30


def test_a_narrower_condition_is_known_by_what_was_seen() -> None:
    lives = live(20, state=("open", "ice")) + live(20, state=("open",))
    lives = [replace(each, episode_id=k, clock=k) for k, each in enumerate(lives, 1)]
    comparison = Comparison(Decisions(lives, role="player", steps=1))
    assert comparison.narrows("ice", "open")
    assert comparison.narrows("ice", None)
    assert not comparison.narrows("open", "ice")
    assert not comparison.narrows(None, "open")


def test_the_evidence_of_an_earlier_moment_is_counted_by_the_clock() -> None:
    comparison = Comparison(Decisions(live(20), role="player", steps=1))
    assert comparison.count(None, "left", until=10) == 30
