"""Limits: never exceeded by what is set aside, ended at a step's border, gone on with as if there had been none."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents_db.records import AttemptDraft, MessageText, RunRecord
from langgym.asking import Attempt
from langgym.budget import Accounts, Budget, Payer
from langgym.errors import BudgetError, ModelError, UsageError
from langgym.limits import FLAGS, LimitName, Limits, estimate_spending, measure_spending
from langgym.models.chat import Completion
from langgym.models.doubles import Call, FunctionModel
from langgym.plan import Plan
from langgym.prices import Price, load_prices
from langgym.runner import Stopped
from tests.langgym.worlds import World, answer_by_schema

PRICE = Price(input=Decimal(1), cached=Decimal("0.1"), output=Decimal(10))
PRICES_FILE = "[models.double]\ninput = 1\ncached = 0.1\noutput = 10\n"
TICTACTOE = "classic/tictactoe_v3"
N_CALLS = 4
"""That an agent makes in the episode that the tests below play."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "home")
    yield made
    made.close()


def make_world(home: Path, model: FunctionModel | None = None) -> World:
    home.mkdir(parents=True)
    (home / "prices.toml").write_text(PRICES_FILE, encoding="utf-8")
    return World(home, model)


def make_attempt(**changes: object) -> Attempt:
    values: dict[str, object] = {"ordinal": 0, "outcome": "ok", "prompt": (), "reply": "a", "problem": None}
    return Attempt(**{**values, "est_in": 100, "est_out": 50, **changes})  # pyright: ignore[reportArgumentType]


def make_payer(name: str, agent_id: int = 1, **limits: float) -> Payer:
    return Payer(
        agent_id=agent_id,
        name=name,
        model="openai:double",
        base_url=None,
        limits=Limits(**limits),  # pyright: ignore
    )


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def open_budget(world: World, limits: Limits, *payers: Payer, clock: Clock | None = None, **more: object) -> Budget:
    world.ensure("ada")
    accounts = Accounts(world.db, load_prices(world.home), clock=clock or Clock())
    run = start_run(world, limits)
    return Budget(accounts, run, limits, agent="ada", payers=payers or [make_payer("ada")], **more)  # pyright: ignore


def start_run(world: World, limits: Limits) -> RunRecord:
    from langgym.play import start_run as store_run

    return store_run(world.db, world.plan(limits=limits), seed=1)


# What a call takes


def test_what_a_provider_counts_replaces_the_estimate() -> None:
    spent = measure_spending(make_attempt(tokens_in=40, tokens_out=2, cached_tokens=10), PRICE)
    assert (spent.calls, spent.tokens) == (1, 42)
    assert spent.cost * 1_000_000 == Decimal(30) + Decimal(1) + Decimal(20)


@pytest.mark.parametrize(
    ("changes", "calls", "tokens"),
    [
        ({}, 1, 150),
        ({"tokens_in": 7}, 1, 57),
        ({"tokens_in": 0, "tokens_out": 0}, 1, 0),
        ({"outcome": "provider_error", "reply": None}, 0, 0),
        ({"outcome": "provider_error", "reply": None, "lost_calls": 3}, 3, 450),
        ({"outcome": "too_long", "reply": None}, 1, 0),
        ({"tokens_in": 1, "tokens_out": 1, "lost_calls": 2}, 3, 302),
    ],
)
def test_what_nobody_counts_is_taken_from_the_estimate(changes: dict[str, object], calls: int, tokens: int) -> None:
    spent = measure_spending(make_attempt(**changes), PRICE)
    assert (spent.calls, spent.tokens) == (calls, tokens)


@pytest.mark.parametrize("tokens", [(None, None), (30, None), (30, 4)])
@pytest.mark.parametrize("outcome", ["ok", "illegal", "too_long", "provider_error"])
def test_the_store_sums_up_what_the_budget_measured(world: World, tokens: tuple[int | None, ...], outcome: str) -> None:
    tokens_in, tokens_out = tokens
    heard = outcome in ("ok", "illegal")
    attempt = make_attempt(
        outcome=outcome,
        tokens_in=tokens_in if heard else None,
        tokens_out=tokens_out if heard else None,
        lost_calls=2,
    )
    world.play(world.plan(env_id=TICTACTOE))
    before = read_spent(world)
    store_attempt(world, attempt)
    after = read_spent(world)
    spent = measure_spending(attempt, None)
    assert (after[0] - before[0], after[1] - before[1]) == (spent.calls, spent.tokens)


