"""Limits are never exceeded by what is set aside, whoever spends."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents_db.records import RunRecord
from langgym import budget as budgets
from langgym.asking import Attempt
from langgym.budget import Accounts, AgentMeter, Budget, Payer
from langgym.errors import BudgetError
from langgym.limits import Limits, estimate_spending, measure_spending
from langgym.prices import Price, load_prices
from langgym.runner import Stopped
from tests.langgym.spenders import TICTACTOE, Clock, draft_attempt, make_attempt, make_world
from tests.langgym.worlds import World

PRICE = Price(input=Decimal(1), cached=Decimal("0.1"), output=Decimal(10))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "home")
    yield made
    made.close()


def make_payer(name: str, agent_id: int = 1, **limits: float) -> Payer:
    return Payer(
        agent_id=agent_id,
        name=name,
        model="openai:double",
        base_url=None,
        limits=Limits(**limits),  # pyright: ignore
    )


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
        use(meter)
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
    use(budget.meter(1))
    use(budget.meter(2))
    use(budget.meter(1))
    with pytest.raises(BudgetError, match="run 1"):
        use(budget.meter(2))


def use(meter: AgentMeter) -> None:
    meter.reserve(make_attempt())
    meter.settle(make_attempt())


def test_agents_share_their_account_over_the_runs_of_a_process(world: World) -> None:
    world.ensure("ada")
    accounts = Accounts(world.db, load_prices(world.home), clock=Clock())
    ada = make_payer("ada", calls=1)
    first, second = (
        Budget(accounts, start_run(world, Limits()), Limits(), agent="ada", payers=[ada]).meter(1) for _ in range(2)
    )
    use(first)
    with pytest.raises(BudgetError, match=r"^ada"):
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


def test_a_call_does_not_wait_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "LONGEST_WAIT", 0.3)
    meter = open_budget(world, Limits(tokens=200)).meter(1)
    meter.reserve(make_attempt())
    with pytest.raises(BudgetError, match="langgym resume"):
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
    with budget.playing():
        clock.now = 55
        with budget.playing():
            clock.now = 60
        clock.now = 62
    clock.now = 90
    assert budget.take_seconds() == 12
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
