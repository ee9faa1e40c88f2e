"""Runs that meet a limit end at a step's border, and go on as if there had been none."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from langgym.errors import BudgetError, ModelError, UsageError
from langgym.limits import FLAGS, LimitName, Limits
from langgym.models.chat import Completion
from langgym.models.doubles import Call, FunctionModel
from langgym.plan import Plan
from tests.langgym.spenders import TICTACTOE, Clock, draft_attempt, make_attempt, make_world
from tests.langgym.worlds import World, answer_by_schema

N_CALLS = 5
"""That an agent makes in the episode that the tests below play."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "home")
    yield made
    made.close()


def count_limits(world: World, limit: LimitName, at: int) -> Limits:
    """Returns limits that refuse the call number `at` of a straight run, and none before it."""
    attempts = [
        attempt for episode in world.db.episodes() for attempt in world.db.attempts(episode_id=episode.episode_id)
    ]
    before = attempts[:at]
    tokens = sum((a.tokens_in or 0) + (a.tokens_out or 0) for a in before)
    micros = sum((a.tokens_in or 0) + 10 * (a.tokens_out or 0) for a in before)
    nxt = attempts[at]
    values: dict[LimitName, float] = {
        "calls": at,
        "tokens": tokens + nxt.est_in + nxt.est_out - 1,
        "cost": (micros + nxt.est_in + 10 * nxt.est_out - 1) / 1e6,
        "seconds": at,
    }
    return Limits(**{limit: values[limit]})  # pyright: ignore[reportArgumentType]


def make_timed(world: World) -> None:
    """Makes every call of the world's model take a second."""
    clock = Clock()
    world.now = clock

    def answer(call: Call) -> str:
        clock.now += 1
        return answer_by_schema(call)

    world.model = FunctionModel(answer)


@pytest.mark.parametrize("at", range(N_CALLS))
@pytest.mark.parametrize("limit", list(FLAGS))
def test_a_run_that_meets_a_limit_at_any_call_ends_like_one_never_limited(
    tmp_path: Path, limit: LimitName, at: int
) -> None:
    straight, broken = make_world(tmp_path / "straight"), make_world(tmp_path / "broken")
    make_timed(straight)
    make_timed(broken)
    straight.play(straight.plan(env_id=TICTACTOE))
    assert len(straight.model.calls) == N_CALLS
    plan = straight.plan(env_id=TICTACTOE, limits=count_limits(straight, limit, at))
    with pytest.raises(BudgetError, match=FLAGS[limit]):
        broken.play(plan)
    assert len(broken.model.calls) == at
    assert broken.db.run(1).status == "interrupted"
    raise_limits(broken, Limits(**{limit: 1_000_000}))  # pyright: ignore[reportArgumentType]
    broken.go_on(1)
    assert broken.transcript() == straight.transcript()
    assert len(broken.model.calls) == N_CALLS
    straight.close()
    broken.close()


def raise_limits(world: World, limits: Limits) -> None:
    plan = Plan.read(world.db.run(1).settings)
    world.db.change_run(1, replace(plan, limits=limits).describe())


def test_a_raised_limit_counts_what_was_spent_before(world: World) -> None:
    with pytest.raises(BudgetError):
        world.play(world.plan(env_id=TICTACTOE, limits=Limits(calls=1)))
    raise_limits(world, Limits(calls=3))
    with pytest.raises(BudgetError, match="has spent 3 calls"):
        world.go_on(1)
    assert len(world.model.calls) == 3


def test_an_agents_limit_counts_its_calls_in_all_runs(world: World) -> None:
    world.ensure("ada")
    world.db.limit_agent(1, Limits(calls=N_CALLS + 1).describe())
    world.play(world.plan(env_id=TICTACTOE))
    with pytest.raises(BudgetError, match=r"^ada has spent 6 calls"):
        world.play(world.plan(env_id=TICTACTOE))
    assert len(world.model.calls) == N_CALLS + 1


def test_a_rival_stops_the_run_at_its_own_limit(world: World) -> None:
    world.ensure("ada")
    world.ensure("bob")
    world.db.limit_agent(2, Limits(calls=1).describe())
    with pytest.raises(BudgetError, match=r"^bob has spent 1 call,"):
        world.play(world.plan(env_id=TICTACTOE, settings={"rival": "agent:bob"}))
    world.db.limit_agent(2, {})
    assert len(world.go_on(1).finished) == 1