def read_spent(world: World) -> tuple[int, int]:
    rows = world.db.spending()
    calls = sum(row.n_calls + row.lost_calls + row.open_calls for row in rows)
    counted = sum(row.tokens_in + row.tokens_out for row in rows)
    return calls, counted + sum(row.lost_in + row.lost_out + row.open_in + row.open_out for row in rows)


def draft_attempt(world: World, attempt: Attempt) -> AttemptDraft:
    [episode] = world.db.episodes()
    [seat] = [part.seat for part in episode.participations if part.agent_id is not None]
    return AttemptDraft(
        ordinal=attempt.ordinal,
        outcome=attempt.outcome,
        prompt=(MessageText(role="user", section="board", text="?"),),
        reply=attempt.reply,
        problem=None,
        tokens_in=attempt.tokens_in,
        tokens_out=attempt.tokens_out,
        cached_tokens=None,
        milliseconds=0,
        episode_id=episode.episode_id,
        turn=99,
        seat=seat,
        model="openai:double",
        est_in=attempt.est_in,
        est_out=attempt.est_out,
        lost_calls=attempt.lost_calls,
    )


def store_attempt(world: World, attempt: Attempt) -> None:
    draft = draft_attempt(world, attempt)
    world.db.begin_attempt(draft)
    world.db.add_attempt(draft)


# Setting aside


@pytest.mark.parametrize(
    ("limits", "n_allowed"),
    [
        (Limits(calls=0), 0),
        (Limits(calls=2), 2),
        (Limits(tokens=149), 0),
        (Limits(tokens=150), 1),
        (Limits(tokens=449), 2),
        (Limits(cost=0.0), 0),
        (Limits(cost=0.0006), 1),
        (Limits(cost=0.0018), 3),
    ],
)
def test_a_call_is_refused_as_soon_as_its_estimate_does_not_fit(world: World, limits: Limits, n_allowed: int) -> None:
    meter = open_budget(world, limits).meter(1)
    for _ in range(n_allowed):
        meter.reserve(make_attempt())
        meter.settle(make_attempt())
    with pytest.raises(BudgetError):
        meter.reserve(make_attempt())


def test_the_error_says_what_was_spent_and_how_to_go_on(world: World) -> None:
    meter = open_budget(world, Limits(tokens=200)).meter(1)
    meter.reserve(make_attempt())
    meter.settle(make_attempt(tokens_in=90, tokens_out=10))
    with pytest.raises(BudgetError) as caught:
        meter.reserve(make_attempt())
    told = str(caught.value)
    assert told.startswith("run 1 has spent 100 tokens, the next call may take 150 tokens, the limit is 200 tokens")
    assert "langgym resume --agent ada --max-tokens N" in told
    assert (caught.value.limit, caught.value.exit_code) == ("--max-tokens of run 1", 4)


def test_an_agents_own_limit_is_named_as_its_own(world: World) -> None:
    meter = open_budget(world, Limits(), make_payer("bob", calls=0)).meter(1)
    with pytest.raises(BudgetError, match=r"^bob has spent .*langgym agents limit bob --max-calls N"):
        meter.reserve(make_attempt())


def test_a_run_counts_every_agent_and_an_agent_only_itself(world: World) -> None:
    budget = open_budget(world, Limits(calls=3), make_payer("ada", 1, calls=2), make_payer("bob", 2))
    budget.meter(1).reserve(make_attempt())
    budget.meter(2).reserve(make_attempt())
    budget.meter(1).reserve(make_attempt())
    with pytest.raises(BudgetError, match="run 1"):
        spend(budget.meter(2), 3)


def spend(meter: object, n: int) -> None:
    from langgym.budget import AgentMeter

    assert isinstance(meter, AgentMeter)
    meter.settle(make_attempt())
    for _ in range(n):
        meter.reserve(make_attempt())


