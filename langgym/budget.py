"""Budgets: what a run or an agent may spend, checked before every call."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from agents_db.records import RunRecord
from agents_db.store import AgentsDB
from langgym.asking import Attempt
from langgym.errors import BudgetError, UsageError
from langgym.limits import (
    FLAGS,
    SIZES,
    LimitName,
    Limits,
    Spent,
    estimate_spending,
    format_amount,
    measure_spending,
    sum_row,
)
from langgym.prices import Price, PriceTable, find_endpoint, read_spending
from langgym.runner import Stopped

LONGEST_WAIT = 900.0
"""Seconds that a call waits for others; one that ended in a way that nobody foresaw gives nothing back."""
PATIENCE = 0.2
"""Seconds after which who waits for the calls of others looks whether the run is stopping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """An agent whose calls are counted."""

    agent_id: int
    name: str
    model: str | None
    """`None` where its policy asks no language model, so that only time limits it."""
    base_url: str | None
    limits: Limits
    """Of its whole life."""


class Account:
    """What one run or agent has spent and set aside; for `Accounts`, which holds the lock."""

    def __init__(
        self, owner: str, *, limits: Limits, advice: str, spent: Spent, seconds: float, clock: Callable[[], float]
    ) -> None:
        """Goes on with what was spent before.

        Args:
            owner: Whose it is, for people.
            limits: What may be spent.
            advice: The command that raises a limit, up to the option.
            spent: Before now.
            seconds: Of play, before now.
            clock: The time in seconds; never goes back.
        """
        self.limits = limits
        self.spent = spent
        self.reserved = Spent()
        self._owner = owner
        self._advice = advice
        self._played = seconds
        self._kept = seconds
        self._clock = clock
        self._n_playing = 0
        self._since = 0.0

    @property
    def seconds(self) -> float:
        """Of play, in all."""
        return self._played + (self._clock() - self._since if self._n_playing else 0.0)

    def start_clock(self) -> None:
        """Counts time from now on; where several play at once, it counts once."""
        if not self._n_playing:
            self._since = self._clock()
        self._n_playing += 1

    def stop_clock(self) -> None:
        """Ends what `start_clock` began."""
        if self._n_playing == 1:
            self._played = self.seconds
        self._n_playing -= 1

    def take_seconds(self) -> float:
        """Returns the time of play since the last call."""
        seconds = self.seconds
        new, self._kept = seconds - self._kept, seconds
        return new

    def check_time(self) -> None:
        """Raises `BudgetError` where no time is left."""
        limit = self.limits.seconds
        if limit is not None and self.seconds >= limit:
            raise self._refuse("seconds", f"has played {self.seconds:.1f} of {limit:g} s")

    def check_calls(self, more: Spent) -> bool:
        """Returns whether `more` can be set aside now; it may be possible once the calls of others have ended.

        Raises:
            BudgetError: It can never be.
        """
        is_free = True
        for name in SIZES:
            limit = self.limits.find(name)
            if limit is None:
                continue
            spent, wanted = self.spent.of(name), more.of(name)
            if spent + wanted > limit:
                told = [format_amount(name, value) for value in (spent, limit, wanted)]
                raise self._refuse(
                    name, f"has spent {told[0]}, the next call may take {told[2]}, the limit is {told[1]}"
                )
            is_free = is_free and spent + self.reserved.of(name) + wanted <= limit
        return is_free

    def _refuse(self, name: LimitName, why: str) -> BudgetError:
        advice = f"{self._advice} {FLAGS[name]} {'TIME' if name == 'seconds' else 'N'}"
        return BudgetError(
            f"{self._owner} {why}; raise the limit with `{advice}`.",
            limit=f"{FLAGS[name]} of {self._owner}",
            advice=advice,
        )


