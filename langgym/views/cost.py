"""Spending as tables and lines, as it is told wherever it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from langgym.views.columns import Column

if TYPE_CHECKING:
    from langgym.limits import LimitName
    from langgym.query.spending import CostPage, LimitValues, Spending, Sums
    from langgym.views.columns import Columns

NO_COST = "nothing was spent: no model has been called"
DELETED = "(deleted)"


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one agent has spent on one model, or all on all."""

    agent: str
    model: str
    sums: "Sums"


COST_COLUMNS: "Columns[CostRow]" = (
    Column("agent", lambda row: row.agent, width=20),
    Column("model", lambda row: row.model, width=24, rank=1),
    Column("calls", lambda row: row.sums.n_calls, width=7, right=True),
    Column("lost", lambda row: row.sums.lost_calls, width=5, right=True, rank=3),
    Column("read", lambda row: row.sums.tokens_in, width=10, right=True, rank=2),
    Column("cached", lambda row: row.sums.cached_tokens, width=10, right=True, rank=3),
    Column("written", lambda row: row.sums.tokens_out, width=9, right=True, rank=2),
    Column("estimated", lambda row: row.sums.estimated_tokens, width=9, right=True, rank=3),
    Column("cost", lambda row: format_cost(row.sums.cost, row.sums.unpriced_tokens), width=34),
)


def list_costs(page: "CostPage") -> list[CostRow]:
    """Returns what was spent by agent and model, and the total."""
    rows = [CostRow(item.agent or DELETED, item.model, item) for item in page.items]
    return [*rows, CostRow("total", "", page.total)]


def format_cost(cost: float | None, unpriced_tokens: int) -> str:
    """Returns a cost in words; what has no price is never shown as nothing."""
    from langgym.limits import format_amount

    if cost is None:
        return "unpriced"
    told = format_amount("cost", cost)
    return f"{told} and {unpriced_tokens:,} tokens unpriced" if unpriced_tokens else told


def describe_sums(sums: "Sums") -> str:
    """Returns in one line what calls took."""
    if not sums.n_calls + sums.lost_calls:
        return "nothing: no model was called"
    lost = f" and {sums.lost_calls:,} lost" if sums.lost_calls else ""
    cached = f" ({sums.cached_tokens:,} cached)" if sums.cached_tokens else ""
    guessed = f", {sums.estimated_tokens:,} by estimate" if sums.estimated_tokens else ""
    return (
        f"{sums.n_calls:,} {'call' if sums.n_calls == 1 else 'calls'}{lost}, {sums.tokens_in:,} tokens read{cached}, "
        f"{sums.tokens_out:,} written{guessed}: {format_cost(sums.cost, sums.unpriced_tokens)}"
    )


def describe_limits(spent: "Spending") -> str:
    """Returns an agent's limits and what they leave, in one line."""
    from langgym.limits import format_amount

    limits, left = _list_values(spent.limits), _list_values(spent.left)
    told = [f"{format_amount(name, left[name])} of {format_amount(name, limit)} left" for name, limit in limits.items()]
    return "; ".join(told) or "none"


def _list_values(values: "LimitValues") -> "Mapping[LimitName, float]":
    from langgym.limits import FLAGS

    return {name: value for name in FLAGS if (value := getattr(values, name)) is not None}