def test_agents_share_their_account_over_the_runs_of_a_process(world: World) -> None:
    world.ensure("ada")
    accounts = Accounts(world.db, load_prices(world.home), clock=Clock())
    ada = make_payer("ada", calls=1)
    first, second = (
        Budget(accounts, start_run(world, Limits()), Limits(), agent="ada", payers=[ada]).meter(1) for _ in range(2)
    )
    first.reserve(make_attempt())
    first.settle(make_attempt())
    with pytest.raises(BudgetError, match="^ada"):
        second.reserve(make_attempt())


def test_a_call_waits_for_what_others_may_leave(world: World) -> None:
    meter = open_budget(world, Limits(tokens=200)).meter(1)
    meter.reserve(make_attempt())
    waiting = threading.Thread(target=meter.reserve, args=(make_attempt(),), daemon=True)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    meter.settle(make_attempt(tokens_in=10, tokens_out=1))
    waiting.join(5)
    assert not waiting.is_alive()


def test_a_call_that_waits_gives_up_when_the_run_is_stopping(world: World) -> None:
    meter = open_budget(world, Limits(tokens=200), give_up=lambda: True).meter(1)
    meter.reserve(make_attempt())
    with pytest.raises(Stopped):
        meter.reserve(make_attempt())


@settings(max_examples=15, deadline=None)
@given(
    limit=st.integers(0, 2000),
    n_threads=st.integers(1, 6),
    calls=st.lists(st.tuples(st.integers(1, 300), st.floats(0, 1), st.booleans()), min_size=1, max_size=40),
)
def test_threads_never_exceed_a_limit_and_give_back_what_they_set_aside(
    tmp_path_factory: pytest.TempPathFactory, limit: int, n_threads: int, calls: list[tuple[int, float, bool]]
) -> None:
    world = make_world(tmp_path_factory.mktemp("world") / "home")
    world.ensure("ada")
    accounts = Accounts(world.db, load_prices(world.home))
    run = accounts.open_run(start_run(world, Limits(tokens=limit)), Limits(tokens=limit), agent="ada")
    queue, spent, over = iter(calls), [0], list[int]()
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                call = next(queue, None)
            if call is None:
                return
            attempt = make_attempt(est_in=call[0], est_out=call[0])
            done = replace(attempt, tokens_in=int(call[0] * call[1]), tokens_out=call[0] if call[2] else None)
            wanted = estimate_spending(attempt, PRICE)
            try:
                accounts.reserve([run], wanted, give_up=lambda: False)
            except BudgetError:
                continue
            over.append(run.spent.tokens + run.reserved.tokens - limit)
            accounts.settle([run], reserved=wanted, spent=measure_spending(done, PRICE))
            with lock:
                spent[0] += measure_spending(done, PRICE).tokens

    threads = [threading.Thread(target=work, daemon=True) for _ in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    world.close()
    assert not any(thread.is_alive() for thread in threads)
    assert max(over, default=0) <= 0
    assert (run.spent.tokens, run.reserved.tokens, run.reserved.cost) == (spent[0], 0, 0)
    assert spent[0] <= limit


# Time


def test_time_counts_only_while_something_is_played_and_once_for_episodes_at_once(world: World) -> None:
    clock = Clock()
    budget = open_budget(world, Limits(seconds=100), clock=clock)
    clock.now = 50
    with budget.playing(), budget.playing():
        clock.now = 60
    clock.now = 90
    assert budget.take_seconds() == 10
    assert budget.take_seconds() == 0


def test_no_time_left_is_told_at_a_border_and_before_a_call(world: World) -> None:
    clock = Clock()
    budget = open_budget(world, Limits(seconds=10), clock=clock)
    with budget.playing():
        clock.now = 9.9
        budget.check()
        clock.now = 10
        with pytest.raises(BudgetError, match="--max-time TIME"):
            budget.check()
        with pytest.raises(BudgetError, match=r"10\.0 of 10 s"):
            budget.meter(1).reserve(make_attempt())


# Whole runs


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
    with pytest.raises(BudgetError, match="^ada has spent 5 calls"):
        world.play(world.plan(env_id=TICTACTOE))
    assert len(world.model.calls) == N_CALLS + 1


def test_a_rival_stops_the_run_at_its_own_limit(world: World) -> None:
    world.ensure("ada")
    world.ensure("bob")
    world.db.limit_agent(2, Limits(calls=1).describe())
    with pytest.raises(BudgetError, match="^bob has spent 1 call,"):
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
    with pytest.raises(BudgetError, match="has spent [5-9]"):
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
