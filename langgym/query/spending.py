"""Read models of what was spent: by agent and model, and of one agent against its limits."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from pydantic import Field

from agents_db.records import AgentRecord, SpendingRecord
from agents_db.store import AgentsDB
from langgym.limits import Limits, sum_row
from langgym.prices import Price, PriceTable, read_spending
from langgym.query.values import Document, Number, ReadModel, extend_model

Priced = tuple[SpendingRecord, Price | None]


class Sums(ReadModel):
    """What calls took."""

    n_calls: int
    """Answered ones."""
    lost_calls: int
    """Sent and perhaps billed, but no answer ever came; those under way now are among them."""
    tokens_in: int
    """Read, as the provider counted."""
    cached_tokens: int
    """Of these, those that the provider had in its cache."""
    tokens_out: int
    """Written, as the provider counted."""
    estimated_tokens: int
    """Read and written, by estimate: by lost calls, and where the provider did not count."""
    cost: Number
    """In US dollars, estimates included; `None` where there are tokens and none of them has a price."""
    unpriced_tokens: int
    """That `cost` leaves out, because no price of their model is known."""


class CostItem(Sums):
    """What one agent has spent on one model."""

    agent_id: int
    agent: str | None
    """`None` where it was deleted."""
    model: str


class CostPage(Document):
    """What was spent, by agent and model."""

    schema_id: Literal["langgym.cost/1"] = Field(default="langgym.cost/1", alias="schema")  # pyright: ignore[reportIncompatibleVariableOverride]
    items: tuple[CostItem, ...]
    total: Sums
    next: None = None


class LimitValues(ReadModel):
    """An amount of each limit; `None` where nothing is limited."""

    tokens: int | None = None
    cost: Number = None
    calls: int | None = None
    seconds: float | None = None


class Spending(Sums):
    """What an agent has spent in its whole life, against its own limits."""

    seconds: float
    """Of play of the runs in which it has had a seat."""
    limits: LimitValues
    left: LimitValues


def read_costs(db: AgentsDB, prices: PriceTable, *, agent_id: int | None = None, run_id: int | None = None) -> CostPage:
    """Returns what was spent: in all, by an agent, or in a run."""
    rows = read_spending(db, prices, run_id=run_id, agent_id=agent_id)
    names = {agent.agent_id: agent.name for agent in db.agents()}
    groups: dict[tuple[int, str], list[Priced]] = {}
    for row, price in rows:
        groups.setdefault((row.agent_id, row.model), []).append((row, price))
    items = [
        extend_model(CostItem, add_up(group), agent_id=owner, agent=names.get(owner), model=model)
        for (owner, model), group in sorted(groups.items())
    ]
    return CostPage(items=tuple(items), total=add_up(rows))


def read_agent_spending(db: AgentsDB, prices: PriceTable, record: AgentRecord) -> Spending:
    """Returns what an agent has spent, and what its own limits leave."""
    sums = add_up(read_spending(db, prices, agent_id=record.agent_id))
    limits = Limits.read(record.limits)
    seconds = db.seconds_of(record.agent_id)
    left = LimitValues(
        tokens=_subtract(limits.tokens, sums.tokens_in + sums.tokens_out + sums.estimated_tokens),
        cost=None if limits.cost is None else float(max(0, Decimal(str(limits.cost)) - Decimal(str(sums.cost or 0)))),
        calls=_subtract(limits.calls, sums.n_calls + sums.lost_calls),
        seconds=None if limits.seconds is None else max(0.0, limits.seconds - seconds),
    )
    return extend_model(
        Spending, sums, seconds=seconds, limits=LimitValues.model_validate(limits.describe()), left=left
    )


def add_up(rows: Sequence[Priced]) -> Sums:
    """Returns the sums of stored rows."""
    unpriced = sum(sum_row(row, None).tokens for row, price in rows if price is None)
    priced = [sum_row(row, price).cost for row, price in rows if price is not None]
    return Sums(
        n_calls=sum(row.n_calls for row, _ in rows),
        lost_calls=sum(row.lost_calls + row.open_calls for row, _ in rows),
        tokens_in=sum(row.tokens_in for row, _ in rows),
        cached_tokens=sum(row.cached_tokens for row, _ in rows),
        tokens_out=sum(row.tokens_out for row, _ in rows),
        estimated_tokens=sum(row.lost_in + row.lost_out + row.open_in + row.open_out for row, _ in rows),
        cost=None if unpriced and not priced else float(sum(priced, Decimal(0))),
        unpriced_tokens=unpriced,
    )


def _subtract(limit: int | None, spent: int) -> int | None:
    return None if limit is None else max(0, limit - spent)