def test_the_calls_of_a_rival_count_for_the_run(world: World) -> None:
    world.ensure("bob")
    with pytest.raises(BudgetError, match="run 1"):
        world.play(world.plan(env_id=TICTACTOE, settings={"rival": "agent:bob"}, limits=Limits(calls=3)))
    assert {row.agent_id for row in world.db.spending(run_id=1)} == {1, 2}


def test_choices_count(world: World) -> None:
    with pytest.raises(BudgetError):
        world.play(world.plan(limits=Limits(calls=1)))
    assert world.db.find_choice(1, 0) is not None
    assert world.db.spending(run_id=1)[0].n_calls == 1


def test_retries_within_a_decision_are_checked(tmp_path: Path) -> None:
    world = make_world(tmp_path / "home", FunctionModel(lambda call: "no answer"))
    with pytest.raises(BudgetError):
        world.play(world.plan(env_id=TICTACTOE, limits=Limits(calls=2)))
    assert [attempt.ordinal for attempt in world.db.attempts(episode_id=1)] == [0, 1]
    world.close()


@pytest.mark.parametrize("parallel", [1, 4])
def test_parallel_episodes_share_a_limit_and_go_on_after_it(tmp_path: Path, parallel: int) -> None:
    changes = {"env_id": TICTACTOE, "episodes": 4, "parallel": parallel, "settings": {"rival": "self"}}
    straight, broken = make_world(tmp_path / "straight"), make_world(tmp_path / "broken")
    straight.play(straight.plan(**changes))
    with pytest.raises(BudgetError):
        broken.play(straight.plan(**changes, limits=Limits(calls=11)))
    assert len(broken.model.calls) == 11
    raise_limits(broken, Limits())
    broken.go_on(1)
    assert sorted(map(str, broken.transcript())) == sorted(map(str, straight.transcript()))
    straight.close()
    broken.close()


def test_calls_that_a_kill_cut_off_count(world: World) -> None:
    with pytest.raises(BudgetError):
        world.play(world.plan(env_id=TICTACTOE, limits=Limits(calls=1)))
    cut = draft_attempt(world, make_attempt(reply=None))
    world.db.begin_attempt(replace(cut, turn=2))
    raise_limits(world, Limits(calls=2))
    with pytest.raises(BudgetError, match="has spent 2 calls"):
        world.go_on(1)
    assert len(world.model.calls) == 1


def test_lost_calls_of_a_provider_count(tmp_path: Path) -> None:
    def fail(call: Call) -> ModelError:
        return ModelError("gone", lost_calls=3)

    world = make_world(tmp_path / "home", FunctionModel(fail))
    with pytest.raises(ModelError):
        world.play(world.plan(env_id=TICTACTOE, limits=Limits(calls=3)))
    with pytest.raises(BudgetError, match="has spent 3 calls"):
        world.go_on(1)
    world.close()


def test_what_a_provider_does_not_count_is_counted_over_a_resume(tmp_path: Path) -> None:
    def answer(call: Call) -> Completion:
        text = answer_by_schema(call)
        return Completion(text=text, finish="stop", tokens_in=None, tokens_out=None, cached_tokens=None, milliseconds=0)

    world = make_world(tmp_path / "home", FunctionModel(answer))
    with pytest.raises(BudgetError):
        world.play(world.plan(env_id=TICTACTOE, limits=Limits(calls=1)))
    raise_limits(world, Limits(tokens=600))
    with pytest.raises(BudgetError, match=r"has spent [5-9]"):
        world.go_on(1)
    assert len(world.model.calls) == 1
    world.close()


def test_a_free_policy_is_limited_by_time_alone(world: World) -> None:
    changes = {"env_id": TICTACTOE, "settings": {"model": "random"}}
    assert world.play(world.plan(**changes, limits=Limits(calls=0, tokens=0, cost=0.0))).finished
    with pytest.raises(BudgetError, match="--max-time"):
        world.play(world.plan(**changes, limits=Limits(seconds=0.0)))


def test_a_limited_cost_without_a_price_is_refused_before_anything_is_asked(world: World) -> None:
    (world.home / "prices.toml").unlink()
    with pytest.raises(UsageError, match=r"'openai:double' has no price.*\[models\.\"double\"\].*prices\.toml"):
        world.play(world.plan(env_id=TICTACTOE, limits=Limits(cost=1.0)))
    assert world.model.calls == []


def test_time_of_play_is_stored_with_the_run_and_goes_on(world: World) -> None:
    make_timed(world)
    world.play(world.plan(env_id=TICTACTOE, episodes=2))
    assert world.db.run(1).seconds == len(world.model.calls)
    assert world.db.seconds_of(1) == len(world.model.calls)
