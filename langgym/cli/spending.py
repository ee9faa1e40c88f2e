"""`langgym cost`, and how spending is told wherever it is shown."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from langgym.cli.output import emit_json, emit_table, say
from langgym.cli.place import AsJson, find_place

if TYPE_CHECKING:
    from langgym.limits import LimitName
    from langgym.query.spending import LimitValues, Spending, Sums


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(cost)


def cost(
    ctx: typer.Context,
    agent: Annotated[str | None, typer.Option(help="Only what this agent has spent.")] = None,
    run: Annotated[int | None, typer.Option(help="Only what was spent in this run.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what was spent, by agent and model."""
    from langgym.cli.reading import open_reader, open_stored
    from langgym.prices import load_prices
    from langgym.query.spending import CostPage, add_up, read_costs

    home = find_place(ctx).home
    prices = load_prices(home)
    if agent is None and run is None:
        with open_reader(home) as db:
            page = CostPage(items=(), total=add_up([])) if db is None else read_costs(db, prices)
    else:
        what = f"agent {agent!r}" if agent is not None else f"run {run}"
        with open_stored(home, what) as db:
            owner = None if agent is None else db.agent(agent).agent_id
            if run is not None:
                db.run(run)
            page = read_costs(db, prices, agent_id=owner, run_id=run)
    if as_json:
        return emit_json(page)
    if not page.items:
        return say("nothing was spent: no model has been called")
    rows = [(item.agent or "(deleted)", item.model, *_list_cells(item)) for item in page.items]
    headings = ("agent", "model", "calls", "lost", "read", "cached", "written", "estimated", "cost")
    emit_table(headings, [*rows, ("total", "", *_list_cells(page.total))])
    return None


def _list_cells(sums: "Sums") -> tuple[int | str, ...]:
    return (
        sums.n_calls,
        sums.lost_calls,
        sums.tokens_in,
        sums.cached_tokens,
        sums.tokens_out,
        sums.estimated_tokens,
        format_cost(sums.cost, sums.unpriced_tokens),
    )


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