class Accounts:
    """What every agent and run of this process has spent, shared by all that play here; safe from any thread."""

    def __init__(self, db: AgentsDB, prices: PriceTable, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepares to count.

        Args:
            db: Where it stands what was spent before.
            prices: Of models.
            clock: The time in seconds; never goes back.
        """
        self._db = db
        self.prices = prices
        self._clock = clock
        self._changed = threading.Condition()
        self._agents: dict[int, Account] = {}

    def find_price(self, payer: Payer) -> Price | None:
        """Returns the price of an agent's model where it is asked now; `None` where it is not known."""
        return find_price(self.prices, payer)

    def open_run(self, run: RunRecord, limits: Limits, *, agent: str) -> Account:
        """Returns the account of a run of an agent, with what its earlier invocations spent."""
        return Account(
            f"run {run.run_id}",
            limits=limits,
            advice=f"langgym resume --agent {agent}",
            spent=self._sum_spent(limits, run_id=run.run_id),
            seconds=run.seconds,
            clock=self._clock,
        )

    def open_agent(self, payer: Payer) -> Account:
        """Returns the account of an agent of this process; it is the same for every run."""
        with self._changed:
            known = self._agents.get(payer.agent_id)
            if known is None:
                limits = payer.limits
                known = self._agents[payer.agent_id] = Account(
                    payer.name,
                    limits=limits,
                    advice=f"langgym agents limit {payer.name}",
                    spent=self._sum_spent(limits, agent_id=payer.agent_id),
                    seconds=0.0 if limits.seconds is None else self._db.seconds_of(payer.agent_id),
                    clock=self._clock,
                )
            return known

    def reserve(self, accounts: Sequence[Account], more: Spent, *, give_up: Callable[[], bool]) -> None:
        """Sets `more` aside in every account, or in none; waits where calls under way may leave room for it.

        Raises:
            BudgetError: An account does not allow it.
            Stopped: It waited, and `give_up` said that it need not any more.
        """
        last = time.monotonic() + LONGEST_WAIT
        with self._changed:
            while not _is_free(accounts, more):
                if give_up():
                    raise Stopped("Stopped while a call waited for what others leave of a limit.")
                if time.monotonic() > last:
                    raise BudgetError("A call has waited too long for what others leave of a limit: `langgym resume`.")
                self._changed.wait(PATIENCE)
            for account in accounts:
                account.reserved += more

    def settle(self, accounts: Sequence[Account], *, reserved: Spent, spent: Spent) -> None:
        """Replaces what was set aside by what was spent."""
        with self._changed:
            for account in accounts:
                account.reserved -= reserved
                account.spent += spent
            self._changed.notify_all()

    @contextmanager
    def running(self, accounts: Sequence[Account]) -> Generator[None]:
        """Counts the time inside as time of play."""
        with self._changed:
            for account in accounts:
                account.start_clock()
        try:
            yield
        finally:
            with self._changed:
                for account in accounts:
                    account.stop_clock()

    def check_time(self, accounts: Sequence[Account]) -> None:
        """Raises `BudgetError` where one of the accounts has no time left."""
        with self._changed:
            for account in accounts:
                account.check_time()

    def take_seconds(self, account: Account) -> float:
        """Returns the time that an account has played since the last call."""
        with self._changed:
            return account.take_seconds()

    def _sum_spent(self, limits: Limits, *, run_id: int | None = None, agent_id: int | None = None) -> Spent:
        if all(limits.find(name) is None for name in SIZES):
            return Spent()
        rows = read_spending(self._db, self.prices, run_id=run_id, agent_id=agent_id)
        return sum((sum_row(row, price) for row, price in rows), Spent())


def _is_free(accounts: Sequence[Account], more: Spent) -> bool:
    for account in accounts:
        account.check_time()
    return all([account.check_calls(more) for account in accounts])  # every one of them: each may refuse


class Budget:
    """What one run may still spend; safe from any thread."""

    def __init__(
        self,
        accounts: Accounts,
        run: RunRecord,
        limits: Limits,
        *,
        agent: str,
        payers: Sequence[Payer],
        give_up: Callable[[], bool] = lambda: False,
    ) -> None:
        """Opens the accounts of the run and of every agent that has limits of its own.

        Args:
            accounts: Of this process.
            run: What is played.
            limits: Of the run.
            agent: Whose run it is.
            payers: Every agent that plays in it.
            give_up: Whether a call that waits for others need not any more.

        Raises:
            UsageError: A cost is limited, and a model has no price.
        """
        check_prices(accounts.prices, limits, payers)
        self._accounts = accounts
        self._give_up = give_up
        self._run = accounts.open_run(run, limits, agent=agent)
        self._payers = {payer.agent_id: payer for payer in payers}
        self._own = {payer.agent_id: accounts.open_agent(payer) for payer in payers if not payer.limits.is_empty}
        self._all = (self._run, *self._own.values())

    def meter(self, agent_id: int) -> "AgentMeter":
        """Returns what measures an agent's calls."""
        payer = self._payers[agent_id]
        own = self._own.get(agent_id)
        accounts = (self._run,) if own is None else (self._run, own)
        return AgentMeter(self._accounts, accounts, price=self._accounts.find_price(payer), give_up=self._give_up)

    def check(self) -> None:
        """Raises `BudgetError` where no time is left; called at every turn's border."""
        self._accounts.check_time(self._all)

    @contextmanager
    def playing(self) -> Generator[None]:
        """Counts the time inside as time of play; episodes at once count once."""
        with self._accounts.running(self._all):
            yield

    def take_seconds(self) -> float:
        """Returns the time that the run has played since the last call."""
        return self._accounts.take_seconds(self._run)


class AgentMeter:
    """Measures the calls of one agent in one run, as `langgym.recorder.Meter` says."""

    def __init__(
        self, shared: Accounts, accounts: Sequence[Account], *, price: Price | None, give_up: Callable[[], bool]
    ) -> None:
        self._shared = shared
        self._accounts = accounts
        self._price = price
        self._give_up = give_up

    def reserve(self, attempt: Attempt) -> None:
        """Sets aside what a call may take at most; raises `BudgetError` where a limit does not allow it."""
        self._shared.reserve(self._accounts, estimate_spending(attempt, self._price), give_up=self._give_up)

    def settle(self, attempt: Attempt) -> None:
        """Replaces what was set aside by what the attempt took."""
        self._shared.settle(
            self._accounts,
            reserved=estimate_spending(attempt, self._price),
            spent=measure_spending(attempt, self._price),
        )


def find_price(prices: PriceTable, payer: Payer) -> Price | None:
    """Returns the price of an agent's model where it is asked now; `None` where it is not known."""
    return None if payer.model is None else prices.find(payer.model, find_endpoint(payer.base_url))


def check_prices(prices: PriceTable, limits: Limits, payers: Sequence[Payer]) -> None:
    """Raises `UsageError` where a cost is limited and a model that is to play has no price."""
    for payer in payers:
        is_limited = limits.cost is not None or payer.limits.cost is not None
        if is_limited and payer.model is not None and find_price(prices, payer) is None:
            raise UsageError(
                f"{payer.model!r} has no price, so {FLAGS['cost']} cannot hold for {payer.name}: "
                f"{prices.explain(payer.model)}."
            )
